"""Mirror: src/gatewright/x/y.py has tests/x/test_y.py and scripts/y.py has tests/house/test_y.py, and the other way round.

`mirror.txt` lists what is excepted: `PATTERN  reason`, a pattern of fnmatch against the path. One that matches nothing
that needs it is itself a fault.
"""

from __future__ import annotations

import sys
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent
NEVER = ("__init__.py", "__main__.py", "conftest.py")


def test_of(source: str) -> str:
    """The test file of a source file."""
    path = PurePosixPath(source)
    if path.parts[0] == "scripts":
        return f"tests/house/test_{path.name}"
    return str(PurePosixPath("tests", *path.parts[2:-1], f"test_{path.name.lstrip('_')}"))


def complaints(sources: list[str], tests: list[str], exceptions: dict[str, str]) -> list[str]:
    """What lacks its counterpart, a sentence each, and the exceptions that nothing needs."""
    wanted = {test_of(source): source for source in sources if PurePosixPath(source).name not in NEVER}
    lonely = {source: f"has no {test}" for test, source in wanted.items() if test not in tests}
    lonely |= {test: "mirrors no source file" for test in tests if test not in wanted}
    used: set[str] = set()
    found = []
    for path, fault in sorted(lonely.items()):
        pattern = next((pattern for pattern in exceptions if fnmatch(path, pattern)), None)
        if pattern is None:
            found.append(f"{path}: {fault} (a reason not to goes into scripts/mirror.txt)")
        else:
            used.add(pattern)
    found += [f"scripts/mirror.txt: {pattern!r} excepts nothing" for pattern in exceptions if pattern not in used]
    return found


def exceptions_of(listing: Path) -> dict[str, str]:
    """Pattern → reason. Raises ValueError for a line without a reason."""
    found = {}
    for line in listing.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        pattern, _, reason = line.partition(" ")
        if not reason.strip():
            raise ValueError(f"{listing.name}: {pattern} needs a reason")
        found[pattern] = reason.strip()
    return found


def main() -> int:
    """Prints what has no counterpart; 1 when there is any."""
    sources = [p.relative_to(ROOT).as_posix() for f in ("src/gatewright", "scripts") for p in (ROOT / f).rglob("*.py")]
    tests = [p.relative_to(ROOT).as_posix() for p in (ROOT / "tests").rglob("test_*.py")]
    found = complaints(sources, tests, exceptions_of(ROOT / "scripts" / "mirror.txt"))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
