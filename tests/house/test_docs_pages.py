from __future__ import annotations

import re

import msgspec

from gatewright.app.tests import list_tests
from gatewright.cli.main import COMMANDS
from gatewright.model import events
from scripts import docs_pages


def _headings(text: str) -> list[str]:
    return re.findall(r"^## (.+)$", text, flags=re.MULTILINE)


def test_every_command_and_every_flag_is_on_the_page() -> None:
    text = docs_pages.commands_page()
    headings = _headings(text)
    assert {f"gatewright {name}" for name in COMMANDS} <= set(headings)
    for path, command in docs_pages.walk():
        assert path in headings
        section = text.partition(f"## {path}\n")[2].partition("\n## ")[0]
        for parameter in command.params:
            assert all(name in section for name in parameter.opts if name.startswith("--")), path


def test_every_code_has_a_heading() -> None:
    assert _headings(docs_pages.errors_page()) == list(docs_pages.codes())


def test_every_event_and_field_is_on_the_page() -> None:
    text = docs_pages.events_page()
    every = {event.__name__ for event in events.AnyEvent.__args__}  # type: ignore[attr-defined]
    assert set(_headings(text)) == every
    for event in docs_pages.event_types():
        section = text.partition(f"## {event.__name__}\n")[2].partition("\n## ")[0]
        for field in msgspec.structs.fields(event):
            assert field.name == "at" or f"| `{field.name}` |" in section
    assert "gatewright." not in text.replace("`gatewright scan", "")


def test_every_test_has_a_page_with_its_sections() -> None:
    pages = docs_pages.pages()
    for row in list_tests():
        text = pages[f"tests/{row.id}.md"]
        assert _headings(text)[:5] == [
            "What it does",
            "Why it matters",
            "How it is proved",
            "When it is wrong",
            "Remedy",
        ]
        assert f"[{row.id}]({row.id}.md)" in pages["tests/README.md"]
