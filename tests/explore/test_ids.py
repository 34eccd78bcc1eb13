from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.explore.ids import id_kind
from gatewright.model.json import Json


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (17, "sequential"),
        ("1042", "sequential"),
        ("INV-1042", "sequential"),
        (base64.b64encode(b"Order:42").decode(), "sequential"),
        (base64.urlsafe_b64encode(b"device:321").decode().rstrip("="), "sequential"),
        (1_752_000_000, "time"),
        (1_752_000_000_123, "time"),
        ("175928847299117063", "time"),
        ("65a1f0c2b3d4e5f6071829a1", "time"),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "time"),
        ("2b4d6f80-e807-11f1-9254-02fc00000001", "time"),
        ("1d0b9f5e-5c0e-4b6e-9a53-2f0f8a1b7c11", "random"),
        ("Zk3mQ0vB1nXr8aLw5tYc2g", "random"),
        ("opening-hours", "human"),
        ("ann", "human"),
    ],
)
def test_kinds(value: Json, kind: str) -> None:
    assert id_kind(value) == kind


@given(
    st.one_of(
        st.text(max_size=40),
        st.integers(),
        st.uuids().map(str),
        st.binary().map(lambda b: base64.b64encode(b).decode()),
    )
)
def test_every_value_has_a_kind(value: Json) -> None:
    assert id_kind(value) in ("sequential", "time", "random", "human")
