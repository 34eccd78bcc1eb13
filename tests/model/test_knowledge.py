from __future__ import annotations

import msgspec

from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.http import Exchange, Request
from gatewright.model.knowledge import Knowledge, OwnedObject, Reference, Sample

PATH, QUERY = Place("path", "id"), Place("query", "id")


def _object(key: str, owner: str, *endpoints: str, slot: str = "read") -> OwnedObject:
    references = tuple(Reference(endpoint=e, place=p, values=((p, 7),)) for e in endpoints for p in (PATH, QUERY))
    return OwnedObject(key=key, resource="note", owner=owner, origin="created", slot=slot, references=references)


def test_how_an_endpoint_names_an_object() -> None:
    note = _object("alice/note/1", "alice", "A", "B")
    first, second = note.reference("B"), note.reference("B", QUERY)
    assert first is not None
    assert second is not None
    assert (first.endpoint, first.place, second.place) == ("B", PATH, QUERY)
    assert note.reference("C") is None
    assert note.reference("A", Place("path", "other")) is None


def test_objects_of_an_account_that_an_endpoint_names_in_the_order_they_were_made() -> None:
    objects = (
        _object("1", "alice", "A"),
        _object("2", "bob", "A"),
        _object("3", "alice", "B"),
        _object("4", "alice", "A", slot="delete"),
    )
    knowledge = Knowledge(objects=objects)
    assert [o.key for o in knowledge.owned("alice", "A")] == ["1", "4"]
    assert [o.key for o in knowledge.owned("alice", "A", "delete")] == ["4"]
    assert knowledge.owned("nobody", "A") == []
    assert [o.key for o in knowledge.named_by("A")] == ["1", "2", "4"]
    assert list(knowledge.named_by("C")) == []
    more = msgspec.structs.replace(knowledge, objects=(*objects, _object("5", "alice", "A")))
    assert [o.key for o in more.named_by("A")] == ["1", "2", "4", "5"], "a copy looks for itself"
    assert msgspec.json.decode(msgspec.json.encode(more), type=Knowledge) == more


def test_the_sample_of_an_account() -> None:
    exchange = Exchange(1, Request("GET", "http://h", "/a"), None)
    samples = tuple(
        Sample(endpoint="A", account=name, call=Call(endpoint="A"), exchange=exchange) for name in ("alice", "bob")
    )
    knowledge = Knowledge(samples=samples)
    assert knowledge.sample("A", "bob") is samples[1]
    assert knowledge.sample("A", "eve") is None
    assert knowledge.sample("B", "bob") is None
    assert list(knowledge.samples_of("A")) == list(samples)
    assert list(knowledge.samples_of("B")) == []
