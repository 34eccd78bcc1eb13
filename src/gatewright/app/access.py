"""The access matrix of a past run: as a table, and as the `access.yaml` that keeps it."""

from __future__ import annotations

from pathlib import Path

from gatewright.app.past import opened
from gatewright.model.access import rows_of
from gatewright.model.errors import UsageError
from gatewright.model.finding import Report
from gatewright.model.settings import Settings
from gatewright.settings.access import FILE, written


def access_of(settings: Settings, run: str) -> Report:
    """The report of a run, for its matrix. Raises UsageError for no such run."""
    with opened(settings) as store:
        return store.run(store.run_id(run))


def save_access(settings: Settings, run: str, *, output: str, force: bool) -> tuple[Path, int]:
    """Write what a run learnt as `access.yaml`; the path and the number of rows.

    Raises UsageError GW-U020 when there is such a file already and `force` is not given.
    """
    report = access_of(settings, run)
    rows = rows_of(report.access, {endpoint.id: endpoint for endpoint in report.endpoints})
    path = Path(output or FILE)
    if path.exists() and not force:
        raise UsageError("there is such a file already", code="GW-U020", where=str(path), help="--force writes it anew")
    path.write_text(written(rows), encoding="utf-8")
    return path, len(rows)
