from __future__ import annotations

import json
import re

import msgspec
import pytest
from starlette.responses import JSONResponse, Response

from gatewright.explore.cleanup import clean_up
from gatewright.model.account import ANON
from gatewright.model.call import render
from gatewright.model.endpoint import Place
from gatewright.model.settings import Limits

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
UUID = {"type": "string", "format": "uuid"}


async def cleaned(out):
    assert await clean_up(out.sessions, out.knowledge.endpoints, out.ledger) == []


def body(properties, required=()):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def test_objects_of_both_peers_are_made_read_and_named(api, serve, table):
    api.table(table("/orders", {"note": TEXT, "count": WHOLE}, ["note"]))
    out = serve(api).run()
    for owner in ("alice", "bob"):
        made = out.made(owner, "order")
        assert [o.slot for o in made] == ["read", "change", "delete", "spare"]
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            assert made[0].reference(out.named(f"{method} /orders/{{id}}")).confirmed
        assert made[0].markers
        assert made[0].recipe is not None
    assert out.knowledge.unreached == {}
    assert {(s.endpoint, s.account) for s in out.knowledge.samples if s.account != ANON} == {
        (e, a) for e in out.knowledge.endpoints for a in ("alice", "bob")
    }
    assert out.knowledge.resources["order"]["list"] == out.named("GET /orders")


@pytest.mark.parametrize("answer", ["body", "wrapped", "location", "link", "nowhere"])
@pytest.mark.parametrize("kind", ["int", "uuid"])
def test_the_new_id_is_found_wherever_it_stands(api, serve, table, answer, kind):
    api.table(table("/things", {"note": TEXT}, ["note"], id=kind, answer=answer, wrap=("data", "items")))
    before = api.state()
    out = serve(api).run(cleaned)
    made = out.made("alice", "thing")
    assert len(made) == 4
    assert out.knowledge.sample(out.named("DELETE /things/{id}"), "bob") is not None
    assert made[0].reference(out.named("GET /things/{id}")).confirmed
    assert api.state() == before


def test_a_slug_of_the_request_is_the_key(api, serve, table):
    api.table(
        table("/pages", {"slug": TEXT, "text": TEXT}, ["slug", "text"], id="slug", parameter="slug", answer="nowhere")
    )
    out = serve(api).run(cleaned)
    made = out.made("alice", "page")
    assert len({o.id for o in made}) == 4
    assert made[0].recipe.body["slug"] == made[0].id


def test_children_stand_below_their_own_parents(api, serve, table):
    api.table(table("/farms", {"name": TEXT}, ["name"], parameter="farm_id"))
    api.table(table("/farms/{farm_id}/fields", {"name": TEXT}, ["name"], parameter="field_id"))
    api.table(table("/farms/{farm_id}/fields/{field_id}/rows", {"name": TEXT}, ["name"], parameter="row_id"))
    before = api.state()
    out = serve(api).run(cleaned)
    assert api.state() == before
    child = out.made("bob", "row")[0]
    reference = child.reference(out.named("GET /farms/{farm_id}/fields/{field_id}/rows/{row_id}"))
    farm, field = out.made("bob", "farm")[0], out.made("bob", "field")[0]
    assert [value for _, value in reference.values] == [farm.id, field.id, child.id]
    assert reference.place == Place("path", "row_id")
    assert child.parent == field.key
    assert farm.reference(out.named("GET /farms/{farm_id}/fields")).values[0][1] == farm.id


def test_foreign_keys_take_existing_objects_and_are_confirmed(api, serve, table):
    customers = api.table(table("/customers", {"name": TEXT}, ["name"]))

    def known(api, who, sent):
        row = customers.rows.get(str(sent.get("customer_id")))
        return None if row and row["_owner"] == who else (422, {"detail": "customer_id: no such customer"})

    api.table(table("/tickets", {"customer_id": WHOLE, "text": TEXT}, ["customer_id", "text"], check=known))
    out = serve(api).run(cleaned)
    ticket, customer = out.made("alice", "ticket")[0], out.made("alice", "customer")[0]
    assert ticket.recipe.body["customer_id"] == customer.id
    reference = customer.reference(out.named("POST /tickets"))
    assert (reference.place, reference.confirmed) == (Place("body", "customer_id"), True)
    edge = next(e for e in out.knowledge.edges if e.consumer == out.named("POST /tickets"))
    assert (edge.producer, edge.leaf, edge.confirmed) == (out.named("POST /customers"), "id", True)


