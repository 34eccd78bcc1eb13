"""Every report format by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from msgspec import Struct

from gatewright.model.errors import UsageError
from gatewright.model.finding import Report
from gatewright.model.mask import Mask
from gatewright.model.test import Test

Render = Callable[[Report, Mapping[str, Test]], str]


class Format(Struct, frozen=True):
    """A format: the end of its file names, whether it may go to stdout by itself, and the module that has `render`."""

    extension: str
    stdout: bool
    module: str


FORMATS: dict[str, Format] = {
    "console": Format("txt", True, "gatewright.report.summary"),
    "json": Format("json", True, "gatewright.report.json"),
    "sarif": Format("sarif", True, "gatewright.report.sarif"),
    "html": Format("html", False, "gatewright.report.html"),
}
"""Modules are imported when their format is asked for: Jinja2 is not for everyone."""


def render(name: str, report: Report, *, tests: Mapping[str, Test], mask: Mask | None) -> str:
    """A report in one format. `mask` None shows secrets. Raises UsageError for a format that there is not."""
    if name not in FORMATS:
        raise UsageError(f"there is no format `{name}`", code="GW-C006", help="formats: " + ", ".join(FORMATS))
    function: Render = import_module(FORMATS[name].module).render
    return function(report if mask is None else mask.report(report), tests)
