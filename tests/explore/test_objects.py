from __future__ import annotations

import pytest
from starlette.responses import JSONResponse

from gatewright.explore.cleanup import clean_up

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}


def body(properties, required=()):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def cleaned(out):
    assert await clean_up(out.sessions, out.knowledge.endpoints, out.ledger) == []


def test_the_ledger_knows_of_every_object_before_it_is_made(api, serve, table):
    api.table(table("/orders", {"note": TEXT}, ["note"]))
    seen = []
    running = serve(api)
    original = api._created

    def created(table, request, key, row):
        known = [e for e in running.saved if e.state == "intended" and set(e.markers) & set(map(str, row.values()))]
        seen.append(bool(known))
        return original(table, request, key, row)

    api._created = created
    out = running.run()
    assert seen and all(seen)
    states = {}
    for entry in out.saved:
        states.setdefault(entry.number, []).append(entry.state)
    assert all(order[:2] == ["intended", "made"] for order in states.values())
    assert all(e.remove is not None and e.read is not None for e in out.ledger.entries)


def test_children_know_the_entry_of_their_parent(api, serve, table):
    api.table(table("/farms", {"name": TEXT}, ["name"], parameter="farm_id"))
    api.table(table("/farms/{farm_id}/fields", {"name": TEXT}, ["name"], parameter="field_id"))
    out = serve(api).run()
    fields = [e for e in out.ledger.entries if "field" in e.what]
    farms = {e.number for e in out.ledger.entries if "farm of" in e.what}
    assert fields and {e.parent for e in fields} <= farms


def test_an_id_that_is_only_in_the_list_is_taken_by_its_marker(api, serve, table):
    api.table(table("/things", {"note": TEXT}, ["note"], answer="nowhere", methods="POST LIST DELETE"))
    before = api.state()
    out = serve(api).run(cleaned)
    assert len(out.made("alice", "thing")) == 3
    assert api.state() == before


def test_the_first_integer_is_not_always_the_id(api, serve):
    rows = {}

    async def make(request):
        sent = await request.json()
        vop = 500 + len(rows)
        rows[vop] = {**sent, "grum": 3, "vop": vop, "who": request.state.who}
        return JSONResponse({"grum": 3, "size": 12, "vop": vop}, 201)

    async def one(request):
        row = rows.get(int(request.path_params["flim_vop"]))
        if row is None or row["who"] != request.state.who:
            return JSONResponse({"error": "no"}, 404)
        if request.method == "DELETE":
            del rows[row["vop"]]
        return JSONResponse(row)

    api.add("/flims", {"post": body({"text": TEXT}, ["text"])}, make)
    api.add("/flims/{flim_vop}", {"get": {"ids": WHOLE}, "delete": {"ids": WHOLE}}, one)
    out = serve(api).run(cleaned)
    assert out.made("alice", "flim")[0].id == 500
    assert rows == {}


def test_an_api_that_accepts_but_shows_nothing_yields_no_object(api, serve):
    async def make(request):
        return JSONResponse({"message": "thank you"}, 201)

    async def none(request):
        return JSONResponse({"error": "no"}, 404)

    api.add("/wishes", {"post": body({"text": TEXT}, ["text"])}, make)
    api.add("/wishes/{id}", {"get": {"ids": WHOLE}}, none)
    out = serve(api).run()
    assert out.made("alice", "wish") == []
    assert out.knowledge.sample(out.named("POST /wishes"), "alice") is not None
    assert [e.state for e in out.ledger.standing] == ["made"] * len(out.ledger.standing)
    assert out.ledger.standing  # it may be there, and nothing tells how to remove it: said at the end


def test_a_failure_of_the_server_leaves_the_outcome_open(api, serve):
    async def fail(request):
        return JSONResponse({"error": "x"}, 503)

    async def none(request):
        return JSONResponse({"error": "no"}, 404)

    api.add("/orders", {"post": body({"text": TEXT}, ["text"])}, fail)
    api.add("/orders/{id}", {"get": {"ids": WHOLE}}, none)
    out = serve(api).run()
    assert {e.state for e in out.ledger.entries} == {"intended"}


@pytest.mark.parametrize("documented", [True, False])
def test_put_under_an_integer_key_is_tried_only_where_201_is_documented(api, serve, documented):
    async def put(request):
        return JSONResponse({"error": "no"}, 404)

    api.add("/slots/{id}", {"get": {"ids": WHOLE}, "put": {**body({"text": TEXT}, ["text"]), "ids": WHOLE}}, put)
    if documented:
        api.paths["/slots/{id}"]["put"]["responses"]["201"] = {"description": "made"}
    out = serve(api).run()
    puts = [row for row in api.log if row[0] == "PUT"]
    assert bool(puts) is documented
    assert out.named("PUT /slots/{id}") in out.knowledge.unreached


def test_extra_properties_go_into_a_fresh_object(api, serve, table):
    api.table(table("/orders", {"note": TEXT}, ["note"]))
    found = []

    async def more(out):
        like = out.made("alice", "order")[0]
        found.append(await out.explorer.fresh(out.knowledge, like, owner="alice", extra={"total": 7}))

    serve(api).run(more)
    assert api.tables["/orders"].rows[str(found[0].id)]["total"] == 7


def test_a_reader_that_ignores_the_id_confirms_nothing(api, serve):
    last = {}

    async def make(request):
        last[request.state.who] = {**await request.json(), "id": len(last) + 500}
        return JSONResponse(last[request.state.who], 201)

    async def latest(request):
        return JSONResponse(last.get(request.state.who, {}))

    api.add("/drafts", {"post": body({"text": TEXT}, ["text"])}, make)
    api.add("/drafts/{id}", {"get": {"ids": WHOLE}}, latest)
    out = serve(api).run()
    made = out.made("alice", "draft")
    assert made
    assert not any(reference.confirmed for reference in made[0].references)
