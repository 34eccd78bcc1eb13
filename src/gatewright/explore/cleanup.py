"""Removes what a run made: children first, values put back, each seen to be gone; the rest is listed with a curl line."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from gatewright.explore import answers
from gatewright.explore.answers import Reply, read
from gatewright.explore.courier import Sessions
from gatewright.explore.ledger import Entry, Ledger
from gatewright.explore.memory import id_candidates
from gatewright.explore.words import noun, vocabulary
from gatewright.model.account import ANON, Credential
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint
from gatewright.model.errors import BudgetError, ScopeError
from gatewright.model.finding import Leftover
from gatewright.model.http import Exchange, Request
from gatewright.model.secret import Secret
from gatewright.model.variables import named

_WIDTH = 8
_BEARER = Credential(within="header", name="Authorization", prefix="Bearer ", value=Secret(""))
Ways = Mapping[str, tuple[Credential, ...]]
"""Account → its credentials."""


async def clean_up(
    sessions: Sessions,
    endpoints: Mapping[str, Endpoint],
    ledger: Ledger,
    *,
    seconds: float = 30.0,
    clock: Callable[[], float] = time.monotonic,
    ways: Ways | None = None,
) -> list[Leftover]:
    """Remove everything that the ledger says stands, within `seconds`. What is left comes back, oldest first.

    `ways`: see `listed`.

    Never raises for what the target does, nor when the budget is spent: then the rest is left over.
    """
    cleaner = _Cleaner(sessions, endpoints, ledger, clock() + seconds, clock)
    for wave in _waves(ledger.standing):
        gate = asyncio.Semaphore(_WIDTH)
        async with asyncio.TaskGroup() as tasks:
            for entry in wave:
                tasks.create_task(cleaner.one(entry, gate))
    for entry in cleaner.unseen:
        await cleaner.by_anyone(entry)
    return listed(endpoints, ledger.entries, ways)


def listed(endpoints: Mapping[str, Endpoint], entries: Iterable[Entry], ways: Ways | None = None) -> list[Leftover]:
    """What stands, for people, oldest first, once where one call removes it.

    `ways`: the credentials of each account, of which curl lines name the places.
    """
    standing = [_leftover(endpoints, entry, ways or {}) for entry in entries if entry.state in ("intended", "made")]
    return list({left.curl or left.what: left for left in standing}.values())


def _waves(standing: list[Entry]) -> list[list[Entry]]:
    """Entries in the order of removal: values first, then children before parents, newest first."""
    numbers = {entry.number: entry for entry in standing}

    def depth(entry: Entry) -> int:
        level, seen = 0, {entry.number}
        while entry.parent in numbers and entry.parent not in seen:
            entry, level = numbers[entry.parent], level + 1
            seen.add(entry.number)
        return level

    waves: dict[int, list[Entry]] = {}
    values = [[entry] for entry in standing if entry.kind == "value"]  # newest first, one after another
    for entry in standing:
        if entry.kind == "object":
            waves.setdefault(depth(entry), []).append(entry)
    return values + [waves[level] for level in sorted(waves, reverse=True)]


class _Cleaner:
    """Removes single entries until the time is up."""

    def __init__(
        self,
        sessions: Sessions,
        endpoints: Mapping[str, Endpoint],
        ledger: Ledger,
        end: float,
        clock: Callable[[], float],
    ) -> None:
        self._sessions = sessions
        self._endpoints = endpoints
        self._ledger = ledger
        self._end = end
        self._clock = clock
        self.unseen: list[Entry] = []
        """What the maker and the highest account could not be seen to remove."""

    async def one(self, entry: Entry, gate: asyncio.Semaphore) -> None:
        """Remove one entry, see that it is gone, and write that down."""
        async with gate:
            if entry.kind == "value":
                await self._put_back(entry)
                return
            if entry.remove is None:
                found = await self._search(entry, [entry.account])
                if found is None:
                    self.unseen.append(entry)
                    return
                entry = found
            await self._remove(entry)

    async def by_anyone(self, entry: Entry) -> None:
        """Once all else is gone: what its maker may not remove, or does not see, may stand in another's name."""
        others = self._who(entry)[1:]
        if entry.remove is not None:
            reply = await self._ask_each(entry.remove, others[1:])
            if reply is not None and reply.accepted:
                self._ledger.gone(entry)
        elif entry.state == "intended" and entry.lists and entry.markers:
            found = await self._search(entry, others)
            if found is not None:
                await self._remove(found)
            else:
                self._ledger.void(entry)  # lists were read and do not hold it: the request never arrived

    async def _put_back(self, entry: Entry) -> None:
        if entry.remove is None:
            return
        reply = await self._send(entry.remove, entry.account, "undo")
        account = self._sessions.accounts.get(entry.account)
        ours = account is not None and account.origin != "configured"  # it stays behind itself, and is listed
        if reply is not None and (reply.accepted or reply.status in (404, 410) or ours):  # what is gone has no value
            self._ledger.gone(entry)

    async def _remove(self, entry: Entry) -> None:
        remove = entry.remove
        if remove is None:
            return
        maker = self._who(entry)[:2]
        missed = await self._ask_each(remove, maker)
        if missed is None or not (missed.accepted or entry.read):  # refused, or never seen by its maker
            self.unseen.append(entry)
        if missed is not None and await self._is_gone(entry, missed):
            self._ledger.gone(entry)

    async def _ask_each(self, remove: Call, accounts: list[str]) -> Reply | None:
        """The answer to the first that may remove it; of a refusal only the last that says it is not there."""
        missed: Reply | None = None
        for account in accounts:
            reply = await self._send(remove, account, "clean-up")
            if reply is None:
                return None
            if reply.accepted:
                return reply
            missed = reply if reply.status in (404, 410) else missed  # gone, or hidden from this account
        return missed

    def _who(self, entry: Entry) -> list[str]:
        """The maker, the highest account (some APIs let only that one delete), then the others."""
        ranked = sorted(self._sessions.accounts, key=self._sessions.rank, reverse=True)
        return list(dict.fromkeys([entry.account, *ranked]))

    async def _is_gone(self, entry: Entry, removed: Reply) -> bool:
        """Its owner's read refuses it, shows nothing of it, or shows what is gone: deleted, inactive."""
        if entry.read is None:
            return True
        reply = await self._send(entry.read, entry.account, "clean-up")
        if reply is None:
            return False
        if not reply.accepted:
            return reply.status != 0 and reply.status < 500
        asked = [str(entry.read.get(place)) for place in entry.read.places()]  # a page may repeat what it was asked for
        known = [marker for marker in entry.markers if not any(marker in text for text in asked)]
        shown = any(reply.says(marker) for marker in known)
        return not shown or _says_deleted(reply)

    async def _search(self, entry: Entry, accounts: list[str]) -> Entry | None:
        """The entry with its way out, found by a marker in the list of one of the accounts; that one removes it."""
        for account in accounts:
            found = await self._search_as(entry, account)
            if found is not None:
                if account != entry.account:
                    self._ledger.void(entry)
                    entry = self._ledger.intend(entry.create, account=account, what=entry.what, markers=entry.markers)
                return self._ledger.made(entry, remove=found)
        return None

    async def _search_as(self, entry: Entry, account: str) -> Call | None:
        """The call that removes the entry, by what the account's list says of it; None when it is not in there."""
        item = self._endpoints.get(entry.item)
        if item is None:
            return None
        for list_id in entry.lists:
            endpoint = self._endpoints.get(list_id)
            if endpoint is None:
                continue
            above = item.path.split("/")[-2]
            call = Call(
                endpoint=list_id, path={k: v for k, v in entry.create.path.items() if "{" + k + "}" in endpoint.path}
            )
            reply = await self._send(call, account, "clean-up")
            for found in answers.items(reply.body) if reply else []:
                text = msgspec.json.encode(found)
                if any(marker.encode() in text for marker in entry.markers):
                    names = re.findall(r"\{([^}]*)\}", item.path)
                    scored = (
                        id_candidates(found, names[-1], noun(above), vocabulary([(names[-1], above)])) if names else []
                    )
                    if scored:
                        path = {**call.path, names[-1]: scored[0][2]}
                        return Call(endpoint=item.id, path=path)
        return None

    async def _send(self, call: Call, account: str, purpose: str) -> Reply | None:
        endpoint = self._endpoints.get(call.endpoint)
        if endpoint is None or self._clock() >= self._end:
            return None
        if account != ANON and account not in self._sessions.accounts:
            return None
        try:
            async with asyncio.timeout(max(self._end - self._clock(), 0.01)):
                exchange: Exchange = await self._sessions.send(render(endpoint, call), as_=account, purpose=purpose)
        except (BudgetError, ScopeError, TimeoutError):
            return None
        return read(exchange)


