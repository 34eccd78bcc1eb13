"""Is it private at all? Cross-user access can be legitimate; this decides by evidence (checks-1-5.md 1.9)."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

from gatewright.model.names import singular

STRONG = {
    "S1": "each account's own list holds its objects and none of the other's",
    "S2": "the attacker is refused another way to the same object",
    "S3": "the answer holds a personal or secret value that was planted by its owner",
    "S4": "the user said that it is private",
    "S5": "a header or cookie says for which company it is asked, and each account's own answer says that it is another's",
}
WEAK = {
    "W1": "the object names its owner, in both accounts' objects",
    "W2": "requests without a credential are refused",
    "W3": "the path names its owner",
    "W4": "the specification documents a 403",
    "W5": "its name is that of something private",
}
CONTRARY = {
    "X1": "it is shown without any credential",
    "X2": "the attacker sees the same values in its ordinary lists",
    "X3": "the object says itself that it is public",
    "X4": "the attacker is a member, or of the same tenant",
    "X5": "the answer offers the attacker to edit it",
    "X6": "access.yaml lets the attacker in",
}
PRIVATE_WORDS = frozenset(
    [
        "order",
        "invoice",
        "payment",
        "address",
        "message",
        "document",
        "report",
        "patient",
        "vehicle",
        "ticket",
        "wallet",
        "key",
        "session",
        "note",
        "secret",
    ]
)
COLLABORATIVE_WORDS = frozenset(["wiki", "page", "board", "team", "shared", "user"])


class Evidence(Struct, frozen=True):
    """Codes of what was observed (keys of the tables above)."""

    codes: frozenset[str] = frozenset()

    @property
    def strong(self) -> bool:
        """Whether any of it is strong."""
        return any(code[0] == "S" for code in self.codes)

    def told(self) -> str:
        """The evidence in words, strongest first."""
        table = {**STRONG, **WEAK, **CONTRARY}
        return "; ".join(table[code] for code in sorted(self.codes, key=lambda c: ("SXW".index(c[0]), c)))


def is_private(evidence: Evidence, *, action: Literal["read", "change", "delete"], resource: str) -> tuple[bool, str]:
    """Whether the evidence makes the access a breach, and the sentence that says why (or why not).

    Read: one strong, or W2 and two other weak; nothing contrary. Change and delete: one strong or two weak, neither X4
    nor X5 nor X6. Collaborative resources and users need a strong one.
    """
    codes = evidence.codes
    excuses = {c for c in codes if c[0] == "X"}
    if action != "read":
        excuses &= {"X4", "X5", "X6"}
    if excuses:
        return False, "; ".join(CONTRARY[code] for code in sorted(excuses))
    strong = {c for c in codes if c[0] == "S"}
    weak = {c for c in codes if c[0] == "W"}
    if strong:
        return True, evidence.told()
    if COLLABORATIVE_WORDS & words(resource):
        return False, f"no strong sign that each {resource} belongs to one account alone"
    enough = ("W2" in weak and len(weak) >= 3) if action == "read" else len(weak) >= 2
    return enough, evidence.told() if enough else f"too little says that it is private: {evidence.told() or 'nothing'}"


def words(name: str) -> set[str]:
    """The words of a name, split at case, underscore and dash, lowered, plural endings cut."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return {singular(part.lower()) for part in parts}
