"""What varies by itself, and when two answers are the same (checks-1-5.md 1.7).

Length, similarity and status prove nothing: everything here is by leaves and their values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gatewright.proof.leaves import Answer, Leaf


def volatile(baselines: Sequence[Answer]) -> frozenset[str]:
    """Paths whose values differ between baselines of one request: clocks, request ids, nonces, rotating lists."""
    if len(baselines) < 2:
        return frozenset()
    first = baselines[0].values()
    rest = [answer.values() for answer in baselines[1:]]
    names = set(first).union(*rest)
    return frozenset(name for name in names if any(first.get(name) != values.get(name) for values in rest))


def stable(baselines: Sequence[Answer]) -> tuple[Leaf, ...]:
    """Leaves of the first baseline whose path does not vary.

    A list that only gained items keeps its own: somebody else may work on the target, and so do our own cells. One that
    rotates loses values too, and is volatile.
    """
    if not baselines:
        return ()
    mask = volatile(baselines)
    first, later = baselines[0].values(), [answer.values() for answer in baselines[1:]]
    grown = {p for p in mask if "[]" in p and all(first.get(p, frozenset()) <= v.get(p, frozenset()) for v in later)}
    return tuple(leaf for leaf in baselines[0].leaves if leaf.path not in mask or leaf.path in grown)


def consistent(baselines: Sequence[Answer]) -> bool:
    """Whether repeated baselines agree in status and skeleton; if not, nothing can be judged by difference."""
    return len({answer.status for answer in baselines}) <= 1


def substitute(text: str, references: Iterable[str]) -> str:
    """Text with the references of its request replaced, so that "order 7 not found" equals "order 9 not found".

    A short reference is replaced where it stands alone: the 7 in 17 is another number.
    """
    for reference in sorted(references, key=len, reverse=True):
        if len(reference) >= _LONG:
            text = text.replace(reference, "\0")
        elif reference:
            text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(reference)}(?![A-Za-z0-9])", "\0", text)
    return text


_LONG = 8
"""Characters from which a reference is unlikely to stand in a longer word by chance."""


def same(a: Answer, b: Answer, *, ignore: frozenset[str] = frozenset(), share: float = 0.9) -> bool:
    """Same status, kind and leaf names, and at least `share` of the leaves equal; paths in `ignore` do not count."""
    if a.status != b.status or a.kind != b.kind:
        return False
    left = {(leaf.path, leaf.value) for leaf in a.leaves if leaf.path not in ignore}
    right = {(leaf.path, leaf.value) for leaf in b.leaves if leaf.path not in ignore}
    if {path for path, _ in left} != {path for path, _ in right}:
        return False
    total = max(len(left), len(right))
    return total == 0 or len(left & right) >= share * total
