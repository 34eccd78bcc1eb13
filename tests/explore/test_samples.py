from __future__ import annotations

from starlette.responses import JSONResponse

from gatewright.explore.cleanup import clean_up

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}


def body(properties, required=()):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def test_actions_work_on_a_spare_object_of_the_caller(api, serve, table):
    orders = api.table(table("/orders", {"note": TEXT}, ["note"]))

    async def cancel(request):
        row = orders.rows.get(request.path_params["id"])
        if row is None or row["_owner"] != request.state.who:
            return JSONResponse({"error": "no"}, 404)
        row["state"] = "cancelled"
        return JSONResponse(api._shown(row))

    api.add("/orders/{id}/cancel", {"post": {"ids": WHOLE}}, cancel)
    out = serve(api).run()
    for account in ("alice", "bob"):
        sample = out.knowledge.sample(out.named("POST /orders/{id}/cancel"), account)
        spare = next(o for o in out.made(account, "order") if o.slot == "spare")
        assert sample.call.path == {"id": spare.id}
    assert {row["_owner"] for row in orders.rows.values() if "state" in row} == {"alice", "bob"}


def test_a_change_adds_its_marker_to_the_object(api, serve, table):
    api.table(table("/orders", {"note": TEXT}, ["note"]))
    out = serve(api).run()
    changed = next(o for o in out.made("alice", "order") if o.slot == "change")
    row = api.tables["/orders"].rows[str(changed.id)]
    assert row["note"] in changed.markers
    kept = next(o for o in out.made("alice", "order") if o.slot == "read")
    assert len(kept.markers) == 1


def test_a_delete_is_sampled_on_an_object_made_for_it(api, serve, table):
    api.table(table("/orders", {"note": TEXT}, ["note"]))
    out = serve(api).run()
    sample = out.knowledge.sample(out.named("DELETE /orders/{id}"), "alice")
    assert sample.call.path["id"] not in [o.id for o in out.knowledge.objects]
    assert "delete" in [o.slot for o in out.made("alice", "order")]


def test_a_higher_role_acts_on_accounts_that_this_run_made(api, serve):
    async def person(request):
        who = next((p for p in api.people.values() if p["id"] == int(request.path_params["user_id"])), None)
        if api.people[request.state.who]["role"] != "admin":
            return JSONResponse({"error": "forbidden"}, 403)
        if who is None:
            return JSONResponse({"error": "no"}, 404)
        if request.method == "PUT":
            who.update(await request.json())
        return JSONResponse(who)

    role = body({"role": {"type": "string", "enum": ["admin", "user"]}}, ["role"])
    api.add("/admin/users/{user_id}", {"get": {"ids": WHOLE}, "put": {**role, "ids": WHOLE}}, person)
    before = api.state()
    names = {"alice": "user", "bob": "user", "root": "admin", "vera": "user"}
    out = serve(api).run(names=names, throwaway=frozenset({"vera"}))
    sample = out.knowledge.sample(out.named("PUT /admin/users/{user_id}"), "root")
    assert sample.call.path == {"user_id": 104}
    assert sample.call.body == {"role": "user"}  # what it is, not the first value of the list
    assert api.state() == before


def test_a_higher_role_does_to_others_what_a_path_names_and_nobody_may_do_to_itself(api, serve):
    async def person(request):
        who = next((p for p in api.people.values() if p["id"] == int(request.path_params["user_id"])), None)
        if who is None or (who["username"] != request.state.who and api.people[request.state.who]["role"] != "admin"):
            return JSONResponse({"error": "no"}, 404)
        return JSONResponse(who)

    async def role(request):
        if api.people[request.state.who]["role"] != "admin":
            return JSONResponse({"error": "forbidden"}, 403)
        who = next(p for p in api.people.values() if p["id"] == int(request.path_params["user_id"]))
        who.update(await request.json())
        return JSONResponse(who)

    wanted = body({"role": {"type": "string", "enum": ["admin", "user"]}}, ["role"])
    api.add("/members/{user_id}", {"get": {"ids": WHOLE}}, person)
    api.add("/members/{user_id}/role", {"patch": {**wanted, "ids": WHOLE}}, role)
    before = api.state()
    names = {"alice": "user", "bob": "user", "root": "admin", "vera": "user"}
    out = serve(api).run(names=names, throwaway=frozenset({"vera"}))
    sample = out.knowledge.sample(out.named("PATCH /members/{user_id}/role"), "root")
    assert (sample.call.path, sample.call.body) == ({"user_id": 104}, {"role": "user"})
    assert api.state() == before


