"""An earlier JSON report as baseline: what it has already does not fail this run."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from gatewright.model.errors import UsageError
from gatewright.model.finding import Report


class _Finding(Struct, frozen=True):
    id: str


class _Earlier(Struct, frozen=True):
    schema: int
    findings: tuple[_Finding, ...]


def only_new(report: Report, known: frozenset[str]) -> Report:
    """The report with the findings that the baseline does not have."""
    return msgspec.structs.replace(report, findings=tuple(f for f in report.findings if f.id not in known))


def known_findings(path: str | None) -> frozenset[str]:
    """The ids of the findings of a JSON report; none without one. Raises UsageError GW-U014."""
    if path is None:
        return frozenset()
    help_ = "a report of `gatewright scan --format json=FILE`"
    try:
        earlier = msgspec.json.decode(Path(path).read_bytes(), type=_Earlier)
    except OSError as error:
        raise UsageError(
            f"the baseline cannot be read: {error.strerror}", code="GW-U014", where=path, help=help_
        ) from error
    except msgspec.MsgspecError as error:
        raise UsageError(f"the baseline is no JSON report: {error}", code="GW-U014", where=path, help=help_) from error
    return frozenset(finding.id for finding in earlier.findings)
