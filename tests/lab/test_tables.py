"""Rows in and out."""

from __future__ import annotations

import sqlite3

import pytest

from gatewright.lab.tables import FIRST_ID, Tables


@pytest.fixture
def tables() -> Tables:
    return Tables()


def test_numbers_begin_where_they_should_and_are_never_used_again(tables: Tables) -> None:
    first = tables.add("news", title="a", text="b", published_at="c")
    assert first == {"id": FIRST_ID["news"], "title": "a", "text": "b", "published_at": "c"}
    tables.remove("news", id=first["id"])
    assert tables.add("news", title="a", text="b", published_at="c")["id"] == first["id"] + 1


def test_find_change_remove(tables: Tables) -> None:
    one = tables.add("orders", patient_id=1, items=[{"product_id": 2}], total=5)
    other = tables.add("orders", patient_id=2, items=[], total=6)
    assert one["items"] == [{"product_id": 2}]
    assert [row["id"] for row in tables.find("orders")] == [one["id"], other["id"]]
    assert tables.find("orders", patient_id=2, total=6) == [other]
    assert tables.change("orders", one["id"], total=7)["total"] == 7
    assert tables.change("orders", one["id"])["total"] == 7
    assert tables.get("orders", other["id"]) == other
    assert tables.remove("orders", patient_id=2) == 1
    assert tables.get("orders", other["id"]) is None
    with pytest.raises(ValueError, match="needs a column"):
        tables.remove("orders")


def test_names_of_columns_never_come_from_outside(tables: Tables) -> None:
    with pytest.raises(KeyError, match="has no"):
        tables.find("orders", **{"id=1 OR 1": 1})


def test_values_are_never_sql(tables: Tables) -> None:
    text = "x'; DROP TABLE wiki; --"
    assert tables.add("wiki", slug="a", title=text)["title"] == text
    assert tables.find("wiki", title="' OR ''='") == []


def test_unique_values(tables: Tables) -> None:
    tables.add("users", username="a", email="a@example.com")
    with pytest.raises(sqlite3.IntegrityError):
        tables.add("users", username="a", email="b@example.com")
    tables.close()
