"""The inventory that a run learnt: what the API offers, and what became of each endpoint."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from gatewright.app.past import opened
from gatewright.model.endpoint import Endpoint
from gatewright.model.errors import UsageError
from gatewright.model.finding import Report
from gatewright.model.settings import Settings


class EndpointRow(Struct, frozen=True, kw_only=True):
    """One line of `inventory list`."""

    endpoint: str
    host: str
    secured: bool
    """The specification asks for a credential."""
    parameters: int
    sampled: bool
    """A request to it was accepted."""
    why: str
    """Why not."""
    findings: int


class ParameterRow(Struct, frozen=True, kw_only=True):
    """One parameter or property of a body."""

    place: str
    type: str
    required: bool


class EndpointPage(Struct, frozen=True, kw_only=True):
    """All that `inventory show` tells of one endpoint."""

    row: EndpointRow
    summary: str
    source: str
    security: tuple[str, ...]
    """Alternatives, each the schemes that go together; `none` for anonymous."""
    parameters: tuple[ParameterRow, ...]
    answers: tuple[str, ...]
    """Documented ones: status and description."""
    samples: tuple[str, ...]
    """Accounts whose request was accepted."""
    objects: tuple[str, ...]
    """Our own objects that it names."""
    verdicts: dict[str, int]
    """Cells by verdict."""
    findings: tuple[str, ...]


def list_inventory(settings: Settings, run: str = "last") -> list[EndpointRow]:
    """The endpoints that a run knew, in the order of the specification. Raises UsageError without a store or run."""
    with opened(settings) as store:
        report = store.run(store.run_id(run))
    return [_row(endpoint, report) for endpoint in report.endpoints]


def show_endpoint(settings: Settings, name: str, run: str = "last") -> EndpointPage:
    """One endpoint by its name (`GET /users/{id}`), or by its path alone. Raises UsageError GW-U017 when none has it."""
    with opened(settings) as store:
        id = store.run_id(run)  # noqa: A001
        report = store.run(id)
        knowledge = store.journal(id).knowledge
    endpoint = find_endpoint(report.endpoints, name)
    samples = [s.account for s in knowledge.samples_of(endpoint.id)] if knowledge else []
    objects = [o.key for o in knowledge.named_by(endpoint.id)] if knowledge else []
    return EndpointPage(
        row=_row(endpoint, report),
        summary=endpoint.summary or endpoint.description,
        source=endpoint.source,
        security=tuple(
            " and ".join(scheme for scheme, _ in requirement.schemes) or "none"
            for requirement in endpoint.security or ()
        ),
        parameters=tuple(_parameters(endpoint)),
        answers=tuple(f"{answer.status} {answer.description}".strip() for answer in endpoint.answers),
        samples=tuple(dict.fromkeys(samples)),
        objects=tuple(objects),
        verdicts=dict(Counter(cell.outcome for cell in report.coverage if cell.cell.endpoint == endpoint.id)),
        findings=tuple(f"F-{f.number} {f.test}" for f in report.findings if _concerns(f.endpoint, f.also, endpoint)),
    )


def find_endpoint(endpoints: Iterable[Endpoint], name: str) -> Endpoint:
    """The endpoint with a name; a path alone will do where only one method has it. Raises UsageError GW-U017."""
    known = list(endpoints)
    wanted = " ".join(name.split())
    found = [e for e in known if e.name.lower() == wanted.lower()] or [
        e for e in known if wanted in (e.path, e.shown_path)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        hint = "which of " + ", ".join(endpoint.name for endpoint in found) + "?"
    else:
        near = difflib.get_close_matches(wanted, [endpoint.name for endpoint in known], n=1)
        hint = f"did you mean `{near[0]}`?" if near else "gatewright inventory list"
    raise UsageError(f"no single endpoint `{wanted}`", code="GW-U017", help=hint)


def _row(endpoint: Endpoint, report: Report) -> EndpointRow:
    why = report.unreached.get(endpoint.name, "")
    return EndpointRow(
        endpoint=endpoint.name,
        host=endpoint.origin.partition("://")[2],
        secured=endpoint.secured,
        parameters=sum(1 for _ in _parameters(endpoint)),
        sampled=not why,
        why=why,
        findings=sum(_concerns(finding.endpoint, finding.also, endpoint) for finding in report.findings),
    )


def _concerns(found: Endpoint, also: tuple[str, ...], endpoint: Endpoint) -> bool:
    return found.id == endpoint.id or endpoint.name in also


def _parameters(endpoint: Endpoint) -> Iterable[ParameterRow]:
    for parameter in endpoint.parameters:
        kind = " or ".join(parameter.schema.types) or "any"
        yield ParameterRow(place=str(parameter.place), type=kind, required=parameter.required)
    for body in endpoint.bodies[:1]:
        for name, schema in body.schema.properties.items():
            kind = " or ".join(schema.types) or "any"
            yield ParameterRow(place=f"body {name}", type=kind, required=name in body.schema.required)
