"""What a session id is made of, told from a few of them: a counter, the clock, the account's name, or a hash of these.

Pure. A guess is only ever a hypothesis that made every id of the sample; whoever uses it must show that a value computed
with it opens another account (checks-1-5.md 3.4). Times are whole seconds since the epoch.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
import re
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

MOST = 32
"""Values that are computed for one session."""
_EARLY, _LATE = 2, 2
"""Seconds around the answer in which the server's clock may have stood when it made the id."""
_STEP = 1000
"""How far a counter may move between two log-ins of ours."""
_SEPARATORS = ("", ":", "-", "_", ".", "|")
_NUMBER = re.compile(r"[0-9]+")
_HEX = re.compile(r"[0-9a-f]{4,}|[0-9A-F]{4,}")


class Seen(Struct, frozen=True):
    """One session id that a log-in gave: whose it is, and when the answer came."""

    text: str
    names: tuple[str, ...]
    """Values that name the account, in an order that is the same for every account: user name, e-mail, id."""
    at: float


class Guess(Struct, frozen=True, kw_only=True):
    """One hypothesis that made every id of a sample."""

    what: str
    """For people: `a counter`, `the MD5 of name and time`."""
    between: bool
    """Whether it needs an id of ours before and one after the one to be computed."""
    values: Callable[[Seen, Seen, tuple[str, ...], float], list[str]]
    """(id before, id after, names of the other account, when it logged in) → at most 32 values, likeliest first."""


def explain(sample: Sequence[Seen]) -> list[Guess]:
    """Hypotheses that made every id of the sample, which must be of one account, in order of time; at least three."""
    if len(sample) < 3:
        return []
    found = [guess for name, decode, encode in _DRESSES for guess in _counted(sample, name, decode, encode)]
    return [*found, *_hashed(sample)]


def _base64(text: str) -> str | None:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        plain = raw.decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return plain if plain.isprintable() and len(plain) >= 3 else None


def _packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _from_hex(text: str) -> str | None:
    try:
        plain = bytes.fromhex(text).decode("ascii")
    except ValueError:
        return None
    return plain if plain.isprintable() and len(plain) >= 3 else None


_DRESSES: tuple[tuple[str, Callable[[str], str | None], Callable[[str], str]], ...] = (
    ("", lambda text: text, lambda text: text),
    (" in Base64", lambda text: None if len(text) % 4 else _base64(text), _packed),
    (" in Base64", lambda text: _base64(text) if len(text) % 4 else None, lambda text: _packed(text).rstrip("=")),
    (" in hexadecimal", _from_hex, lambda text: text.encode().hex()),
)
"""How a readable id may be dressed: name, undressing (None where it is not dressed so), dressing."""


def _counted(
    sample: Sequence[Seen], dress: str, decode: Callable[[str], str | None], encode: Callable[[str], str]
) -> Iterator[Guess]:
    """A number in the id that goes up by little from one to the next, all else being the same or the account's name.

    Digits alone may be decimal or hexadecimal: then there is a guess for each.
    """
    plain = [decode(seen.text) for seen in sample]
    texts = [text for text in plain if text is not None]
    if len(texts) != len(sample):
        return
    for pattern, base in ((_NUMBER, 10), (_HEX, 16)):
        rows = [list(pattern.finditer(text)) for text in texts]
        for index in range(min(map(len, rows))):
            runs = [row[index] for row in rows]
            around = {(t[: m.start()], t[m.end() :]) for t, m in zip(texts, runs, strict=True)}
            values = [int(m.group(), base) for m in runs]
            steps = [b - a for a, b in itertools.pairwise(values)]
            if len(around) == 1 and all(0 < step <= _STEP for step in steps):
                yield _counter(dress, decode, encode, pattern, base, index)
                break


