from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatewright.explore.ledger import Entry, Ledger
from gatewright.model.account import Account, Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.errors import UsageError
from gatewright.model.events import AnyEvent, RunFinished, RunStarted, decode, encode
from gatewright.model.finding import Cell, Finding, Report
from gatewright.model.http import Exchange
from gatewright.model.knowledge import Knowledge, OwnedObject, Sample
from gatewright.model.mask import Mask
from gatewright.model.secret import Secret
from gatewright.model.settings import Settings
from gatewright.store import open_store
from gatewright.store.store import Store

Collect = Callable[[list[AnyEvent]], Report]


def play(store: Store, events: list[AnyEvent], run: str = "run-1", *, secret: str = "") -> None:
    writer = store.consumer(run, mask=Mask(store.key, [secret]))
    writer.start()
    for event in events:
        writer.on(event)
    writer.stop()


def test_a_stored_run_gives_the_report_of_its_collector(
    store: Store, events: list[AnyEvent], collected: Collect
) -> None:
    play(store, events)
    assert store.run("run-1") == collected(events)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_part_of_a_stream_gives_the_same_report(
    data: st.DataObject, store: Store, events: list[AnyEvent], collected: Collect, canary: str
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(range(1, len(events))), max_size=30))
    run = f"run-{len(store.runs())}"
    begun = events[0]
    assert isinstance(begun, RunStarted)
    part = [msgspec.structs.replace(begun, run=run), *(events[index] for index in chosen)]
    play(store, part, run, secret=canary)
    assert store.run(run) == collected(part)


def test_every_event_survives_json(events: list[AnyEvent]) -> None:
    for event in events:
        assert decode(encode(event)) == event


def test_nothing_secret_is_on_the_disk(store: Store, events: list[AnyEvent], canary: str) -> None:
    store.begin(
        events[0],  # type: ignore[arg-type]
        Settings(
            accounts=(
                Account(
                    name="a",
                    username="a",
                    password=Secret(canary),
                    credentials=(Credential(within="header", name="X", value=Secret(canary)),),
                ),
            ),
            headers=(("X-API-Key", canary),),
            proxy=f"http://u:{canary}@proxy",
            hooks={"mail": {"request": f"GET /{canary}", "extract": "x"}},
        ),
    )
    play(store, events)
    call = Call(endpoint="e", body={"password": canary}, content_type="application/json")
    store.save_knowledge(
        "run-1", Knowledge(samples=(Sample(endpoint="e", account="a", call=call, exchange=exchange_of(events)),))
    )
    store.save_account("run-1", Account(name="v", username="v", password=Secret(canary), private=(canary,)))
    store.save_object("run-1", Entry(number=1, kind="object", account="a", what="w", create=call, remove=call))
    store.close()
    files = [path for path in store.path.parent.iterdir() if path.is_file()]
    assert {path.name for path in files} >= {"gatewright.db", "key", ".gitignore"}
    for path in files:
        assert canary.encode() not in path.read_bytes(), path.name


def exchange_of(events: list[AnyEvent]) -> Exchange:
    return next(event.exchange for event in events if hasattr(event, "exchange"))


def test_exchanges_come_back_whole(
    store: Store, events: list[AnyEvent], make_exchange: Callable[..., Exchange]
) -> None:
    play(store, events)
    mask = Mask(store.key)
    found = list(store.exchanges("run-1"))
    assert [exchange.number for exchange in found] == [1, 2, 9, 3]
    assert found[1] == mask.exchange(make_exchange(2, "POST", "/notes", purpose="explore", status=201))
    cell = Cell("GET http://h/notes/{id}", "object-access-read", "bob")
    assert [exchange.number for exchange in store.exchanges("run-1", cell)] == [3]


def test_numbers_are_the_same_in_every_run(
    store: Store, events: list[AnyEvent], make_finding: Callable[..., Finding]
) -> None:
    first = store.numbered(make_finding("aaaa00000000"))
    assert (first.number, first.status) == (1, "open")
    play(store, events)
    play(store, events, "run-2")
    numbers = [{finding.id: finding.number for finding in store.findings(run)} for run in ("run-1", "run-2")]
    assert numbers[0] == numbers[1] == {"f00000000001": 3}
    assert store.numbered(make_finding("aaaa00000000")).number == 1
    assert [finding.number for finding in store.findings()] == [3]


def test_a_finding_is_found_by_any_name(store: Store, events: list[AnyEvent]) -> None:
    play(store, events)
    number = store.findings()[0].number
    for name in (f"F-{number}", f"f-{number}", str(number), "f00000000001", "f0000000"):
        assert store.finding(name).id == "f00000000001"
    with pytest.raises(UsageError, match="GW-D008"):
        store.finding("F-99")


def test_runs_are_listed_and_named(store: Store, events: list[AnyEvent]) -> None:
    play(store, events)
    play(store, events[:8], "other")
    newest, oldest = store.runs()
    assert (oldest.id, oldest.finished, oldest.complete, oldest.seconds, oldest.requests, oldest.findings) == (
        "run-1",
        True,
        False,
        2.5,
        4,
        1,
    )
    assert (newest.id, newest.finished, newest.requests) == ("other", False, 3)
    assert [store.run_id(name) for name in ("1", "run-1", "last", "othe")] == ["run-1", "run-1", "other", "other"]
    for name in ("x", "9"):
        with pytest.raises(UsageError, match="GW-D007"):
            store.run_id(name)
    with pytest.raises(UsageError, match="GW-D007"):
        store.run("none")


