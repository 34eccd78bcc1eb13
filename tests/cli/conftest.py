from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gatewright.cli.main import run
from scripts.detection import Lab
from scripts.detection import lab as running_lab


@pytest.fixture
def gatewright(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs one command line in an empty folder; exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab with one weakness on, for all tests of commands that talk to something."""
    with running_lab("--only", "order-read-by-body") as running:
        yield running
