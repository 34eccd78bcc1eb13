"""Whether two sessions are one and the same principal: two names for one account make every comparison void."""

from __future__ import annotations

from gatewright.access.probes import identity_of, named_in
from gatewright.access.session import Session
from gatewright.access.tokens import claims
from gatewright.proof.leaves import Answer


def same_principal(a: Session, b: Session) -> bool:
    """True when both present the same credential, claim the same subject, or are named alike by the same probe."""
    if a.placed.credentials and a.placed.credentials == b.placed.credentials:
        return True
    one, other = _subject(a), _subject(b)
    if one and other:
        return one == other
    first, second = a.placed, b.placed
    if first.probe is None or second.probe is None or first.answer is None or second.answer is None:
        return False
    if first.probe.endpoint.id != second.probe.endpoint.id:
        return False
    mine, theirs = _naming(first.answer, a.identity), _naming(second.answer, b.identity)
    return bool(mine) and mine == theirs


def _subject(session: Session) -> tuple[str, str] | None:
    """Issuer and subject of the session's JWT (RFC 7519 4.1)."""
    for credential in session.placed.credentials:
        said = claims(credential.value.reveal())
        if said.get("sub") is not None:
            return str(said.get("iss", "")), str(said["sub"])
    return None


def _naming(answer: Answer, identity: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Leaves by which an answer names its account, outside lists."""
    values = identity_of(answer)
    leaves = [leaf for leaf in answer.leaves if leaf.value in values or leaf in named_in(answer, identity)]
    return frozenset((leaf.path, leaf.value) for leaf in leaves if not leaf.item)
