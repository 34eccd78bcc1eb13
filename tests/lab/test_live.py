"""What goes on by itself, told one after the other."""

from __future__ import annotations

import asyncio
from typing import Any

from gatewright.lab.live import Hub, Live, told


def test_heartbeats_and_what_is_told_at_once() -> None:
    async def main() -> list[Any]:
        hub = Hub()
        live = Live(first=(1, 2), hears=lambda table, row: row["id"] if table == "orders" else None)
        found = []
        async for event in told(live, hub):
            found.append(event)
            if event == 2:
                hub.tell("orders", {"id": 7})
                hub.tell("others", {"id": 8})
            if event is None:
                break
        return found

    assert asyncio.run(main()) == [1, 2, 7, None]
