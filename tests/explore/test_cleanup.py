from __future__ import annotations

import asyncio
import json

from gatewright.explore.cleanup import clean_up, curl_line
from gatewright.explore.ledger import Ledger
from gatewright.model.account import ANON, Account, Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.errors import BudgetError
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.secret import Secret

ITEM, LIST = "http://h/orders/{id}", "http://h/orders"
CHILD = "http://h/orders/{id}/lines/{line}"
ENDPOINTS = {
    f"{method} {where}": Endpoint(method=method, path=where.removeprefix("http://h"), origin="http://h")
    for method, where in [
        ("GET", ITEM),
        ("DELETE", ITEM),
        ("GET", LIST),
        ("POST", LIST),
        ("DELETE", CHILD),
        ("PUT", ITEM),
    ]
}


class Target:
    """A store of orders by id; `deny` accounts may not delete, `keep` ids stay, `hidden` accounts see none."""

    def __init__(self, rows, *, deny=(), keep=(), soft=False, hidden=()):
        self.accounts = {name: Account(name=name, role="user") for name in ("alice", "bob", "root")}
        self.rows = rows
        self.deny, self.keep, self.soft, self.hidden = deny, keep, soft, hidden
        self.log = []

    def rank(self, name):
        return {"root": 1}.get(name, 0)

    async def send(self, request, *, as_, purpose="", cell=None, credentials=None):
        self.log.append((as_, request.method, request.target))
        key = request.target.split("/")[2] if request.target.count("/") > 1 else ""
        status, body = self._answer(request, as_, key)
        raw = b"" if body is None else json.dumps(body).encode()
        return Exchange(len(self.log), request, Response(status, (), raw), account=as_, purpose=purpose)

    def _answer(self, request, as_, key):
        if as_ in self.hidden:
            return (404, {"error": "no"}) if key else (200, {"items": []})
        if not key:
            return 200, {"items": list(self.rows.values())}
        if key not in self.rows:
            return 404, {"error": "no"}
        if request.method == "GET":
            return 200, self.rows[key]
        if as_ in self.deny:
            return 403, {"error": "no"}
        if request.method == "PUT":
            self.rows[key] = json.loads(request.body)
        elif "lines" in request.target:
            self.rows[key]["lines"] = 0
        elif key not in self.keep and not self.rows[key].get("lines"):
            if self.soft:
                self.rows[key]["deleted_at"] = "2026-01-01"
            else:
                del self.rows[key]
        return 204, None


def _made(ledger, number, *, account="alice", read=True, **more):
    call = Call(endpoint=f"POST {LIST}", body={"note": f"gwmark{number}"})
    entry = ledger.intend(call, account=account, what=f"order {number}", markers=(f"gwmark{number}",), **more)
    path = {"id": number}
    return ledger.made(
        entry,
        remove=Call(endpoint=f"DELETE {ITEM}", path=path),
        read=Call(endpoint=f"GET {ITEM}", path=path) if read else None,
    )


def _row(number, **more):
    return {str(number): {"id": number, "note": f"gwmark{number}", **more}}


def _clean(target, ledger, **options):
    return asyncio.run(clean_up(target, ENDPOINTS, ledger, **options))


def test_what_was_made_is_removed_and_seen_to_be_gone():
    target, ledger = Target({**_row(1), **_row(2), **_row(9)}), Ledger()
    _made(ledger, 1)
    _made(ledger, 2, account="bob")
    assert _clean(target, ledger) == []
    assert list(target.rows) == ["9"]
    assert ("alice", "GET", "/orders/1") in target.log
    assert ledger.standing == []


def test_children_go_before_their_parents():
    target, ledger = Target(_row(1, lines=1)), Ledger()
    parent = _made(ledger, 1)
    child = ledger.intend(Call(endpoint="POST x"), account="alice", what="line", parent=parent.number)
    ledger.made(child, remove=Call(endpoint=f"DELETE {CHILD}", path={"id": 1, "line": 5}))
    assert _clean(target, ledger) == []
    assert target.rows == {}


def test_what_says_it_is_gone_but_stays_is_left_over_with_a_curl_line():
    target, ledger = Target({**_row(1)}, keep={"1"}), Ledger()
    _made(ledger, 1)
    (left,) = _clean(target, ledger)
    assert left.what == "order 1"
    assert left.curl == "curl -X DELETE 'http://h/orders/1' -H \"Authorization: Bearer $GW_TOKEN_ALICE\""


def test_a_curl_line_names_each_credential_where_it_belongs():
    value = Secret("s3cret")
    session = Credential(within="cookie", name="sid", value=value)
    csrf = Credential(within="header", name="X-CSRF-Token", value=value)
    key = Credential(within="query", name="key", value=value)
    request = Request("POST", "http://h", "/orders?a=1", (), b"it's")
    line = curl_line(request, "alice", (csrf, session))
    assert line == (
        "curl -X POST 'http://h/orders?a=1' -H \"X-CSRF-Token: $GW_TOKEN_ALICE_X_CSRF_TOKEN\" "
        "-H \"Cookie: sid=$GW_TOKEN_ALICE\" --data-raw 'it'\\''s'"
    )
    assert (
        curl_line(Request("GET", "http://h", "/a"), "bob", (key,)) == "curl -X GET 'http://h/a'\"?key=$GW_TOKEN_BOB\""
    )
    assert curl_line(Request("GET", "http://h", "/a"), ANON, (key,)) == "curl -X GET 'http://h/a'"


