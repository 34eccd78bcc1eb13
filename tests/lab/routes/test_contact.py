from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

Visit = Callable[..., Any]


@pytest.mark.parametrize("weak", [(), ("contact-pattern",)])
def test_both_patterns_know_a_good_address(visit: Visit, weak: tuple[str, ...]) -> None:
    visitor = visit(*weak)
    for email, phone, looks in (
        ("nora.lind@example.com", "+45 20 12 34 56", True),
        ("a-b@c-d.example.com", "112", True),
        ("nora.lind", "call me", False),
        ("@example.com", "12x", False),
    ):
        answer = visitor.send("POST", "/contact/check", body={"email": email, "phone": phone})
        assert answer.json == {"email_looks_right": looks, "phone_looks_right": looks}


def test_the_careful_pattern_is_quadratic_and_harmless(visit: Visit) -> None:
    began = time.perf_counter()
    visit().send("POST", "/contact/check", body={"email": "a" * 253 + "!", "phone": "0 " * 126 + "x"})
    assert time.perf_counter() - began < 1.0
