from __future__ import annotations

import asyncio

import pytest

from gatewright.app.door import Door, on_loopback
from gatewright.model.secret import Keyring

KEYRING = Keyring(b"k" * 32, "run")


@pytest.mark.parametrize(
    ("url", "near"),
    [("http://127.0.0.1:5000", True), ("http://localhost:80/x", True), ("http://[::1]:1", True), ("http://10.0.0.7", False), ("https://shop.test", False), ("nonsense", False)],
)  # fmt: skip
def test_what_is_on_loopback(url: str, near: bool) -> None:
    assert on_loopback(url) is near


def test_it_opens_once_and_its_origin_is_refused_to_ourselves() -> None:
    async def go() -> None:
        refused: list[str] = []
        door = Door(["http://127.0.0.1:5000"], KEYRING, refused.append)
        try:
            first, second = await asyncio.gather(door.open(), door.open())
            assert first is second
            assert first is not None
            assert len(refused) == 1
            assert first.offer(b"").startswith(refused[0] + "/c/")
        finally:
            await door.close()

    asyncio.run(go())


@pytest.mark.parametrize("targets", [[], ["https://shop.test"], ["http://127.0.0.1:1", "https://shop.test"]])
def test_a_target_elsewhere_could_not_come(targets: list[str]) -> None:
    async def go() -> None:
        door = Door(targets, KEYRING, lambda origin: None)
        assert await door.open() is None
        await door.close()

    asyncio.run(go())
