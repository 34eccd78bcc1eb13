from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from gatewright.engine.given import Given, scene
from gatewright.engine.probe import Bench, CellProbe
from gatewright.engine.scripted import Rule
from gatewright.engine.scripted_tokens import ScriptedListener
from gatewright.model.account import ANON
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.errors import ScopeError
from gatewright.model.finding import Cell
from gatewright.model.http import Request
from gatewright.model.json import Json
from gatewright.model.secret import Keyring

GIVEN: dict[str, Json] = {
    "accounts": ["alice", "bob"],
    "endpoint": "GET /notes/{id}",
    "objects": {"alice": 7, "bob": 8},
    "fresh": {"alice": [9]},
}


def play(use: Callable[[CellProbe, Bench], Awaitable[None]], *, rules: Json = None, **told: Json) -> None:
    async def go() -> None:
        asked = [msgspec.convert(rule, Rule) for rule in rules or [{"response": {"who": "<as>"}}]]  # type: ignore[union-attr]
        made = await scene(msgspec.convert({**GIVEN, **told}, Given), asked)
        waited: list[float] = []

        async def pause(seconds: float) -> None:
            waited.append(seconds)

        bench = Bench(
            made.identities, made.maker, made.specification, made.settings,
            knowledge=made.situation.knowledge, keyring=Keyring(b"k", "r"), slots=1, pause=pause,
        )  # fmt: skip
        async with bench.slots:
            await use(CellProbe(bench, Cell(made.endpoint.id, "one", "bob"), made.endpoint), bench)

    asyncio.run(asyncio.wait_for(go(), 10))


def test_it_sends_as_an_account_and_records() -> None:
    async def use(probe: CellProbe, bench: Bench) -> None:
        call = probe.knowledge.samples[0].call
        mine = await probe.send(call)
        hers = await probe.send(call, as_="alice", purpose="baseline")
        nobody = await probe.send(call, as_=ANON, credentials=())
        bodies = [e.response.body for e in (mine, hers, nobody) if e.response]
        assert bodies == [b'{"who":"bob"}', b'{"who":"alice"}', b'{"who":"anon"}']
        assert probe.exchanges == [mine, hers, nobody]
        assert set(probe.used) == {"bob", "alice"}
        assert hers.purpose == "baseline"

    play(use)


def test_what_the_ledger_knows_of_is_not_left_behind_twice() -> None:
    async def use(probe: CellProbe, bench: Bench) -> None:
        call = probe.knowledge.samples[0].call
        bench.ledger.intend(call, account="bob", what="a note of bob")
        probe.leave("a note", call, endpoint=probe.endpoint)
        assert bench.leftovers == []
        probe.leave("a note", call.with_value(Place("path", "id"), 99), endpoint=probe.endpoint)
        assert [left.what for left in bench.leftovers] == ["a note"]

    play(use)


def test_the_finished_request_can_be_edited() -> None:
    async def use(probe: CellProbe, bench: Bench) -> None:
        def foreign(request: Request) -> Request:
            return request.with_headers(("Origin", "https://a.test"))

        exchange = await probe.send(probe.knowledge.samples[0].call, edit=foreign)
        assert exchange.request.header("origin") == "https://a.test"

    play(use)


def test_read_only_sends_safe_methods_only_whatever_the_endpoint_says() -> None:
    async def use(probe: CellProbe, bench: Bench) -> None:
        call = probe.knowledge.samples[0].call
        put = msgspec.structs.replace(probe.endpoint, method="PUT")
        with pytest.raises(ScopeError, match="read-only"):
            await probe.send(call, endpoint=put)
        with pytest.raises(ScopeError):
            await probe.send(call, edit=lambda request: msgspec.structs.replace(request, method="DELETE"))
        assert probe.exchanges == []

    play(use, mode="read-only")


def test_once_asks_once_and_the_evidence_is_cited() -> None:
    async def use(probe: CellProbe, bench: Bench) -> None:
        call = probe.knowledge.samples[0].call
        first = await probe.once("key", lambda: probe.send(call))
        other = CellProbe(bench, probe.cell, probe.endpoint)
        again = await other.once("key", lambda: other.send(call))
        assert again is first
        other.cite(first, first)
        assert other.exchanges == [first]

    play(use)


