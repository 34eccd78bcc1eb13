"""Who may do what: rows of `access.yaml` (interface.md section 3), and the matrix of what each account was seen to do.

The matrix is made of what the run sent anyway: accepted samples, refusals of exploration, and the verdicts of the tests
that try another's object, another role's function or no credential at all.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from gatewright.model.account import ANON
from gatewright.model.endpoint import Endpoint

Word = Literal["allow", "deny"]
Whose = Literal["own", "others"]
OWNER = "owner"
"""The column for the one whose object it is."""
_TEMPLATE = re.compile(r"\{[^}]*\}")
_OBJECTS = frozenset({"object-access-read", "object-access-change", "object-access-delete", "parameter-pollution"})
_CALLERS = frozenset({"auth-missing", "function-access"})
_HAPPENED: dict[str, Word] = {"proved": "allow", "public": "allow", "shared": "allow", "denied": "deny"}
"""Reason of a verdict → what it shows of access; the other reasons show nothing."""


class Row(Struct, frozen=True):
    """One row of `access.yaml`."""

    pattern: str
    """`GET /v1/invoices/{id}`, `* /catalogue/*`: method and path, `*` matches anything."""
    cells: dict[str, Word]
    """Role, account name, `owner` or `anon` → what is expected."""

    def matches(self, endpoint: Endpoint) -> bool:
        """Whether the row is about an endpoint; the names of path parameters do not matter."""
        method, _, path = self.pattern.partition(" ")
        wanted = _TEMPLATE.sub("{}", path)
        shown = (endpoint.path, endpoint.base + endpoint.path, endpoint.shown_path)
        paths = [_TEMPLATE.sub("{}", path) for path in shown]
        return fnmatch.fnmatchcase(endpoint.method, method.upper()) and any(
            fnmatch.fnmatchcase(one, wanted) for one in paths
        )

    @property
    def literal(self) -> int:
        """Characters that are neither `*` nor a path parameter: the row with most of them wins."""
        return len(_TEMPLATE.sub("", self.pattern).replace("*", ""))


class Access(Struct, frozen=True, kw_only=True):
    """One field of the matrix: what one account was seen to do at one endpoint, and what was expected."""

    endpoint: str
    """`Endpoint.id`."""
    account: str
    role: str = ""
    whose: Whose = "own"
    """`own`: its own object, or a function without one; `others`: the object of another account of its rank."""
    happened: Word
    expected: Word | None = None

    @property
    def differs(self) -> bool:
        """Whether something else was expected."""
        return self.expected is not None and self.expected != self.happened


def cells_of(rows: Sequence[Row], endpoint: Endpoint) -> dict[str, Word]:
    """The expectations at one endpoint: those of the matching row with the longest literal part."""
    matching = [row for row in rows if row.matches(endpoint)]
    return dict(max(matching, key=lambda row: row.literal).cells) if matching else {}


def expected(cells: Mapping[str, Word], account: str, role: str, *, whose: Whose, bound: bool) -> Word | None:
    """What `access.yaml` expects of one account. `bound`: the endpoint names objects that belong to an account.

    What one does with one's own object stands under `owner`, everything else under the account's name or its role.
    """
    if account == ANON:
        return cells.get(ANON)
    if bound and whose == "own":
        return cells.get(OWNER)
    return cells.get(account) or cells.get(role)


def seen_by(test: str, account: str, reason: str, *, bound: bool) -> tuple[Whose, Word] | None:
    """What the verdict of one cell shows of its account's access; None when it shows nothing.

    A function that is tried with the object of a higher account says nothing of the attacker's own.
    """
    happened = _HAPPENED.get(reason)
    if happened is None:
        return None
    if test in _OBJECTS:
        return "others", happened
    if test not in _CALLERS:
        return None
    return ("others" if bound and account != ANON else "own"), happened


def columns(matrix: Iterable[Access]) -> list[tuple[str, Whose]]:
    """The columns of the matrix as a table: each account with its own, then with what is others'; anon last."""
    found = {(one.account, one.whose): None for one in matrix}
    return sorted(found, key=lambda column: (column[0] == ANON, column[0], column[1] != "own"))


def rows_of(matrix: Sequence[Access], endpoints: Mapping[str, Endpoint]) -> list[Row]:
    """The matrix as rows of `access.yaml`, for keeping what was learnt: roles, `owner` and `anon`.

    Where accounts of one role were treated differently, the role's field stays empty.
    """
    found: dict[str, dict[str, set[Word]]] = {}
    bound = {one.endpoint for one in matrix if one.whose == "others"}
    for one in matrix:
        own = one.whose == "own" and one.endpoint in bound and one.account != ANON
        column = OWNER if own else ANON if one.account == ANON else one.role or one.account
        found.setdefault(one.endpoint, {}).setdefault(column, set()).add(one.happened)
    rows = []
    for key, cells in found.items():
        order = sorted(cells, key=lambda column: (column == ANON, column != OWNER))
        agreed: dict[str, Word] = {column: next(iter(cells[column])) for column in order if len(cells[column]) == 1}
        if key in endpoints and agreed:
            rows.append(Row(endpoints[key].name, agreed))
    return sorted(rows, key=lambda row: row.pattern.partition(" ")[::-1])