def test_bodies_are_repaired_by_what_the_api_complains_about(api, serve, table):
    def picky(api, who, sent):
        if sent.get("kind") not in ("soft", "hard"):
            return 400, {"error": "kind must be one of: soft, hard"}
        if "region" not in sent:
            return 400, {"errors": [{"field": "region", "message": "region is required"}]}
        return None

    api.table(table("/jobs", {"title": TEXT, "kind": TEXT}, ["title", "kind"], check=picky))
    out = serve(api).run(cleaned)
    made = out.made("bob", "job")
    assert len(made) == 4
    assert made[0].recipe.body["kind"] == "soft"
    assert "region" in made[0].recipe.body
    refused = [s for s in out.sessions.sent if s[2] == 400]
    assert len(refused) <= 4  # learnt once, then the recipe is used


def test_a_higher_role_is_tried_where_a_lower_one_is_refused(api, serve, table):
    api.table(table("/products", {"name": TEXT}, ["name"], role="admin", public=True))
    out = serve(api).run(cleaned, names={"alice": "user", "bob": "user", "root": "admin"})
    assert len(out.made("root", "product")) == 4
    assert out.made("alice", "product") == []
    assert out.knowledge.sample(out.named("POST /products"), "root") is not None
    assert out.knowledge.sample(out.named("GET /products/{id}"), "alice") is not None


def test_without_a_higher_role_the_reason_says_what_was_tried(api, serve, table):
    api.table(table("/products", {"name": TEXT}, ["name"], role="admin"))
    out = serve(api).run()
    why = out.knowledge.unreached
    assert why[out.named("POST /products")] == 'one request as bob; the API answered 403 {"error":"forbidden"}'
    assert "forbidden" in why[out.named("DELETE /products/{id}")]


def test_put_creates_under_a_key_of_ours(api, serve, table):
    methods = "GET PUT DELETE LIST PUTCREATE"
    api.table(table("/vaults", {"note": TEXT}, ["note"], id="key", parameter="key", methods=methods))
    api.tables["/vaults"].methods = methods
    out = serve(api).run(cleaned)
    assert len(out.made("alice", "vault")) >= 1


def test_soft_deletes_and_202_count(api, serve, table):
    api.table(table("/drafts", {"note": TEXT}, ["note"], soft=True, status=202))
    out = serve(api).run(cleaned)
    assert len(out.made("alice", "draft")) == 4
    assert all(row["deleted"] for row in api.tables["/drafts"].rows.values())


def test_a_post_may_name_an_object_in_its_body_a_get_in_query_or_header(api, serve, table):
    orders = api.table(table("/orders", {"note": TEXT}, ["note"], methods="POST LIST DELETE"))

    async def show(request):
        sent = request.query_params.get("order_id") or request.headers.get("x-order-id")
        if request.method == "POST":
            sent = str((await request.json())["filter"]["order_id"])
        row = orders.rows.get(str(sent))
        if row is None or row["_owner"] != request.state.who:
            return JSONResponse({"error": "no such order"}, 404)
        return JSONResponse(api._shown(row))

    query = {"parameters": [{"name": "order_id", "in": "query", "required": True, "schema": WHOLE}]}
    header = {"parameters": [{"name": "X-Order-Id", "in": "header", "required": True, "schema": WHOLE}]}
    inner = {"filter": {"type": "object", "properties": {"order_id": WHOLE}, "required": ["order_id"]}}
    api.add("/order-detail", {"get": query}, show)
    api.add("/order-header", {"get": header}, show)
    api.add("/orders/lookup", {"post": body(inner, ["filter"])}, show)
    out = serve(api).run(cleaned)
    order = out.made("bob", "order")[0]
    for name, place in (
        ("GET /order-detail", Place("query", "order_id")),
        ("GET /order-header", Place("header", "X-Order-Id")),
        ("POST /orders/lookup", Place("body", "filter.order_id")),
    ):
        reference = order.reference(out.named(name))
        assert (reference.place, reference.confirmed) == (place, True)
        assert out.knowledge.sample(out.named(name), "bob") is not None


