"""scripts/setup.sh and the Makefile: an environment from a bare clone, nothing to do the second time, clear words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _sh(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    ours = (
        "PYTHONPATH",
        "PYTHON",
        "VIRTUAL_ENV",
        "MAKEFLAGS",
        "MAKELEVEL",
        "MFLAGS",
    )  # those of a make around us change its words
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        arguments, cwd=folder, env={**kept, **environ}, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH without any Python in it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "rm", "cat"):
        (folder / name).symlink_to(str(shutil.which(name)))
    return folder


def test_no_python_is_said_with_what_to_install(tools: Path, tmp_path: Path) -> None:
    done = _sh(ROOT, "sh", "scripts/setup.sh", str(tmp_path / "venv"), PATH=str(tools))
    assert done.returncode == 2
    assert "no Python 3.11, 3.12, 3.13 or 3.14 found" in done.stderr
    assert "make setup PYTHON=" in done.stderr
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("version", ["3.10", "3.15"])
def test_a_python_that_is_too_old_or_unknown_is_passed_over(tools: Path, tmp_path: Path, version: str) -> None:
    (tools / "python3").write_text(f"#!/bin/sh\n# claims to be {version}\nexit 1\n", encoding="utf-8")
    (tools / "python3").chmod(0o755)
    assert _sh(ROOT, "sh", "scripts/setup.sh", str(tmp_path / "venv"), PATH=str(tools)).returncode == 2


def test_a_python_without_venv_is_said(tools: Path, tmp_path: Path) -> None:
    script = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\ncase "$1" in --version) echo Python 3.12.1;; esac\n'
    (tools / "python3").write_text(script, encoding="utf-8")
    (tools / "python3").chmod(0o755)
    done = _sh(ROOT, "sh", "scripts/setup.sh", str(tmp_path / "venv"), PATH=str(tools))
    assert done.returncode == 2
    assert "Python 3.12.1 has no venv module" in done.stderr


def test_every_target_of_the_makefile_is_in_its_help() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.findall(r"^\.PHONY: (.+)$", text, flags=re.MULTILINE)[0].split())
    listed = set(re.findall(r"^  make ([a-z-]+)", _sh(ROOT, "make", "help").stdout, flags=re.MULTILINE))
    assert listed == phony


@pytest.mark.slow
def test_a_bare_clone_sets_itself_up_and_the_second_time_costs_nothing(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    assert _sh(tmp_path, "git", "clone", "--quiet", str(ROOT), str(clone)).returncode == 0
    done = _sh(clone, "make", "setup")
    if done.returncode and "the installation failed" in done.stderr:
        pytest.skip("nothing to install from here")
    assert done.returncode == 0, done.stderr
    assert _sh(clone, ".venv/bin/gatewright", "--version").returncode == 0
    start = time.perf_counter()
    again = _sh(clone, "make", "setup", PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_INDEX_URL="")
    assert again.stdout == "ready: .venv/bin/gatewright\n"
    assert time.perf_counter() - start < 2
