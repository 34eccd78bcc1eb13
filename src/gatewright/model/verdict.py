"""Verdicts: what a test concluded about one cell, and on which controls that rests.

Words and reasons: interface.md section 4 and the reason tables of the check documents. The tables here are the only
place where they are listed.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gatewright.model.endpoint import Endpoint, Place

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

MEANING: dict[str, tuple[str, str]] = {
    "proved": (
        "every claim of the proof held, twice, with its controls",
        "the flaw mended: the attempt is then refused",
    ),
    "denied": (
        "the attempt was answered as requests that must fail are",
        "an answer to the attempt that shows or does what only the owner may",
    ),
    "own_object": (
        "the reference was ignored: the caller reached its own object",
        "an answer that shows, or a change that reaches, the object that was named",
    ),
    "public": (
        "what was reached is shown to everybody, or said to be public",
        "`policy` or access.yaml that says it is private",
    ),
    "shared": (
        "the object is one that both accounts may use",
        "`policy` or access.yaml that says it is private; accounts that share nothing",
    ),
    "echo": (
        "the answer only repeats what was sent",
        "a value in the answer that only the owner's object holds",
    ),
    "no_effect": (
        "the request was answered, and nothing of it was seen to have happened",
        "a change that its owner sees",
    ),
    "cache": (
        "the answer came from a cache that the owner had filled",
        "an answer about an object that nobody has read yet",
    ),
    "schemaless": (
        "the store keeps any property, and none was seen to have an effect",
        "an effect: a role that opens something, a price that is charged",
    ),
    "protected": (
        "a defence was seen at work",
        "the defence left out or passed by",
    ),
    "no_witness": (
        "nothing in the answers tells this object from another",
        "objects with text of their own, or `private:` values of the account",
    ),
    "no_privacy_evidence": (
        "it was reached, and nothing says that it is private",
        "the question of the report answered in `policy`, or a row of access.yaml",
    ),
    "too_small": (
        "there is too little data to tell",
        "a target with more data",
    ),
    "control_failed": (
        "a control that must hold did not",
        "accounts or data with which the control holds: `why` names it",
    ),
    "not_visible": (
        "whether it had an effect could not be seen anywhere",
        "an endpoint, a hook or a mode that shows the effect",
    ),
    "blocked": (
        "something between us and the API refused the request",
        "a run from where the API itself answers",
    ),
    "no_reference": (
        "nothing there names an object that is ours to try with",
        "a second account of equal rank, or objects that can be made",
    ),
    "parameter_ignored": (
        "a random value of the parameter gets the same answer",
        "a parameter that decides what is answered",
    ),
    "not_protected": (
        "nothing says that a credential is needed there",
        "a specification that asks for one, or `anon: deny` in access.yaml",
    ),
    "auth_endpoint": (
        "it is part of logging in, and answers everybody by its nature",
        "nothing: other tests look at it",
    ),
    "not_jwt": (
        "the credential is no JSON Web Token",
        "an account whose credential is one",
    ),
    "not_cookie_auth": (
        "a cookie alone does not log in there",
        "an account whose session is a cookie",
    ),
    "no_such_function": (
        "the endpoint has nothing of the kind",
        "an endpoint that has, in the specification or in recorded traffic",
    ),
    "plain_http": (
        "the target speaks HTTP without TLS",
        "a target with TLS, or `tls.expect: true`",
    ),
    "mode": (
        "the mode forbids what the test does",
        "--mode safe or --mode full on a target that may be changed",
    ),
    "budget": (
        "the budget of the run was spent first",
        "a larger --max-requests or --max-time",
    ),
    "choice": (
        "--only or --skip left it out",
        "another choice of tests",
    ),
    "outward": (
        "it has effects outside the target, such as a mail or a payment",
        "--mode full, or `policy` that allows it",
    ),
    "needs_configuration": (
        "something is missing that only the user can give",
        "what `why` names",
    ),
    "stopped": (
        "the run ended before it was tried",
        "gatewright runs resume",
    ),
    "baseline_broken": (
        "the owner's own request did not work",
        "a request that works: an example in the specification, or recorded traffic",
    ),
    "unstable": (
        "the same request got different answers",
        "a target that nobody else changes meanwhile",
    ),
    "session_lost": (
        "the account's session died while the test ran",
        "a log-in that lasts, or that can be repeated",
    ),
    "target_unwell": (
        "the target was slow or failing",
        "a run when it is well, or a lower --rate",
    ),
    "failed": (
        "the test could not be carried out",
        "what `why` says mended",
    ),
}
"""Reason → what it means, and what would change the verdict."""

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
    endpoint: Endpoint | None = None
    """Findings only: the endpoint that the finding is about, where it is another than the cell's."""
    also: tuple[str, ...] = ()
    """Findings only: names of further endpoints with the same cause, such as the log-out that ends nothing."""
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
    endpoint: Endpoint | None = None,
    also: tuple[str, ...] = (),
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
        endpoint=endpoint,
        also=also,
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
