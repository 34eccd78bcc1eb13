"""The cases of one test, played without a network: the playground's quickest answer."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from msgspec import Struct

from gatewright.app.tests import find_test, library
from gatewright.engine import replay
from gatewright.model.errors import SourceError, UsageError
from gatewright.model.http import Exchange
from gatewright.model.test import REGISTRY, Test
from gatewright.model.verdict import Control


class Step(Struct, frozen=True, kw_only=True):
    """One exchange of a played case, in words."""

    purpose: str
    account: str
    request: str
    answer: str


class CaseResult(Struct, frozen=True, kw_only=True):
    """How one case came out. `problem` is empty when it came out as the case says; `todo` is a known gap."""

    kind: str
    title: str
    outcome: str
    reason: str
    why: str
    problem: str
    todo: str
    steps: tuple[Step, ...]
    controls: tuple[Control, ...]


async def try_cases(name: str) -> list[CaseResult]:
    """Play every case of a test, by its id or the path of its file. Raises UsageError and SourceError."""
    test = from_file(Path(name)) if name.endswith(".py") else find_test(name)
    cases = [case for case in replay.load(replay.path_of(test)) if case.concerns(test.id)]
    return [_result(case, await replay.run(test, case)) for case in cases]


def from_file(path: Path) -> Test:
    """The first check of a file that belongs to no package. Raises UsageError GW-U005 when it holds none."""
    library()
    name = f"gatewright_test_{path.stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    if not path.is_file() or specification is None or specification.loader is None:
        raise UsageError("there is no such file", code="GW-U005", where=str(path))
    for known in [test.id for test in REGISTRY.values() if test.source == name]:  # the file, as it was before
        del REGISTRY[known]
    before = set(REGISTRY)
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except Exception as error:  # whatever somebody's own file does wrong is told, not raised
        raise SourceError(f"the file cannot be imported: {error!r}", code="GW-T010", where=str(path)) from error
    found = [test for test in REGISTRY if test not in before]
    if not found:
        raise UsageError(
            "the file registers no check", code="GW-U005", where=str(path), help="decorate one with @check"
        )
    return REGISTRY[found[0]]


def _result(case: replay.Case, outcome: replay.Outcome) -> CaseResult:
    problem = outcome.problem
    if case.todo:
        problem = "" if problem else f"works now: take the todo away ({case.todo})"
    return CaseResult(
        kind=case.kind,
        title=case.title,
        outcome=outcome.verdict.outcome,
        reason=outcome.verdict.reason,
        why=outcome.verdict.why,
        problem=problem,
        todo=case.todo,
        steps=tuple(_step(exchange) for exchange in outcome.exchanges),
        controls=outcome.controls,
    )


def _step(exchange: Exchange) -> Step:
    response = exchange.response
    body = response.body.decode("utf-8", "replace") if response else ""
    return Step(
        purpose=exchange.purpose,
        account=exchange.account,
        request=f"{exchange.request.method} {exchange.request.target}",
        answer=f"{response.status} {body}".strip() if response else exchange.error,
    )
