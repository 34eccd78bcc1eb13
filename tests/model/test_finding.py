from __future__ import annotations

import pytest

from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.finding import fingerprint

NOTE = Endpoint(method="GET", path="/notes/{id}", origin="http://h:1")
PLACE = Place("path", "id")


def test_the_fingerprint_is_stable() -> None:
    """Written out: a change of it would make every known finding a new one for everybody."""
    assert fingerprint("object-access-read", NOTE, PLACE) == "40349172d48b"


@pytest.mark.parametrize(
    "same",
    [
        Endpoint(method="GET", path="/notes/{noteId}", origin="http://h:1"),
        Endpoint(method="GET", path="/notes/{id}", origin="https://other:2", base="/v1", summary="s"),
    ],
)
def test_neither_host_nor_base_nor_the_name_of_a_parameter_counts(same: Endpoint) -> None:
    assert fingerprint("object-access-read", same, PLACE) == fingerprint("object-access-read", NOTE, PLACE)


def test_test_method_path_place_and_parameter_count() -> None:
    put = Endpoint(method="PUT", path="/notes/{id}")
    files = Endpoint(method="GET", path="/files/{id}")
    all_ = {
        fingerprint(test, endpoint, place)
        for test in ("object-access-read", "cors")
        for endpoint in (NOTE, put, files)
        for place in (PLACE, Place("query", "id"), Place("path", "x"), None)
    }
    assert len(all_) == 24
    assert all(len(found) == 12 for found in all_)
