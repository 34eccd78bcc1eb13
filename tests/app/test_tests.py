from __future__ import annotations

import pytest

from gatewright.app.tests import find_test, library, list_tests, show_test
from gatewright.model.errors import UsageError
from gatewright.model.test import HEADINGS, THREATS, sections


def test_every_check_has_every_heading_in_order() -> None:
    for test in library().values():
        found = [name for name in sections(test.doc) if name in HEADINGS]
        assert found == list(HEADINGS), test.id
        assert all(sections(test.doc)[name] for name in HEADINGS), test.id


def test_the_list_is_in_the_order_of_the_threats() -> None:
    threats = [list(THREATS).index(row.threat) for row in list_tests()]
    assert threats == sorted(threats)
    assert len(threats) == len(library())


def test_every_word_must_be_there() -> None:
    assert "object-access-read" in [row.id for row in list_tests(["CWE-639", "object"])]
    assert list_tests(["CWE-639", "no such word"]) == []


def test_sections_of_a_docstring() -> None:
    doc = "First line.\n\n    ## What it does\n    One.\n    Two.\n\n    ## Remedy\n    - a\n"
    assert sections(doc) == {"What it does": "One.\nTwo.", "Remedy": "- a"}


def test_a_page_has_sentences_not_names() -> None:
    page = show_test("object-access-read")
    assert page.threat_title == "Broken object level authorization"
    assert all(" " in need for need in page.needs)


def test_an_unknown_test() -> None:
    with pytest.raises(UsageError, match="no test") as caught:
        find_test("object-access-rea")
    assert "`object-access-read`" in caught.value.help