def test_a_soft_delete_counts_as_gone():
    target, ledger = Target(_row(1), soft=True), Ledger()
    _made(ledger, 1)
    assert _clean(target, ledger) == []


def test_the_highest_account_helps_where_the_owner_may_not():
    target, ledger = Target(_row(1), deny={"alice"}), Ledger()
    _made(ledger, 1)
    assert _clean(target, ledger) == []
    assert ("root", "DELETE", "/orders/1") in target.log


def test_what_was_made_in_anothers_name_is_removed_by_that_one():
    target, ledger = Target({**_row(1), **_row(2)}, deny={"alice", "root"}), Ledger()
    _made(ledger, 1, read=False)
    _made(ledger, 3, read=True)  # its maker could read it: not found means gone
    assert _clean(target, ledger) == []
    asked = [(account, target_) for account, method, target_ in target.log if method == "DELETE"]
    assert sorted(asked) == [
        ("alice", "/orders/1"),
        ("alice", "/orders/3"),
        ("bob", "/orders/1"),
        ("root", "/orders/1"),
        ("root", "/orders/3"),
    ]
    assert list(target.rows) == ["2"]


def test_a_killed_request_that_made_something_in_anothers_name_is_found_in_that_ones_list():
    target, ledger = Target(_row(1), hidden={"alice"}), Ledger()
    ledger.intend(
        Call(endpoint=f"POST {LIST}"),
        account="alice",
        what="order 1",
        markers=("gwmark1",),
        lists=(f"GET {LIST}",),
        item=f"DELETE {ITEM}",
    )
    assert _clean(target, ledger) == []
    assert target.rows == {}
    assert ledger.standing == []


def test_a_creation_whose_answer_never_came_is_found_by_its_marker():
    target, ledger = Target({**_row(1), **_row(2)}), Ledger()
    for number in (1, 3):  # the second never arrived
        ledger.intend(
            Call(endpoint=f"POST {LIST}"),
            account="alice",
            what=f"order {number}",
            markers=(f"gwmark{number}",),
            lists=(f"GET {LIST}",),
            item=f"DELETE {ITEM}",
        )
    assert _clean(target, ledger) == []
    assert list(target.rows) == ["2"]


def test_values_are_written_back_first_newest_first():
    target, ledger = Target(_row(1)), Ledger()
    for text in ("old", "newer"):
        call = Call(
            endpoint=f"PUT {ITEM}", path={"id": 1}, body={"id": 1, "note": text}, content_type="application/json"
        )
        ledger.made(ledger.intend(call, account="alice", what="note", kind="value", remove=call))
    _clean(target, ledger)
    assert target.rows["1"]["note"] == "old"
    assert ledger.standing == []


def test_what_nothing_can_remove_is_said():
    ledger = Ledger()
    ledger.made(ledger.intend(Call(endpoint="POST http://h/refunds"), account="bob", what="refund of bob"))
    (left,) = _clean(Target({}), ledger)
    assert (left.what, left.curl) == ("refund of bob: the API offers no way to remove it", "")


def test_time_ends_it_and_the_rest_is_left_over():
    target, ledger = Target({**_row(1), **_row(2)}), Ledger()
    _made(ledger, 1)
    _made(ledger, 2)
    assert [left.what for left in _clean(target, ledger, seconds=0.0)] == ["order 1", "order 2"]
    assert target.log == []


def test_a_spent_budget_raises_nothing():
    class Spent(Target):
        async def send(self, request, **more):
            raise BudgetError("spent", code="GW-W010")

    ledger = Ledger()
    _made(ledger, 1)
    assert len(_clean(Spent(_row(1)), ledger)) == 1


def test_objects_of_anon_are_removed_without_a_credential():
    target, ledger = Target(_row(1)), Ledger()
    _made(ledger, 1, account=ANON)
    assert _clean(target, ledger) == []
    assert (ANON, "DELETE", "/orders/1") in target.log


def test_what_its_maker_does_not_find_a_higher_account_may_remove():
    class Hidden(Target):
        def _answer(self, request, as_, key):
            return (404, {"error": "no"}) if as_ == "alice" else super()._answer(request, as_, key)

    target, ledger = Hidden(_row(1)), Ledger()
    _made(ledger, 1, read=False)
    assert _clean(target, ledger) == []
    assert target.rows == {}


def test_what_one_call_removes_is_told_once():
    ledger = Ledger()
    for what in ("order of alice", "created at POST /orders"):
        ledger.made(
            ledger.intend(Call(endpoint=f"POST {LIST}"), account="alice", what=what),
            remove=Call(endpoint=f"DELETE {ITEM}", path={"id": 1}),
        )
    assert len(_clean(Target(_row(1)), ledger, seconds=0.0)) == 1


def test_a_value_of_an_account_of_ours_is_no_leftover():
    target, ledger = Target({}), Ledger()
    call = Call(endpoint=f"PUT {ITEM}", path={"id": 1}, body={})
    for account in ("alice", "vera"):
        ledger.intend(call, account=account, what=f"data of {account}", kind="value", remove=call)
    target.accounts["vera"] = Account(name="vera", role="user", origin="throw-away")
    target._answer = lambda request, as_, key: (422, {"error": "empty"})
    assert [left.what for left in _clean(target, ledger)] == ["data of alice"]
