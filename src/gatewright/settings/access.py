"""`access.yaml`, beside `gatewright.yaml`: what each role, account, owner or nobody may do (interface.md section 3)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from gatewright.model.access import OWNER, Row
from gatewright.model.account import ANON
from gatewright.model.errors import UsageError
from gatewright.model.settings import Settings
from gatewright.settings.document import Node, parse

FILE = "access.yaml"
_PATTERN = re.compile(r"(\*|[A-Za-z]+) (/\S*|\*\S*)")


def read_access(folder: Path, directory: Path, columns: Iterable[str], environ: Mapping[str, str]) -> tuple[Row, ...]:
    """The rows of the file in `folder`; none where there is no file.

    `columns` are the names of roles and accounts that a row may speak of, beside `owner` and `anon`. Raises UsageError.
    """
    path = folder / FILE
    if not path.is_file():
        return ()
    name = os.path.relpath(path, directory)
    try:
        root = parse(path.read_text(encoding="utf-8-sig"), file=name, environ=environ)
    except OSError as error:
        raise UsageError(f"cannot read {FILE}: {error.strerror}", code="GW-C001", where=name) from None
    except UnicodeDecodeError as error:
        raise UsageError(f"not UTF-8 text: byte {error.start}", code="GW-C002", where=name) from None
    known = tuple(dict.fromkeys([OWNER, ANON, *columns]))
    return tuple(_row(root, pattern, value, known) for pattern, value in root.mapping().items())


def _row(root: Node, pattern: str, value: Node, known: tuple[str, ...]) -> Row:
    if not _PATTERN.fullmatch(pattern):
        help_ = 'write it like "GET /invoices/{id}" or "* /catalogue/*"'
        root.keys[pattern][0].fail(f"`{pattern}` is no endpoint", help=help_)
    cells = {column: cell.word("allow", "deny") for column, cell in value.mapping(known).items() if not cell.empty}
    return Row(pattern, {column: "allow" if word == "allow" else "deny" for column, word in cells.items()})


def written(rows: Iterable[Row]) -> str:
    """Rows as the text of an `access.yaml`."""
    lines = ["# Who may do what. `scan` reports every difference; what is not written is not expected either way."]
    for row in rows:
        cells = ", ".join(f"{_quoted(column, within=True)}: {word}" for column, word in row.cells.items())
        lines.append(f"{_quoted(row.pattern)}: {{{cells}}}")
    return "\n".join(lines) + "\n"


def _quoted(text: str, *, within: bool = False) -> str:
    """Text as a YAML key: quoted unless it is plain; `within` braces they are never plain."""
    plain = (
        re.fullmatch(r"[A-Za-z_]([\w .@+/{}-]*[\w.@+/{}-])?", text)
        and ": " not in text
        and text.lower() not in _WORDS
        and not (within and set(text) & set("{}"))
    )
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return text if plain else f'"{escaped}"'


_WORDS = ("true", "false", "yes", "no", "on", "off", "null")


def columns_of(settings: Settings) -> list[str]:
    """Names that a row may speak of: the roles, and each account with its role (`user` where none is told)."""
    accounts = settings.accounts
    return [*settings.roles, *(a.name for a in accounts), *(a.role for a in accounts if a.role), "user"]
