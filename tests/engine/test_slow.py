from __future__ import annotations

from gatewright.engine.slow import Slow


def test_each_character_or_a_power_of_the_length() -> None:
    doubling = Slow(of="<query.q>", like="^a", seconds=0.5, at=2, base=3.0)
    assert [doubling.takes(text) for text in ("aa", "aaa", "ba")] == [0.5, 1.5, 0.002]
    assert Slow(of="<query.q>", seconds=0.5, at=2, power=2).takes("abcd") == 2.0
