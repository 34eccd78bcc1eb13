"""The event loop of a run."""

from __future__ import annotations

import asyncio
import sys

import pytest

from gatewright.wire.loop import run


async def _loop_name() -> str:
    return type(asyncio.get_running_loop()).__module__


def test_uvloop_where_it_exists() -> None:
    pytest.importorskip("uvloop")
    assert run(_loop_name()) == "uvloop"


def test_asyncio_where_it_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert run(_loop_name()).startswith("asyncio")
