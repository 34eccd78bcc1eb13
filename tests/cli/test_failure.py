from __future__ import annotations

import stat
from pathlib import Path

import click
import pytest

from gatewright.cli.failure import report_failure, usage_error
from gatewright.model.errors import BudgetError, SourceError, StoreError, TargetError, UsageError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x", code="GW-U001"), 2),
        (SourceError("x", code="GW-S001"), 2),
        (TargetError("x", code="GW-N001"), 3),
        (StoreError("x", code="GW-D001"), 4),
        (BudgetError("x", code="GW-W001"), 4),
        (click.UsageError("x"), 2),
        (click.BadParameter("x"), 2),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (RuntimeError("x"), 4),
    ],
)
def test_each_failure_has_its_exit_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert report_failure(error) == code


def test_ours_say_what_where_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    report_failure(
        SourceError("unknown key `pths`", code="GW-S004", where="api.yaml:17:7", help="did you mean `paths`?")
    )
    assert capsys.readouterr().err == "GW-S004  unknown key `pths`\n  api.yaml:17:7\nhelp: did you mean `paths`?\n"


def test_the_unforeseen_is_one_message_and_a_private_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    try:
        raise ZeroDivisionError("first line\nsecond line")
    except ZeroDivisionError as error:
        report_failure(error)
    said = capsys.readouterr().err
    [saved] = tmp_path.iterdir()
    assert said.startswith("GW-X001  Gatewright itself failed: ZeroDivisionError: first line\n")
    assert "Traceback" not in said
    assert str(saved) in said
    assert "ZeroDivisionError: first line" in saved.read_text(encoding="utf-8")
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


def test_a_folder_that_takes_no_file_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    report_failure(RuntimeError())
    assert "could not be saved: No such file or directory" in capsys.readouterr().err


def test_a_hint_of_click_goes_to_the_help_line() -> None:
    error = usage_error(click.NoSuchOption("--taget", possibilities=["--target"]))
    assert error.help == "did you mean '--target'?"
    assert "did you mean" not in error.what
