from __future__ import annotations

import itertools

import msgspec
import pytest

from gatewright.engine.findings import Merger, section, step
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.finding import Finding, fingerprint
from gatewright.model.verdict import Severity

NOTE = Endpoint(method="GET", path="/notes/{id}", origin="http://api.test")
ID = Place("path", "id")
THREATS = {
    "object-access-read": "API1:2023",
    "object-access-change": "API1:2023",
    "auth-missing": "API2:2023",
    "jwt-none": "API2:2023",
    "data-exposure": "API3:2023",
    "mass-assignment": "API3:2023",
    "function-access": "API5:2023",
    "method-change": "API5:2023",
    "flow-replay": "API6:2023",
    "cors": "API8:2023",
    "csrf-removed": "API2:2023",
    "csrf-content-type": "API2:2023",
}


def finding(
    test: str,
    *,
    place: Place | None = ID,
    endpoint: Endpoint = NOTE,
    account: str = "bob",
    severity: Severity = "high",
    victim: str = "",
) -> Finding:
    return Finding(
        id=fingerprint(test, endpoint, place),
        test=test,
        threat=THREATS[test],
        title=test,
        severity=severity,
        cvss=None,
        cwe=(),
        endpoint=endpoint,
        place=place,
        account=account,
        victim=victim,
        summary="",
        proof=(),
        controls=(),
        exchanges=(),
    )


@pytest.mark.parametrize(
    ("findings", "kept", "also"),
    [
        ([finding("object-access-read"), finding("function-access")], "object-access-read", ("function-access",)),
        (
            [finding("object-access-change"), finding("function-access", place=None)],
            "object-access-change",
            ("function-access",),
        ),
        ([finding("function-access"), finding("flow-replay")], "flow-replay", ("function-access",)),
        (
            [finding("object-access-read"), finding("auth-missing", account="anon")],
            "auth-missing",
            ("object-access-read",),
        ),
        ([finding("function-access"), finding("auth-missing", account="anon")], "auth-missing", ("function-access",)),
        (
            [finding("function-access", account="anon"), finding("auth-missing", account="anon")],
            "function-access",
            ("auth-missing",),
        ),
        ([finding("object-access-change"), finding("mass-assignment")], "object-access-change", ("mass-assignment",)),
        (
            [finding("object-access-read"), finding("data-exposure", place=Place("body", "born"), victim="bob")],
            "object-access-read",
            ("data-exposure",),
        ),
    ],
)
def test_one_effect_is_one_finding_in_any_order(findings: list[Finding], kept: str, also: tuple[str, ...]) -> None:
    for order in itertools.permutations(findings):
        merger = Merger()
        for one in order:
            merger.add(one)
        (left,) = merger.findings.values()
        assert (left.test, left.also_tests) == (kept, also)


def test_a_guard_that_is_missing_everywhere_is_one_finding_in_any_order() -> None:
    places = [Endpoint(method="PUT", path=path) for path in ("/a", "/b", "/c", "/d")]
    one = [finding("csrf-removed", place=None, endpoint=place) for place in places]
    other = finding("csrf-content-type", place=None, endpoint=places[2], severity="critical")
    for order in itertools.permutations([*one, other]):
        merger, shown = Merger(), set[str]()
        for each in order:
            merged, replaced = merger.add(each)
            shown = (shown | {merged.id}) - set(replaced)
        assert shown == set(merger.findings)
        (left,) = merger.findings.values()
        assert (left.endpoint.name, left.also) == ("PUT /a", ("PUT /b", "PUT /c", "PUT /d"))
        assert (left.test, left.also_tests, left.severity) == ("csrf-removed", ("csrf-content-type",), "critical")


def test_a_guard_that_is_missing_at_two_endpoints_is_two_findings() -> None:
    merger = Merger()
    for path in ("/a", "/b"):
        merger.add(finding("csrf-removed", place=None, endpoint=Endpoint(method="PUT", path=path)))
    assert len(merger.findings) == 2


@pytest.mark.parametrize(
    "findings",
    [
        [finding("object-access-read"), finding("jwt-none", place=None)],
        [finding("object-access-read"), finding("cors", place=None)],
        [finding("object-access-read"), finding("mass-assignment", place=Place("body", "role"))],
        [
            finding("mass-assignment", place=Place("body", "role")),
            finding("mass-assignment", place=Place("body", "paid")),
        ],
        [finding("data-exposure", place=Place("body", "hash")), finding("auth-missing", account="anon")],
        [
            finding("object-access-read"),
            finding("object-access-read", endpoint=Endpoint(method="GET", path="/orders/{id}")),
        ],
    ],
)
def test_different_effects_stay_apart(findings: list[Finding]) -> None:
    merger = Merger()
    for one in findings:
        assert merger.add(one) == (one, ())
    assert len(merger.findings) == len(findings)


def test_what_is_proved_again_changes_nothing() -> None:
    merger = Merger()
    first = finding("object-access-read")
    merger.add(first)
    assert merger.add(finding("object-access-read", account="carol")) == (first, ())


def test_a_merged_finding_has_the_highest_severity_and_names_what_it_replaces() -> None:
    merger = Merger()
    low = finding("function-access", severity="critical")
    merger.add(low)
    merged, gone = merger.add(finding("object-access-read", severity="medium"))
    assert (merged.severity, gone) == ("critical", (low.id,))


@pytest.mark.parametrize(
    ("severity", "by", "expected"),
    [("high", 1, "critical"), ("critical", 1, "critical"), ("low", -1, "low"), ("high", -1, "medium")],
)
def test_step(severity: Severity, by: int, expected: Severity) -> None:
    assert step(severity, by) == expected


def test_a_section_is_unwrapped_and_keeps_its_lists() -> None:
    doc = """Title.

    ## Remedy
    One sentence that is
    wrapped. Another.

    - first
    - second

    ## References
    - https://a.test
    """
    assert section(doc, "Remedy") == "One sentence that is wrapped. Another.\n\n- first\n- second"
    assert section(doc, "Nothing") == ""


def test_others_data_at_a_function_that_is_not_for_the_caller_is_that_function() -> None:
    exposed = msgspec.structs.replace(finding("data-exposure", place=Place("body", "items[].phone")), victim="root")
    merger = Merger()
    for one in (exposed, finding("function-access", place=None)):
        merger.add(one)
    kept = list(merger.findings.values())
    assert [(f.test, f.also_tests) for f in kept] == [("function-access", ("data-exposure",))]
    merger = Merger()
    for one in (finding("data-exposure", place=Place("body", "hash")), finding("function-access", place=None)):
        merger.add(one)
    assert len(merger.findings) == 2  # a credential is its own finding
