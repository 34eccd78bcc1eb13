"""How listings are printed: a plain table for people, one JSON array for programs."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from msgspec import Struct

GAP = "  "
NARROWEST = 12
"""The last column is cut to the terminal, but never below this."""


def print_json(value: object) -> None:
    """Print one value as indented JSON with a newline."""
    import msgspec  # `--help` loads every command: nothing heavy before it is needed

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_rows(rows: Sequence[Struct], columns: dict[str, str], *, as_json: bool, empty: str) -> None:
    """Print rows: `columns` is heading → field. Without rows `empty` says what the next command is."""
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo(empty)
        return
    table = [[clean(_text(getattr(row, name))) for name in columns.values()] for row in rows]
    click.echo("\n".join(align([list(columns), *table], width=terminal_width())))


def align(table: Sequence[Sequence[str]], *, width: int | None) -> list[str]:
    """Lines of a table with its heading; the last column is cut so that a line fits into `width` (None: never)."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]) - 1)]
    room = None if width is None else max(width - sum(widths) - len(GAP) * len(widths), NARROWEST)
    lines = []
    for row in table:
        last = row[-1] if room is None or len(row[-1]) <= room else row[-1][: room - 1] + "…"
        lines.append(GAP.join([*(cell.ljust(size) for cell, size in zip(row, widths, strict=False)), last]).rstrip())
    return lines


def terminal_width() -> int | None:
    """Columns of the terminal; None when the output goes to a file or a program."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def clean(text: str) -> str:
    """Text on one line, without the controls that a terminal would obey: what a target said is data."""
    return "".join(" " if c in "\t\r\n" else c for c in text if c in "\t\r\n" or unicodedata.category(c)[0] != "C")


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, (tuple, list)):
        return ", ".join(_text(item) for item in value)
    return str(value)
