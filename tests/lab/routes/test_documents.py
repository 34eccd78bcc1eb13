from __future__ import annotations

from collections.abc import Callable
from typing import Any

Visit = Callable[..., Any]
LETTER = {"title": "Letter", "content": "Dear Madam"}


def test_private_unless_it_says_public(visit: Visit) -> None:
    visitor = visit()
    private = visitor.send("POST", "/documents", "alice", body=LETTER).json
    public = visitor.send("POST", "/documents", "alice", body={**LETTER, "visibility": "public"}).json
    assert private["visibility"] == "private"
    assert visitor.send("GET", f"/documents/{private['id']}", "bob").status == 404
    assert visitor.send("GET", f"/documents/{private['id']}", "root").status == 200
    assert visitor.send("GET", f"/documents/{public['id']}", "bob").json == public
    for document in (private, public):
        assert visitor.send("DELETE", f"/documents/{document['id']}", "bob").status == 404
        assert visitor.send("GET", f"/documents/{document['id']}/metadata", "bob").status == 404
    assert visitor.send("DELETE", f"/documents/{private['id']}", "alice").status == 204


def test_a_search_finds_ones_own(visit: Visit) -> None:
    visitor = visit()
    visitor.send("POST", "/documents", "alice", body={**LETTER, "content": "Needle"})
    hits = {
        name: visitor.send("GET", "/documents/search", name, query={"q": "needle"}).json for name in ("alice", "bob")
    }
    assert (hits["alice"]["count"], hits["bob"]) == (1, {"items": [], "count": 0})


def test_metadata_keep_any_property(visit: Visit) -> None:
    visitor = visit()
    path = f"/documents/{visitor.send('POST', '/documents', 'alice', body=LETTER).json['id']}/metadata"
    body = {"role": "admin", "gwx81": [1, {"deep": None}]}
    assert visitor.send("PUT", path, "alice", body=body).status == 200
    assert visitor.send("GET", path, "alice").json == body
    assert visitor.send("PUT", path, "bob", body={}).status == 404
    assert visitor.send("PUT", path, "alice", body={str(n): n for n in range(51)}).status == 422


def test_a_link_shows_a_document_to_whoever_has_it_until_it_expires(visit: Visit) -> None:
    visitor = visit()
    mine = visitor.send("POST", "/documents", "alice", body=LETTER).json
    assert visitor.send("POST", f"/documents/{mine['id']}/link", "bob").status == 404
    link = visitor.send("POST", f"/documents/{mine['id']}/link", "alice").json
    assert visitor.send("GET", link["url"]).json == mine
    assert visitor.send("GET", link["url"][:-1] + "~").status == 404
    assert visitor.send("GET", "/shared/" + "A" * 22).status == 404
    assert visitor.send("DELETE", link["url"], "bob").status == 404
    assert visitor.send("DELETE", link["url"], "alice").status == 204
    assert visitor.send("GET", link["url"]).status == visitor.send("DELETE", link["url"], "alice").status == 404
    link = visitor.send("POST", f"/documents/{mine['id']}/link", "alice").json
    visitor.now += 15 * 60
    assert visitor.send("GET", link["url"]).status == 404


def test_a_link_dies_with_its_document(visit: Visit) -> None:
    visitor = visit()
    mine = visitor.send("POST", "/documents", "alice", body=LETTER).json
    link = visitor.send("POST", f"/documents/{mine['id']}/link", "alice").json
    visitor.send("DELETE", f"/documents/{mine['id']}", "alice")
    assert visitor.send("GET", link["url"]).status == 404
