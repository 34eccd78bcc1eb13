from __future__ import annotations

from starlette.responses import JSONResponse

TEXT = {"type": "string"}


def _with_receipts(api, table, *, back=True, shared=False):
    """Bookings that get a receipt (and a courier) of the server's making, which only `GET /receipts/{receipt_id}` shows."""
    bookings = api.table(table("/bookings", {"note": TEXT}, ["note"], methods="POST GET LIST"))
    plain = api._created

    def created(kind, request, key, row):
        row["receiptId"] = "r-1" if shared else f"r-{key}"
        return plain(kind, request, key, row)

    async def receipt(request):
        name = request.path_params["receipt_id"]
        key = min(bookings.rows, default="") if shared else name.removeprefix("r-")
        row = bookings.rows.get(key)
        if row is None or row["_owner"] != request.state.who:
            return JSONResponse({"error": "not found"}, 404)
        return JSONResponse({"receipt_id": name, "paid": 7, **({"booking": row["id"]} if back else {})})

    api._created = created
    api.add("/receipts/{receipt_id}", {"get": {}}, receipt)


def _receipts(out, owner):
    return [o for o in out.knowledge.objects if o.resource == "receipt" and o.owner == owner]


def test_what_comes_with_an_object_of_ours_is_ours_and_is_only_read(api, serve, table):
    _with_receipts(api, table)
    out = serve(api).run()
    for owner in ("alice", "bob"):
        found = _receipts(out, owner)
        assert found and {o.origin for o in found} == {"learned"}
        assert {o.parent.partition("/")[0] for o in found} == {owner}
    assert out.knowledge.sample(out.named("GET /receipts/{receipt_id}"), "alice") is not None
    assert not {o.id for o in _receipts(out, "alice")} & {o.id for o in _receipts(out, "bob")}


def test_what_says_nothing_of_the_object_may_be_anybody_s(api, serve, table):
    _with_receipts(api, table, back=False)
    assert _receipts(serve(api).run(), "alice") == []


def test_what_serves_many_belongs_to_none_of_them(api, serve, table):
    _with_receipts(api, table, shared=True)
    assert _receipts(serve(api).run(), "alice") == []
