from __future__ import annotations

from gatewright.model.finding import Finding
from gatewright.model.mask import Mask
from gatewright.report.reproduce import curl_of, pytest_of


def test_both_are_made_from_the_first_attack(findings: tuple[Finding, Finding], mask: Mask, canary: str) -> None:
    read = mask.finding(findings[0])
    assert curl_of(read) == (
        "curl -i --path-as-is -g http://127.0.0.1:5000/notes/7 -H 'Authorization: Bearer '\"$GW_TOKEN_BOB\""
    )
    assert "def test_object_access_read_" in pytest_of(read)
    assert canary not in curl_of(read) + pytest_of(read)


def test_without_an_attack_there_is_nothing_to_repeat(findings: tuple[Finding, Finding]) -> None:
    plain = Finding(**{f: getattr(findings[0], f) for f in findings[0].__struct_fields__} | {"attacks": ()})
    assert (curl_of(plain), pytest_of(plain)) == ("", "")
