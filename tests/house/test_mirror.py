from __future__ import annotations

from pathlib import Path

import pytest

from scripts import mirror


@pytest.mark.parametrize(
    ("source", "test"),
    [
        ("src/gatewright/wire/h1.py", "tests/wire/test_h1.py"),
        ("src/gatewright/sources/openapi/refs.py", "tests/sources/openapi/test_refs.py"),
        ("src/gatewright/store/_schema.py", "tests/store/test_schema.py"),
        ("scripts/mirror.py", "tests/house/test_mirror.py"),
    ],
)
def test_where_a_test_belongs(source: str, test: str) -> None:
    assert mirror.test_of(source) == test


def test_both_ways() -> None:
    found = mirror.complaints(
        ["src/gatewright/wire/h1.py", "src/gatewright/wire/pool.py", "src/gatewright/wire/__init__.py"],
        ["tests/wire/test_h1.py", "tests/wire/test_gone.py"],
        {},
    )
    assert [line.partition(":")[0] for line in found] == ["src/gatewright/wire/pool.py", "tests/wire/test_gone.py"]


def test_exceptions_cover_and_are_needed() -> None:
    found = mirror.complaints(
        ["src/gatewright/model/json.py"], [], {"src/gatewright/model/json.py": "alias", "tests/pairs/*": "none"}
    )
    assert found == ["scripts/mirror.txt: 'tests/pairs/*' excepts nothing"]


def test_an_exception_needs_its_reason(tmp_path: Path) -> None:
    listing = tmp_path / "mirror.txt"
    listing.write_text("# why\nsrc/a.py  one alias\n", encoding="utf-8")
    assert mirror.exceptions_of(listing) == {"src/a.py": "one alias"}
    listing.write_text("src/a.py\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"src/a\.py needs a reason"):
        mirror.exceptions_of(listing)
