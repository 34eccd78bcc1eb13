"""No check may know the lab by heart: no path and no weakness of the lab is a value anywhere else in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from gatewright.lab.routes import endpoints
from gatewright.lab.weaknesses import WEAKNESSES

SOURCE = Path(__file__).parents[2] / "src" / "gatewright"
OWN = {SOURCE / "cli" / "lab.py"}
VOCABULARY = {"/docs", "/openapi.json", "/health", "/me"}
"""Where every API may have its documentation, and the usual name of oneself: in messages to people."""


def values(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of every string that is a value: docstrings and comments are for people."""
    tree = ast.parse(path.read_text("utf-8"))
    loose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in loose:
            yield node.lineno, node.value


def test_no_path_or_weakness_of_the_lab_stands_in_the_source() -> None:
    words = {e.path for e in endpoints()} - VOCABULARY | {w.id for w in WEAKNESSES}
    pattern = re.compile(
        r"(?<![\w/}.-])(?:" + "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True)) + r")(?![\w/{-])"
    )
    files = [p for p in SOURCE.rglob("*.py") if SOURCE / "lab" not in p.parents and p not in OWN]
    assert len(files) > 100
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {text!r}"
        for path in files
        for line, text in values(path)
        if not text.startswith("\n") and len(text) < 500 and pattern.search(text)
    ]
    assert not found
