"""docs/dependencies.md says what pyproject.toml says, and the installed package stays under 120 MB."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT = 120_000_000
MODULES = {"graphql-core": "graphql", "python-stdnum": "stdnum", "pyyaml": "yaml"}
"""Packages whose module has another name."""


def _names(requirements: list[str]) -> list[str]:
    return [re.split(r"[<>=!~\[; ]", line)[0] for line in requirements]


def _table(heading: str) -> dict[str, list[str]]:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {row[0]: row[1:] for row in rows[2:]}


def test_every_dependency_has_its_line_and_no_line_is_left_over() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    for heading, wanted in (
        ("At run time", project["project"]["dependencies"]),
        ("For development", project["dependency-groups"]["dev"]),
    ):
        table = _table(heading)
        assert list(table) == sorted(_names(wanted))
        for name, cells in table.items():
            assert len(cells) == 3, name
            assert all(cells), name


def test_every_package_that_users_must_install_is_imported() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    with (ROOT / "pyproject.toml").open("rb") as file:
        names = _names(tomllib.load(file)["project"]["dependencies"])
    imported = r'^\s*(?:import|from) {0}\b|import_module\(.*"{0}"'
    modules = [re.escape(MODULES.get(name, name)) for name in names]
    assert [module for module in modules if not re.search(imported.format(module), source, re.MULTILINE)] == []


@pytest.mark.slow
def test_the_wheel_in_an_empty_environment_runs_and_is_light(tmp_path: Path) -> None:
    wheels, venv = tmp_path / "wheels", tmp_path / "venv"
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "-m", "venv", venv], check=True, env=environ)
    pip = [venv / "bin" / "python", "-m", "pip", "--quiet", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", wheels, ROOT], check=True, env=environ, timeout=300)
        [wheel] = wheels.glob("gatewright-*.whl")
        before = _size(venv)
        subprocess.run([*pip, "install", wheel], check=True, env=environ, timeout=300)
    except subprocess.CalledProcessError:
        if shutil.which("getent") and subprocess.run(["getent", "hosts", "example.org"], check=False).returncode:
            pytest.skip("no network, and a wheel needs its dependencies")
        raise
    size = _size(venv) - before
    print(f"installed: {size / 1e6:.1f} MB with bytecode")
    assert size <= LIMIT
    done = subprocess.run(
        [venv / "bin" / "gatewright", "tests", "list", "--json"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "object-access-read" in done.stdout


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