def test_what_failed_once_is_tried_again() -> None:
    async def use(probe: CellProbe, bench: Bench) -> None:
        async def fails() -> int:
            raise RuntimeError

        async def works() -> int:
            return 7

        with pytest.raises(RuntimeError):
            await probe.once("key", fails)
        assert await probe.once("key", works) == 7

    play(use)


def test_a_fresh_object_becomes_known() -> None:
    async def use(probe: CellProbe, bench: Bench) -> None:
        like = probe.knowledge.objects[0]
        made = await probe.fresh(like)
        assert made is not None
        assert made in probe.knowledge.objects
        assert await probe.fresh(like) is None

    play(use)


def test_a_wait_gives_the_slot_back_and_scales_with_patience() -> None:
    async def use(probe: CellProbe, bench: Bench) -> None:
        free: list[bool] = []

        async def pause(seconds: float) -> None:
            free.append(not bench.slots.locked())

        bench.pause = pause
        await probe.wait(2.0)
        assert free == [True]
        assert bench.slots.locked()

    play(use)


def test_controls_are_kept_and_those_switched_off_hold() -> None:
    async def use(probe: CellProbe, bench: Bench) -> None:
        assert not probe.control("C1", "w", expected="a", observed="b", holds=False)
        bench.settings = msgspec.structs.replace(bench.settings, disabled_controls=frozenset({"C2"}))
        assert probe.control("C2", "w", expected="a", observed="b", holds=False)
        assert [c.name for c in probe.controls] == ["C1"]

    play(use)


def test_markers_differ_and_choices_repeat() -> None:
    async def use(probe: CellProbe, bench: Bench) -> None:
        assert len({probe.marker() for _ in range(50)}) == 50
        again = CellProbe(bench, probe.cell, probe.endpoint)
        assert again.random.random() == probe.random.random()

    play(use)


def test_what_cannot_be_taken_back_stays_in_the_ledger() -> None:
    async def use(probe: CellProbe, bench: Bench) -> None:
        call = probe.knowledge.samples[0].call
        gone = Endpoint(method="DELETE", path="/gone", origin=probe.endpoint.origin)
        stuck = Endpoint(method="DELETE", path="/stuck", origin=probe.endpoint.origin)
        probe.undo("gone", call, as_="bob", endpoint=gone)
        probe.undo("stuck", call, as_="bob", endpoint=stuck)
        await probe.take_back()
        assert [(entry.what, entry.remove) for entry in bench.ledger.standing] == [("stuck", call)]

    play(
        use,
        rules=[
            {"when": {"path": "/stuck"}, "status": 500},
            {"when": {"path": "/gone"}, "status": 404},
            {"response": {}},
        ],
    )


def test_it_reads_mail_without_holding_a_worker() -> None:
    async def use(probe: CellProbe, bench: Bench) -> None:
        assert probe.settings.hooks
        free: list[bool] = []
        inner = bench.identities.mail

        async def looked(name: str, *, other_than: str | None = None, wait: bool = True) -> str | None:
            free.append(not bench.slots.locked())
            return await inner(name, other_than=other_than, wait=wait)

        bench.identities.mail = looked  # type: ignore[method-assign]
        assert await probe.mail("alice") == "123456"
        assert await probe.mail("alice", other_than="123456", wait=False) is None
        assert free == [True, False]
        assert bench.slots.locked()

    play(use, mails={"alice": ["123456"]})


def test_the_first_credentials_and_the_listener_come_from_the_bench() -> None:
    async def use(probe: CellProbe, bench: Bench) -> None:
        kept = probe.first_credentials("alice")
        assert kept is not None
        assert kept.credentials == await probe.credentials("alice")
        assert probe.first_credentials("nobody") is None
        assert await probe.listener() is None
        ours = ScriptedListener()

        async def opened() -> ScriptedListener:
            return ours

        bench.listener = opened
        assert await probe.listener() is ours

    play(use)
