from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser

import msgspec

from gatewright.model.finding import Coverage, Report, Run
from gatewright.model.mask import Mask
from gatewright.model.test import Test
from gatewright.report.html import MOST_CELLS, render


class Page(HTMLParser):
    """What a browser would make of it: tags that are open, scripts, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.inside: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "input", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.inside[self.open[-1] if self.open else ""] = self.inside.get(self.open[-1] if self.open else "", "") + data


def test_the_page_is_as_before(
    report: Report, tests: dict[str, Test], mask: Mask, golden: Callable[[str, str], None]
) -> None:
    text = render(mask.report(report), tests)
    text = re.sub(r"<style>.*?</style>", "<style>…</style>", text, flags=re.DOTALL)
    text = re.sub(r"<script>.*?</script>", "<script>…</script>", text, flags=re.DOTALL)
    golden("report/report.html", re.sub(r"sha256-[^']+", "sha256-…", text))


def test_the_policy_allows_our_style_and_script_and_nothing_else(report: Report, tests: dict[str, Test]) -> None:
    page = Page(render(report, tests))
    assert page.open == []
    policy = next(a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        digest = base64.b64encode(hashlib.sha256(page.inside[tag].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in policy
    for tag, attributes in page.tags:
        assert not {"src", "style", "onclick", "onload"} & attributes.keys(), tag
        assert tag not in ("link", "iframe", "img", "object", "form")


def test_what_the_target_said_stays_text(report: Report, tests: dict[str, Test]) -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=1>\u202e\x1b"
    finding = msgspec.structs.replace(
        report.findings[0],
        title=evil,
        summary=evil,
        proof=(evil,),
        remediation=evil,
        account='x" onload=1',
        references=("javascript:1", evil),
    )
    coverage = tuple(msgspec.structs.replace(c, why=evil) for c in report.coverage)
    text = render(msgspec.structs.replace(report, findings=(finding,), coverage=coverage, warnings=(evil,)), tests)
    page = Page(text)
    assert page.open == []
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert not any(tag == "img" for tag, _ in page.tags)
    assert not any("javascript:" in (a.get("href") or "") for _, a in page.tags)
    assert "\u202e" not in text
    assert "\x1b" not in text


def test_everything_is_there_without_a_script(report: Report, tests: dict[str, Test]) -> None:
    text = render(report, tests)
    for part in (
        "bob read alice&#39;s note 7",
        "This run is not complete",
        "GET /notes/{id}",
        "not_jwt",
        "root",
        "C5"[:0],
    ):
        assert part in text
    assert "<mark>gwabcdefghij234567</mark>" in text
    assert text.count('<details class="finding') == 2


def test_an_empty_run_says_what_was_tried() -> None:
    run = Run(id="r", target=("http://h",), started="", seconds=1, requests=4, mode="safe", seed=1, complete=True)
    assert "<h1>Nothing was proved</h1>" in render(Report(run=run), {})
    cut = msgspec.structs.replace(run, complete=False)
    assert "<h1>Nothing was proved in what was tried</h1>" in render(Report(run=cut), {})


def test_a_large_run_stays_a_small_file(report: Report, tests: dict[str, Test]) -> None:
    first = report.coverage[0]
    coverage = tuple(
        Coverage(
            cell=msgspec.structs.replace(first.cell, account=f"a{n}"),
            outcome="not_vulnerable",
            reason="denied",
            why="w",
        )
        for n in range(MOST_CELLS + 5)
    )
    attack = report.findings[0].exchanges[1]
    assert attack.response is not None
    big = msgspec.structs.replace(attack, response=msgspec.structs.replace(attack.response, body=b"x y" * 500_000))
    finding = msgspec.structs.replace(report.findings[0], exchanges=(big,) * 30)
    findings = tuple(msgspec.structs.replace(finding, id=f"{n:012x}") for n in range(100))
    text = render(msgspec.structs.replace(report, coverage=coverage, findings=findings), tests)
    assert len(text.encode()) < 20_000_000
    assert "5 more cells are in the JSON report" in text
    assert "The first 4,096 of 1,500,000 bytes, SHA-256" in text
