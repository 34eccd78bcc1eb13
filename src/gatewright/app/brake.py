"""Between everybody who sends and the gate: ends a run that is interrupted, and keeps requests back for clean-up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gatewright.model.account import ANON
from gatewright.model.errors import BudgetError
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange, Request
from gatewright.wire.gate import Gate

_TAKES_BACK = frozenset({"undo", "clean-up"})


class Brake:
    """A `model.test.Sender` in front of the gate.

    Once `stop` is set, or only the `reserve` of requests is left, nothing goes out but what takes back and cleans up;
    in clean-up (`release`) everything goes out again.
    """

    def __init__(self, gate: Gate, stop: asyncio.Event, reserve: Callable[[], int]) -> None:
        self._gate = gate
        self._stop = stop
        self._reserve = reserve
        self._released = False

    def release(self, seconds: float) -> None:
        """Clean-up begins: it may use the reserve, and `seconds` beyond the time of the run."""
        self._released = True
        self._gate.extend(seconds)

    async def send(
        self,
        request: Request,
        *,
        account: str = ANON,
        purpose: str = "",
        cell: Cell | None = None,
        burst: bool = False,
    ) -> Exchange:
        """As `Gate.send`. Raises BudgetError `stop` or `requests` as well."""
        if not self._released and purpose not in _TAKES_BACK:
            if self._stop.is_set():
                raise BudgetError("not sent: the run was interrupted", code="GW-R030", where="stop")
            kept = self._reserve()
            if self._gate.left.requests <= kept:
                help_ = "--max-requests sets it"
                what = f"not sent: the last {kept} requests are kept for clean-up"
                raise BudgetError(what, code="GW-W010", where="requests", help=help_)
        return await self._gate.send(request, account=account, purpose=purpose, cell=cell, burst=burst)
