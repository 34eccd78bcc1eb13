from __future__ import annotations

from gatewright.explore.graph import build
from gatewright.explore.memory import Learnt, Memory, Thing
from gatewright.explore.places import Places
from gatewright.model.endpoint import Place
from gatewright.sources.graphql.reader import parse

WHOLE = {"type": "integer"}
TEXT = {"type": "string"}


def _takes(properties, required=()):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


def _known(specification, *, ours=frozenset()):
    graph, memory = build(specification), Memory()
    return graph, memory, Places(graph, memory, ours)


def _named(graph, name):
    return next(e for e in graph.endpoints.values() if e.name == name)


def _thing(key, resource, id_, owner="alice", origin="created", slot="read", **chain):
    return Thing(key, resource, owner, origin, slot, id_, {"id": id_}, {resource: id_, **chain.get("above", {})})


PATHS = {
    "/farms": {"post": {}, "get": {}},
    "/farms/{farm_id}": {"get": {"parameters": [{"name": "farm_id", "in": "path", "required": True, "schema": WHOLE}]}},
    "/farms/{farm_id}/fields": {"post": {}},
    "/farms/{farm_id}/fields/{field_id}": {"get": {}, "put": {}, "delete": {}},
    "/sales": {
        "post": _takes({"field_id": WHOLE, "farm_ids": {"type": "array", "items": WHOLE}, "text": TEXT}, ["field_id"])
    },
    "/me": {"get": {}, "put": _takes({"user_id": WHOLE, "city": TEXT})},
    "/users/{username}": {"get": {}, "put": {}},
}
FARM, FIELD = "http://h/farms", "http://h/farms/{}/fields"


def _farmed(specify, **more):
    graph, memory, places = _known(specify(PATHS), **more)
    memory.add(_thing("alice/farm/1", FARM, 1))
    memory.add(_thing("alice/farm/2", FARM, 2, slot="change"))
    memory.add(_thing("alice/field/1", FIELD, 11, slot="read", above={FARM: 1}))
    memory.add(_thing("alice/field/2", FIELD, 12, slot="change", above={FARM: 1}))
    return graph, memory, places


def test_the_slot_asked_for_comes_first_and_parents_follow_the_child(specify):
    graph, _, places = _farmed(specify)
    filling = places.fillings(_named(graph, "PUT /farms/{farm_id}/fields/{field_id}"), "alice", slot="change")[0]
    assert filling.values == {Place("path", "farm_id"): 1, Place("path", "field_id"): 12}
    assert filling.own
    assert filling.things[Place("path", "field_id")].key == "alice/field/2"


def test_a_filter_that_may_be_left_out_is_left_out_and_names_the_object_all_the_same(specify):
    query = [{"name": "farm_id", "in": "query", "schema": WHOLE}]
    graph, memory, places = _known(specify({**PATHS, "/crops": {"get": {"parameters": query}}}))
    memory.add(_thing("alice/farm/1", FARM, 1))
    crops = _named(graph, "GET /crops")
    filling = places.fillings(crops, "alice", slot="read")[0]
    assert filling.values == {} and [hole.place for hole in filling.missing] == [Place("query", "farm_id")]
    assert any(r.endpoint == crops.id for r in places.references(memory.things["alice/farm/1"]))


def test_a_header_of_the_company_gets_what_the_account_says_of_itself(specify):
    header = [
        {"name": name, "in": "header", "required": True, "schema": TEXT} for name in ("X-Firm-Id", "X-Branch", "X-Mood")
    ]
    lookup = _takes({"firmId": TEXT, "note": TEXT}, ["firmId"])
    graph, memory, places = _known(specify({**PATHS, "/ledger": {"get": {"parameters": header}, "post": lookup}}))
    memory.identity["alice"] = {"username": "alice"}
    memory.belongs["alice"] = {"firmId": "F-7", "branch.id": 3, "planId": 9}
    read = places.fillings(_named(graph, "GET /ledger"), "alice", slot="read")[0].values
    assert read == {Place("header", "X-Firm-Id"): "F-7", Place("header", "X-Branch"): 3}
    made = places.fillings(_named(graph, "POST /ledger"), "alice", slot="read")[0].values
    assert made == {Place("body", "firmId"): "F-7"}


