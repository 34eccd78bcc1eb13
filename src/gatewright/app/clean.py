"""`runs resume ID --clean`: removes what an interrupted run left behind."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from gatewright.access.sessions import Sessions
from gatewright.app.document import load_specification
from gatewright.app.past import opened
from gatewright.app.target import place
from gatewright.explore.cleanup import clean_up, listed
from gatewright.explore.ledger import Ledger
from gatewright.model.finding import Leftover
from gatewright.model.mask import Mask, secrets_of
from gatewright.model.secret import Keyring
from gatewright.model.settings import Settings
from gatewright.wire.gate import Gate

SECONDS = 120.0
"""Nothing else waits for this, so it may take longer than the clean-up of a run."""


class Cleaned(Struct, frozen=True):
    """How many of the run's objects and values stood, and what could not be removed."""

    standing: int
    left: tuple[Leftover, ...]


async def clean(run: str, settings: Settings) -> Cleaned:
    """Log in as the run's accounts and remove its objects; the ledger in the store is kept up to date."""
    with opened(settings) as store:
        journal = store.journal(run)
        mask = Mask(store.key, secrets_of(settings))
        ledger = Ledger(lambda entry: store.save_object(run, entry, mask=mask), journal.ledger)
        standing = ledger.stand
        if not standing:
            return Cleaned(0, ())
        placed = place(await load_specification(settings), settings)
        async with Gate(settings, run=run, targets=placed.targets, first=journal.last_exchange + 1) as gate:
            keyring = Keyring(store.key, run)
            sessions = Sessions(gate, placed.specification, settings, keyring=keyring, made=journal.accounts)
            await sessions.open()
            endpoints = {endpoint.id: endpoint for endpoint in placed.specification.endpoints}
            left = await clean_up(sessions, endpoints, ledger, seconds=SECONDS, ways=sessions.ways)
            store.withdraw(run, set(listed(endpoints, journal.ledger, sessions.ways)) - set(left))
            if journal.knowledge is not None:  # its objects are gone: a run that goes on explores again
                store.save_knowledge(run, msgspec.structs.replace(journal.knowledge, stale=True), mask=mask)
    return Cleaned(standing, tuple(left))
