from __future__ import annotations

import msgspec

from gatewright.explore.ledger import Entry, Ledger
from gatewright.model.call import Call

CREATE = Call(endpoint="POST http://h/orders", body={"note": "gwabc"})
REMOVE = Call(endpoint="DELETE http://h/orders/{id}", path={"id": 7})


def test_every_change_is_saved_before_anything_else_happens():
    saved = []
    ledger = Ledger(saved.append)
    entry = ledger.intend(CREATE, account="alice", what="order of alice", markers=("gwabc",))
    assert [(e.number, e.state) for e in saved] == [(1, "intended")]
    ledger.made(entry, remove=REMOVE)
    assert (saved[-1].state, saved[-1].remove) == ("made", REMOVE)
    ledger.gone(entry)
    assert [e.state for e in saved] == ["intended", "made", "gone"]
    assert ledger.standing == []


def test_what_was_refused_is_not_there():
    ledger = Ledger()
    ledger.void(ledger.intend(CREATE, account="alice", what="x"))
    assert ledger.standing == []


def test_a_killed_process_goes_on_from_what_was_saved():
    saved = {}
    first = Ledger(lambda entry: saved.__setitem__(entry.number, msgspec.json.encode(entry)))
    first.made(first.intend(CREATE, account="alice", what="a"), remove=REMOVE)
    first.intend(CREATE, account="bob", what="b")
    second = Ledger(entries=[msgspec.json.decode(raw, type=Entry) for raw in saved.values()])
    assert [(e.number, e.account, e.state) for e in second.standing] == [(2, "bob", "intended"), (1, "alice", "made")]
    assert second.stand == 2
    assert second.intend(CREATE, account="bob", what="c").number == 3
    assert second.stand == 3 == len(second.standing)


def test_a_later_word_keeps_what_was_known():
    ledger = Ledger()
    entry = ledger.intend(CREATE, account="alice", what="x", remove=REMOVE)
    assert ledger.made(entry).remove == REMOVE


def test_what_one_call_removes_is_gone_by_any_name():
    ledger = Ledger()
    by_test = ledger.intend(REMOVE, account="bob", what="created at POST /orders", kind="value", remove=REMOVE)
    ledger.made(ledger.intend(CREATE, account="alice", what="order of alice"), remove=REMOVE)
    spelled = msgspec.structs.replace(REMOVE, path={"id": "7"})  # an id read out of a text
    other = ledger.intend(
        CREATE, account="alice", what="another", remove=msgspec.structs.replace(REMOVE, path={"id": 8})
    )
    ledger.made(by_test, remove=spelled)
    ledger.gone(by_test)
    assert ledger.standing == [other]


def test_one_change_put_back_says_nothing_of_another():
    ledger = Ledger()
    first, second = (
        ledger.intend(CREATE, account="alice", what=what, kind="value", remove=CREATE) for what in ("one", "two")
    )
    ledger.gone(first)
    assert ledger.standing == [second]
