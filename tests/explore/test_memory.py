from __future__ import annotations

from gatewright.explore.answers import read
from gatewright.explore.memory import Memory, Thing, id_candidates, leaves_of
from gatewright.explore.words import Vocabulary
from gatewright.model.call import Call
from gatewright.model.http import Exchange, Request, Response

USUAL = Vocabulary()


def _thing(key, owner="alice", resource="r", **more):
    return Thing(key, resource, owner, "created", "read", **more)


def _reply(body=b"{}"):
    return read(Exchange(1, Request("GET", "http://h", "/"), Response(200, (), body)))


def test_owned_leaves_out_what_is_gone_and_of_others():
    memory = Memory()
    for thing in (_thing("1"), _thing("2", gone=True), _thing("3", owner="bob"), _thing("4", resource="s")):
        memory.add(thing)
    assert [t.key for t in memory.owned("alice", "r")] == ["1"]


def test_seen_items_are_bounded_and_not_repeated():
    memory = Memory()
    memory.see("r", "alice", [_thing(str(i), id=i % 50) for i in range(200)])
    assert len(memory.seen["r", "alice"]) == 20


def test_the_shallowest_leaf_of_a_name():
    thing = _thing("1", leaves={"owner.id": 3, "data.id": 7, "data.owner.id": 1, "user_id": 9})
    assert thing.leaf("id") in (3, 7)
    assert thing.leaf("userId") == 9
    assert thing.leaf("nothing") is None


def test_ids_by_name_then_by_what_the_server_made():
    body = {"data": {"ref": "A-1", "order_id": 5, "id": 9, "total": 1200}, "count": 1}
    assert [name for _, name, _ in id_candidates(body, "", "order", USUAL)][:2] == ["data.id", "data.order_id"]
    assert id_candidates(body, "ref", "order", USUAL)[0][1:] == ("data.ref", "A-1")
    made = id_candidates({"vop": 71, "size": 3}, "", "x", USUAL, sent=frozenset({"3"}))
    assert made[0][1] == "vop"
    assert id_candidates({"text": "no id here", "ok": True}, "", "x", USUAL) == []


def test_a_later_sample_replaces_an_earlier_one():
    memory = Memory()
    call = Call(endpoint="e")
    memory.sample("e", "alice", call, _reply(), made="alice/r/1")
    memory.sample("e", "alice", call, _reply(b"[]"))
    assert memory.samples["e", "alice"].made == "alice/r/1"
    assert memory.samples["e", "alice"].exchange.response.body == b"[]"
    assert memory.sampled("e")


def test_why_not():
    memory = Memory()
    memory.refuse("make", "403", higher=True)
    memory.because("delete", "no order", ("make",))
    memory.because("other", "no order", ())
    assert memory.why == {"make": "403", "delete": "no order: 403", "other": "no order"}
    assert memory.higher == {"make"}


def test_own_leaves_come_from_answers_that_name_the_account():
    memory = Memory()
    memory.identity["alice"] = {"username": "alice"}
    memory.sample("me", "alice", Call(endpoint="me"), _reply(b'{"username": "alice", "role": "user"}'))
    memory.sample("list", "alice", Call(endpoint="list"), _reply(b'{"items": [{"role": "admin"}]}'))
    assert memory.own_leaves("alice") == {"username": "alice", "role": "user"}


def test_leaves_of_wrappers_and_lists():
    assert leaves_of({"a": {"b": 1}, "c": [{"d": 2}, {"d": 3}], "e": None}) == {"a.b": 1, "c[0].d": 2}