def test_the_journal_has_what_a_resumed_run_needs(store: Store, events: list[AnyEvent]) -> None:
    started = events[0]
    assert isinstance(started, RunStarted)
    alice = Account(name="alice", role="user", username="al", password=Secret("pw-of-alice"))
    store.begin(started, Settings(seed=9, accounts=(alice,), target=("http://h",)))
    play(store, events[:-1])
    endpoint = Endpoint(method="GET", path="/a")
    owned = OwnedObject(key="alice/note/1", resource="note", owner="alice", origin="created", id=7, markers=("gwx",))
    store.save_knowledge("run-1", Knowledge(endpoints={"e": endpoint}, objects=(owned,), unreached={"e": "w"}))
    store.save_account(
        "run-1",
        Account(name="v", username="gw-1", password=Secret("x"), registered={"city": "Oslo"}, origin="throw-away"),
    )
    journal = store.journal("run-1")
    assert {cell.test: verdict.reason for cell, verdict in journal.verdicts.items()} == {
        "object-access-read": "proved",
        "cors": "denied",
    }
    assert len(journal.planned) == 3
    assert [finding.id for finding in journal.findings] == ["f00000000001"]
    assert journal.knowledge == Knowledge(endpoints={"e": endpoint}, objects=(owned,), unreached={"e": "w"})
    assert [(a.name, a.username, a.password, a.registered) for a in journal.accounts] == [
        ("v", "gw-1", None, {"city": "Oslo"})
    ]
    assert journal.settings is not None
    assert (journal.settings.seed, journal.settings.accounts[0].username, journal.settings.accounts[0].password) == (
        9,
        "al",
        None,
    )
    assert (journal.last_exchange, journal.requests, journal.seconds) == (9, 4, 2.0)
    with pytest.raises(UsageError, match="GW-D007"):
        store.journal("none")


def test_what_a_mask_made_useless_is_not_sent_again(store: Store, events: list[AnyEvent]) -> None:
    play(store, events[:1])
    secret = Call(endpoint="e", body={"password": "Gw!secret99"}, content_type="application/json")
    plain = Call(endpoint="e", body={"city": "Oslo"}, content_type="application/json")
    samples = tuple(
        Sample(endpoint="e", account="a", call=call, exchange=exchange_of(events)) for call in (secret, plain)
    )
    objects = tuple(
        OwnedObject(key="k", resource="r", owner="a", origin="created", recipe=call) for call in (secret, plain)
    )
    store.save_knowledge("run-1", Knowledge(samples=samples, objects=objects))
    knowledge = store.journal("run-1").knowledge
    assert knowledge is not None
    assert [sample.call for sample in knowledge.samples] == [plain]
    assert [owned.recipe for owned in knowledge.objects] == [None, plain]
    store.save_object("run-1", Entry(number=1, kind="value", account="a", what="w", create=secret, remove=secret))
    assert store.journal("run-1").ledger[0].remove is None


def test_the_ledger_is_on_the_disk_at_once(store: Store, events: list[AnyEvent]) -> None:
    play(store, events[:1])
    ledger = Ledger(save=lambda entry: store.save_object("run-1", entry))
    call = Call(endpoint="POST http://h/notes")
    first = ledger.intend(call, account="alice", what="note of alice")
    second = ledger.intend(call, account="bob", what="note of bob", markers=("gwx",))
    ledger.made(first, remove=Call(endpoint="DELETE http://h/notes/{id}", path={"id": 7}))
    other = open_store(str(store.path))
    assert [(entry.state, entry.account) for entry in other.journal("run-1").ledger] == [
        ("made", "alice"),
        ("intended", "bob"),
    ]
    ledger.gone(first)
    store.remove_object("run-1", second.number)
    assert [entry.state for entry in other.journal("run-1").ledger] == ["gone"]
    other.close()


def test_a_resumed_run_goes_on_in_the_same_run(store: Store, events: list[AnyEvent], collected: Collect) -> None:
    started = events[0]
    assert isinstance(started, RunStarted)
    play(store, events[:14])
    play(store, [msgspec.structs.replace(started, resumed=True), *events[14:]])
    assert len(store.runs()) == 1
    report = store.run("run-1")
    assert report == collected(events)
    assert [exchange.number for exchange in report.findings[0].setup] == [2], "made before the interruption"


KILLED = """
import os, sys, msgspec
from gatewright.model.events import decode
from gatewright.store import open_store
events = [decode(line) for line in open(sys.argv[2], 'rb').read().splitlines()]
store = open_store(sys.argv[1])
writer = store.consumer("run-1")
writer.start()
for event in events[:-4]:
    writer.on(event)
while not store.findings("run-1") or len(store.journal("run-1").verdicts) < 2:
    pass
writer.on(events[-1])
os.kill(os.getpid(), 9)
"""


def test_a_killed_process_keeps_what_it_found(tmp_path: Path, events: list[AnyEvent]) -> None:
    lines = tmp_path / "events"
    lines.write_bytes(b"\n".join(map(encode, events)))
    where = tmp_path / "gw" / "gatewright.db"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(where), str(lines)], timeout=60, capture_output=True, text=True
    )
    assert killed.returncode == -9, killed.stderr
    store = open_store(str(where))
    report = store.run("run-1")
    assert [finding.id for finding in report.findings] == ["f00000000001"]
    assert [(c.outcome, c.cell.test) for c in report.coverage][:2] == [
        ("vulnerable", "object-access-read"),
        ("not_vulnerable", "cors"),
    ]
    assert (report.run.complete, report.run.stopped_because) == (False, "interrupted")
    assert not store.runs()[0].finished
    play(store, [event for event in events if isinstance(event, RunFinished)])
    assert store.runs()[0].finished
    store.close()
