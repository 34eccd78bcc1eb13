"""The access matrix as people and programs read it: one row per endpoint, one column per account and whose object."""

from __future__ import annotations

from msgspec import Struct

from gatewright.model.access import Access, Whose, columns
from gatewright.model.finding import Report
from gatewright.model.json import Json


class MatrixRow(Struct, frozen=True, kw_only=True):
    """One endpoint; the fields stand in the order of the columns, None where nothing was seen."""

    name: str
    fields: tuple[Access | None, ...]


class Matrix(Struct, frozen=True, kw_only=True):
    """The whole table."""

    columns: tuple[tuple[str, Whose], ...]
    rows: tuple[MatrixRow, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        """`bob`, `bob: others'`."""
        return tuple(account if whose == "own" else f"{account}: others'" for account, whose in self.columns)


def matrix(report: Report) -> Matrix:
    """The matrix of a report, endpoints by path."""
    order = columns(report.access)
    by_endpoint: dict[str, dict[tuple[str, Whose], Access]] = {}
    for one in report.access:
        by_endpoint.setdefault(one.endpoint, {})[one.account, one.whose] = one
    named = sorted((e for e in report.endpoints if e.id in by_endpoint), key=lambda e: (e.path, e.method))
    rows = (MatrixRow(name=e.name, fields=tuple(by_endpoint[e.id].get(column) for column in order)) for e in named)
    return Matrix(columns=tuple(order), rows=tuple(rows))


def told(one: Access | None) -> str:
    """A field in a word: `allow`, `deny`, with `!` where `access.yaml` expects the other; a dot where nothing was seen."""
    if one is None:
        return "·"
    return f"{one.happened} !" if one.differs else one.happened


def differences(report: Report) -> list[str]:
    """What is not as `access.yaml` says, one sentence each."""
    names = {endpoint.id: endpoint.name for endpoint in report.endpoints}
    return [
        f"{names.get(one.endpoint, one.endpoint)}: {one.account} {_PAST[one.happened]}"
        f"{_OTHERS if one.whose == 'others' else ''}; access.yaml says {one.expected}"
        for one in report.access
        if one.differs
    ]


_PAST = {"allow": "is let in", "deny": "is refused"}
_OTHERS = " where the object is another account's"


def document(report: Report) -> list[Json]:
    """The matrix for the JSON report: one entry per field that was seen."""
    names = {endpoint.id: endpoint.name for endpoint in report.endpoints}
    return [_entry(one, names) for one in report.access]


def _entry(one: Access, names: dict[str, str]) -> Json:
    return {
        "endpoint": names.get(one.endpoint, one.endpoint),
        "account": one.account,
        "role": one.role or None,
        "whose": one.whose,
        "happened": one.happened,
        "expected": one.expected,
    }