def test_references_hold_the_parents_and_fill_bodies(specify):
    graph, memory, places = _farmed(specify)
    memory.confirmed.add((_named(graph, "POST /sales").id, Place("body", "field_id")))
    found = {(r.endpoint, r.place): r for r in places.references(memory.things["alice/field/1"])}
    item = found[_named(graph, "GET /farms/{farm_id}/fields/{field_id}").id, Place("path", "field_id")]
    assert item.values == ((Place("path", "farm_id"), 1), (Place("path", "field_id"), 11))
    assert found[_named(graph, "POST /sales").id, Place("body", "field_id")].confirmed
    farm = {(r.endpoint, r.place): r for r in places.references(memory.things["alice/farm/1"])}
    every = Place("body", "farm_ids[]")
    assert farm[_named(graph, "POST /sales").id, every].values == ((every, 1),)
    assert (_named(graph, "GET /farms/{farm_id}/fields/{field_id}").id, Place("path", "farm_id")) not in farm


def test_a_chain_is_read_back_from_references(specify):
    from gatewright.model.knowledge import OwnedObject

    _, memory, places = _farmed(specify)
    references = places.references(memory.things["alice/field/1"])
    owned = OwnedObject(key="k", resource="field", owner="alice", origin="created", references=references)
    assert places.chain_of(owned) == {FARM: 1, FIELD: 11}


def test_strangers_seen_items_are_read_but_never_ours(specify):
    graph, memory, places = _known(specify(PATHS))
    memory.see(FARM, "bob", [_thing("bob/farm/seen-9", FARM, 9, owner="bob", origin="learned")])
    filling = places.fillings(_named(graph, "GET /farms/{farm_id}"), "bob", slot="read")[0]
    assert filling.values == {Place("path", "farm_id"): 9}
    assert not filling.own


def test_an_unknown_parent_leaves_a_gap(specify):
    graph, _, places = _known(specify(PATHS))
    filling = places.fillings(_named(graph, "POST /farms/{farm_id}/fields"), "bob", slot="read")[0]
    assert [hole.key for hole in filling.missing] == ["farm_id"]
    assert places.blind(filling) == "farm"
    filling = places.fillings(_named(graph, "POST /sales"), "bob", slot="read")[0]
    assert places.blind(filling) == "field"


def test_accounts_fill_what_names_them(specify):
    graph, memory, places = _known(specify(PATHS), ours=frozenset({"vera"}))
    memory.identity = {
        "alice": {"id": 41, "username": "alice", "email": "a@example.com"},
        "vera": {"id": 42, "username": "vera"},
    }
    memory.identity_keys["http://h/users"] = "username"
    memory.aliases["user_id"] = "id"
    get, put = _named(graph, "GET /users/{username}"), _named(graph, "PUT /me")
    assert places.fillings(get, "alice", slot="read")[0].values == {Place("path", "username"): "alice"}
    assert not places.fillings(get, "alice", slot="read")[0].own  # configured: not ours to change
    filling = places.fillings(get, "vera", slot="read")[0]
    assert (filling.own, filling.account) == (True, "vera")
    assert places.fillings(put, "alice", slot="change")[0].values == {Place("body", "user_id"): 41}


def test_a_name_with_a_prefix_is_still_an_alias(specify):
    header = {"parameters": [{"name": "X-Blorp-Vop", "in": "header", "schema": WHOLE}]}
    graph, memory, places = _known(specify({"/list": {"get": header}}))
    memory.identity["alice"] = {"vop": 41}
    memory.aliases["blorp_vop"] = "vop"
    filling = places.fillings(_named(graph, "GET /list"), "alice", slot="read")[0]
    assert filling.values == {Place("header", "X-Blorp-Vop"): 41}


