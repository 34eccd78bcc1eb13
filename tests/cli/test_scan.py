from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gatewright.model.events import RunFinished, RunStarted, decode
from scripts.detection import Lab, Scan, configure

Gatewright = Callable[..., tuple[int, str, str]]


def test_a_finding_is_printed_reported_stored_and_is_the_exit_code(scanned: tuple[Path, Scan]) -> None:
    folder, done = scanned
    assert done.code == 1, done.output
    assert done.proved() == {("object-access-read", "GET /notes/{id}")}
    assert "HIGH  object-access-read" in done.output
    assert done.output.count("Details  gatewright findings show F-1") == 1
    assert (folder / ".gatewright" / "gatewright.db").exists()


def test_every_event_stands_in_its_file_without_secrets(scanned: tuple[Path, Scan], notes: Lab) -> None:
    lines = (scanned[0] / "events.jsonl").read_bytes().splitlines()
    events = [decode(line) for line in lines]
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    for account in notes.accounts.values():
        assert account["password"].encode() not in b"\n".join(lines)


def test_the_plan_sends_nothing_to_the_target(gatewright: Gatewright, notes: Lab, tmp_path: Path) -> None:
    configure(tmp_path, notes)
    code, out, _ = gatewright("scan", "--plan", "--only", "object-access-read")
    assert code == 0
    assert f"Target     {notes.url}" in out
    row = next(line for line in out.splitlines() if line.startswith("object-access-read"))
    assert int(row.split()[2]) > 0
    assert not (tmp_path / ".gatewright").exists()


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ((), 2, "GW-U012"),
        (("none.json",), 2, "GW-S001"),
        (("none.json", "--fail-on", "hihg"), 2, "did you mean `high`?"),
        (("none.json", "--format", "pdf"), 2, "--format: `pdf` is not possible"),
        (("none.json", "--max-time", "soon"), 2, "--max-time"),
        (("none.json", "--baseline", "none.json"), 2, "GW-U014"),
        (("none.json", "--format", "json", "--events", "-"), 2, "GW-U009"),
        (("none.json", "--sign-upp", "2"), 2, "did you mean one of: '--sign-up'"),
        (("none.json", "--account", "alice"), 2, "NAME[/ROLE]=FORM"),
    ],
)
def test_what_cannot_be_is_said_at_once(gatewright: Gatewright, typed: tuple[str, ...], code: int, said: str) -> None:
    found, out, err = gatewright("scan", *typed)
    assert (found, out) == (code, "")
    assert said in err


def test_nobody_there_is_3(gatewright: Gatewright, tmp_path: Path) -> None:
    paths = {"/a": {"get": {"responses": {"200": {"description": "ok"}}}}}
    document = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths}
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    code, _, err = gatewright("scan", "a.json", "--target", "http://127.0.0.1:1")
    assert code == 3
    assert err.rstrip().splitlines()[-3].startswith("GW-R001  the target cannot be reached")
