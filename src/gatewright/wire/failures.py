"""Why an exchange has no answer: stable words, each with its code. The only place where they are listed."""

from __future__ import annotations

from gatewright.model.errors import TargetError, WireError

WORDS = {
    "unsendable": "GW-W101",
    "dns": "GW-W102",
    "connect": "GW-W103",
    "tls": "GW-W104",
    "proxy": "GW-W105",
    "timeout-connect": "GW-W106",
    "timeout-first-byte": "GW-W107",
    "timeout-total": "GW-W108",
    "closed": "GW-W109",
    "reset": "GW-W110",
    "not-http": "GW-W111",
    "head-too-large": "GW-W112",
}
"""The word that begins `Exchange.error` → its code."""


def failure(word: str, sentence: str) -> WireError:
    """A wire failure; `what` is the text that `Exchange.error` carries, `timeout-connect: no connection within 5 s`."""
    return WireError(f"{word}: {sentence}", code=WORDS[word])


def unreached(error: str, *, where: str) -> TargetError:
    """The error for a target that gave no answer, from the `error` of the exchange."""
    return TargetError(error, code=WORDS[error.partition(":")[0]], where=where, help=_HELP)


_HELP = (
    "check that the server runs and that this machine reaches it; `limits` and `proxy` in gatewright.yaml may matter"
)
