"""Start of the command line: `--version`, `--help` and completion stay within a ratio to bare Python and import nothing heavy.

150 ms where bare Python takes 11 is a ratio of 13.6. A ratio is measured, because a slow machine is slow for both.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping

RATIO = 13.6
TRIES = 7
HEAVY = ("alembic", "asyncio", "jinja2", "jsonschema", "rich", "sqlalchemy", "starlette", "uvicorn", "uvloop", "yaml")
STARTS: tuple[tuple[tuple[str, ...], Mapping[str, str]], ...] = (
    (("--version",), {}),
    (("--help",), {}),
    (("scan", "--help"), {}),
    ((), {"_GATEWRIGHT_COMPLETE": "bash_complete", "COMP_WORDS": "gatewright sc", "COMP_CWORD": "1"}),
)
"""Arguments, and what is added to the environment."""


def seconds(command: list[str], environ: Mapping[str, str]) -> float:
    """The quickest of some starts: noise only adds."""
    best = float("inf")
    for _ in range(TRIES):
        start = time.perf_counter()
        subprocess.run(command, env=dict(environ), stdout=subprocess.DEVNULL, check=True)
        best = min(best, time.perf_counter() - start)
    return best


def imported(arguments: tuple[str, ...], environ: Mapping[str, str]) -> set[str]:
    """Packages that a start imports, by their first name."""
    code = "import gatewright.__main__ as m, sys\ntry: m.main()\nfinally: sys.stderr.write('\\n'.join(sys.modules))"
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=dict(environ), capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stderr.split()}


def complaints(arguments: tuple[str, ...], ratio: float, modules: set[str]) -> list[str]:
    """What is wrong with one start, a sentence each."""
    words = " ".join(("gatewright", *arguments))
    found = [f"{words}: {ratio:.1f} times bare Python, at most {RATIO}"] if ratio > RATIO else []
    heavy = sorted(modules & set(HEAVY))
    return found + ([f"{words}: imports {', '.join(heavy)}"] if heavy else [])


def main(environ: Mapping[str, str]) -> int:
    """Measures every start and prints it; 1 when one is over the budget."""
    bare = seconds([sys.executable, "-c", "pass"], environ)
    found = []
    for arguments, more in STARTS:
        surroundings = {**environ, **more}
        # Completion goes by the name of the program, so the start is that of the installed command.
        command = [sys.executable, "-c", "import gatewright.__main__ as m; m.main()", *arguments]
        ratio = seconds(command, surroundings) / bare
        print(f"{ratio:5.1f} × bare Python  gatewright {' '.join(arguments) or '(completion)'}")
        found += complaints(arguments, ratio, imported(arguments, surroundings))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    import os

    sys.exit(main(os.environ))
