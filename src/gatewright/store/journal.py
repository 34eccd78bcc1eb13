"""What a run leaves for `runs resume`: verdicts, knowledge, accounts and objects that it made, its settings without secrets."""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct, field

from gatewright.explore.ledger import Entry
from gatewright.model.account import Account
from gatewright.model.call import Call
from gatewright.model.events import RunStarted, VerdictReached
from gatewright.model.finding import Cell, Finding
from gatewright.model.knowledge import Knowledge, Sample
from gatewright.model.mask import MASKED, Mask
from gatewright.model.settings import Settings
from gatewright.model.verdict import Verdict

_PLANNED = frozenset(
    (
        "auth_endpoint", "baseline_broken", "choice", "mode", "needs_configuration", "no_reference",
        "no_such_function", "not_protected",
    )
)  # fmt: skip
"""Reasons of cells that a plan settles."""
_USER_INFO = re.compile(r"(?<=://)[^/@]*@")


class Journal(Struct, frozen=True, kw_only=True):
    """All that one run has written down."""

    started: RunStarted
    verdicts: dict[Cell, Verdict] = field(default_factory=dict)
    """Cells that are judged: they are not tried again. Those that a budget or an interruption cut off are not among them."""
    planned: tuple[Cell, ...] = ()
    reasons: frozenset[str | None] = frozenset()
    """Of the verdicts of planned cells; None for those without one."""
    findings: tuple[Finding, ...] = ()
    knowledge: Knowledge | None = None
    accounts: tuple[Account, ...] = ()
    """Those that the run made, without their passwords: these derive from the key."""
    ledger: tuple[Entry, ...] = ()
    settings: Settings | None = None
    """Accounts have no secrets: take those from the configuration again."""
    stopped: str = ""
    """Why its last part ended early; empty when it was killed, or came to its end."""
    last_exchange: int = 0
    seconds: float = 0.0
    requests: int = 0


def without_secrets(account: Account) -> Account:
    """The account as it may be stored."""
    plain = {name: value for name, value in account.oauth2.items() if name in ("grant", "scope", "token_url")}
    return msgspec.structs.replace(
        account,
        password=None,
        signing_key=None,
        totp_secret=None,
        credentials=(),
        login=None,
        oauth2=plain,
        private=(),
    )


def settings_without_secrets(settings: Settings, mask: Mask) -> Settings:
    """The settings as they may be stored."""
    return msgspec.structs.replace(
        settings,
        accounts=tuple(map(without_secrets, settings.accounts)),
        headers=mask.headers(settings.headers),
        login=None,
        proxy=_USER_INFO.sub("", settings.proxy) if settings.proxy else settings.proxy,
        hooks={},
        target=tuple(map(mask.target, settings.target)),
        spec=tuple(map(mask.target, settings.spec)),
    )


def masked_knowledge(knowledge: Knowledge, mask: Mask) -> Knowledge:
    """Knowledge as it may be stored. A value that had to be masked cannot be sent again: `usable` drops what holds one."""
    return msgspec.structs.replace(
        knowledge,
        samples=tuple(_masked(sample, mask) for sample in knowledge.samples),
        objects=tuple(
            msgspec.structs.replace(
                owned,
                recipe=_plain(owned.recipe, mask) if owned.recipe else None,
                creation=mask.exchange(owned.creation) if owned.creation else None,
            )
            for owned in knowledge.objects
        ),
    )


def judged(event: VerdictReached, *, attempted: bool) -> bool:
    """Whether a verdict stands when the run goes on.

    Not what an interruption or a budget cut off, nor what the plan settled without an attempt: exploration may have
    come further since, and the plan costs nothing.
    """
    if event.verdict.reason in ("budget", "stopped"):
        return False
    return attempted or event.verdict.reason not in _PLANNED


def usable(knowledge: Knowledge) -> Knowledge:
    """Without the samples and recipes that a mask made useless: they are explored again.

    So is what a lost request took its value from: no other answer would tell it again.
    """
    kept = tuple(sample for sample in knowledge.samples if not _masks(sample.call))
    lost = {mask for sample in knowledge.samples for mask in _masks(sample.call)}
    return msgspec.structs.replace(
        knowledge,
        samples=tuple(sample for sample in kept if not lost & _shown(sample)),
        objects=tuple(
            msgspec.structs.replace(owned, recipe=None if owned.recipe and _masks(owned.recipe) else owned.recipe)
            for owned in knowledge.objects
        ),
    )


_LONG = 65_536
"""Bytes of a body beyond which the ledger keeps only where it was sent."""


def masked_entry(entry: Entry, mask: Mask) -> Entry:
    """A ledger entry as it may be stored."""
    create = entry.create
    if len(create.raw or b"") + len(msgspec.json.encode(create.body)) > _LONG:  # a file: clean-up needs no copy of it
        create = msgspec.structs.replace(create, raw=None, body=None, content_type="")
    return msgspec.structs.replace(
        entry,
        create=_plain(create, mask),
        remove=_plain(entry.remove, mask) if entry.remove else None,
        read=_plain(entry.read, mask) if entry.read else None,
    )


def usable_entry(entry: Entry) -> Entry:
    """A masked value is never written back: such an entry has no `remove`, and becomes a leftover."""
    return msgspec.structs.replace(entry, remove=None if entry.remove and _masks(entry.remove) else entry.remove)


def _masked(sample: Sample, mask: Mask) -> Sample:
    return msgspec.structs.replace(sample, call=_plain(sample.call, mask), exchange=mask.exchange(sample.exchange))


def _plain(value: Call, mask: Mask) -> Call:
    text = mask.body(msgspec.json.encode(value), "application/json", request=True)
    return msgspec.json.decode(text, type=Call)


def _masks(value: Struct) -> set[str]:
    """The masks in a value that is stored: equal secrets have equal ones."""
    return {found[0] for found in MASKED.finditer(msgspec.json.encode(value).decode())}


def _shown(sample: Sample) -> set[str]:
    """The masks in the answer of a sample."""
    body = sample.exchange.response.body if sample.exchange.response else b""
    return {found[0] for found in MASKED.finditer(body.decode("latin-1"))}
