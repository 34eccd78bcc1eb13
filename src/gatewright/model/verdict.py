"""Verdicts: what a test concluded about one cell, and on which controls that rests.

Words and reasons: interface.md section 4 and the reason tables of the check documents. The tables here are the only
place where they are listed.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gatewright.model.endpoint import Place

Outcome = Literal["vulnerable", "not_vulnerable", "not_proved", "not_applicable", "skipped", "error"]
Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")

REASONS: dict[Outcome, tuple[str, ...]] = {
    "vulnerable": ("proved",),
    "not_vulnerable": (
        "denied",
        "own_object",
        "public",
        "shared",
        "echo",
        "no_effect",
        "cache",
        "schemaless",
        "protected",
    ),
    "not_proved": ("no_witness", "no_privacy_evidence", "too_small", "control_failed", "not_visible", "blocked"),
    "not_applicable": (
        "no_reference",
        "parameter_ignored",
        "not_protected",
        "auth_endpoint",
        "not_jwt",
        "not_cookie_auth",
        "no_such_function",
        "plain_http",
    ),
    "skipped": ("mode", "budget", "choice", "outward", "needs_configuration", "stopped"),
    "error": ("baseline_broken", "unstable", "session_lost", "target_unwell", "failed"),
}
"""Outcome → its reasons."""

PRECEDENCE = (
    "needs_configuration",
    "baseline_broken",
    "session_lost",
    "unstable",
    "blocked",
    "control_failed",
    "proved",
    "cache",
    "public",
    "shared",
    "own_object",
    "echo",
    "denied",
    "no_privacy_evidence",
    "no_witness",
    "no_effect",
    "not_visible",
)
"""When several references of one endpoint end differently, the verdict with the first of these reasons stands, but
`proved` always wins over the others."""


class Control(Struct, frozen=True):
    """One control: what was done, what a sound proof expects, what was seen, and whether that holds."""

    name: str
    """`C3`, or a word."""
    what: str
    expected: str
    observed: str
    holds: bool


class Verdict(Struct, frozen=True, kw_only=True):
    """The conclusion of one test on one cell. Made by the functions below, which check the reason against the table."""

    outcome: Outcome
    reason: str
    why: str
    """One sentence: what was seen, and for anything but a proof what would change it."""
    place: Place | None = None
    """The parameter that the finding is about."""
    title: str = ""
    summary: str = ""
    """Findings only: who could do what to whose what."""
    proof: tuple[str, ...] = ()
    """Findings only: the facts in order, each observed."""
    severity: Severity | None = None
    """Findings only; None: the base severity of the test."""
    cvss: str = ""
    question: str = ""
    """`no_privacy_evidence` only: "bob read alice's /notes/7: private?"."""
    answer_with: str = ""
    """The `policy` line that answers the question."""
    attacks: tuple[int, ...] = ()
    """Numbers of the exchanges that are the attack: curl and pytest are made from the first."""
    victim: str = ""
    """The account whose object was reached."""
    witness: tuple[str, ...] = ()
    """Texts that prove the attack where they are seen: of the victim's object, or written by the attack. The pytest of a
    finding fails while one of them is in the answer of the attack, or in the last read-back where there is one."""


def conclude(
    reason: str, why: str, *, place: Place | None = None, question: str = "", answer_with: str = ""
) -> Verdict:
    """A verdict other than a finding, by its reason; `control_failed(C3)` and `needs_configuration(…)` are cut at the bracket."""
    word = reason.partition("(")[0]
    outcome = next((outcome for outcome, reasons in REASONS.items() if word in reasons), None)
    if outcome is None or outcome == "vulnerable":
        raise LookupError(f"no outcome has the reason {reason!r}; the table is REASONS")
    return Verdict(outcome=outcome, reason=word, why=why, place=place, question=question, answer_with=answer_with)


def proved(
    *,
    summary: str,
    proof: tuple[str, ...],
    attacks: tuple[int, ...],
    title: str = "",
    place: Place | None = None,
    severity: Severity | None = None,
    cvss: str = "",
    victim: str = "",
    witness: tuple[str, ...] = (),
) -> Verdict:
    """A finding: every claim of the kind's proof held, twice."""
    return Verdict(
        outcome="vulnerable",
        reason="proved",
        why=summary,
        place=place,
        title=title,
        summary=summary,
        proof=proof,
        severity=severity,
        cvss=cvss,
        attacks=attacks,
        victim=victim,
        witness=witness,
    )


def strongest(verdicts: list[Verdict]) -> Verdict:
    """The verdict that stands for a cell when several references or parameters were tried. At least one is needed."""

    def rank(verdict: Verdict) -> int:
        if verdict.outcome == "vulnerable":
            return -1
        return PRECEDENCE.index(verdict.reason) if verdict.reason in PRECEDENCE else len(PRECEDENCE)

    return min(verdicts, key=rank)
