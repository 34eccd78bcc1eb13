from __future__ import annotations

import pytest
from starlette.responses import Response

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
LISTED = {"type": "array", "items": WHOLE}


def _removal(api, table, path, method, *, wipes=False):
    """Notes, and an endpoint that removes those that a list names; `wipes`: all of the caller's, whatever it names."""
    notes = api.table(table("/notes", {"text": TEXT}, ["text"], parameter="note_id", methods="POST GET LIST DELETE"))

    async def remove(request):
        ids = request.query_params.getlist("note_ids") if method == "delete" else (await request.json())["note_ids"]
        for key, row in list(notes.rows.items()):
            if row["_owner"] == request.state.who and (wipes or key in {str(one) for one in ids}):
                del notes.rows[key]
        return Response(status_code=204)

    body = {"type": "object", "properties": {"note_ids": LISTED}, "required": ["note_ids"]}
    asked = {
        "post": {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}},
        "delete": {"parameters": [{"name": "note_ids", "in": "query", "schema": LISTED}]},
    }
    api.add(path, {method: asked[method]}, remove)
    return notes


@pytest.mark.parametrize(("path", "method"), [("/notes/bulk-delete", "post"), ("/notes", "delete")])
def test_one_object_of_its_own_is_named_and_nothing_else_goes(api, serve, table, path, method):
    notes = _removal(api, table, path, method)
    people = {"alice": "user", "bob": "user", "vera": "user"}
    out = serve(api).run(names=people, throwaway=frozenset({"vera"}))
    name = out.named(f"{method.upper()} {path}")
    assert {sample.account for sample in out.knowledge.samples_of(name)} >= {"vera", "alice", "bob"}
    kept = {str(o.id) for owner in people for o in out.made(owner, "note")}
    assert kept and kept <= notes.rows.keys()


@pytest.mark.parametrize(("path", "method"), [("/notes/bulk-delete", "post"), ("/notes", "delete")])
def test_what_removes_more_than_it_is_told_is_tried_once_by_an_account_of_ours(api, serve, table, path, method):
    notes = _removal(api, table, path, method, wipes=True)
    people = {"alice": "user", "bob": "user", "vera": "user"}
    out = serve(api).run(names=people, throwaway=frozenset({"vera"}))
    name = out.named(f"{method.upper()} {path}")
    assert not out.knowledge.samples_of(name)
    assert out.knowledge.unreached[name] == "it removed more than what was named"
    assert {who for used, where, who in api.log if where == path and used == method.upper()} == {"vera"}
    assert {str(o.id) for owner in ("alice", "bob") for o in out.made(owner, "note")} <= notes.rows.keys()


def test_without_such_an_account_a_collection_is_not_deleted_from(api, serve, table):
    _removal(api, table, "/notes", "delete")
    out = serve(api).run(names={"alice": "user", "bob": "user"})
    assert not [one for one in api.log if one[0] == "DELETE" and one[1] == "/notes"]
    assert "only what is ours" in out.knowledge.unreached[out.named("DELETE /notes")]
