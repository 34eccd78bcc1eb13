"""Where a credential goes, found by trying: what lets us in with the credential, and not without or with garbage."""

from __future__ import annotations

import base64
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec

from gatewright.access.attach import Slot, attach, slots
from gatewright.access.grant import Ask, Grant
from gatewright.access.probes import Probe, identity_of, lets_in, own_pages, probes, quality
from gatewright.access.tokens import garbage
from gatewright.model.account import ANON, Credential
from gatewright.model.call import render
from gatewright.model.endpoint import Specification
from gatewright.model.secret import Secret
from gatewright.proof.compare import same
from gatewright.proof.leaves import Answer, read

MOST_TRIES = 30
"""Requests for finding the place of one credential."""
_FIRST, _LATER = 10, 3
"""Probes tried with the likeliest place, and with each other one."""


@dataclass(frozen=True)
class Placed:
    """Credentials in their place, and the probe that shows it. `slots` None: they were given complete."""

    credentials: tuple[Credential, ...]
    slots: tuple[Slot, ...] | None
    probe: Probe | None = None
    answer: Answer | None = None
    """What the probe answered to the account."""
    names: bool = False
    """The answer names the account: the probe says who one is, not only that one is somebody."""

    @property
    def how(self) -> str:
        """`json:/token → Authorization: Bearer`, for reports."""
        if self.slots is None:
            return " + ".join(map(_shown, self.credentials))
        if all(slot.source == f"{slot.within}:{slot.name}" for slot in self.slots):
            return " + ".join(str(slot) for slot in self.slots)
        return " + ".join(f"{slot.source} → {slot}" for slot in self.slots)


