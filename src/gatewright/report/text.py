"""Text of the target, made safe to print: control, escape and bidirectional characters are drawn as symbols."""

from __future__ import annotations

import re
import unicodedata

SIGNS = {"critical": "◆", "high": "▲", "medium": "●", "low": "○"}
ASCII_SIGNS = {"critical": "#", "high": "!", "medium": "*", "low": "-"}
WORDS = {"critical": "CRIT", "high": "HIGH", "medium": "MED", "low": "LOW"}
"""Severity → its short word."""
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def clean(text: str) -> str:
    """One line without anything that could move the cursor, hide text or turn its direction."""
    return _UNSAFE.sub(_drawn, text)


def block(text: str) -> str:
    """Several lines: each as `clean`, with tabs as blanks."""
    return "\n".join(clean(line.expandtabs(4)) for line in text.replace("\r\n", "\n").split("\n"))


def ascii_only(text: str) -> str:
    """The same text in ASCII: our own signs by their nearest, anything else by `?`."""
    return text.translate(_ASCII).encode("ascii", "replace").decode()


def width(text: str) -> int:
    """Columns on a terminal: wide characters take two, combining ones none."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(bool(unicodedata.combining(character)) for character in text)


def fit(text: str, columns: int) -> str:
    """Cut with an ellipsis, or padded, to exactly so many columns."""
    if width(text) > columns:
        text = text[:columns]
        while text and width(text) >= columns:
            text = text[:-1]
        text += "…"
    return text + " " * (columns - width(text))


def count(number: float) -> str:
    """1,842."""
    return f"{number:,.0f}"


def duration(seconds: float) -> str:
    """`12.3 s`, `6 min 40 s`, `2 h 5 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _drawn(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"\\u{code:04x}"


_ASCII = str.maketrans(
    {
        "◆": "#",
        "▲": "!",
        "●": "*",
        "○": "-",
        "│": "|",
        "·": "-",
        "…": "~",
        "→": "->",
        "×": "x",
        "–": "-",
        "’": "'",
        "⠹": "|",
    }
)
