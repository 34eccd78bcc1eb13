from __future__ import annotations

from collections.abc import Callable
from typing import Any

ADDRESS = {"label": "Work", "street": "Mill Lane 3", "city": "Odense", "postcode": "5000", "country": "DK"}


def test_an_address_is_its_owners(visit: Callable[..., Any]) -> None:
    visitor = visit()
    mine = visitor.send("POST", "/addresses", "alice", body=ADDRESS).json
    path = f"/addresses/{mine['id']}"
    assert mine == {**ADDRESS, "id": mine["id"], "patient_id": visitor.id("alice")}
    assert mine in visitor.send("GET", "/addresses", "alice").json
    assert mine not in visitor.send("GET", "/addresses", "bob").json
    for method in ("GET", "PUT", "DELETE"):
        assert visitor.send(method, path, "bob", body=ADDRESS).status == 403
    assert visitor.send("GET", path, "root").status == 200
    assert visitor.send("PUT", path, "root", body=ADDRESS).status == 403
    assert visitor.send("PUT", path, "alice", body={**ADDRESS, "label": "Home"}).json["label"] == "Home"
    assert visitor.send("DELETE", path, "alice").status == 204
    assert visitor.send("DELETE", path, "alice").status == 404
