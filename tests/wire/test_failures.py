"""Words of wire failures."""

from __future__ import annotations

from gatewright.wire.failures import WORDS, failure, unreached


def test_every_word_has_a_code_of_its_own() -> None:
    assert len(set(WORDS.values())) == len(WORDS)
    for word, code in WORDS.items():
        error = failure(word, "why")
        assert (error.what, error.code) == (f"{word}: why", code)
        again = unreached(error.what, where="http://a")
        assert (again.what, again.code, again.where) == (error.what, code, "http://a")
        assert again.help
