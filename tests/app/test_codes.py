from __future__ import annotations

import re

import pytest

from gatewright.app.codes import codes, explain
from gatewright.model.errors import UsageError


def test_every_code_says_what_and_what_to_do() -> None:
    for code, explanation in codes().items():
        assert re.fullmatch(r"GW-[A-Z]\d{3}", code)
        assert not explanation.title.endswith(".")
        assert explanation.cause.endswith(".")
        assert explanation.remedy.endswith((".", "?"))


@pytest.mark.parametrize("typed", ["GW-U001", "gw-u001", "u001"])
def test_any_spelling_is_found(typed: str) -> None:
    assert explain(typed) == ("GW-U001", codes()["GW-U001"])


def test_an_unknown_code_raises_with_the_near_one() -> None:
    with pytest.raises(UsageError) as caught:
        explain("GW-U01")
    assert caught.value.code == "GW-U003"
    assert "did you mean GW-" in caught.value.help
