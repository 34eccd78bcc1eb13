from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable

import pytest

from gatewright.proof import session_guess
from gatewright.proof.session_guess import MOST, Guess, Seen, explain

NORA, NINA = ("nora.lind", "nora@example.com", "1051"), ("nina.berg", "nina@example.com", "1052")
AT = 1_800_000_000.4
Maker = Callable[[int, tuple[str, ...], float], str]
"""(number of the session on the server, names, time) → its id."""


def digest(kind: str, text: str) -> str:
    return hashlib.new(kind, text.encode(), usedforsecurity=False).hexdigest()


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


PREDICTABLE: dict[str, Maker] = {
    "decimal": lambda n, names, at: str(n),
    "padded": lambda n, names, at: f"{n:012}",
    "hexadecimal": lambda n, names, at: f"{n + 0x9F3A:08x}",
    "with a prefix": lambda n, names, at: f"sess-{n}-web",
    "in Base64": lambda n, names, at: b64(f"session:{n}"),
    "in hexadecimal": lambda n, names, at: f"id={n:06}".encode().hex(),
    "the name": lambda n, names, at: b64(names[0]),
    "hash of the name": lambda n, names, at: hashlib.sha256(names[1].encode()).hexdigest(),
    "hash of name and time": lambda n, names, at: digest("md5", f"{names[0]}{int(at)}"),
    "name and time": lambda n, names, at: b64(f"{int(at)}:{names[2]}"),
    "hash of the time": lambda n, names, at: digest("sha1", str(int(at) - 1)),
}


def guessed(make: Maker, *, strangers: int = 2) -> tuple[list[Guess], list[list[str]], str]:
    """The hypotheses of three sessions of nora, what they say of nina's, and what that is."""
    sample = [Seen(make(10_000 + 3 * i, NORA, AT + i), NORA, AT + i) for i in range(3)]
    target = make(10_006 + strangers, NINA, AT + 3)
    after = Seen(make(10_006 + strangers + 2, NORA, AT + 4), NORA, AT + 4)
    found = explain(sample)
    return found, [guess.values(sample[-1], after, NINA, AT + 3) for guess in found], target


@pytest.mark.parametrize("kind", PREDICTABLE)
def test_a_value_that_is_made_of_something_known_is_computed(kind: str) -> None:
    found, values, target = guessed(PREDICTABLE[kind])
    assert any(target in row for row in values), [guess.what for guess in found]
    assert all(len(row) <= MOST for row in values)


@pytest.mark.parametrize(
    "make",
    [
        lambda n, names, at: secrets.token_urlsafe(32),
        lambda n, names, at: secrets.token_hex(16),
        lambda n, names, at: hashlib.sha256(f"{n} with a key that nobody knows".encode()).hexdigest(),
        lambda n, names, at: f"{names[0]}.{secrets.token_hex(8)}",
    ],
    ids=["urlsafe", "hexadecimal", "keyed", "name and chance"],
)
def test_chance_is_not_explained(make: Maker) -> None:
    assert not any(explain([Seen(make(i, NORA, AT + i), NORA, AT + i) for i in range(3)]) for _ in range(200))


def test_two_are_too_few() -> None:
    assert explain([Seen("1", NORA, AT), Seen("2", NORA, AT)]) == []


def test_what_it_is_made_of_is_said() -> None:
    found, _, _ = guessed(PREDICTABLE["hash of name and time"])
    assert [guess.what for guess in found] == ["the MD5 of name and time"]
    assert guessed(PREDICTABLE["in Base64"])[0][0].what == "a counter in Base64"


def test_digits_alone_may_be_hexadecimal() -> None:
    """0x13, 0x15, 0x18: a busy server's counter, of which a decimal reading would never come to 0x1b."""
    sample = [Seen(f"{n:08x}", NORA, AT) for n in (0x13, 0x15, 0x18)]
    found = explain(sample)
    assert [guess.what for guess in found] == ["a counter", "a counter"]
    after = Seen("0000001d", NORA, AT)
    assert [guess.values(sample[-1], after, NINA, AT) for guess in found] == [
        [],
        ["00000019", "0000001a", "0000001b", "0000001c"],
    ]


def test_what_is_not_there_is_not_guessed() -> None:
    counter = session_guess._counter("", lambda text: text, lambda text: text, re.compile(r"[0-9]+"), 10, 1)
    seen = [Seen(text=text, names=("ann",), at=0.0) for text in ("7-8", "none")]
    assert counter.values(seen[0], seen[1], ("ann",), 0.0) == []
    assert session_guess._renamed("id of jo", ("jo",), ("al",)) == "id of jo"
    assert session_guess._both(1, ":", time_first=False)(("ann",), 0.0) == []
