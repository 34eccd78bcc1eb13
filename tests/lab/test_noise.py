"""What each kind of noise does to answers, and what it leaves alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from gatewright.lab.noise import BEHIND, KINDS, RATE, LaggingTables, Noise


async def fixed(scope: Any, receive: Any, send: Any) -> None:
    body = b'{"id": 7, "data": null}' if scope["path"] == "/envelope" else b'{"id": 7}'
    kind = b"text/plain" if scope["path"] == "/text" else b"application/json"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": body[:3], "more_body": True})
    await send({"type": "http.response.body", "body": body[3:]})


def ask(app: Any, path: str = "/", method: str = "GET") -> tuple[int, dict[str, str], Any]:
    messages: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    asyncio.run(app({"type": "http", "method": method, "path": path, "headers": []}, receive, send))
    headers = {name.decode().lower(): value.decode() for name, value in messages[0]["headers"]}
    return messages[0]["status"], headers, b"".join(message.get("body", b"") for message in messages[1:])


def test_answers_never_stay_the_same_and_keep_what_they_say() -> None:
    noisy = Noise(fixed, ["rotate"], 1)
    first, second = ask(noisy), ask(noisy)
    assert first != second
    assert json.loads(first[2])["id"] == 7
    assert int(first[1]["content-length"]) == len(first[2])
    assert set(json.loads(ask(noisy, "/envelope")[2])) == {"id", "data", "extensions"}
    assert ask(noisy, "/text")[2] == b'{"id": 7}'


def test_one_request_in_twenty_fails_the_same_ones_for_the_same_seed() -> None:
    def seen(seed: int) -> list[int]:
        noisy = Noise(fixed, ["errors"], seed)
        return [ask(noisy)[0] for _ in range(400)]

    assert 8 <= seen(1).count(500) <= 40
    assert seen(1) == seen(1) != seen(2)


def test_a_rate_is_served_and_no_more() -> None:
    now = [50.0]
    noisy = Noise(fixed, ["limit"], 1, clock=lambda: now[0])
    answers = [ask(noisy) for _ in range(RATE + 2)]
    assert [status for status, _, _ in answers] == [200] * RATE + [429] * 2
    assert answers[-1][1]["retry-after"] == "1"
    now[0] += 1.0
    assert ask(noisy)[0] == 200


def test_answers_come_later_by_chance() -> None:
    delays = [Noise(fixed, ["jitter"], 1)._delay() for _ in range(3)]
    spread = Noise(fixed, ["jitter"], 1)
    seen = sorted(spread._delay() for _ in range(500))
    assert delays[0] == delays[1]
    assert 0.001 < seen[250] < 0.02
    assert seen[-1] > 0.2


@pytest.fixture
def lagging() -> tuple[LaggingTables, list[float]]:
    now = [10.0]
    tables = LaggingTables(clock=lambda: now[0])
    tables.add("news", title="first", text="a", published_at="2026-01-01")
    tables.copy()
    return tables, now


def test_reads_of_a_get_are_behind_and_those_of_a_write_are_not(lagging: tuple[LaggingTables, list[float]]) -> None:
    tables, now = lagging

    async def titles(scope: Any, receive: Any, send: Any) -> None:
        body = json.dumps([row["title"] for row in tables.find("news")]).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    noisy = Noise(titles, ["lag"], 1)
    added = tables.add("news", title="second", text="b", published_at="2026-01-02")
    tables.change("news", added["id"], title="third")
    assert json.loads(ask(noisy)[2]) == ["first"]
    assert json.loads(ask(noisy, method="POST")[2]) == ["first", "third"]
    now[0] += BEHIND
    assert json.loads(ask(noisy)[2]) == ["first", "third"]
    tables.remove("news", id=added["id"])
    assert json.loads(ask(noisy)[2]) == ["first", "third"]
    now[0] += BEHIND
    assert json.loads(ask(noisy)[2]) == ["first"]


def test_the_command_line_knows_every_kind() -> None:
    from gatewright.cli import lab

    options = {option.name: option for option in lab.up.params}
    noise: Callable[..., Any] = options["noise"].type  # type: ignore[assignment]
    assert list(noise.choices) == list(KINDS)  # type: ignore[attr-defined]
