from __future__ import annotations

import pytest

from gatewright.app.inventory import find_endpoint, list_inventory, show_endpoint
from gatewright.model.endpoint import Endpoint
from gatewright.model.errors import UsageError
from gatewright.model.settings import Settings


def test_each_endpoint_and_what_became_of_it(store: Settings) -> None:
    note, change = list_inventory(store)
    assert (note.endpoint, note.host, note.secured, note.parameters) == ("GET /notes/{id}", "127.0.0.1:8000", True, 1)
    assert (note.sampled, note.why, note.findings) == (True, "", 1)
    assert (change.sampled, change.why, change.findings, change.parameters) == (False, "answered 403", 0, 1)


def test_all_about_one_endpoint(store: Settings) -> None:
    page = show_endpoint(store, "get  /notes/{id}")
    assert page.samples == ("alice",)
    assert page.objects == ("alice/note/1",)
    assert page.verdicts == {"vulnerable": 1}
    assert page.findings == ("F-1 object-access-read",)
    assert page.security == ("token",)
    assert page.answers == ("200 the note", "404")
    assert [(p.place, p.type, p.required) for p in page.parameters] == [("path id", "integer", True)]


def test_properties_of_a_body_are_parameters(store: Settings) -> None:
    page = show_endpoint(store, "PUT /notes/{id}")
    assert [(p.place, p.required) for p in page.parameters] == [("body text", True)]
    assert (page.samples, page.objects, page.row.why) == ((), (), "answered 403")


GET, PUT, LIST = (Endpoint(method=m, path=p) for m, p in (("GET", "/a/{id}"), ("PUT", "/a/{id}"), ("GET", "/a")))


@pytest.mark.parametrize(("name", "found"), [("GET /a/{id}", GET), ("put /a/{id}", PUT), ("/a", LIST)])
def test_names_and_paths(name: str, found: Endpoint) -> None:
    assert find_endpoint([GET, PUT, LIST], name) == found


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("/a/{id}", "which of GET /a/{id}, PUT /a/{id}?"),
        ("GET /a/{ix}", "did you mean `GET /a/{id}`?"),
        ("zzz", "list"),
    ],
)
def test_names_that_lead_nowhere(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_endpoint([GET, PUT, LIST], name)
    assert caught.value.code == "GW-U017"
    assert hint in caught.value.help
