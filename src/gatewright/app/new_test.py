"""A new check of one's own: two files that work as they are, to be rewritten."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from string import Template

import gatewright.checks
from gatewright.app.tests import library
from gatewright.model.errors import UsageError

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
OUTSIDE = "security-tests"
"""The folder for checks where there is no checkout of Gatewright."""


def new_test(name: str, *, directory: Path) -> list[Path]:
    """Write `NAME.py` and `NAME.cases.yaml`: into the checkout's checks/, else into `security-tests/` of the directory.

    Raises UsageError GW-U004 for a name that is taken or is no good, or a file that is there already.
    """
    if not _NAME.fullmatch(name):
        help_ = "small letters, digits and hyphens; name the flaw, not the remedy: `cookie-without-flags`"
        raise UsageError(f"`{name}` cannot be the name of a test", code="GW-U004", help=help_)
    if name in library():
        raise UsageError(f"there is a test `{name}` already", code="GW-U004", help=f"gatewright tests show {name}")
    function = name.replace("-", "_")
    folder = checkout(directory) or directory / OUTSIDE
    texts = {folder / f"{function}.py": "check.py.txt", folder / f"{function}.cases.yaml": "cases.yaml.txt"}
    taken = next((path for path in texts if path.exists()), None)
    if taken:
        raise UsageError("the file is there already", code="GW-U004", where=str(taken), help="choose another name")
    folder.mkdir(parents=True, exist_ok=True)
    for path, skeleton in texts.items():
        text = resources.files("gatewright.app").joinpath("skeleton", skeleton).read_text(encoding="utf-8")
        path.write_text(Template(text).substitute(id=name, function=function), encoding="utf-8")
    return list(texts)


def checkout(directory: Path) -> Path | None:
    """The checks folder that is imported, when the directory lies in the checkout that holds it."""
    checks = Path(next(iter(gatewright.checks.__path__))).resolve()
    root = checks.parents[2]
    inside = (root / "pyproject.toml").is_file() and directory.resolve().is_relative_to(root)
    return checks if inside else None
