from __future__ import annotations

from gatewright.explore.cleanup import clean_up

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}


def test_objects_of_both_peers_are_made_read_and_named(api, serve, table):
    api.table(table("/orders", {"note": TEXT, "count": WHOLE}, ["note"]))
    out = serve(api).run()
    for owner in ("alice", "bob"):
        made = out.made(owner, "order")
        assert [o.slot for o in made] == ["read", "change", "delete", "spare"]
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            assert made[0].reference(out.named(f"{method} /orders/{{id}}")).confirmed
        assert made[0].markers
    assert out.knowledge.unreached == {}
    assert {(s.endpoint, s.account) for s in out.knowledge.samples if s.account != "anon"} == {
        (e, a) for e in out.knowledge.endpoints for a in ("alice", "bob")
    }


def test_clean_up_leaves_the_server_as_it_was(api, serve, table):
    api.table(table("/orders", {"note": TEXT}, ["note"]))
    api.table(table("/orders/{id}/lines", {"text": TEXT}, ["text"], parameter="line_id"))
    before = api.state()

    async def clean(out):
        assert api.state() != before
        left = await clean_up(out.sessions, out.knowledge.endpoints, out.ledger)
        assert left == []

    serve(api).run(clean)
    assert api.state() == before
