from __future__ import annotations

import asyncio

import pytest

from gatewright.explore import graph as graphs
from gatewright.explore.courier import Courier
from gatewright.explore.memory import Memory, Thing
from gatewright.explore.places import Places
from gatewright.explore.produced import Produced
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.http import Exchange, Response

BODY = {"content": {"application/json": {"schema": {"type": "object", "properties": {"title": {"type": "string"}}}}}}


class Versioned:
    """Answers everything with an ETag."""

    def __init__(self):
        self.asked = []

    async def send(self, request, *, as_, purpose="", cell=None, credentials=None):
        self.asked.append(request.target)
        return Exchange(1, request, Response(200, (("ETag", '"v7"'),), b"{}"), account=as_)


@pytest.fixture
def produced(specify):
    paths = {
        "/projects": {"get": {}, "post": {"requestBody": BODY}},
        "/projects/{id}": {"get": {}, "put": {"requestBody": BODY}},
        "/projects/{id}/lock": {"post": {}},
        "/tickets": {"post": {"requestBody": BODY}},
    }
    graph = graphs.build(specify(paths))
    memory, server = Memory(), Versioned()
    thing = Thing("ann/project/1", "http://h/projects", "ann", "created", "read", 7, {"id": 7})
    thing.chain = {"http://h/projects": 7}
    memory.add(thing)
    courier = Courier(server, requests=9, seconds=9.0, width=1)

    def make(name, account="ann"):
        endpoint = next(e for e in graph.endpoints.values() if e.name == name)
        return Produced(graph, memory, Places(graph, memory, frozenset()), courier, endpoint, account)

    make.graph, make.thing, make.server = graph, thing, server
    return make


def test_an_undeclared_place_is_learnt_by_its_name(produced):
    one = produced("POST /tickets")
    assert asyncio.run(one(Place("body", "project_id"), [])) == 7
    assert Place("body", "project_id") in [hole.place for hole in produced.graph.holes["POST http://h/tickets"]]


def test_what_was_tried_is_not_given_again(produced):
    assert asyncio.run(produced("POST /tickets")(Place("body", "projectId"), [7])) is None


def test_a_link_is_given_where_one_is_asked_for(produced):
    one = produced("POST /tickets")
    assert asyncio.run(one(Place("body", "project"), [], "link")) == "http://h/projects/7"
    produced.thing.leaves["url"] = "http://other/projects/7/"
    assert asyncio.run(one(Place("body", "project"), [], "link")) == "http://other/projects/7/"


@pytest.mark.parametrize("name", ["PUT /projects/{id}", "POST /projects/{id}/lock"])
def test_the_version_is_read_where_the_object_is(produced, name):
    call = Call(endpoint="x", path={"id": 7})
    assert asyncio.run(produced(name).version(call)) == '"v7"'
    assert produced.server.asked == ["/projects/7"]


def test_a_word_that_names_nothing_is_looked_for_in_what_we_made(produced):
    produced.thing.leaves["voucher"] = "gwabc"
    assert asyncio.run(produced("POST /tickets")(Place("body", "voucher"), ["x"])) == "gwabc"
