from __future__ import annotations

from starlette.responses import JSONResponse, Response

PICTURE = {"type": "string", "format": "binary"}
RAW = {"requestBody": {"required": True, "content": {"image/png": {"schema": PICTURE}}}}
PART = {"type": "object", "properties": {"avatar": PICTURE}, "required": ["avatar"]}
PARTS = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": PART}}}}


def at(api, kept, operations, path="/account/avatar"):
    """Serves the account, and one file of each account below it."""

    async def show(request):
        return JSONResponse(api.people[request.state.who])

    async def avatar(request):
        who = request.state.who
        if request.method == "PUT":
            kept[who] = await request.body()
            return Response(status_code=204)
        if request.method == "DELETE":
            kept.pop(who, None)
            return Response(status_code=204)
        if who not in kept:
            return JSONResponse({"error": "no picture"}, 404)
        return Response(kept[who], media_type="image/png")

    api.add("/account", {"get": {}}, show)
    api.add(path, operations, avatar)


def test_what_was_there_is_sent_again(api, serve):
    kept = {"alice": b"\x89PNG alice", "bob": b"\x89PNG bob"}
    at(api, kept, {"get": {}, "put": RAW})
    out = serve(api).run()
    put = out.named("PUT /account/avatar")
    assert out.knowledge.sample(put, "alice").call.raw.startswith(b"\x89PNG\r\n")
    entry = next(e for e in out.ledger.entries if e.create.endpoint == put and e.account == "alice")
    assert (entry.kind, entry.state, entry.remove.raw) == ("value", "made", b"\x89PNG alice")
    assert entry.remove.content_type == "image/png"


def test_where_nothing_was_it_is_removed(api, serve):
    kept: dict[str, bytes] = {}
    at(api, kept, {"get": {}, "put": PARTS, "delete": {}})
    out = serve(api).run()
    put, delete = out.named("PUT /account/avatar"), out.named("DELETE /account/avatar")
    assert out.knowledge.sample(put, "alice") is not None
    removals = {e.remove.endpoint for e in out.ledger.entries if e.create.endpoint == put and e.remove is not None}
    assert removals == {delete}


def test_what_could_not_be_put_back_is_not_replaced(api, serve):
    kept: dict[str, bytes] = {}
    at(api, kept, {"get": {}, "put": RAW})
    out = serve(api).run()
    assert kept == {}
    assert "could be put back" in out.knowledge.unreached[out.named("PUT /account/avatar")]


def test_a_file_of_everybody_is_not_replaced(api, serve):
    kept = {"alice": b"\x89PNG", "bob": b"\x89PNG"}
    at(api, kept, {"get": {}, "put": RAW}, path="/shop/banner")
    out = serve(api).run()
    assert kept == {"alice": b"\x89PNG", "bob": b"\x89PNG"}
    assert "changes only what is ours" in out.knowledge.unreached[out.named("PUT /shop/banner")]
