from __future__ import annotations

from starlette.responses import JSONResponse

from gatewright.model.endpoint import Place

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}


def _user(out, account):
    return next((o for o in out.knowledge.objects if o.key == f"{account}/user/0"), None)


def test_an_account_is_named_by_the_value_that_works(api, serve):
    async def person(request):
        found = next((p for p in api.people.values() if p["id"] == int(request.path_params["id"])), None)
        mine = found is not None and found["username"] == request.state.who
        return JSONResponse(found) if mine else JSONResponse({"error": "no"}, 404)

    async def orders(request):
        mine = api.people[request.state.who]["id"] == int(request.path_params["id"])
        return JSONResponse([{"n": 1}] if mine else [], 200 if mine else 403)

    api.add("/members/{id}", {"get": {"ids": WHOLE}}, person)
    api.add("/members/{id}/orders", {"get": {"ids": WHOLE}}, orders)
    out = serve(api).run()
    user = _user(out, "bob")
    for name in ("GET /members/{id}", "GET /members/{id}/orders"):
        reference = user.reference(out.named(name))
        assert reference.values == ((Place("path", "id"), 102),)
        assert reference.confirmed
    assert out.knowledge.sample(out.named("GET /members/{id}/orders"), "bob").call.path == {"id": 102}


def test_a_page_that_ignores_its_parameter_names_nobody(api, serve):
    async def page(request):
        return JSONResponse(api.people[request.state.who])

    api.add("/pages/{number}", {"get": {"ids": WHOLE}}, page)
    out = serve(api).run()
    reference = _user(out, "alice").reference(out.named("GET /pages/{number}"))
    assert reference is None


def test_names_that_hold_each_account_s_own_value_are_learnt_from_answers(api, serve, table):
    async def cards(request):
        blorp = request.headers.get("x-blorp")
        own = str(api.people[request.state.who]["id"])
        if blorp not in (None, own):
            return JSONResponse({"error": "not yours"}, 403)
        return JSONResponse([{"blorp": int(own), "text": "t"}])

    header = {"parameters": [{"name": "X-Blorp", "in": "header", "schema": WHOLE}]}
    api.add("/cards", {"get": header}, cards)
    out = serve(api).run()
    reference = _user(out, "bob").reference(out.named("GET /cards"))
    assert reference is None or reference.values == ((Place("header", "X-Blorp"), 102),)


def test_constants_are_no_identity(api, serve):
    async def totals(request):
        return JSONResponse({"user_id": 101, "count": 3})  # the same for everybody

    query = {"parameters": [{"name": "count", "in": "query", "schema": WHOLE}]}
    api.add("/totals", {"get": query}, totals)
    out = serve(api).run()
    assert _user(out, "bob").reference(out.named("GET /totals")) is None


def test_each_account_is_an_object_with_its_private_values(api, serve):
    out = serve(api).run(names={"alice": "user", "bob": "user", "root": "admin"})
    assert {o.owner for o in out.knowledge.objects if o.origin == "identity"} == {"alice", "bob", "root"}
    assert {o.resource for o in out.knowledge.objects} == {"user"}


def test_a_leaf_that_also_holds_other_values_is_no_alias(api, serve):
    async def rows(request):
        own = api.people[request.state.who]["id"]
        return JSONResponse({"mine": {"seller": own}, "other": {"seller": 7}})

    query = {"parameters": [{"name": "seller", "in": "query", "schema": WHOLE}]}
    api.add("/rows", {"get": query}, rows)
    out = serve(api).run()
    assert _user(out, "bob").reference(out.named("GET /rows")) is None
