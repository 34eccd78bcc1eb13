from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from gatewright.app.cases import from_file, try_cases
from gatewright.app.new_test import checkout, new_test
from gatewright.model.errors import UsageError
from gatewright.model.test import HEADINGS, REGISTRY

ROOT = Path(__file__).parents[2]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return new_test("debug-header", directory=tmp_path)


def test_it_writes_a_pair_that_works_as_it_is(files: list[Path], tmp_path: Path) -> None:
    assert [path.relative_to(tmp_path).as_posix() for path in files] == [
        "security-tests/debug_header.py",
        "security-tests/debug_header.cases.yaml",
    ]
    try:
        results = asyncio.run(try_cases(str(files[0])))
        assert [result.kind for result in results] == ["fires", "quiet", "quiet"]
        assert [result.problem for result in results] == ["", "", ""]
        assert all(f"## {heading}\n" in REGISTRY["debug-header"].doc for heading in HEADINGS)
    finally:
        REGISTRY.pop("debug-header", None)


def test_what_it_writes_passes_the_linter_the_formatter_and_the_types(files: list[Path]) -> None:
    folder = Path(sys.executable).parent
    for command in (["ruff", "format", "--check"], ["ruff", "check", "--config", ROOT / "pyproject.toml"]):
        done = subprocess.run([folder / command[0], *command[1:], files[0]], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_in_the_checkout_it_goes_among_the_checks() -> None:
    assert checkout(ROOT) == ROOT / "src" / "gatewright" / "checks"
    assert checkout(ROOT / "docs") == ROOT / "src" / "gatewright" / "checks"
    assert checkout(ROOT.parent) is None


@pytest.mark.parametrize("name", ["Debug", "debug_header", "-debug", "debug header", "../x", "object-access-read", ""])
def test_names_that_are_no_good_or_taken(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        new_test(name, directory=tmp_path)
    assert caught.value.code == "GW-U004"
    assert list(tmp_path.iterdir()) == []


def test_it_overwrites_nothing(files: list[Path], tmp_path: Path) -> None:
    files[1].write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="there already"):
        new_test("debug-header", directory=tmp_path)
    assert files[1].read_text(encoding="utf-8") == "mine"


def test_files_without_a_check(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        from_file(tmp_path / "none.py")
    (tmp_path / "empty.py").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="registers no check"):
        from_file(tmp_path / "empty.py")
