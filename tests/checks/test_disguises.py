from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from gatewright.checks.disguises import methods, types
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint
from gatewright.model.graphql import Field

DOCUMENT = "mutation rename($id: ID!, $name: String) { rename(id: $id, name: $name) { id } }"
FIELD = Endpoint(
    method="PATCH",
    path="/things/{id}",
    origin="http://api.test",
    field=Field(kind="mutation", name="rename", document=DOCUMENT, lifted={"id": "id"}),
)
PLAIN = Endpoint(method="PATCH", path="/things/{id}", origin="http://api.test")
REQUEST = render(FIELD, Call(endpoint=FIELD.id, path={"id": "7"}, body={"name": "x & y"}))


def test_a_document_may_be_the_fields_of_a_form() -> None:
    words, edit = types(FIELD)[0]
    sent = edit(REQUEST)
    assert words == "as the fields of a form"
    assert sent.header("content-type") == "application/x-www-form-urlencoded"
    assert parse_qs(sent.body.decode()) == {"query": [DOCUMENT], "variables": ['{"name": "x & y", "id": "7"}']}
    assert [name for name, _ in types(PLAIN)] == [name for name, _ in types(FIELD)][1:]


def test_a_document_may_stand_in_an_address_and_names_no_method() -> None:
    assert [name for name, _ in methods(FIELD)] == ["GET"]
    sent = methods(FIELD)[0][1](REQUEST)
    assert (sent.method, sent.body, urlsplit(sent.target).path) == ("GET", b"", "/graphql")
    assert parse_qs(urlsplit(sent.target).query)["query"] == [DOCUMENT]


def test_another_request_may_name_its_method() -> None:
    assert [name for name, _ in methods(PLAIN)] == ["GET", "POST with _method"]