def _counter(
    dress: str,
    decode: Callable[[str], str | None],
    encode: Callable[[str], str],
    pattern: re.Pattern[str],
    base: int,
    index: int,
) -> Guess:
    def values(before: Seen, after: Seen, names: tuple[str, ...], at: float) -> list[str]:
        first, last = decode(before.text) or "", decode(after.text) or ""
        runs, ends = list(pattern.finditer(first)), list(pattern.finditer(last))
        if len(runs) <= index or len(ends) <= index:
            return []
        run, end = runs[index], ends[index]
        if (first[: run.start()], first[run.end() :]) != (last[: end.start()], last[end.end() :]):
            return []  # the number is no such number here: a decimal one that came to a letter
        start, stop, width = int(run.group(), base), int(end.group(), base), len(run.group())
        form = f"0{width}{'d' if base == 10 else 'X' if run.group().isupper() else 'x'}"
        found = []
        for number in range(start + 1, min(stop, start + 1 + MOST)):
            text = first[: run.start()] + format(number, form) + first[run.end() :]
            found += [encode(_renamed(text, before.names, names))]
        return found[:MOST]

    return Guess(what=f"a counter{dress}", between=True, values=values)


def _renamed(text: str, old: tuple[str, ...], new: tuple[str, ...]) -> str:
    """The text with the other account's names where the first one's stood; those come in one order."""
    for a, b in sorted(zip(old, new, strict=False), key=lambda pair: -len(pair[0])):
        if len(a) >= 3:
            text = text.replace(a, b)
    return text


_HASHES: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
    ("the MD5 of ", lambda data: hashlib.md5(data, usedforsecurity=False).digest()),
    ("the SHA-1 of ", lambda data: hashlib.sha1(data, usedforsecurity=False).digest()),
    ("the SHA-256 of ", lambda data: hashlib.sha256(data).digest()),
    ("", lambda data: data),
)


Recipe = Callable[[tuple[str, ...], float], list[str]]
"""(names of an account, when it logged in) → texts that its id may be made of."""


def _hashed(sample: Sequence[Seen]) -> Iterator[Guess]:
    """A name, the clock or both together, plain or hashed, that are every id of the sample."""
    for hashed, function in _HASHES:
        for encoded, encode in _ENCODINGS:
            for what, recipe in _recipes(min(len(seen.names) for seen in sample)):
                made = _made(recipe, function, encode)
                if all(seen.text in made(seen.names, seen.at) for seen in sample):
                    yield Guess(what=f"{hashed}{what}{encoded}", between=False, values=_alone(made))


def _made(recipe: Recipe, function: Callable[[bytes], bytes], encode: Callable[[bytes], str]) -> Recipe:
    def made(names: tuple[str, ...], at: float) -> list[str]:
        return [encode(function(text.encode())) for text in recipe(names, at)]

    return made


def _alone(made: Recipe) -> Callable[[Seen, Seen, tuple[str, ...], float], list[str]]:
    def values(before: Seen, after: Seen, names: tuple[str, ...], at: float) -> list[str]:
        return list(dict.fromkeys(made(names, at)))[:MOST]

    return values


def _recipes(count: int) -> Iterator[tuple[str, Recipe]]:
    yield "the time", lambda names, at: [str(second) for second in _clocks(at)]
    for index in range(count):
        yield "the name", _name(index)
        for mark in _SEPARATORS:
            for time_first in (False, True):
                yield "name and time", _both(index, mark, time_first=time_first)


def _name(index: int) -> Recipe:
    return lambda names, at: [names[index]] if index < len(names) else []


def _both(index: int, mark: str, *, time_first: bool) -> Recipe:
    def made(names: tuple[str, ...], at: float) -> list[str]:
        if index >= len(names):
            return []
        pairs = [(str(second), names[index]) for second in _clocks(at)]
        return [f"{a}{mark}{b}" if time_first else f"{b}{mark}{a}" for a, b in pairs]

    return made


def _clocks(at: float) -> list[int]:
    return [int(at) + shift for shift in sorted(range(-_EARLY, _LATE + 1), key=abs)]


_ENCODINGS: tuple[tuple[str, Callable[[bytes], str]], ...] = (
    ("", lambda data: data.hex()),
    (" in Base64", lambda data: base64.b64encode(data).decode()),
    (" in Base64", lambda data: base64.urlsafe_b64encode(data).decode().rstrip("=")),
    (" as text", lambda data: data.decode("latin-1")),
)