def _leftover(endpoints: Mapping[str, Endpoint], entry: Entry, ways: Ways) -> Leftover:
    """One thing; the credential is named, never shown."""
    call = entry.remove or (entry.read if entry.kind == "object" else None)
    endpoint = endpoints.get(call.endpoint) if call else None
    if call is None or endpoint is None:
        marked = f", with {entry.markers[0]} in it" if entry.markers else ""
        return Leftover(what=f"{entry.what}{marked}: the API offers no way to remove it", curl="")
    return Leftover(what=entry.what, curl=curl_line(render(endpoint, call), entry.account, ways.get(entry.account)))


def curl_line(request: Request, account: str, credentials: tuple[Credential, ...] | None = None) -> str:
    """A curl line for people; the credentials of the account (unknown: a bearer token) are named, never shown."""
    known = named(account, credentials or (_BEARER,)) if account != ANON else []
    cookies = [f"{one.name}={one.prefix}${name}" for name, one in known if one.within == "cookie"]
    queries = [f"{one.name}={one.prefix}${name}" for name, one in known if one.within == "query"]
    url = f"'{request.url}'"
    if queries:
        url += f'"{"&" if "?" in request.target else "?"}{"&".join(queries)}"'
    parts = [f"curl -X {request.method} {url}"]
    parts += [f'-H "{one.name}: {one.prefix}${name}"' for name, one in known if one.within == "header"]
    if cookies:
        parts.append(f'-H "Cookie: {"; ".join(cookies)}"')
    parts += [f"-H '{name}: {value}'" for name, value in request.headers]
    if request.body:
        quoted = request.body.decode("utf-8", "replace").replace("'", "'\\''")
        parts.append(f"--data-raw '{quoted}'")
    return " ".join(parts)


def _says_deleted(reply: Reply) -> bool:
    """A soft delete: a leaf that says deleted, archived, cancelled or inactive."""
    for _, key, _, value in answers.scalars(reply.body):
        name = key.lower()
        if "delet" in name or "archiv" in name or "remov" in name:
            if value not in (False, 0, "", None):
                return True
        elif (name in ("active", "is_active", "isactive", "enabled") and value is False) or (
            name in ("status", "state") and str(value).lower() in ("deleted", "archived", "removed", "inactive")
        ):
            return True
    return False
