from __future__ import annotations

from starlette.responses import JSONResponse

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}


def body(properties, required=()):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def test_present_values_are_written_and_nothing_moves(api, serve):
    async def me(request):
        own = api.people[request.state.who]
        if request.method == "PATCH":
            own.update(await request.json())
        return JSONResponse(own)

    api.add("/account", {"get": {}, "patch": body({"email": TEXT, "city": TEXT, "nick": TEXT}, ["city"])}, me)
    before = api.state()
    out = serve(api).run()
    assert api.state() == before
    assert out.knowledge.sample(out.named("PATCH /account"), "alice").call.body["city"] == "Oslo-alice"
    assert [e.kind for e in out.ledger.entries] == ["value", "value"]


def test_a_configured_account_is_never_made_to_change_how_it_logs_in(api, serve):
    async def me(request):
        raise AssertionError("must not be called")

    async def show(request):
        return JSONResponse(api.people[request.state.who])

    api.add("/account", {"put": body({"city": TEXT, "password": TEXT}, ["city", "password"])}, me)
    api.add("/account", {"get": {}}, show)
    out = serve(api).run()
    why = out.knowledge.unreached[out.named("PUT /account")]
    assert why == "it wants password, and would change how bob logs in"


def test_what_no_answer_shows_is_not_overwritten(api, serve):
    async def show(request):
        return JSONResponse(api.people[request.state.who])

    async def never(request):
        raise AssertionError("must not be called")

    api.add("/account", {"put": body({"city": TEXT, "phone": TEXT}, ["city", "phone"])}, never)
    api.add("/account", {"get": {}}, show)
    out = serve(api).run()
    assert "could not be put back" in out.knowledge.unreached[out.named("PUT /account")]


def test_accounts_of_ours_are_changed_first_and_teach_the_recipe(api, serve):
    async def me(request):
        own = api.people[request.state.who]
        if request.method == "PUT":
            sent = await request.json()
            if "reason" not in sent:
                return JSONResponse({"errors": [{"field": "reason", "message": "is required"}]}, 400)
            own["city"] = sent["city"]
        return JSONResponse(own)

    api.add("/account", {"get": {}, "put": body({"city": TEXT}, ["city"])}, me)
    names = {"alice": "user", "bob": "user", "vera": "user"}
    out = serve(api).run(names=names, throwaway=frozenset({"vera"}))
    puts = [row for row in api.log if row[0] == "PUT"]
    assert puts[0][2] == "vera"
    assert "reason" in out.knowledge.sample(out.named("PUT /account"), "alice").call.body
    assert api.people["alice"]["city"] == "Oslo-alice"


def test_a_setting_of_everybody_is_not_a_change_of_oneself(api, serve):
    async def never(request):
        raise AssertionError("must not be called")

    async def settings(request):
        return JSONResponse({"theme": "dark", "title": "shop"})

    api.add("/settings", {"put": body({"theme": TEXT, "title": TEXT})}, never)
    api.add("/settings", {"get": {}}, settings)
    out = serve(api).run()
    assert "mode" in out.knowledge.unreached[out.named("PUT /settings")]


def test_what_a_new_account_has_not_filled_in_is_filled_in_on_ours_alone(api, serve):
    async def me(request):
        own = api.people[request.state.who]
        if request.method == "PUT":
            sent = await request.json()
            if not sent.get("city"):
                errors = [{"field": "city", "message": "should have at least 1 character"}]
                return JSONResponse({"errors": errors}, 422)
            own["city"] = sent["city"]
        return JSONResponse(own)

    api.add("/account", {"get": {}, "put": body({"city": TEXT}, ["city"])}, me)
    for person in api.people.values():
        person["city"] = ""
    names = {"alice": "user", "bob": "user", "vera": "user"}
    out = serve(api).run(names=names, throwaway=frozenset({"vera"}))
    put = out.named("PUT /account")
    assert out.knowledge.sample(put, "vera").call.body["city"]
    assert out.knowledge.sample(put, "alice") is None
    assert api.people["alice"]["city"] == ""
