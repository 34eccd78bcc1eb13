from __future__ import annotations

import pytest
from starlette.responses import JSONResponse, Response

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
YES = {"type": "boolean"}
NAMES = {"alice": "user", "bob": "user", "root": "admin", "vera": "user"}
THROWN = frozenset({"vera"})


def body(properties, required=()):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


class Danger:
    """Notes what would have been shut out: (method and path, who asked, whom it names)."""

    def __init__(self, api):
        self.api = api
        self.done = []

    def add(self, method, path, operation=None, *, open_=True, names=""):
        """`open_`: everybody may; else administrators. `names`: the property of the body that names who is meant."""

        async def handler(request):
            who = request.state.who
            if not open_ and self.api.people[who]["role"] != "admin":
                return JSONResponse({"error": "forbidden"}, 403)
            sent = await request.json() if names else {}
            told = [*request.path_params.values(), *([sent.get(names)] if names else [])]
            self.done.append((f"{method.upper()} {path}", who, str(told[-1]) if told else who))
            return Response(status_code=204)

        self.api.add(path, {method: operation or {"ids": WHOLE}}, handler)


@pytest.fixture
def danger(api):
    return Danger(api)


@pytest.mark.parametrize(
    "path",
    [
        "/users/me/deactivate",
        "/account/close",
        "/subscription/cancel",
        "/me/sessions/revoke-all",
        "/api-key/rotate",
        "/security/two-factor/enable",
        "/settings/2fa",
        "/account/deletion-requests",
        "/membership/leave",
        "/account/status",
    ],
)
def test_nobody_ends_its_own_account(api, serve, danger, path):
    danger.add("post", path)
    out = serve(api).run(names=NAMES, throwaway=THROWN, spare="zoe")
    assert danger.done == []
    assert out.knowledge.unreached[out.named(f"POST {path}")]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/admin/users/{user_id}/suspend", ""),
        ("/users/{user_id}/ban", ""),
        ("/users/{user_id}/actions", ""),
        ("/admin/users/block", "user_id"),
        ("/admin/roles", "user_id"),
    ],
)
@pytest.mark.parametrize("open_", [True, False])
def test_what_is_done_to_accounts_is_done_to_the_one_that_may_be_lost(api, serve, danger, path, names, open_):
    shape = {**body({names: WHOLE}, [names]), "ids": WHOLE} if names else {"ids": WHOLE}
    danger.add("post", path, shape, open_=open_, names=names)
    out = serve(api).run(names=NAMES, throwaway=THROWN, spare="zoe")
    assert {(who, whom) for _, who, whom in danger.done} == {("root", "105")}
    assert "zoe" not in {sample.account for sample in out.knowledge.samples}
    assert "zoe" not in {owned.owner for owned in out.knowledge.objects}


def test_without_such_an_account_nobody_is_suspended(api, serve, danger):
    danger.add("post", "/admin/users/{user_id}/suspend")
    danger.add("post", "/admin/block", body({"user_id": WHOLE}, ["user_id"]), names="user_id")
    serve(api).run(names=NAMES, throwaway=THROWN)
    serve(api).run(names={"alice": "user", "bob": "user", "root": "admin"})
    assert danger.done == []


def test_where_nobody_is_above_an_equal_tries_a_function_of_administration_on_it(api, serve, danger):
    danger.add("post", "/admin/users/{user_id}/suspend")
    out = serve(api).run(names={"alice": "user", "bob": "user", "vera": "user"}, throwaway=THROWN, spare="zoe")
    assert {whom for _, _, whom in danger.done} == {"105"}
    assert out.knowledge.sample(out.named("POST /admin/users/{user_id}/suspend"), "alice") is not None


def test_an_owner_does_not_leave_or_close_what_it_was_given(api, serve, danger):
    async def mine(request):
        return JSONResponse([{"id": 7, "name": "Harbour crew"}])

    api.add("/workspaces", {"get": {}}, mine)
    api.add("/workspaces/{id}", {"get": {"ids": WHOLE}}, mine)
    for action in ("leave", "close", "transfer-ownership", "cancel-plan"):
        danger.add("post", f"/workspaces/{{id}}/{action}")
    serve(api).run(names=NAMES, throwaway=THROWN, spare="zoe")
    assert danger.done == []


def test_what_this_run_made_may_be_cancelled_and_locked(api, serve, table, danger):
    api.table(table("/orders", {"note": TEXT}, ["note"]))
    danger.add("post", "/orders/{id}/cancel")
    danger.add("post", "/orders/lock", body({"order_id": WHOLE}, ["order_id"]), names="order_id")
    serve(api).run(names=NAMES, throwaway=THROWN, spare="zoe")
    assert {path for path, _, _ in danger.done} == {"POST /orders/{id}/cancel", "POST /orders/lock"}


def test_nobody_is_given_another_way_to_log_in(api, serve, danger):
    danger.add("post", "/me/passphrase", body({"passphrase": TEXT}, ["passphrase"]))
    danger.add("put", "/me", body({"city": TEXT, "mfa_enabled": YES}, ["mfa_enabled"]))
    serve(api).run(names=NAMES, throwaway=THROWN, spare="zoe")
    assert danger.done == []


def test_a_membership_that_names_an_account_is_not_deleted(api, serve, danger):
    rows, added = {}, []

    async def crews(request):
        if request.method == "GET":
            return JSONResponse([row for row in rows.values() if row["owner"] == request.state.who])
        rows[len(rows) + 1] = {"id": len(rows) + 1, "owner": request.state.who}
        return JSONResponse(rows[len(rows)], 201)

    async def members(request):
        sent = await request.json()
        if sent["user_id"] not in {person["id"] for person in api.people.values()}:
            return JSONResponse({"errors": {"user_id": ["does not exist"]}}, 422)
        added.append(sent["user_id"])
        return JSONResponse({"user_id": sent["user_id"]}, 201)

    crew = body({"name": TEXT})
    api.add("/crews", {"get": {}, "post": crew}, crews)
    api.add("/crews/{id}/members", {"post": {**body({"user_id": WHOLE}, ["user_id"]), "ids": WHOLE}}, members)
    danger.add("delete", "/crews/{id}/members/{user_id}")
    serve(api).run(names=NAMES, throwaway=THROWN, spare="zoe")
    assert {101, 102} <= set(added)
    assert {whom for _, _, whom in danger.done}.isdisjoint({"101", "102", "103"})