def test_types_decide_which_identity_is_tried(specify):
    graph, memory, places = _known(
        specify(
            {"/people/{id}": {"get": {"parameters": [{"name": "id", "in": "path", "required": True, "schema": WHOLE}]}}}
        )
    )
    memory.identity["alice"] = {"username": "alice", "id": 41}
    hole = graph.holes[_named(graph, "GET /people/{id}").id][0]
    assert places.identity_guesses(hole, "alice") == [("id", 41)]


def test_the_id_that_was_learnt_fills_the_path(specify):
    graph, memory, places = _known(specify({"/docs": {"post": {}}, "/docs/{key}": {"get": {}}}))
    memory.learnt["http://h/docs"] = Learnt("POST http://h/docs", "ref", True)
    thing = Thing("k", "http://h/docs", "alice", "created", "read", "A-1", {"key": "other"}, {"http://h/docs": "A-1"})
    hole = graph.holes[_named(graph, "GET /docs/{key}").id][0]
    assert places.value_for(hole, thing) == "A-1"


def test_a_write_borrows_only_what_several_accounts_see(specify):
    graph, memory, places = _known(specify(PATHS))
    memory.identity = {"alice": {"id": 41}, "bob": {"id": 42}}
    memory.see(FIELD, "alice", [_thing("a", FIELD, 5, origin="learned"), _thing("b", FIELD, 6, origin="learned")])
    memory.see(FIELD, "bob", [_thing("c", FIELD, 6, owner="bob", origin="learned")])
    filling = places.fillings(_named(graph, "POST /sales"), "alice", slot="read")[0]
    assert filling.values[Place("body", "field_id")] == 6  # 5 is an older object of alice's own


def test_a_global_name_stands_where_one_is_asked_for():
    sdl = b"""interface Node { gid: ID! } type Order implements Node { id: ID! gid: ID! }
    type Query { node(id: ID!): Node order(id: ID!): Order orders: [Order!]! me: Order }
    type Mutation { createOrder(text: String!): Order! }"""
    graph, memory, places = _known(parse(sdl, source="x.graphql"))
    key = next(key for key in graph.resources if key.endswith("/orders"))
    memory.add(
        Thing(
            "alice/order/1", key, "alice", "created", "read", "7", {"data.createOrder.gid": "T3JkZXI6Nw=="}, {key: "7"}
        )
    )
    memory.identity["alice"] = {"data.me.username": "alice"}
    values = {
        graph.endpoints[r.endpoint].operation: dict(r.values)[r.place]
        for r in places.references(memory.things["alice/order/1"])
    }
    assert values == {"node": "T3JkZXI6Nw==", "order": "7"}
    node = next(e for e in graph.endpoints.values() if e.operation == "node")
    assert places.identity_values(graph.holes[node.id][0], "alice") == []


def test_what_only_asks_borrows_what_the_account_alone_sees(specify):
    paths = {"/meters": {"get": {}}, "/meters/{meter_id}": {"get": {}}}
    for path in ("/readings/query", "/readings/correct"):
        paths[path] = {"post": _takes({"meter_id": WHOLE}, ["meter_id"])}
    graph, memory, places = _known(specify(paths))
    memory.identity = {"alice": {"id": 41}, "bob": {"id": 42}}
    memory.see("http://h/meters", "alice", [_thing("a", "http://h/meters", 5, origin="learned")])
    filled = {
        name: places.fillings(_named(graph, f"POST {name}"), "alice", slot="read")[0].values.get(
            Place("body", "meter_id")
        )
        for name in ("/readings/query", "/readings/correct")
    }
    assert filled == {"/readings/query": 5, "/readings/correct": None}
