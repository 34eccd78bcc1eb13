"""Puts a recording of the real demonstration into README.md: `gatewright demo --no-open 2>&1 | python -m scripts.recording`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
_PLACE = re.compile(r"(<!-- recording: (.+?) -->\n```text\n).*?(```\n<!-- end of recording -->)", re.DOTALL)
_FINDINGS = 12
"""Findings that are shown; the others are counted."""


def inserted(readme: str, output: str) -> str:
    """The text of README.md with the output at its place, its findings and endpoints shortened."""
    return _PLACE.sub(lambda found: f"{found[1]}$ {found[2]}\n{shortened(output)}{found[3]}", readme)


def shortened(output: str) -> str:
    """The output without what repeats: some findings, no list of endpoints."""
    lines = [line.rstrip() for line in output.strip().splitlines()]
    kept, findings, skipping = [], 0, False
    for line in lines:
        if line.startswith("Endpoints without"):
            skipping = True
        elif not line:
            skipping = False
        findings += line[:2] in ("\u25b2 ", "\u25cf ", "\u25cb ", "\u25c6 ")
        if line[:2] in ("\u25b2 ", "\u25cf ", "\u25cb ", "\u25c6 ") and findings > _FINDINGS:
            if findings == _FINDINGS + 1:
                kept.append("\u2026")
        elif skipping:
            kept += [f"{line}", "  \u2026"] if line.startswith("Endpoints") else []
        else:
            kept.append(line)
    return "\n".join(kept) + "\n"


if __name__ == "__main__":
    README.write_text(inserted(README.read_text(encoding="utf-8"), sys.stdin.read()), encoding="utf-8")
