"""One account's session: its credentials, how they were got, when they end, and the probe that shows it alive."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from gatewright.access.grant import Grant, Way
from gatewright.access.placing import Placed, fill
from gatewright.access.probes import lets_in, named_in, refused
from gatewright.access.tokens import claims, lifetime, refresh_token
from gatewright.model.account import Account, Credential
from gatewright.model.http import Response
from gatewright.model.secret import Secret
from gatewright.model.test import LogIn
from gatewright.proof.compare import same
from gatewright.proof.leaves import Answer, read

MARGIN, SHARE = 30.0, 0.2
"""A credential is renewed with this many seconds left, or this share of its life when that is less."""
_CLAIMS = (
    "sub",
    "uid",
    "user_id",
    "userId",
    "id",
    "email",
    "username",
    "user",
    "user_name",
    "preferred_username",
    "upn",
)
_ENDED = (401, 419, 440)


@dataclass
class Session:
    """A logged-in account. `turn` counts log-ins; jobs that wait for one see it move."""

    account: Account
    way: Way
    placed: Placed
    extra: tuple[Credential, ...] = ()
    identity: frozenset[str] = frozenset()
    role_rank: int = 0
    obtained: float = 0.0
    """When the credentials were got, by the sessions' clock."""
    lives: float | None = None
    """Seconds that they live; None: unknown."""
    stated: bool = False
    """The life was stated by the API, not observed."""
    refresh: Secret | None = None
    """The refresh token of the last answer that had one."""
    alive_at: float = float("-inf")
    """Start of the last probe that was answered as to the account."""
    first: tuple[tuple[Credential, ...], float] | None = None
    """The credentials of the first log-in, and when they were got: whether they work beyond their end is a test."""
    turn: int = 0
    live: bool = True
    failures: int = 0
    """Log-ins that failed since the last that worked."""
    stillborn: int = 0
    """Log-ins in a row that worked, with a session that the probe refused."""
    renewing: asyncio.Lock = field(default_factory=asyncio.Lock)
    probing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """What goes out with each request."""
        return self.placed.credentials + self.extra

    def ending(self, now: float) -> bool:
        """Whether the credentials end within the margin."""
        if self.lives is None:
            return False
        return now >= self.obtained + self.lives - min(MARGIN, SHARE * self.lives)

    def granted(self, grant: Grant, placed: Placed, now: float, wall: float) -> None:
        """Takes new credentials; the first are kept apart. What a refresh does not give again (a certificate) stays."""
        self.placed, self.extra, self.obtained = placed, grant.extra or self.extra, now
        self.first = self.first or (self.credentials, now)
        stated = life(placed.credentials, grant, wall)
        if stated is not None:
            self.lives, self.stated = stated, True
        if grant.exchange is not None and grant.exchange.response is not None:
            self.refresh = refresh_token(grant.exchange.response) or self.refresh
        self.turn += 1
        self.live, self.failures = True, 0

    def died(self, now: float) -> None:
        """Learns the life of credentials whose end nobody announced, so that the next are renewed before it."""
        if not self.stated and now - self.obtained > 1.0:
            age = now - self.obtained
            self.lives = age if self.lives is None else min(self.lives, age)

    def shows(self, answer: Answer) -> bool:
        """Whether an answer of the probe is one to this account."""
        probe = self.placed.probe
        if probe is None:
            return True
        if probe.status is not None:
            return probe.shows(answer, [probe.anon], self.identity)
        if refused(answer):
            return False
        if self.placed.names and named_in(answer, self.identity):
            return True
        return lets_in(answer, [probe.anon], self.identity)

    def suspects(self, response: Response | None) -> bool:
        """Whether an answer looks like one to nobody: the status of an ended session, or what the probe tells strangers."""
        if response is None:
            return False
        if response.meaning in _ENDED:
            return True
        probe = self.placed.probe
        if probe is None or not probe.anon.leaves or response.meaning != probe.anon.status or len(response.body) > 4096:
            return False
        return same(read(response), probe.anon)


def life(credentials: Iterable[Credential], grant: Grant, wall: float) -> float | None:
    """Seconds that new credentials live: the least of what JWTs, the answer and the configuration say."""
    found = [grant.lives] if grant.lives is not None else []
    for credential in credentials:
        told = lifetime(credential.value.reveal())
        if told is not None:
            end, begun = told
            left, span = end - wall, end - begun if begun is not None else None
            # a token just issued lives its span even where the server's clock is behind ours; a given one what is left
            fresh = grant.exchange is not None and span is not None
            found.append(span if fresh and span is not None and not 0 < left < span else left)
    return max(min(found), 0.0) if found else None


def claimed(credentials: Iterable[Credential]) -> frozenset[str]:
    """Values by which JWTs among the credentials name their account."""
    found: set[str] = set()
    for credential in credentials:
        said = claims(credential.value.reveal())
        for name in _CLAIMS:
            value = said.get(name)
            if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value):
                found.add(str(value))
    return frozenset(found)


def further(session: Session, grant: Grant, wall: float) -> LogIn:
    """What a test is told of a grant: its credentials in the session's places, the refresh token beside them, its life."""
    placed = placed_anew(session, grant)
    refresh = None
    if placed is not None and grant.exchange is not None and grant.exchange.response is not None:
        refresh = refresh_token(grant.exchange.response)
    credentials = placed.credentials + grant.extra if placed is not None else ()
    told = life(credentials, grant, wall) if credentials else None
    lives = session.lives if told is None else told
    return LogIn(exchange=grant.exchange, credentials=credentials, refresh=refresh, lives=lives)


def placed_anew(session: Session, grant: Grant) -> Placed | None:
    """New credentials in the old places."""
    old = session.placed
    credentials = grant.fixed if old.slots is None else fill(old.slots, grant)
    return Placed(credentials, old.slots, old.probe, old.answer, old.names) if credentials else None
