"""`make check`: every check that runs no test, each a step that fails alone. With a file: the steps that can judge one file."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


class Step(NamedTuple):
    """One step and the words that repeat it by hand."""

    name: str
    command: tuple[str, ...]


START = Step("start", (sys.executable, "scripts/imports.py"))
"""Measures times, so nothing else may run beside it."""


class Result(NamedTuple):
    """How a step ended."""

    step: Step
    code: int
    output: str
    seconds: float


def steps(file: str | None) -> list[Step]:
    """The steps for the whole project, or for one file."""
    script = (sys.executable, "scripts/")
    one = (file,) if file else (".",)
    found = [Step("lengths", (script[0], "scripts/lengths.py", *(one if file else ())))]
    if file is None or file.endswith(".py"):
        found += [
            Step("format", (str(BIN / "ruff"), "format", "--check", *one)),
            Step("lint", (str(BIN / "ruff"), "check", "--quiet", *one)),
            Step("types", (str(BIN / "mypy"), *((file,) if file else ()))),
        ]
    if file is None:
        found += [
            Step("layers", (str(BIN / "lint-imports"),)),
            Step("mirror", (script[0], "scripts/mirror.py")),
            Step("docs", (script[0], "-m", "scripts.docs", "--check")),
        ]
    return found


def run(step: Step) -> Result:
    """Runs one step."""
    start = time.perf_counter()
    done = subprocess.run(step.command, cwd=ROOT, capture_output=True, text=True, check=False)
    return Result(step, done.returncode, done.stdout + done.stderr, time.perf_counter() - start)


def main(arguments: list[str]) -> int:
    """Runs the steps two at a time, the start-up times last and alone; prints a line for each. 1 when any failed."""
    file = arguments[0] if arguments else None
    if file and not (ROOT / file).exists():
        print(f"make check: no file {file}", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, steps(file)))
    if file is None:
        results.append(run(START))
    failed = [result for result in results if result.code]
    for result in failed:
        print(f"-- {result.step.name}: {' '.join(result.step.command)}\n{result.output.rstrip()}\n")
    for result in results:
        print(f"{'FAILED' if result.code else 'ok':6}  {result.step.name:8} {result.seconds:5.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
