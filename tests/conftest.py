"""Fixtures for every package's tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None)  # the machine is shared: what is slow is measured, not timed here
settings.load_profile("house")

GOLDEN = Path(__file__).parent / "golden"
_USED = pytest.StashKey[set[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the golden files")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_USED] = set()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden("report/report.json", text)`: the text must equal tests/golden/report/report.json; `--update` rewrites it."""

    def compare(name: str, text: str) -> None:
        request.config.stash[_USED].add(name)
        path = GOLDEN / name
        if request.config.getoption("--update"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        assert path.is_file(), f"no golden file {name}: run pytest --update and read what it wrote"
        assert text == path.read_bytes().decode(), f"{name} differs: if that is meant, run pytest --update"

    return compare


def pytest_sessionfinish(session: pytest.Session) -> None:
    """After a run of all tests, a golden file that none of them used is a failure."""
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["golden"] = sorted(config.stash[_USED])
        return
    everything = not config.getoption("keyword") and config.getoption("markexpr") == "not slow"
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and everything
    if not whole or session.testsfailed or config.getoption("collectonly") or session.shouldstop:
        return
    there = {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*") if path.is_file()}
    unused = there - config.stash[_USED]
    if unused:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"golden files that no test used: {', '.join(sorted(unused))}", red=True)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:
    output = getattr(node, "workeroutput", {})
    node.config.stash[_USED] |= set(output.get("golden", ()))  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Folder of real inputs: `GATEWRIGHT_CORPUS`, else `../shared/corpus` beside the repository."""
    root = Path(__file__).resolve().parents[1]
    given = os.environ.get("GATEWRIGHT_CORPUS")
    folder = (
        Path(given)
        if given
        else next(
            (base / "shared" / "corpus" for base in root.parents if (base / "shared" / "corpus").is_dir()),
            root / "absent",
        )
    )
    if not folder.is_dir():
        pytest.skip("no corpus of real inputs beside the repository (set GATEWRIGHT_CORPUS)")
    return folder
