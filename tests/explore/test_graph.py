from __future__ import annotations

from gatewright.explore.graph import build, path_keys, shape
from gatewright.model.endpoint import Place

WHOLE = {"type": "integer"}
TEXT = {"type": "string"}


def _takes(properties, required=()):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


def _answers(name, listed=False):
    schema = {"$ref": f"#/components/schemas/{name}"}
    schema = {"type": "array", "items": schema} if listed else schema
    return {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}}


def _guesses(graph, name, place):
    endpoint = next(id_ for id_, e in graph.endpoints.items() if e.name == name)
    hole = next(h for h in graph.holes[endpoint] if h.place == place)
    return [(graph.resources[key].name, score) for key, score in hole.guesses]


def test_structure_gives_resources_with_their_endpoints(specify):
    graph = build(
        specify(
            {
                "/api/v1/orders": {"get": {}, "post": {}},
                "/api/v1/orders/{id}": {"get": {}, "put": {}, "patch": {}, "delete": {}},
                "/api/v1/orders/{id}/cancel": {"post": {}},
            }
        )
    )
    (order, cancel) = graph.resources.values()
    assert (order.name, order.collection) == ("order", "http://h/api/v1/orders")
    assert set(order.purposes()) == {"create", "read", "list", "update", "replace", "delete"}
    assert order.slots() == ("read", "change", "delete", "spare")
    assert cancel.name == "cancel"


def test_no_more_slots_than_there_is_use_for(specify):
    graph = build(specify({"/a": {"get": {}, "post": {}}, "/b": {"post": {}}, "/b/{id}": {"get": {}, "delete": {}}}))
    assert {r.name: r.slots() for r in graph.resources.values()} == {"b": ("read", "delete", "spare"), "a": ("read",)}


def test_parents_come_first(specify):
    paths = {
        "/farms/{f}/fields/{g}/rows": {"post": {}},
        "/farms/{f}/fields/{g}/rows/{r}": {"get": {}},
        "/farms/{f}/fields": {"post": {}},
        "/farms": {"post": {}},
        "/walls": {"post": _takes({"field_id": WHOLE}, ["field_id"])},
        "/walls/{w}": {"get": {}},
    }
    graph = build(specify(paths))
    names = [[graph.resources[key].name for key in level] for level in graph.levels()]
    assert names == [["farm"], ["field"], ["row", "wall"]]


def test_cycles_of_needs_end(specify):
    paths = {
        "/as": {"post": _takes({"b_id": WHOLE}, ["b_id"])},
        "/as/{id}": {"get": {}},
        "/bs": {"post": _takes({"a_id": WHOLE}, ["a_id"])},
        "/bs/{id}": {"get": {}},
    }
    assert sum(len(level) for level in build(specify(paths)).levels()) == 2


def test_places_name_resources_by_prefix_parameter_and_type(specify):
    paths = {
        "/customers": {"post": {}},
        "/customers/{username}": {"get": {}},
        "/orders": {
            "post": _takes({"customer_id": WHOLE, "username": TEXT, "customer": WHOLE, "text": TEXT, "note": TEXT})
        },
        "/orders/{order_id}": {"get": {}},
        "/orders/detail": {"get": {"parameters": [{"name": "orderId", "in": "query", "schema": WHOLE}]}},
        "/orders/lookup": {"post": _takes({"id": WHOLE, "order": TEXT})},
    }
    graph = build(specify(paths))
    assert _guesses(graph, "POST /orders", Place("body", "customer_id")) == [("customer", 0.9)]
    assert _guesses(graph, "POST /orders", Place("body", "username")) == [("customer", 0.85)]
    assert _guesses(graph, "POST /orders", Place("body", "customer")) == [("customer", 0.65)]
    assert _guesses(graph, "POST /orders", Place("body", "note")) == []
    assert _guesses(graph, "GET /orders/detail", Place("query", "orderId")) == [("order", 0.9)]
    assert _guesses(graph, "POST /orders/lookup", Place("body", "id")) == [("order", 0.6)]
    assert _guesses(graph, "POST /orders/lookup", Place("body", "order")) == []  # text may be just text


def test_text_that_bears_a_resource_s_name_names_it_where_slugs_do(specify):
    header = {"name": "X-Team", "in": "header", "required": True, "schema": TEXT}
    paths = {
        "/teams": {"post": _takes({"title": TEXT})},
        "/teams/{slug}": {"get": {}},
        "/notes": {"post": {}},
        "/notes/{note_id}": {"get": {}},
        "/bills": {"post": _takes({"team": TEXT, "note": TEXT}, ["team"])},
        "/bills/{bill_id}": {"get": {}},
        "/usage": {"get": {"parameters": [header, {"name": "note", "in": "query", "schema": TEXT}]}},
    }
    graph = build(specify(paths))
    assert _guesses(graph, "POST /bills", Place("body", "team")) == [("team", 0.65)]
    assert _guesses(graph, "POST /bills", Place("body", "note")) == []  # notes have numbers: this is prose
    assert _guesses(graph, "GET /usage", Place("header", "X-Team")) == [("team", 0.65)]
    assert _guesses(graph, "GET /usage", Place("query", "note")) == [("note", 0.65)]


