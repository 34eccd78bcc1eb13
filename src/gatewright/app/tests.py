"""The library of tests: what there is, found by words, explained."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from importlib import metadata

from msgspec import Struct

import gatewright.checks
from gatewright.model.errors import UsageError
from gatewright.model.test import REGISTRY, THREATS, Test, sections

ENTRY_POINTS = "gatewright.checks"
"""Where other packages name the modules with their own checks."""


class TestRow(Struct, frozen=True, kw_only=True):
    """One line of `tests list`."""

    id: str
    threat: str
    severity: str
    cwe: tuple[str, ...]
    requests: int
    phase: str
    tags: tuple[str, ...]
    title: str
    source: str


class TestPage(Struct, frozen=True, kw_only=True):
    """All that `tests show` tells of one test."""

    test: TestRow
    threat_title: str
    needs: tuple[str, ...]
    """What a cell must have before anything is sent, a sentence each."""
    effect: str
    """What it may leave changed."""
    sections: dict[str, str]
    """Heading → text, in the order of the docstring."""


def library() -> Mapping[str, Test]:
    """Every native check by id, those of other packages included. The modules are imported on first use."""
    for module in pkgutil.iter_modules(gatewright.checks.__path__):
        importlib.import_module(f"{gatewright.checks.__name__}.{module.name}")
    for entry in metadata.entry_points(group=ENTRY_POINTS):
        entry.load()
    return REGISTRY


def list_tests(words: Sequence[str] = ()) -> list[TestRow]:
    """Tests that hold every word (in any case) in id, title, threat, severity, CWE, tags or explanation."""
    found = []
    for test in sorted(library().values(), key=_order):
        row = _row(test)
        searched = " ".join([row.id, row.title, row.threat, row.severity, *row.cwe, *row.tags, test.doc]).lower()
        if all(word.lower() in searched for word in words):
            found.append(row)
    return found


def show_test(id: str) -> TestPage:  # noqa: A002
    """The page of one test. Raises UsageError GW-U002 for a name that no test has."""
    test = find_test(id)
    return TestPage(
        test=_row(test),
        threat_title=THREATS[test.threat],
        needs=tuple(need.value for need in test.needs),
        effect=test.effect.value,
        sections=sections(test.doc),
    )


def find_test(id: str) -> Test:  # noqa: A002
    """One test by id. Raises UsageError GW-U002 with the near names."""
    tests = library()
    if id not in tests:
        near = difflib.get_close_matches(id, tests, n=3)
        hint = (
            "did you mean " + " or ".join(f"`{name}`" for name in near) + "?" if near else "see `gatewright tests list`"
        )
        raise UsageError(f"no test `{id}`", code="GW-U002", help=hint)
    return tests[id]


def _row(test: Test) -> TestRow:
    return TestRow(
        id=test.id,
        threat=test.threat,
        severity=test.severity,
        cwe=tuple(f"CWE-{number}" for number in test.cwe),
        requests=test.requests,
        phase=f"{test.phase.value} {test.phase.name.lower().replace('_', '-')}",
        tags=test.tags,
        title=test.title,
        source=test.source,
    )


def _order(test: Test) -> tuple[int, str]:
    return list(THREATS).index(test.threat), test.id
