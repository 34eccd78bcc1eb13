"""Known values, found in a text wherever they stand, however many there are.

A target may answer lists with a token in every item: adding a value and searching must not cost more for each that is
known already, as one regular expression of all of them does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

START = 6
"""Characters by which a value is looked for, and the least that it has."""
_FEW = 100
"""Up to so many different beginnings are looked for one by one; beyond, every place of the text is looked up."""


class Known:
    """A set of values of at least `START` characters. Values may be added by one thread while another searches."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._lengths: dict[str, tuple[int, ...]] = {}
        """Beginning → the lengths of the values that begin so, longest first."""

    def __contains__(self, value: str) -> bool:
        return value in self._values

    def __len__(self) -> int:
        return len(self._values)

    def add(self, value: str) -> None:
        """Add a value; one that is shorter raises ValueError."""
        if len(value) < START:
            raise ValueError(f"a known value has at least {START} characters")
        self._values.add(value)
        lengths = self._lengths.get(value[:START], ())
        if len(value) not in lengths:
            self._lengths[value[:START]] = tuple(sorted((*lengths, len(value)), reverse=True))

    def replace(self, text: str, by: Callable[[str], str]) -> str:
        """The text with each known value replaced by what `by` makes of it: leftmost first, the longest that stands there."""
        done: list[str] = []
        end = 0
        for place in self._places(text):
            if place < end:
                continue
            for length in self._lengths[text[place : place + START]]:
                value = text[place : place + length]
                if value in self._values:
                    done += (text[end:place], by(value))
                    end = place + length
                    break
        return "".join((*done, text[end:])) if done else text

    def _places(self, text: str) -> list[int]:
        """Where one of the beginnings stands, in order."""
        starts = self._lengths
        if len(starts) < min(_FEW, len(text)):
            return sorted(place for start in tuple(starts) for place in _found(text, start))
        return [place for place in range(len(text) - START + 1) if text[place : place + START] in starts]


def _found(text: str, start: str) -> Iterator[int]:
    place = text.find(start)
    while place >= 0:
        yield place
        place = text.find(start, place + 1)