def test_without_accounts_of_ours_nobody_s_account_is_touched(api, serve):
    async def never(request):
        raise AssertionError("must not be called")

    role = body({"role": TEXT}, ["role"])
    api.add("/admin/users/{user_id}", {"put": {**role, "ids": WHOLE}, "delete": {"ids": WHOLE}}, never)
    out = serve(api).run(names={"alice": "user", "bob": "user", "root": "admin"})
    assert out.named("PUT /admin/users/{user_id}") in out.knowledge.unreached
    assert not [row for row in api.log if row[0] in ("PUT", "DELETE")]


def test_writes_never_name_by_guess_what_is_not_ours(api, serve):
    async def never(request):
        raise AssertionError("must not be called")

    async def none(request):
        return JSONResponse([])

    example = {"type": "integer", "example": 77}
    api.add("/accounts", {"get": {}}, none)
    api.add("/accounts/{id}", {"get": {"ids": WHOLE}}, lambda request: none(request))
    api.add("/transfers", {"post": body({"account_id": example, "amount": WHOLE}, ["account_id", "amount"])}, never)
    api.add("/accounts/{id}/close", {"post": {"ids": example}}, never)
    out = serve(api).run()
    assert out.knowledge.unreached[out.named("POST /transfers")] == "no account that alice may name is known"
    assert out.named("POST /accounts/{id}/close") in out.knowledge.unreached


def test_a_post_that_makes_nothing_is_sampled_and_leaves_nothing(api, serve):
    async def search(request):
        return JSONResponse({"hits": 3, "for": await request.json()})

    api.add("/search", {"post": body({"text": TEXT}, ["text"])}, search)

    async def clean(out):
        assert await clean_up(out.sessions, out.knowledge.endpoints, out.ledger) == []

    out = serve(api).run(clean)
    assert out.knowledge.sample(out.named("POST /search"), "bob") is not None


def test_a_query_that_changes_nothing_is_refuted(api, serve, table):
    orders = api.table(table("/orders", {"note": TEXT}, ["note"], methods="POST LIST DELETE"))

    async def shown(request):
        return JSONResponse(sorted(orders.rows))

    query = {"parameters": [{"name": "order_id", "in": "query", "required": True, "schema": WHOLE}]}
    api.add("/overview", {"get": query}, shown)
    out = serve(api).run()
    assert not out.made("alice", "order")[0].reference(out.named("GET /overview")).confirmed


def test_links_that_another_answer_shows_are_followed(api, serve, table):
    docs = api.table(table("/docs", {"note": TEXT}, ["note"]))

    async def share(request):
        row = docs.rows.get(request.path_params["id"])
        return JSONResponse({"grovu": f"/shared/t{row['id']}x9"} if row else {"error": "no"}, 200 if row else 404)

    async def shared(request):
        known = request.path_params["token"].startswith("t")
        return JSONResponse({"ok": known} if known else {"error": "no"}, 200 if known else 404)

    api.add("/docs/{id}/share", {"post": {"ids": WHOLE}}, share)
    api.add("/shared/{token}", {"get": {}}, shared)
    out = serve(api).run()
    sample = out.knowledge.sample(out.named("GET /shared/{token}"), "alice")
    assert sample.call.path["token"].endswith("x9")
    assert not any(o.reference(out.named("GET /shared/{token}")) for o in out.knowledge.objects)


def test_a_list_below_a_borrowed_parent_is_read_where_own_objects_stand(api, serve, table):
    products = api.table(
        table("/products", {"name": TEXT}, ["name"], role="admin", public=True, parameter="product_id")
    )
    for number in (1, 2):
        products.rows[str(number)] = {"product_id": number, "name": "n", "_owner": "root", "_above": {}}
    api.table(table("/products/{product_id}/reviews", {"text": TEXT}, ["text"], parameter="review_id"))
    out = serve(api).run(names={"alice": "user", "bob": "user", "root": "admin"})
    review = out.made("alice", "review")[0]
    sample = out.knowledge.sample(out.named("GET /products/{product_id}/reviews"), "alice")
    assert sample.call.path["product_id"] == review.recipe.path["product_id"]
    assert review.markers[0].encode() in sample.exchange.response.body
