from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatewright.app.outputs import Outputs
from gatewright.model.account import Account, Credential
from gatewright.model.errors import UsageError
from gatewright.model.events import RunFinished, RunStarted, Warned
from gatewright.model.finding import Report, Run
from gatewright.model.secret import Secret
from gatewright.model.settings import Settings

RUN = Run(
    id="r1",
    target=("http://a:1",),
    started="2026-01-01T00:00:00Z",
    seconds=1.0,
    requests=3,
    mode="safe",
    seed=1,
    complete=True,
)
CANARY = "canary-7f3a9c0e51"


def _run(settings: Settings, folder: Path, *, events: str | None = None, verbosity: int = 0) -> list[Path]:
    started = RunStarted(run="r1", target=RUN.target, mode="safe", seed=1, started=RUN.started)
    with Outputs(settings, environ={}, directory=folder, events=events, verbosity=verbosity) as outputs:
        for consumer in outputs.consumers:
            consumer.start()
            for event in (started, Warned(code="GW-R010", message=f"saw {CANARY}"), RunFinished(run=RUN)):
                consumer.on(event)
            consumer.stop()
        assert outputs.run == "r1"
        return outputs.finish(Report(run=RUN, warnings=(f"saw {CANARY}",)), exit_code=0)


def test_the_console_has_stdout_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(Settings(), tmp_path) == []
    captured = capsys.readouterr()
    assert "exit 0" in captured.out
    assert "Run " in captured.err


@pytest.mark.parametrize("name", ["json", "sarif"])
def test_a_report_without_a_path_takes_stdout_from_the_console(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(Settings(formats=((name, None),)), tmp_path) == []
    captured = capsys.readouterr()
    assert json.loads(captured.out)
    assert "exit 0" in captured.err


def test_html_without_a_path_goes_to_a_file_beside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = _run(Settings(formats=(("html", None), ("json", str(tmp_path / "deep" / "r.json")))), tmp_path)
    assert written == [tmp_path / "gatewright-report.html", tmp_path / "deep" / "r.json"]
    assert all(path.stat().st_size for path in written)
    assert "gatewright-report.html" in capsys.readouterr().out


def test_events_are_written_as_they_come(tmp_path: Path) -> None:
    _run(Settings(), tmp_path, events="run.jsonl")
    lines = (tmp_path / "run.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["RunStarted", "Warned", "RunFinished"]


@pytest.mark.parametrize(("formats", "events"), [((("json", None), ("sarif", None)), None), ((("json", None),), "-")])
def test_two_outputs_cannot_both_have_stdout(
    formats: tuple[tuple[str, str | None], ...], events: str | None, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        Outputs(Settings(formats=formats), environ={}, directory=tmp_path, events=events)
    assert caught.value.code == "GW-U009"
    assert "--format json=" in caught.value.help


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        _run(Settings(formats=(("json", str(tmp_path / "file" / "r.json")),)), tmp_path)
    assert caught.value.code == "GW-U013"
    with pytest.raises(UsageError):
        _run(Settings(), tmp_path, events="none/run.jsonl")


@pytest.mark.parametrize("shown", [False, True])
def test_the_secret_of_an_account_reaches_no_output_unless_asked_for(
    shown: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = Credential(within="header", name="Authorization", prefix="Bearer ", value=Secret(CANARY))
    formats = tuple((name, str(tmp_path / name)) for name in ("console", "json", "html", "sarif"))
    settings = Settings(accounts=(Account(name="alice", credentials=(token,)),), formats=formats, show_secrets=shown)
    _run(settings, tmp_path, events="run.jsonl", verbosity=1)
    captured = capsys.readouterr()
    written = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] + [captured.out, captured.err]
    assert any(CANARY in text for text in written) is shown
