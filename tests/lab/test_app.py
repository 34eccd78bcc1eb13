"""The steps that every request goes through, and what each says when it says no."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.lab.requests import samples
from gatewright.lab.weaknesses import IDS

Visit = Callable[..., Any]
ORDER = {"items": [{"product_id": 401, "quantity": 1}]}

REFUSALS: list[tuple[str, str, str, dict[str, Any], int]] = [
    ("GET", "/nowhere", "alice", {}, 404),
    ("GET", "/me/", "alice", {}, 404),
    ("GET", "/ME", "alice", {}, 404),
    ("GET", "/orders/abc", "alice", {}, 404),
    ("GET", "/orders/99999999999999999999", "alice", {}, 404),
    ("GET", "/orders/77", "alice", {}, 404),
    ("GET", "/documents/1", "alice", {}, 404),
    ("DELETE", "/me", "alice", {}, 405),
    ("PUT", "/news/301", "alice", {"body": {"title": "abc", "text": "d"}}, 405),
    ("GET", "/me", "", {}, 401),
    ("GET", "/me", "", {"headers": {"Authorization": "Bearer x.y.z"}}, 401),
    ("GET", "/me", "", {"headers": {"Authorization": "Basic YTpi"}}, 401),
    ("GET", "/admin/users", "alice", {}, 403),
    ("GET", "/admin/users", "sam", {}, 403),
    ("GET", "/patients", "alice", {}, 403),
    ("POST", "/products", "alice", {"body": {}}, 403),
    ("POST", "/orders", "alice", {"body": b"{"}, 400),
    ("POST", "/orders", "alice", {"body": b"[]"}, 400),
    ("POST", "/orders", "alice", {"body": b"[" * 500}, 400),
    ("POST", "/orders", "alice", {"body": b'{"note": NaN}'}, 400),
    ("POST", "/orders", "alice", {"body": b'{"note": "\\ud800"}'}, 400),
    ("POST", "/orders", "alice", {"body": b'"' + b"a" * 300_000 + b'"'}, 413),
    ("POST", "/orders", "alice", {"body": ORDER, "headers": {"Content-Type": "text/plain"}}, 415),
    ("POST", "/orders", "alice", {}, 415),
    ("POST", "/orders", "alice", {"body": {}}, 422),
    ("POST", "/orders", "alice", {"body": {"items": [{"product_id": 2**70, "quantity": 1}]}}, 422),
    ("GET", "/invoices/detail", "alice", {}, 422),
    ("GET", "/invoices/detail", "alice", {"query": {"invoice_id": "x"}}, 422),
    ("GET", "/prescriptions", "alice", {"headers": {"X-Patient-Id": "-1"}}, 422),
]


@pytest.mark.parametrize(("method", "path", "account", "details", "status"), REFUSALS)
def test_a_refusal_is_honest(
    visit: Visit, method: str, path: str, account: str, details: dict[str, Any], status: int
) -> None:
    answer = visit().send(method, path, account, **details)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert bool(answer.json.get("errors")) == (status == 422)


def test_a_405_names_what_is_allowed(visit: Visit) -> None:
    assert visit().send("PATCH", "/orders", "alice").headers["allow"] == "GET, POST"
    assert visit().send("PUT", "/news/301", "alice", body={}).headers["allow"] == "DELETE, GET"
    assert "PUT" in visit("news-undocumented-put").send("PATCH", "/news/301", "alice").headers["allow"]


def test_tokens_live_as_long_as_they_say(visit: Visit) -> None:
    visitor = visit(token_ttl=5)
    body = {"username": "alice", "password": visitor.passwords["alice"]}
    assert visitor.send("POST", "/auth/login", body=body).json["expires_in"] == 5
    assert visitor.send("GET", "/me", "alice").status == 200
    visitor.now += 4
    assert visitor.send("GET", "/me", "alice").status == 200
    visitor.now += 1
    assert visitor.send("GET", "/me", "alice").status == 401


def test_tokens_of_one_clinic_are_worth_nothing_in_the_next(visit: Visit) -> None:
    token = visit().token("alice")
    other = visit(seed=2)
    assert other.send("GET", "/me", headers={"Authorization": f"Bearer {token}"}).status == 401


def test_a_removed_or_raised_account_is_known_at_once(visit: Visit) -> None:
    visitor = visit()
    visitor.sign_up("nora")
    user_id = visitor.send("GET", "/me", "nora").json["id"]
    assert visitor.send("PUT", f"/admin/users/{user_id}/role", "root", body={"role": "staff"}).status == 200
    assert visitor.send("GET", "/patients", "nora").status == 200
    assert visitor.send("DELETE", f"/admin/users/{user_id}", "root").status == 204
    assert visitor.send("GET", "/me", "nora").status == 401


def test_private_answers_are_not_for_caches(visit: Visit) -> None:
    assert visit().send("GET", "/orders", "alice").headers["cache-control"] == "no-store"
    assert visit().send("GET", "/news").headers["cache-control"].startswith("public")


def test_override_headers_and_unknown_properties_change_nothing(visit: Visit) -> None:
    visitor = visit()
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        assert visitor.send("GET", "/questions/711", "alice", headers={name: "DELETE"}).json["id"] == 711
    mine = visitor.send("POST", "/orders", "alice", body={**ORDER, "status": "sent", "patient_id": 1, "id": 5}).json
    assert (mine["status"], mine["patient_id"]) == ("placed", visitor.id("alice"))
    assert mine["id"] > 9500


def test_an_override_passes_the_role_check_but_not_the_log_in(visit: Visit) -> None:
    visitor = visit("question-method-override")
    headers = {"X-HTTP-Method-Override": "DELETE"}
    assert visitor.send("GET", "/questions/711", headers=headers).status == 401
    assert visitor.send("GET", "/questions/711", "alice", headers={"X-HTTP-Method-Override": "GWNOOP"}).status == 200
    assert visitor.send("GET", "/questions/711", "alice", headers=headers).status == 204


def test_an_override_reaches_the_handler_with_its_body_in_the_cookie_dialect_too(visit: Visit) -> None:
    visitor = visit("question-method-override", dialect="cookie")
    path = f"/questions/{visitor.dialect.uuids.text(711)}"
    body = {"title": "May I bring my dog?", "answer": "Bob was here"}
    assert visitor.send("GET", path, "bob", body=body, headers={"X-HTTP-Method-Override": "PUT"}).status == 200
    assert visitor.send("GET", path, "sam").json["data"]["answer"] == "Bob was here"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("weak", [(), tuple(sorted(IDS))], ids=["fixed", "all on"])
def test_nothing_that_one_can_send_breaks_it(visit: Visit, weak: tuple[str, ...]) -> None:
    visitor = visit(*weak)
    able = [
        one
        for one in samples(visitor.clinic, visitor.names, 1)
        if one.endpoint.path != "/auth/logout" and not one.endpoint.upload
    ]
    assigned = ["role", "total", "balance", "status"]

    @settings(max_examples=300, deadline=None)
    @given(data=st.data())
    def send(data: st.DataObject) -> None:
        sample = data.draw(st.sampled_from(able))
        body = sample.body
        if body is not None:
            names = st.sampled_from([*sorted(body), *assigned])
            body = {**body, **{name: data.draw(_JSON) for name in data.draw(st.lists(names, max_size=2))}}
        query = {name: data.draw(st.text(max_size=9)) for name in sample.query}
        headers = {name: data.draw(st.text("0123456789-x", max_size=20)) for name in sample.headers}
        odd = st.sampled_from(["", "/0", "/9007199254740993", "/a%00"])
        path = re.sub(r"/[\d-]+", lambda match: data.draw(odd) or match[0], sample.path)
        answer = visitor.send(sample.endpoint.method, path, sample.account, body=body, query=query, headers=headers)
        assert answer.status < 500

    send()


def test_every_answer_announces_its_quota_and_a_limit_says_when_to_come_again(visit: Visit) -> None:
    visitor = visit()
    assert int(visitor.send("GET", "/health").headers["ratelimit-remaining"]) > 5000
    assert "ratelimit-remaining" in visitor.send("GET", "/me").headers
    answers = [visitor.send("GET", "/products/search", query={"q": "lamp"}) for _ in range(46)]
    assert [answer.status for answer in answers] == [200] * 45 + [429]
    assert answers[-1].headers["retry-after"] == "1"


def test_a_body_is_bounded_as_announced_and_as_unpacked(visit: Visit) -> None:
    visitor = visit()
    body = b'{"email": "a@b.example", "phone": "112"}'

    def status(content: bytes, **headers: str) -> int:
        sent = {"Content-Type": "application/json", **headers}
        found: int = visitor.send("POST", "/contact/check", body=content, headers=sent).status
        return found

    assert status(gzip.compress(body), **{"Content-Encoding": "gzip"}) == 200
    assert status(gzip.compress(body[:-1] + b" " * 300_000 + b"}"), **{"Content-Encoding": "gzip"}) == 413
    assert status(body, **{"Content-Encoding": "gzip"}) == 400
    assert status(body, **{"Content-Encoding": "br"}) == 415
    assert status(body, **{"Content-Length": "10737418240"}) == 413