def test_what_is_made_elsewhere_is_made_before_what_stands_below_it(specify):
    paths = {
        "/projects": {"post": {}},
        "/projects/{project_id}/tasks": {"post": {}},
        "/projects/{project_id}/tasks/{task_id}": {"get": {}},
        "/tasks/{task_id}/comments": {"post": {}, "get": {}},
        "/comments/{comment_id}": {"get": {}},
    }
    graph = build(specify(paths))
    at = {key.removeprefix("http://h"): number for number, level in enumerate(graph.levels()) for key in level}
    assert at["/projects"] < at["/projects/{}/tasks"] < at["/comments"]


def test_a_new_object_s_own_key_is_no_reference(specify):
    graph = build(specify({"/pages": {"post": _takes({"slug": TEXT}, ["slug"])}, "/pages/{slug}": {"get": {}}}))
    assert _guesses(graph, "POST /pages", Place("body", "slug")) == []


def test_made_up_words_do_as_well(specify):
    paths = {
        "/seidreks": {"get": {}, "post": {}},
        "/seidreks/{seidrek_beilur}": {"get": {}},
        "/glugs": {"post": _takes({"seidrek_beilur": WHOLE}, ["seidrek_beilur"])},
        "/glugs/{glug_beilur}": {"get": {}},
    }
    graph = build(specify(paths))
    assert _guesses(graph, "POST /glugs", Place("body", "seidrek_beilur")) == [("seidrek", 0.9)]


def test_creators_elsewhere_are_found(specify):
    paths = {
        "/products": {"post": {}},
        "/products/{id}": {"get": {}},
        "/products/{id}/reviews": {"get": {}, "post": {}},
        "/reviews/{id}": {"get": {}, "delete": {}},
        "/cards/{id}": {"get": _answers("Card")},
        "/wallet": {"post": _answers("Card")},
    }
    graph = build(specify(paths, {"Card": {"type": "object", "properties": {"id": WHOLE}}}))
    found = {r.name: [graph.endpoints[c].name for c in r.creators] for r in graph.resources.values()}
    assert found["review"] == ["POST /products/{id}/reviews"]
    assert found["card"] == ["POST /wallet"]
    assert "product_review" not in found


def test_what_makes_something_else_is_no_creator(specify):
    paths = {
        "/docs": {"post": _answers("Doc")},
        "/docs/{id}": {"get": _answers("Doc")},
        "/shared/{token}": {"get": _answers("Doc")},
    }
    graph = build(specify(paths, {"Doc": {"type": "object", "properties": {"id": WHOLE}}}))
    assert {r.name: len(r.creators) for r in graph.resources.values()} == {"doc": 1, "shared": 0}


def test_a_list_alone_is_a_resource_when_something_names_its_items(specify):
    paths = {
        "/invoices": {"get": _answers("Invoice", listed=True)},
        "/invoice-detail": {"get": {"parameters": [{"name": "invoice_id", "in": "query", "schema": WHOLE}]}},
    }
    graph = build(specify(paths, {"Invoice": {"type": "object", "properties": {"id": WHOLE}}}))
    assert [(r.name, r.named) for r in graph.resources.values()] == [("invoice", True)]


def test_ways_in_make_nothing(specify):
    specification = specify({"/users/register": {"post": {}}, "/users/{username}": {"get": {}}})
    way = specification.endpoints[0].id
    graph = build(specification, frozenset({way}))
    assert [r.creators for r in graph.resources.values()] == [()]
    assert graph.holes[way] == ()


def test_same_word_under_two_paths_gives_two_names(specify):
    paths = {"/users/{u}/notes/{n}": {"get": {}}, "/teams/{t}/notes/{n}": {"get": {}}}
    assert len({r.name for r in build(specify(paths)).resources.values()}) == 4


def test_shape_and_keys(specify):
    endpoint = specify({"/xs/{x}/ys/{y}/": {"get": {}}}).endpoints[0]
    assert shape(endpoint) == "http://h/xs/{}/ys/{}"
    assert path_keys(endpoint) == [("x", "http://h/xs"), ("y", "http://h/xs/{}/ys")]


def test_openapi_links_are_kept(specify):
    link = {"next": {"operationId": "getX", "parameters": {"id": "$response.body#/data/key"}}}
    paths = {
        "/xs": {"post": {"responses": {"201": {"description": "", "links": link}}}},
        "/xs/{id}": {"get": {"operationId": "getX", "parameters": [{"name": "id", "in": "path", "required": True}]}},
    }
    graph = build(specify(paths))
    assert graph.links == {("GET http://h/xs/{id}", Place("path", "id")): ("POST http://h/xs", "data.key")}


def test_a_thousand_endpoints_in_a_second_or_two(specify):
    paths = {f"/a{i}s": {"get": {}, "post": _takes({f"a{i - 1}_id": WHOLE, "name": TEXT})} for i in range(250)}
    paths |= {f"/a{i}s/{{id}}": {"get": {}, "delete": {}} for i in range(250)}
    graph = build(specify(paths))
    assert len(graph.resources) == 250