def test_accounts_are_objects_by_path_query_and_body(api, serve):
    async def person(request):
        found = next((p for p in api.people.values() if p["username"] == request.path_params["handle"]), None)
        if found is None or found["username"] != request.state.who:
            return JSONResponse({"error": "no"}, 404)
        return JSONResponse(found)

    async def profile(request):
        sent = await request.json()
        if sent["user_id"] != api.people[request.state.who]["id"]:
            return JSONResponse({"error": "not yours"}, 403)
        api.people[request.state.who]["city"] = sent["city"]
        return JSONResponse({"user_id": sent["user_id"], "city": sent["city"]})

    api.add("/people/{handle}", {"get": {}}, person)
    api.add("/profile", {"put": body({"user_id": WHOLE, "city": TEXT}, ["user_id", "city"])}, profile)
    before = api.state()
    out = serve(api).run(cleaned)
    assert api.state() == before  # the sample wrote what was there
    user = next(o for o in out.knowledge.objects if o.key == "bob/user/0")
    assert user.reference(out.named("GET /people/{handle}")).values == ((Place("path", "handle"), "bob"),)
    assert user.reference(out.named("GET /people/{handle}")).confirmed
    assert user.reference(out.named("PUT /profile")).values == ((Place("body", "user_id"), 102),)
    sample = out.knowledge.sample(out.named("PUT /profile"), "bob")
    assert sample.call.body == {"user_id": 102, "city": "Oslo-bob"}


def test_a_value_that_a_change_moved_is_put_back(api, serve):
    async def card(request):
        own = api.people[request.state.who]
        if request.method == "PUT":
            sent = await request.json()
            own["city"] = sent["city"].upper() if sent["city"] != own.get("last") else sent["city"]
            own["last"] = sent["city"]
        return JSONResponse({k: v for k, v in own.items() if k != "last"})

    api.add("/card", {"get": {}, "put": body({"email": TEXT, "city": TEXT}, ["email", "city"])}, card)
    out = serve(api).run()
    assert out.knowledge.sample(out.named("PUT /card"), "alice") is not None
    assert api.people["alice"]["city"] == "Oslo-alice"
    assert out.ledger.standing == []


def test_nothing_of_others_is_changed_and_destructive_words_are_left_alone(api, serve, table):
    api.table(table("/orders", {"note": TEXT}, ["note"]))

    async def never(request):
        raise AssertionError(request.url.path)

    for path, method in (
        ("/createdb", "get"),
        ("/orders/reset", "get"),
        ("/db/seed", "post"),
        ("/settings", "put"),
        ("/basket", "delete"),
        ("/members/{member_id}", "delete"),
    ):
        api.add(path, {method: body({"a": TEXT}) if method in ("put", "post") else {}}, never)
    out = serve(api).run(cleaned)
    why = out.knowledge.unreached
    assert "mode" in why[out.named("GET /orders/reset")]
    assert "mode" in why[out.named("POST /db/seed")]
    assert "ours" in why[out.named("PUT /settings")]
    assert out.named("DELETE /members/{member_id}") in why
    assert not [row for row in api.log if row[1] in ("/orders/reset", "/db/seed", "/settings", "/basket")]


def test_read_only_sends_safe_methods_and_learns_what_is_there(api, serve, table):
    orders = api.table(table("/orders", {"note": TEXT}, ["note"]))
    for number, who in ((11, "alice"), (12, "bob"), (13, "bob")):
        orders.rows[str(number)] = {"id": number, "note": "n", "_owner": who, "_above": {}}
    out = serve(api).run(limits=Limits(mode="read-only"))
    assert {method for method, _, _ in api.log} == {"GET"}
    learned = [o for o in out.knowledge.objects if o.origin == "learned"]
    assert {(o.owner, o.id) for o in learned} == {("alice", 11), ("bob", 12), ("bob", 13)}
    assert out.ledger.entries == []
    assert "read-only" in out.knowledge.unreached[out.named("POST /orders")]


def test_shared_items_are_not_learned(api, serve, table):
    news = api.table(table("/news", {"text": TEXT}, ["text"], public=True, methods="LIST GET"))
    news.rows["5"] = {"id": 5, "text": "n", "_owner": "root", "_above": {}}
    out = serve(api).run()
    assert [o for o in out.knowledge.objects if o.origin == "learned"] == []
    assert out.knowledge.sample(out.named("GET /news/{id}"), "alice").call.path == {"id": 5}


def test_throw_away_accounts_get_an_object_and_change_themselves_first(api, serve, table):
    api.table(table("/orders", {"note": TEXT}, ["note"]))
    names = {"alice": "user", "bob": "user", "vera": "user"}
    out = serve(api).run(cleaned, names=names, throwaway=frozenset({"vera"}))
    assert [o.slot for o in out.made("vera", "order")] == ["read"]
    assert any(o.owner == "vera" and o.origin == "identity" for o in out.knowledge.objects)


