"""Also the canary: a secret that goes into every reporter and must come out of none."""

from __future__ import annotations

import io

import pytest

from gatewright.model.collect import Collector
from gatewright.model.errors import UsageError
from gatewright.model.events import AnyEvent, encode
from gatewright.model.finding import Report
from gatewright.model.mask import Mask
from gatewright.model.test import Test
from gatewright.report.console import Console
from gatewright.report.registry import FORMATS, render
from gatewright.report.summary import Look
from gatewright.settings.flags import FORMATS as ACCEPTED


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_shows_a_secret(name: str, report: Report, tests: dict[str, Test], mask: Mask, canary: str) -> None:
    assert canary not in render(name, report, tests=tests, mask=mask)


@pytest.mark.parametrize("name", ["json", "html"])
def test_without_a_mask_secrets_are_shown(name: str, report: Report, tests: dict[str, Test], canary: str) -> None:
    assert canary in render(name, report, tests=tests, mask=None)


@pytest.mark.parametrize("verbosity", [-1, 0, 1])
@pytest.mark.parametrize("live", [True, False])
def test_the_console_shows_no_secret(
    verbosity: int, live: bool, events: list[AnyEvent], tests: dict[str, Test], mask: Mask, canary: str
) -> None:
    out, err, collector, ticks = io.StringIO(), io.StringIO(), Collector(), iter(range(10_000))
    console = Console(
        out=out, err=err, clock=lambda: next(ticks) * 31.0, look=Look(), mask=mask, live=live, verbosity=verbosity
    )
    console.start()
    for event in events:
        mask.event(event)  # the store sees events first
        console.on(event)
        collector.on(event)
    console.stop()
    console.summary(collector.report(), tests, fail_on="high", exit_code=1)
    assert "2 findings" in out.getvalue()
    assert canary not in out.getvalue() + err.getvalue()


def test_the_event_lines_show_no_secret(events: list[AnyEvent], mask: Mask, canary: str) -> None:
    text = b"\n".join(encode(mask.event(event)) for event in events).decode()
    assert canary not in text
    import base64

    assert base64.b64encode(canary.encode())[:-4].decode() not in text


def test_settings_accept_what_the_registry_writes() -> None:
    assert set(ACCEPTED) == set(FORMATS)


def test_an_unknown_format(report: Report) -> None:
    with pytest.raises(UsageError, match="formats: console, json, sarif, html"):
        render("pdf", report, tests={}, mask=None)