@dataclass
class Placer:
    """Tries places. One for the whole run: what nobody gets from each probe is asked once."""

    ask: Ask
    specification: Specification
    source: random.Random
    found: list[Probe] | None = None

    async def probes(self) -> list[Probe]:
        """The probes of the specification."""
        if self.found is None:
            self.found = await probes(self.specification, self.ask)
        return self.found

    async def place(
        self, account: str, grant: Grant, wrong: Grant | None, identity: Collection[str], *, only: Probe | None = None
    ) -> Placed | str:
        """The place of a grant's credentials, or why there is none.

        `wrong` is what a wrong password gave, as a control; `only` the probe that the user named.
        """
        known = [only] if only is not None else await self.probes()
        options = [(None, grant.fixed)] if grant.fixed is not None else [
            (choice, filled) for choice in slots(list(grant.found), self.specification) if (filled := fill(choice, grant))
        ]  # fmt: skip
        if not known:
            return self._unverified(options, "no GET without parameters")
        tries = 0
        for index, (choice, credentials) in enumerate(options):
            for probe in known[: _FIRST if index == 0 else _LATER]:
                if tries >= MOST_TRIES - 2:
                    break
                tries += 1
                answer = await self._answer(probe, account, credentials + grant.extra)
                if not probe.shows(answer, [probe.anon], identity):
                    continue
                tries += 2
                if await self._holds(account, probe, answer, credentials, choice, grant, wrong, identity):
                    return await self._settled(account, grant, Placed(credentials, choice, probe, answer), identity)
        guarded = [probe for probe in known if probe.guarded or probe is only]
        if not guarded:
            return self._unverified(options, "no GET without parameters refuses strangers")
        return f"{guarded[0].endpoint.name} answers {guarded[0].anon.status} with the credential as without it"

    async def check(self, account: str, grant: Grant, like: Placed, identity: Collection[str]) -> Placed | None:
        """The same place and probe as for an account before; None when they do not hold here."""
        credentials = grant.fixed if like.slots is None else fill(like.slots, grant)
        if not credentials or like.probe is None:
            return None
        if like.probe.path:  # a page of the other account's own
            return await self._own_page(account, Placed(credentials, like.slots), grant, identity)
        answer = await self._answer(like.probe, account, credentials + grant.extra)
        if not like.probe.shows(answer, [like.probe.anon], identity):
            return None
        names = quality(answer, identity) > 0 or (like.names and bool(identity_of(answer)))
        return Placed(credentials, like.slots, like.probe, answer, names)

    async def _holds(
        self,
        account: str,
        probe: Probe,
        answer: Answer,
        credentials: tuple[Credential, ...],
        choice: tuple[Slot, ...] | None,
        grant: Grant,
        wrong: Grant | None,
        identity: Collection[str],
    ) -> bool:
        """Garbage of the same shape beside what goes along, and what a wrong password gave, are refused."""
        bad = await self._answer(probe, account, self._bad(credentials, grant))
        if not probe.shows(answer, [probe.anon, bad], identity):
            return False
        other = fill(choice, wrong) if choice is not None and wrong is not None else None
        if not other or other == credentials:
            return True
        return probe.shows(answer, [await self._answer(probe, account, other + grant.extra)], identity)

    def _bad(self, credentials: tuple[Credential, ...], grant: Grant) -> tuple[Credential, ...]:
        """The credentials spoilt; what goes along with them stays, or a refusal would prove nothing about them."""
        return tuple(spoilt(credential, self.source) for credential in credentials) + grant.extra

    async def _settled(self, account: str, grant: Grant, placed: Placed, identity: Collection[str]) -> Placed:
        """What can go without effect dropped; then the probe that names the account best."""
        kept = placed.credentials
        if placed.slots is not None and len(kept) > 1 and placed.probe is not None and placed.answer is not None:
            for credential in kept:
                rest = tuple(c for c in kept if c != credential)
                if rest and same(await self._answer(placed.probe, account, rest + grant.extra), placed.answer):
                    kept = rest
        chosen = (
            None
            if placed.slots is None
            else tuple(s for s in placed.slots if any(c.name == s.name and c.within == s.within for c in kept))
        )
        placed = Placed(kept, chosen, placed.probe, placed.answer)
        if placed.probe is not None and placed.probe.status is not None:
            return Placed(kept, chosen, placed.probe, placed.answer, _score(placed.answer, identity) > 0)
        return await self._named(account, grant, placed, identity)

    async def _named(self, account: str, grant: Grant, placed: Placed, identity: Collection[str]) -> Placed:
        best, best_score = placed, _score(placed.answer, identity)
        for probe in await self.probes():
            if best_score >= 30:
                break
            if probe is placed.probe:
                continue
            answer = await self._answer(probe, account, placed.credentials + grant.extra)
            score = _score(answer, identity)
            if score > best_score and lets_in(answer, [probe.anon], identity):
                bad = await self._answer(probe, account, self._bad(placed.credentials, grant))
                if lets_in(answer, [probe.anon, bad], identity):
                    best, best_score = Placed(placed.credentials, placed.slots, probe, answer), score
        if best_score < 20:  # a list that names everybody, or nothing that names anybody
            own = await self._own_page(account, placed, grant, identity)
            if own is not None:
                return own
        return Placed(best.credentials, best.slots, best.probe, best.answer, best_score > 0)

    async def _own_page(self, account: str, placed: Placed, grant: Grant, identity: Collection[str]) -> Placed | None:
        """The page that the account reads by its own name, where it alone is named and strangers are refused."""
        for endpoint, call in own_pages(self.specification, identity):
            request = render(endpoint, call)
            page = Probe(endpoint, request, path=dict(call.path))
            answer = await self._answer(page, account, placed.credentials + grant.extra)
            if _score(answer, identity) < 30:
                continue
            page.anon = await self._answer(page, ANON, ())
            bad = await self._answer(page, account, self._bad(placed.credentials, grant))
            if page.guarded and lets_in(answer, [page.anon, bad], identity):
                return Placed(placed.credentials, placed.slots, page, answer, names=True)
        return None

    async def _answer(self, probe: Probe, account: str, credentials: tuple[Credential, ...]) -> Answer:
        exchange = await self.ask(attach(probe.request, credentials), account, "probe")
        return read(exchange.response)

    def _unverified(
        self, options: Sequence[tuple[tuple[Slot, ...] | None, tuple[Credential, ...]]], why: str
    ) -> Placed | str:
        """The likeliest place, although nothing can show that it is right."""
        return Placed(options[0][1], options[0][0]) if options else why


def _shown(credential: Credential) -> str:
    """How a given credential goes out, in words."""
    if credential.within == "header":
        return f"{credential.name}: {credential.prefix}".strip(" :")
    words = {"certificate": "client certificate", "signature": f"signed requests ({credential.name})"}
    return words.get(credential.within, f"{credential.within} {credential.name}")


def fill(choice: tuple[Slot, ...], grant: Grant) -> tuple[Credential, ...] | None:
    """The credentials of a grant in these slots; None when it lacks one of them."""
    values = {item.source: item.value for item in grant.found}
    if any(slot.source not in values for slot in choice):
        return None
    return tuple(slot.credential(values[slot.source]) for slot in choice)


def spoilt(credential: Credential, source: random.Random) -> Credential:
    """Garbage of the same shape; for HTTP Basic the same user with another password, for a certificate none."""
    value = credential.value.reveal()
    if credential.within == "certificate":
        return msgspec.structs.replace(credential, value=Secret(""))
    if credential.prefix.strip().lower() == "basic":
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            user, password = "", value
        wrong = base64.b64encode(f"{user}:{garbage(password, source)}x".encode()).decode()
    else:
        wrong = garbage(value, source)
    return msgspec.structs.replace(credential, value=Secret(wrong))


def _score(answer: Answer | None, identity: Collection[str]) -> int:
    """How good a probe is: 30 names the account alone, 20 and 10 among others, below that what looks like one account."""
    if answer is None:
        return 0
    return quality(answer, identity) * 10 or min(len(identity_of(answer)), 3) * 2
