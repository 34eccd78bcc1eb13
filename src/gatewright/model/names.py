"""Names of APIs, as words: the one place that knows how a plural ends."""

from __future__ import annotations

_IRREGULAR = {"news": "news", "series": "series", "statuses": "status", "people": "person", "children": "child"}


def singular(word: str) -> str:
    """The singular of an English plural, by its ending; other words, made-up ones too, unchanged or by the same rules."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
