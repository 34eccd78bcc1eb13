from __future__ import annotations

import os

import pytest

from scripts import imports


@pytest.mark.parametrize(("arguments", "more"), imports.STARTS, ids=lambda value: " ".join(value) or "completion")
def test_nothing_heavy_is_imported(arguments: tuple[str, ...], more: dict[str, str]) -> None:
    modules = imports.imported(arguments, {**os.environ, **more})
    assert "click" in modules
    assert imports.complaints(arguments, 1.0, modules) == []


def test_a_heavy_import_or_a_slow_start_is_named() -> None:
    assert imports.complaints(("scan", "--help"), 14.0, {"click", "sqlalchemy", "rich"}) == [
        "gatewright scan --help: 14.0 times bare Python, at most 13.6",
        "gatewright scan --help: imports rich, sqlalchemy",
    ]