def test_public_endpoints_have_an_anonymous_sample_and_protected_ones_are_known(api, serve):
    async def hello(request):
        return JSONResponse({"hello": request.state.who})

    api.add("/hello", {"get": {}}, hello, anon=True)
    out = serve(api).run()
    assert out.knowledge.sample(out.named("GET /hello"), ANON) is not None
    assert out.knowledge.sample(out.named("GET /me"), ANON) is None
    assert out.named("GET /me") in out.explorer.protected


def test_random_ids_that_another_account_was_shown_are_marked(api, serve, table):
    api.table(table("/docs", {"note": TEXT}, ["note"], id="uuid"))

    async def feed(request):
        return JSONResponse([{"doc": key} for key in api.tables["/docs"].rows])

    api.add("/feed", {"get": {}}, feed)
    out = serve(api).run()
    assert out.named("GET /feed") in out.made("bob", "doc")[0].leaked_in


def test_it_keeps_to_a_third_of_the_requests_and_says_so(api, serve, table):
    for name in ("a", "b", "c", "d"):
        api.table(table(f"/{name}things", {"note": TEXT}, ["note"]))
    out = serve(api).run(cleaned, limits=Limits(requests=60))
    explored = [e for e in out.sessions.sent if "DELETE" not in e[1].method]
    assert len(explored) <= 20 + 40  # a third, and what clean-up reads
    assert any(getattr(event, "code", "") == "GW-E002" for event in out.events)
    assert any("budget" in why for why in out.knowledge.unreached.values())


def test_the_same_seed_makes_the_same_objects(api, serve, table):
    api.table(table("/orders", {"note": TEXT, "email": {"type": "string", "format": "email"}}, ["note", "email"]))
    first = serve(api).run(cleaned)
    second = serve(api).run(cleaned)
    assert [o.recipe.body for o in first.made("alice", "order")] == [
        o.recipe.body for o in second.made("alice", "order")
    ]


def test_what_a_test_makes_and_changes_itself_is_taken_back(api, serve, table):
    async def rename(request):
        api.people[request.state.who].update(await request.json())
        return JSONResponse(api.people[request.state.who])

    api.table(table("/orders", {"note": TEXT}, ["note"]))
    api.add("/me", {"patch": body({"city": TEXT}, ["city"])}, rename)
    before, between = api.state(), []

    async def writes(out):
        for name, value in (("POST /orders", {"note": "of a test"}), ("PATCH /me", {"city": "Nowhere"})):
            endpoint = out.knowledge.endpoints[out.named(name)]
            call = msgspec.structs.replace(out.knowledge.sample(endpoint.id, "alice").call, body=value)
            out.explorer.wrote(call, await out.sessions.send(render(endpoint, call), as_="alice"))
        between.append(str(api.state()))
        await cleaned(out)

    serve(api).run(writes)
    assert "of a test" in between[0]
    assert "Nowhere" in between[0]
    assert api.state() == before


def test_what_a_test_is_about_to_make_stands_in_the_ledger_until_its_outcome_is_known(api, serve, table):
    api.table(table("/orders", {"note": TEXT}, ["note"]))
    api.table(table("/orders/{order_id}/lines", {"note": TEXT}, ["note"]))
    states = []

    async def writes(out):
        endpoint = out.knowledge.endpoints[out.named("POST /orders")]
        call = out.knowledge.sample(endpoint.id, "alice").call
        before = len(out.ledger.standing)
        for outcome in ("unsent", "refused", "made"):
            begun = out.explorer.writes(call, b'{"note": "gwaaaaaaaaaaaaaaaa"}', "alice")
            states.append((outcome, "begun", len(out.ledger.standing) - before))
            if outcome == "unsent":
                out.explorer.unsent(begun)
            else:
                told = call if outcome == "made" else msgspec.structs.replace(call, body={})
                out.explorer.wrote(told, await out.sessions.send(render(endpoint, told), as_="alice"), begun)
            states.append((outcome, "ended", len(out.ledger.standing) - before))
        assert out.explorer.writes(out.knowledge.sample(out.named("GET /orders"), "alice").call, b"", "alice") is None
        await cleaned(out)

    serve(api).run(writes)
    assert states == [
        ("unsent", "begun", 1),
        ("unsent", "ended", 0),
        ("refused", "begun", 1),
        ("refused", "ended", 0),
        ("made", "begun", 1),
        ("made", "ended", 1),
    ]


