from __future__ import annotations

import pytest

from gatewright.model.endpoint import Place
from gatewright.model.verdict import PRECEDENCE, REASONS, Verdict, conclude, proved, strongest

EVERY = [(outcome, reason) for outcome, reasons in REASONS.items() for reason in reasons]


@pytest.mark.parametrize(("outcome", "reason"), [pair for pair in EVERY if pair[0] != "vulnerable"])
def test_a_reason_decides_the_outcome(outcome: str, reason: str) -> None:
    verdict = conclude(reason, "why", place=Place("path", "id"))
    assert (verdict.outcome, verdict.reason, verdict.why) == (outcome, reason, "why")


def test_a_word_belongs_to_one_outcome() -> None:
    words = [reason for _, reason in EVERY]
    assert len(set(words)) == len(words)
    assert set(PRECEDENCE) <= set(words)


@pytest.mark.parametrize("reason", ["control_failed(C3)", "control_failed"])
def test_what_stands_in_brackets_is_cut(reason: str) -> None:
    assert conclude(reason, "why").reason == "control_failed"


@pytest.mark.parametrize("reason", ["proved", "nonsense", "", "vulnerable"])
def test_a_finding_is_never_concluded_and_unknown_words_raise(reason: str) -> None:
    with pytest.raises(LookupError, match="REASONS"):
        conclude(reason, "why")


FINDING = proved(summary="bob read it", proof=("a",), attacks=(1,))


def test_a_proof_carries_its_summary_as_why() -> None:
    assert (FINDING.outcome, FINDING.reason, FINDING.why) == ("vulnerable", "proved", "bob read it")


@pytest.mark.parametrize(
    ("verdicts", "stands"),
    [
        ([conclude("denied", ""), FINDING, conclude("baseline_broken", "")], "proved"),
        ([conclude("denied", ""), conclude("unstable", "")], "unstable"),
        ([conclude("no_effect", ""), conclude("denied", "")], "denied"),
        ([conclude("parameter_ignored", ""), conclude("no_witness", "")], "no_witness"),
    ],
)
def test_the_strongest_stands_for_the_cell(verdicts: list[Verdict], stands: str) -> None:
    assert strongest(verdicts).reason == stands
    assert strongest(verdicts[::-1]).reason == stands
