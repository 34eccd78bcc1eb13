"""Times, sizes and near names, as people write them: `10m`, `1h30m`, `5MiB`, "did you mean"."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"": 1, "B": 1} | {
    unit: base**power
    for power, letter in enumerate("KMG", start=1)
    for unit, base in ((letter, 1024), (f"{letter}IB", 1024), (f"{letter}B", 1000))
}
_TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", re.ASCII)


def seconds(text: str) -> float | None:
    """Seconds of `90`, `10m`, `1h30m` or `250ms`; None when it is no time."""
    text = text.strip().lower().replace(" ", "")
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return float(text)
    parts = _TIME.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def size(text: str) -> int | None:
    """Bytes of `1000`, `64k`, `5MiB` (1024) or `5MB` (1000); None when it is no size."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or match[2].upper() not in _BYTES:
        return None
    return int(float(match[1]) * _BYTES[match[2].upper()])


def suggestion(word: str, known: Iterable[str]) -> str:
    """The help line for an unknown word: the nearest known one, else all of them."""
    names = list(known)
    near = difflib.get_close_matches(word.lower(), [name.lower() for name in names], n=1, cutoff=0.6)
    if near:
        return f"did you mean `{next(name for name in names if name.lower() == near[0])}`?"
    return "known here: " + ", ".join(names)
