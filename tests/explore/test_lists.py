from __future__ import annotations

import json

import pytest

from gatewright.explore.answers import read
from gatewright.explore.graph import build
from gatewright.explore.lists import Lists, partial
from gatewright.explore.memory import Memory, Thing
from gatewright.model.http import Exchange, Request, Response

ORDERS = "http://h/orders"


@pytest.fixture
def known(specify):
    specification = specify({"/orders": {"get": {}}, "/orders/{order_id}": {"get": {}}, "/shared/{token}": {"get": {}}})
    graph, memory = build(specification), Memory()
    return specification.endpoints[0], memory, Lists(graph, memory)


def _reply(body):
    return read(Exchange(1, Request("GET", "http://h", "/"), Response(200, (), json.dumps(body).encode())))


def test_items_that_only_one_account_sees_are_its_own(known):
    endpoint, memory, lists = known
    lists.see(endpoint, "alice", _reply({"data": [{"id": 1}, {"id": 2}, {"id": 3}]}))
    lists.see(endpoint, "bob", _reply({"data": [{"id": 3}, {"id": 4}]}))
    memory.add(Thing("alice/order/1", ORDERS, "alice", "created", "read", 1))
    assert [t.id for t in lists.learned("alice", ("bob", "anon"))] == [2]
    assert [t.id for t in lists.learned("bob", ("alice", "anon"))] == [4]


def test_an_empty_list_is_a_list_and_a_refusal_is_none(known):
    endpoint, _, lists = known
    lists.see(endpoint, "alice", _reply([{"id": 1}]))
    assert lists.learned("alice", ("bob",)) == []
    lists.see(endpoint, "bob", _reply([]))
    assert [t.id for t in lists.learned("alice", ("bob",))] == [1]


def test_a_list_with_more_pages_proves_nothing(known):
    endpoint, _, lists = known
    lists.see(endpoint, "alice", _reply([{"id": 1}]))
    lists.see(endpoint, "bob", _reply({"items": [{"id": 2}], "next": "/orders?page=2"}))
    assert lists.learned("alice", ("bob",)) == []
    assert lists.learned("bob", ("alice",)) == []


@pytest.mark.parametrize(
    ("body", "more"),
    [
        ({"items": [], "next": None}, False),
        ({"items": [], "next": "/x"}, True),
        ({"items": [1], "total": 1}, False),
        ({"items": [1], "meta": {"totalCount": 9}}, True),
        ({"items": [1], "has_more": True}, True),
        ([1], False),
    ],
)
def test_partial(body, more):
    assert partial(body, 1) is more


def test_links_of_any_answer_are_kept_for_reading(known):
    _, memory, lists = known
    lists.harvest("alice", _reply({"grovu": "/shared/Zk3m", "other": "/elsewhere/1"}))
    assert [t.id for t in memory.seen["http://h/shared", "alice"]] == ["Zk3m"]
    assert len(memory.seen) == 1


def test_a_list_read_to_its_end_is_whole(known):
    endpoint, _, lists = known
    lists.see(endpoint, "alice", _reply({"items": [{"id": 1}, {"id": 2}], "total": 3}))
    lists.see(endpoint, "bob", _reply({"items": [{"id": 9}], "total": 1}))
    assert lists.learned("alice", ("bob",)) == []
    assert lists.unfinished(("alice", "bob")) == [(endpoint.id, "alice")]
    assert not lists.see_more(endpoint, "alice", _reply({"items": [{"id": 3}], "total": 3}))
    assert [t.id for t in lists.learned("alice", ("bob",))] == [1, 2, 3]


def test_a_list_that_goes_on_and_on_stays_unfinished(known):
    endpoint, _, lists = known
    lists.see(endpoint, "alice", _reply({"items": [{"id": 1}], "total": 30}))
    assert lists.see_more(endpoint, "alice", _reply({"items": [{"id": 2}], "total": 30}))
    assert lists.unfinished(("alice",)) == [(endpoint.id, "alice")]
