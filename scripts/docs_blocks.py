"""Fenced blocks of the documentation: Python runs, YAML, TOML and JSON load, `console` commands run and print what the page says.

In a `console` block `…` stands for any text, within a line or, alone on a line, for any lines. The blocks of one page run
in order in one temporary folder, with the lab on a free port behind the address `http://127.0.0.1:8000` of the pages.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

LAB = "http://127.0.0.1:8000"
"""The address that the pages use for "your API"."""
ROOT = Path(__file__).resolve().parent.parent
LIMIT = 120.0
"""Seconds for one command of a page."""
_FENCE = re.compile(r"^( *)(`{3,})([^\n`]*)\n(.*?)^\1\2[ \t]*$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One fenced block; `line` is that of its first line of text."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def where(self) -> str:
        """`README.md:12`."""
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """Every fenced block of a page, indentation removed."""
    text = page.read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        indent = match[1]
        body = "".join(line.removeprefix(indent) for line in match[4].splitlines(keepends=True))
        language = match[3].strip().partition(" ")[0]
        yield Block(page, text.count("\n", 0, match.start()) + 2, language, body)


def load(block: Block) -> str:
    """Why a block of data or Python cannot be used; empty when it can (other languages always can)."""
    try:
        if block.language in ("yaml", "yml"):
            for _ in yaml.safe_load_all(block.text):
                pass
        elif block.language == "toml":
            tomllib.loads(block.text)
        elif block.language == "json":
            json.loads(block.text)
        elif block.language == "python":
            compile(block.text, block.where, "exec")
    except (yaml.YAMLError, ValueError, SyntaxError) as error:
        return f"{block.where}: the {block.language} block does not load: {error}"
    return ""


def commands(text: str) -> list[tuple[str, str]]:
    """The commands of a console block (`$ …`, continued by a backslash or `> `), each with the output that follows."""
    found: list[tuple[str, str]] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command += "\n" + next(lines, "").removeprefix("> ")
            found.append((command, ""))
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + line + "\n")
    return found


def agrees(expected: str, printed: str) -> bool:
    """Whether the output is what the page says. Blanks at line ends and empty lines at both ends do not count."""
    wanted = [line.rstrip() for line in expected.strip("\n").splitlines()]
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else ".*?".join(re.escape(part) for part in line.split("…")) + r"\n"
        for line in wanted
    )
    got = "".join(line.rstrip() + "\n" for line in printed.strip("\n").splitlines())
    return re.fullmatch(pattern, got) is not None


def run_page(page: Path, *, environ: Mapping[str, str], lab: str) -> list[str]:
    """Runs the console and Python blocks of one page; complaints with what was printed instead."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for block in blocks(page):
            if block.language == "python":
                code, printed = _run([sys.executable, "-c", block.text.replace(LAB, lab)], folder, environ)
                if code:
                    found.append(f"{block.where}: the Python block fails:\n{printed}")
            elif block.language == "console":
                for command, expected in commands(block.text):
                    _, printed = _run(["/bin/sh", "-c", command.replace(LAB, lab)], folder, environ)
                    printed = printed.replace(lab, LAB).replace(
                        lab.removeprefix("http://"), LAB.removeprefix("http://")
                    )
                    if not agrees(expected, printed):
                        found.append(f"{block.where}: `{command}` printed\n{printed}\n   the page says\n{expected}")
    return found


def surroundings(home: Path) -> dict[str, str]:
    """The environment of the commands: `gatewright` is that of this checkout, no colour, a fixed width, an empty home."""
    folder = home / "bin"
    folder.mkdir()
    command = folder / "gatewright"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gatewright "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    path = os.pathsep.join((str(folder), str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    kept = {name: value for name, value in os.environ.items() if name in ("LANG", "TMPDIR")}
    fixed = {"NO_COLOR": "1", "COLUMNS": "120", "TERM": "dumb", "LC_ALL": "C.UTF-8", "HOME": str(home), "PATH": path}
    return kept | fixed | {"PYTHONPATH": str(ROOT / "src")}


def _run(command: list[str], folder: str, environ: Mapping[str, str]) -> tuple[int, str]:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 124, f"(nothing within {LIMIT:.0f} s)\n"
    return done.returncode, done.stdout.decode("utf-8", "replace")
