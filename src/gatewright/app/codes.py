"""What each stable error and warning code means. The texts are in codes.toml beside this file."""

from __future__ import annotations

import difflib
import functools
import tomllib
from importlib import resources

import msgspec
from msgspec import Struct

from gatewright.model.errors import UsageError


class Code(Struct, frozen=True):
    """One code: its name in words, what brings it about, and what to do."""

    title: str
    cause: str
    remedy: str


@functools.cache
def codes() -> dict[str, Code]:
    """Code → its explanation, in the order of the page."""
    text = resources.files("gatewright.app").joinpath("codes.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Code])


def explain(code: str) -> tuple[str, Code]:
    """The code as it is written and its explanation. Raises UsageError GW-U003 for an unknown one."""
    wanted = code.upper() if code.upper().startswith("GW-") else f"GW-{code.upper()}"
    if wanted not in codes():
        near = difflib.get_close_matches(wanted, codes(), n=1)
        hint = f"did you mean {near[0]}?" if near else "codes look like GW-U001"
        raise UsageError(f"no code {code}", code="GW-U003", help=hint)
    return wanted, codes()[wanted]
