"""Lengths: a file has at most 500 lines, a function at most 60. `lengths.txt` lists the exceptions, which may only shrink.

A line of the list is `PATH LINES` or `PATH:FUNCTION LINES`, with the length as it is now: an exception that got shorter
must be lowered, one that is no longer needed must go, and none may grow.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 500
FUNCTION_LINES = 60
FOLDERS = ("src", "tests", "scripts", "benchmarks")
ROOT = Path(__file__).parent.parent


def measure(root: Path, paths: list[Path]) -> dict[str, int]:
    """Everything over a limit: `src/a.py` or `src/a.py:Class.function` → lines."""
    over: dict[str, int] = {}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(root).as_posix()
        lines = text.count("\n")
        if lines > FILE_LINES:
            over[name] = lines
        for function, length in _functions(ast.parse(text)):
            if length > FUNCTION_LINES:
                over[f"{name}:{function}"] = length
    return over


def allowed(listing: Path) -> dict[str, int]:
    """The exceptions of a list; comments (`#`) and empty lines are skipped."""
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    pairs = (line.rsplit(" ", 1) for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): int(length) for name, length in pairs}


def complaints(over: dict[str, int], exceptions: dict[str, int], *, whole: bool = True) -> list[str]:
    """What is wrong, a sentence each. `whole`: all files were measured, so that needless exceptions can be told."""
    found = []
    for name, length in sorted(over.items()):
        limit = FUNCTION_LINES if ":" in name else FILE_LINES
        if name not in exceptions:
            found.append(f"{name}: {length} lines, at most {limit}: a concept is missing, split by it")
        elif length > exceptions[name]:
            found.append(f"{name}: {length} lines, its exception says {exceptions[name]}: exceptions may only shrink")
        elif length < exceptions[name]:
            found.append(f"{name}: {length} lines now: lower its exception in scripts/lengths.txt")
    if whole:
        found += [f"{name}: no exception is needed any more" for name in sorted(set(exceptions) - set(over))]
    return found


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, int]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1
            yield from _functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")
        else:
            yield from _functions(node, prefix)


def main(arguments: list[str]) -> int:
    """Prints what is too long; 1 when there is any. Arguments: files; none: all of them."""
    everything = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    chosen = [Path(argument).resolve() for argument in arguments if argument.endswith(".py")]
    exceptions = allowed(ROOT / "scripts" / "lengths.txt")
    found = complaints(measure(ROOT, chosen or everything), exceptions, whole=not arguments)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
