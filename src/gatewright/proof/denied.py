"""What this API's refusals look like, learnt from requests that must be refused (checks-1-5.md 1.7 line 5).

Families learn 200-with-error and soft 404 in any language; no word list does.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from gatewright.proof.compare import substitute
from gatewright.proof.leaves import Answer, Leaf

_ERROR_ONLY = frozenset({"error", "errors", "message", "detail", "code", "status", "title", "type", "msg", "reason"})


class Refusal(Struct, frozen=True):
    """One answer that must be a refusal, with the reference values of its request taken out."""

    status: int
    kind: str
    leaves: frozenset[tuple[str, str]]


class DeniedFamily(Struct, frozen=True):
    """The refusals of one endpoint: answers to a random id, a malformed id, garbage and no credential."""

    refusals: tuple[Refusal, ...] = ()

    def with_answer(self, answer: Answer, references: Iterable[str] = ()) -> DeniedFamily:
        """The family with one more refusal."""
        return DeniedFamily((*self.refusals, _refusal(answer, references)))

    def denied(self, answer: Answer, references: Iterable[str] = ()) -> bool:
        """Whether an answer is a refusal: of the family, by its own shape, or by its status."""
        if answer.status == 0 or answer.status >= 400 or answer.status in (301, 302, 303, 307, 308):
            return True
        candidate = _refusal(answer, references)
        return any(_alike(candidate, refusal) for refusal in self.refusals) or says_no(answer)


def says_no(answer: Answer) -> bool:
    """A refusal by its own shape: `success: false`, `errors` with null data, or nothing but error words."""
    leaves = {leaf.path.lower(): leaf.value for leaf in answer.leaves}
    if leaves.get("success") == "false" or leaves.get("ok") == "false":
        return True
    data = [path for path in leaves if path.startswith(("data.", "data["))] or leaves.get("data", "null") != "null"
    if any(path.startswith("errors[]") for path in leaves) and not data:
        return True
    tops = {path.partition(".")[0].removesuffix("[]") for path in leaves}
    return bool(tops) and tops <= _ERROR_ONLY and bool(tops & {"error", "errors"})


def _refusal(answer: Answer, references: Iterable[str]) -> Refusal:
    known = [reference for reference in references if reference]
    return Refusal(answer.status, answer.kind, frozenset(_pair(leaf, known) for leaf in answer.leaves))


def _pair(leaf: Leaf, references: list[str]) -> tuple[str, str]:
    return leaf.path, substitute(leaf.value, references)


def _alike(a: Refusal, b: Refusal) -> bool:
    if a.status != b.status or a.kind != b.kind or {path for path, _ in a.leaves} != {path for path, _ in b.leaves}:
        return False
    total = max(len(a.leaves), len(b.leaves))
    return total == 0 or len(a.leaves & b.leaves) >= 0.9 * total
