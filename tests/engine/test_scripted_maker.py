from __future__ import annotations

import asyncio

from gatewright.engine.scripted_maker import ScriptedMaker
from gatewright.model.knowledge import Knowledge, OwnedObject


def _object(key: str, resource: str) -> OwnedObject:
    return OwnedObject(key=key, resource=resource, owner="alice", origin="created")


def test_each_kept_object_is_handed_out_once_to_its_owner_and_by_its_kind():
    first, second = _object("alice/order/8", "order"), _object("alice/note/9", "note")
    maker = ScriptedMaker({"alice": [first, second]})

    def fresh(resource: str, owner: str) -> OwnedObject | None:
        return asyncio.run(maker.fresh(Knowledge(), _object("alice/x/1", resource), owner=owner))

    assert fresh("order", "bob") is None
    assert fresh("note", "alice") is second
    assert fresh("order", "alice") is first
    assert fresh("order", "alice") is None