def test_fresh_makes_another_object_below_the_same_parent(api, serve, table):
    api.table(table("/farms", {"name": TEXT}, ["name"], parameter="farm_id"))
    api.table(table("/farms/{farm_id}/fields", {"name": TEXT}, ["name"], parameter="field_id"))
    found = []

    async def again(out):
        like = out.made("alice", "field")[0]
        found.append((like, await out.explorer.fresh(out.knowledge, like, owner="alice")))
        await cleaned(out)

    before = api.state()
    out = serve(api).run(again)
    like, fresh = found[0]
    place = out.named("GET /farms/{farm_id}/fields/{field_id}")
    assert fresh.id != like.id
    assert fresh.reference(place).values[0] == like.reference(place).values[0]
    assert not set(fresh.markers) & set(like.markers)
    assert api.state() == before


def test_another_explorer_takes_up_what_the_first_one_learnt(api, serve, table):
    api.table(table("/farms", {"name": TEXT}, ["name"], parameter="farm_id"))
    api.table(table("/farms/{farm_id}/fields", {"name": TEXT}, ["name"], parameter="field_id"))
    found = []

    async def resumed(out):
        from gatewright.explore.explorer import Explorer
        from gatewright.model.secret import Keyring
        from gatewright.model.settings import Settings

        second = Explorer(
            out.sessions,
            out.specification,
            Settings(),
            keyring=Keyring(b"k" * 32, "run-1"),
            emit=out.events.append,
            ledger=out.ledger,
        )
        await second.resume(out.knowledge)
        assert second.protected == out.explorer.protected
        like = out.made("alice", "field")[0]
        found.append((like, await second.fresh(out.knowledge, like, owner="alice")))

    out = serve(api).run(resumed)
    like, fresh = found[0]
    place = out.named("GET /farms/{farm_id}/fields/{field_id}")
    assert fresh.reference(place).values[0] == like.reference(place).values[0]
    assert fresh.id not in [o.id for o in out.knowledge.objects]
    assert not set(fresh.markers) & {marker for o in out.knowledge.objects for marker in o.markers}


def test_files_and_forms_are_sent_as_they_are_wanted(api, serve):
    kept = {}

    async def upload(request):
        kind = request.headers["content-type"]
        raw = (await request.body()).decode()
        if not kind.startswith("multipart/form-data; boundary=") or 'filename="' not in raw:
            return JSONResponse({"error": "file is required"}, 400)
        kept[len(kept) + 1] = raw
        return JSONResponse({"id": len(kept)}, 201)

    async def shown(request):
        raw = kept.get(int(request.path_params["id"]))
        return JSONResponse({"error": "none"}, 404) if raw is None else Response(raw)

    schema = {"type": "object", "properties": {"title": TEXT, "file": {"type": "string", "format": "binary"}}}
    api.add("/files", {"post": {"requestBody": {"content": {"multipart/form-data": {"schema": schema}}}}}, upload)
    api.add("/files/{id}", {"get": {"ids": WHOLE}}, shown)
    out = serve(api).run()
    assert len(out.made("alice", "file")) == 1
    assert re.search(r"gw[a-z2-7]{16}", kept[1])


def test_an_api_that_says_yes_to_everything_teaches_no_objects_that_are_confirmed(api, serve):
    async def echo(request):
        raw = await request.body()
        return JSONResponse({"echo": json.loads(raw or b"null"), "path": request.url.path})

    api.add("/orders", {"get": {}, "post": body({"note": TEXT}, ["note"])}, echo)
    api.add("/orders/{id}", {"get": {}, "delete": {}}, echo)
    out = serve(api).run()
    references = [r for o in out.knowledge.objects for r in o.references]
    assert not any(r.confirmed for r in references)


def test_a_target_that_goes_away_ends_without_an_error(api, serve, table):
    api.table(table("/orders", {"note": TEXT}, ["note"]))
    running = serve(api)
    out = running.run(limits=Limits(time=0.0))
    assert set(out.knowledge.unreached) == set(out.knowledge.endpoints)


def test_what_is_meant_for_a_higher_role_is_sampled_by_it_although_a_lower_one_is_let_in(api, serve, table):
    api.table(table("/admin/rates", {"name": TEXT}, ["name"]))
    out = serve(api).run(cleaned, names={"alice": "user", "bob": "user", "root": "admin"})
    change = out.named("PUT /admin/rates/{id}")
    assert out.knowledge.sample(change, "alice") is not None
    assert out.knowledge.sample(out.named("POST /admin/rates"), "root") is not None
