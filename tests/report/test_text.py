from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from gatewright.report.text import ascii_only, block, clean, count, duration, fit, width


@given(st.text())
def test_clean_text_moves_nothing(text: str) -> None:
    found = clean(text)
    assert not any(
        unicodedata.category(c) in ("Cc", "Zl", "Zp")
        or unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI")
        for c in found
    )
    assert clean(found) == found


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Mn", "Me"])), st.integers(1, 40))
def test_fit_gives_exactly_the_columns(text: str, columns: int) -> None:
    assert width(fit(text, columns)) == columns


def test_examples() -> None:
    assert clean("a\x1b]0;x\x07\u202eb\x7f") == "a␛]0;x␇\\u202eb␡"
    assert block("a\r\n\tb\x00") == "a\n    b␀"
    assert fit("hello", 4) == "hel…"
    assert fit("日本語", 5) == "日本…"
    assert ascii_only("▲ a → b … ü") == "! a -> b ~ ?"
    assert count(18402) == "18,402"
    assert [duration(s) for s in (1.26, 400, 7500)] == ["1.3 s", "6 min 40 s", "2 h 5 min"]
