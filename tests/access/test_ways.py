from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, RedirectResponse, Response

from gatewright.access.located import located
from gatewright.access.ways import identity_for
from gatewright.model.account import Account, Credential
from gatewright.model.endpoint import Place
from gatewright.model.http import Request
from gatewright.model.secret import Secret

if TYPE_CHECKING:
    from conftest import Api, Handler, Play, World

Profile = Callable[[Callable[[Incoming], str | None]], "Handler"]
PEOPLE = {"alice": "alice-pw-11", "bob": "bob-pw-2222"}
BEARER = {"bearer": {"type": "http", "scheme": "bearer"}}


async def form_of(request: Incoming) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}


def token_login(issue: Callable[[str], Response], *, form: bool = False, user: str = "username") -> Handler:
    async def login(request: Incoming) -> Response:
        sent = await form_of(request) if form else await request.json()
        if PEOPLE.get(sent.get(user, "")) != sent.get("password"):
            return JSONResponse({"message": "bad credentials"}, 401)
        return issue(sent[user])

    return login


def check(play: Play, api: Api, account: Account, how: str, *, count: dict[str, int] | None = None) -> None:
    """The account gets in, by this way, and its requests are its own."""

    async def scenario(world: World) -> None:
        sessions = world.sessions(account)
        (state,) = await sessions.open()
        assert (state.login, state.how) == ("ok", how)
        exchange = await sessions.send(Request("GET", world.url, "/me"), as_=account.name)
        assert exchange.response is not None
        assert exchange.response.status == 200
        for endpoint, most in (count or {}).items():
            assert api.count(endpoint) <= most

    play(api, scenario)


def test_form(api: Api, play: Play, profile: Profile, alice: Account) -> None:
    owner: dict[str, str] = {}

    def issue(name: str) -> Response:
        token = secrets.token_hex(20)
        owner[token] = name
        return JSONResponse({"access_token": token, "token_type": "bearer"})

    api.on(
        "POST /login",
        token_login(issue, form=True),
        body=["username", "password"],
        media="application/x-www-form-urlencoded",
    )
    api.on("GET /me", profile(lambda r: owner.get(r.headers.get("authorization", "").removeprefix("Bearer "))))
    check(play, api, alice, "POST /login → json:/access_token → Authorization: Bearer, checked at GET /me")


def test_a_body_type_that_the_document_gets_wrong(api: Api, play: Play, profile: Profile, alice: Account) -> None:
    owner: dict[str, str] = {}

    async def login(request: Incoming) -> Response:
        if "json" in request.headers["content-type"]:
            return JSONResponse({}, 415)
        sent = await form_of(request)
        if PEOPLE.get(sent["username"]) != sent["password"]:
            return JSONResponse({"message": "bad"}, 401)
        owner["t" * 8 + sent["username"] * 4] = sent["username"]
        return JSONResponse({"token": "t" * 8 + sent["username"] * 4})

    api.on("POST /login", login, body=["username", "password"])
    api.on("GET /me", profile(lambda r: owner.get(r.headers.get("authorization", "").removeprefix("Bearer "))))
    check(play, api, alice, "POST /login → json:/token → Authorization: Bearer, checked at GET /me")


NESTED: list[tuple[str, Callable[[str], Response], str, str, str]] = [
    ("nested", lambda t: JSONResponse({"data": {"auth": {"jwt": t}}}), "Bearer ", "Authorization", "json:/data/auth/jwt → Authorization: Bearer"),
    ("header", lambda t: JSONResponse({"ok": True}, headers={"X-Auth-Token": t}), "", "X-Auth-Token", "x-auth-token"),
    ("header with scheme", lambda t: JSONResponse({"ok": True}, headers={"Authorization": f"Bearer {t}"}), "Bearer ", "Authorization", "header:authorization → Authorization: Bearer"),
    ("raw", lambda t: JSONResponse({"token": t}), "", "Authorization", "json:/token → Authorization"),
    ("word", lambda t: JSONResponse({"token": t}), "Token ", "Authorization", "json:/token → Authorization: Token"),
    ("scheme in the value", lambda t: JSONResponse({"token": f"Bearer {t}"}), "Bearer ", "Authorization", "json:/token → Authorization: Bearer"),
    ("own header", lambda t: JSONResponse({"token": t}), "", "X-Access-Token", "json:/token → X-Access-Token"),
    ("unnamed", lambda t: JSONResponse({"result": ["ok", t]}), "Bearer ", "Authorization", "json:/result/1 → Authorization: Bearer"),
    ("bare string", lambda t: JSONResponse(t), "Bearer ", "Authorization", "json: → Authorization: Bearer"),
    ("plain text", lambda t: Response(t, media_type="text/plain"), "Bearer ", "Authorization", "json: → Authorization: Bearer"),
    ("decoy", lambda t: JSONResponse({"key": "public-app-key-000000000", "refresh_token": "r" * 30, "token": t}), "Bearer ", "Authorization", "json:/token → Authorization: Bearer"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "answer", "prefix", "header", "how"), NESTED, ids=[row[0] for row in NESTED])
def test_tokens_wherever_they_stand_and_wherever_they_go(
    api: Api,
    play: Play,
    profile: Profile,
    alice: Account,
    kind: str,
    answer: Callable[[str], Response],
    prefix: str,
    header: str,
    how: str,
) -> None:
    owner: dict[str, str] = {}

    def issue(name: str) -> Response:
        token = secrets.token_urlsafe(24)
        owner[token] = name
        return answer(token)

    def who(request: Incoming) -> str | None:
        value = request.headers.get(header, "")
        return owner.get(value[len(prefix) :]) if value.startswith(prefix) else None

    api.on("POST /login", token_login(issue), body=["username", "password"])
    api.on("GET /me", profile(who))
    check(play, api, alice, f"POST /login → {how}, checked at GET /me")


def test_a_token_in_the_query(api: Api, play: Play, profile: Profile, alice: Account) -> None:
    owner: dict[str, str] = {}

    def issue(name: str) -> Response:
        token = secrets.token_urlsafe(24)
        owner[token] = name
        return JSONResponse({"sessionid": token})

    api.schemes["key"] = {"type": "apiKey", "in": "query", "name": "sessionid"}
    api.on("POST /login", token_login(issue), body=["username", "password"])
    api.on("GET /me", profile(lambda r: owner.get(r.query_params.get("sessionid", ""))), secured=True)
    check(play, api, alice, "POST /login → json:/sessionid → query sessionid, checked at GET /me")


def test_credentials_sent_in_the_query(api: Api, play: Play, profile: Profile, alice: Account) -> None:
    owner: dict[str, str] = {}

    async def login(request: Incoming) -> Response:
        if PEOPLE.get(request.query_params["username"]) != request.query_params["password"]:
            return JSONResponse({"message": "bad"}, 400)
        owner["logged-in-session-1699"] = request.query_params["username"]
        return JSONResponse("logged in", headers={"X-Session-Token": "logged-in-session-1699"})

    both = [
        {"name": n, "in": "query", "required": True, "schema": {"type": "string"}} for n in ("username", "password")
    ]
    api.on("GET /user/login", login, parameters=both)
    api.on("GET /me", profile(lambda r: owner.get(r.headers.get("X-Session-Token", ""))))
    check(play, api, alice, "GET /user/login → x-session-token, checked at GET /me")


def test_an_identity_inside_an_object_and_as_e_mail(api: Api, play: Play, profile: Profile) -> None:
    owner: dict[str, str] = {}

    async def login(request: Incoming) -> Response:
        sent = (await request.json())["user"]
        if sent != {"email": "a@example.com", "password": "alice-pw-11"}:
            return JSONResponse({"errors": {"body": ["no"]}}, 422)
        owner["tok-" + "9z" * 10] = "alice"
        return JSONResponse({"user": {"email": "a@example.com", "token": "tok-" + "9z" * 10}})

    inner = {
        "type": "object",
        "required": ["email", "password"],
        "properties": {"email": {"type": "string"}, "password": {"type": "string"}},
    }
    api.on("POST /users/login", login, body={"type": "object", "required": ["user"], "properties": {"user": inner}})
    api.on("GET /user", profile(lambda r: owner.get(r.headers.get("authorization", "").removeprefix("Token "))))
    api.on("GET /me", profile(lambda r: owner.get(r.headers.get("authorization", "").removeprefix("Token "))))
    account = Account(name="alice", username="alice", password=Secret("alice-pw-11"), identity=("a@example.com",))
    check(play, api, account, "POST /users/login → json:/user/token → Authorization: Token, checked at GET /me")


def oauth(owner: dict[str, str], *, client_in_body: bool = False) -> Handler:
    async def token(request: Incoming) -> Response:
        sent = await form_of(request)
        given = request.headers.get("authorization", "")
        client = base64.b64decode(given.removeprefix("Basic ")).decode() if given else ""
        if client_in_body:
            client = f"{sent.get('client_id', '')}:{sent.get('client_secret', '')}"
        name = None
        if sent.get("grant_type") == "password" and PEOPLE.get(sent["username"]) == sent["password"]:
            name = sent["username"]
        elif sent.get("grant_type") == "client_credentials" and client == "bob-client:bob-client-secret-1":
            name = "bob"
        if name is None:
            return JSONResponse({"error": "invalid_client"}, 401)
        value = secrets.token_urlsafe(24)
        owner[value] = name
        return JSONResponse({"access_token": value, "token_type": "Bearer", "expires_in": 3600})

    return token


def flows(name: str) -> dict[str, Any]:
    return {"oauth": {"type": "oauth2", "flows": {name: {"tokenUrl": "/token", "scopes": {}}}}}


def test_oauth2_password(api: Api, play: Play, profile: Profile, alice: Account) -> None:
    owner: dict[str, str] = {}
    api.schemes.update(flows("password"))
    api.on("POST /token", oauth(owner), documented=False)
    api.on(
        "GET /me",
        profile(lambda r: owner.get(r.headers.get("authorization", "").removeprefix("Bearer "))),
        secured=True,
    )
    how = "OAuth2 password at /token → json:/access_token → Authorization: Bearer, checked at GET /me"
    check(play, api, alice, how)


@pytest.mark.parametrize("in_body", [False, True])
def test_oauth2_client_credentials(api: Api, play: Play, profile: Profile, in_body: bool) -> None:
    owner: dict[str, str] = {}
    api.on("POST /oauth/token", oauth(owner, client_in_body=in_body), documented=False)
    api.on("GET /me", profile(lambda r: owner.get(r.headers.get("authorization", "").removeprefix("Bearer "))))
    options = {
        "grant": "client_credentials",
        "client_id": "bob-client",
        "client_secret": "bob-client-secret-1",
        "token_url": "/oauth/token",
    }
    how = "OAuth2 client_credentials at /oauth/token → json:/access_token → Authorization: Bearer, checked at GET /me"
    check(play, api, Account(name="bob", oauth2=options), how)


def test_http_basic(api: Api, play: Play, profile: Profile, alice: Account) -> None:
    def who(request: Incoming) -> str | None:
        given = request.headers.get("authorization", "").removeprefix("Basic ")
        user, _, password = base64.b64decode(given).decode().partition(":") if given else ("", "", "")
        return user if PEOPLE.get(user) == password and user else None

    api.schemes["basic"] = {"type": "http", "scheme": "basic"}
    api.on("GET /me", profile(who), secured=True)
    check(play, api, alice, "HTTP Basic → Authorization: Basic, checked at GET /me")


@pytest.mark.parametrize("within", ["header", "query", "cookie"])
def test_given_keys(api: Api, play: Play, profile: Profile, within: Any) -> None:
    def who(request: Incoming) -> str | None:
        values = {"header": request.headers, "query": request.query_params, "cookie": request.cookies}[within]
        return {"alices-key-0123456789": "alice"}.get(values.get("X-Key", ""))

    api.on("GET /me", profile(who))
    key = Credential(within=within, name="X-Key", value=Secret("alices-key-0123456789"))
    shown = "X-Key" if within == "header" else f"{within} X-Key"
    check(play, api, Account(name="alice", credentials=(key,)), f"given credential → {shown}, checked at GET /me")


def test_a_given_credential_that_is_refused(api: Api, play: Play, profile: Profile) -> None:
    api.on("GET /me", profile(lambda request: None))
    key = Credential(within="header", name="X-Key", value=Secret("no-key-at-all-12345"))

    async def scenario(world: World) -> None:
        (state,) = await world.sessions(Account(name="alice", credentials=(key,))).open()
        assert state.login == "failed"
        assert state.how == "given credential: GET /me answers 401 with the credential as without it"

    play(api, scenario)


def own_page(session: Callable[[Incoming], dict[str, str] | None]) -> Handler:
    async def me(request: Incoming) -> Response:
        found = session(request)
        if found is None or "user" not in found:
            return RedirectResponse("/login", 302)
        return JSONResponse({"username": found["user"], "csrfToken": found["csrf"]})

    return me


def own_change(session: Callable[[Incoming], dict[str, str] | None], passes: Callable[[Incoming], bool]) -> Handler:
    async def change(request: Incoming) -> Response:
        found = session(request)
        if found is None or "user" not in found or not passes(request):
            return JSONResponse({"error": "csrf"}, 403)
        return JSONResponse({"changed": found["user"]})

    return change


def cookie_app(api: Api, *, style: str) -> None:
    """A session by cookie whose log-in and writes need a CSRF token, given out in one of three ways."""
    sessions: dict[str, dict[str, str]] = {}

    def session(request: Incoming) -> dict[str, str] | None:
        return sessions.get(request.cookies.get("sid", ""))

    def start(response: Response, **values: str) -> Response:
        sid, token = secrets.token_urlsafe(18), secrets.token_urlsafe(18)
        sessions[sid] = {"csrf": token, **values}
        response.set_cookie("sid", sid, httponly=True)
        response.set_cookie("tracking", "x" * 22)
        if style == "cookie":
            response.set_cookie("csrftoken", token)
        return response

    def passes(request: Incoming, field: str = "") -> bool:
        found = session(request)
        name = {"page": "x-csrf-token", "cookie": "x-csrftoken", "endpoint": "x-csrf-token"}[style]
        return found is not None and found["csrf"] in (request.headers.get(name), field)

    async def page(request: Incoming) -> Response:
        found, response = (
            session(request),
            Response(media_type="application/json" if style == "endpoint" else "text/html"),
        )
        if found is None:
            start(response)
            found = list(sessions.values())[-1]
        token = found["csrf"]
        if style == "endpoint":
            response.body = b'{"value": "%s"}' % token.encode()
        elif style == "page":
            response.body = f"<form><input type='hidden' name='csrf_token' value='{token}'></form>".encode()
        response.headers["content-length"] = str(len(response.body))
        return response

    async def login(request: Incoming) -> Response:
        sent = await form_of(request) if "form" in request.headers.get("content-type", "") else await request.json()
        if not passes(request, sent.get("csrf_token", "")):
            return JSONResponse({"error": "CSRF token missing"}, 403)
        if PEOPLE.get(sent["username"]) != sent["password"]:
            return RedirectResponse("/login?failed=1", 302)
        sessions.pop(request.cookies["sid"])
        return start(RedirectResponse("/home", 302), user=sent["username"])

    media = "application/json" if style == "endpoint" else "application/x-www-form-urlencoded"
    api.on("POST /login", login, body=["username", "password"], media=media)
    api.on("GET /csrf" if style == "endpoint" else "GET /login", page, documented=style == "endpoint")
    api.on("GET /me", own_page(session))
    api.on("POST /change", own_change(session, passes))


@pytest.mark.parametrize("style", ["page", "cookie", "endpoint"])
def test_cookie_session_with_csrf_token(api: Api, play: Play, alice: Account, bob: Account, style: str) -> None:
    cookie_app(api, style=style)

    async def scenario(world: World) -> None:
        sessions = world.sessions(alice, bob)
        for state in await sessions.open():
            assert (state.login, state.how) == ("ok", "POST /login → cookie sid, checked at GET /me")
        for name in ("alice", "bob"):
            exchange = await sessions.send(Request("POST", world.url, "/change"), as_=name)
            assert exchange.response is not None
            assert exchange.response.body == b'{"changed":"%s"}' % name.encode()

    play(api, scenario)


def test_what_is_entered_where() -> None:
    made = Account(name="user1", username="gwx", registered={"email": "gw@example.com", "phone": "+1"})
    assert identity_for(made, Place("body", "email")) == "gw@example.com"
    assert identity_for(made, Place("body", "user.phone")) == "+1"
    assert identity_for(made, Place("body", "login")) == "gwx"
    given = Account(name="alice", username="alice", identity=("x", "a@example.com"))
    assert identity_for(given, Place("body", "emailAddress")) == "a@example.com"
    assert identity_for(Account(name="a", username="b@example.com"), Place("body", "email")) == "b@example.com"


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("http://other:9/token?x=1", "http://other:9", "/token?x=1"),
        ("/token", "http://api", "/token"),
        ("token", "http://api", "/v1/token"),
        ("https://api.test", "https://api.test", "/"),
    ],
)
def test_located(url: str, origin: str, target: str) -> None:
    request = located(url, "http://api", "/v1")
    assert (request.origin, request.target) == (origin, target)


def test_a_header_of_the_log_in_goes_along_with_every_request(api: Api, play: Play, alice: Account) -> None:
    bound: dict[str, str] = {}

    async def login(request: Incoming) -> Response:
        sent, device = await request.json(), request.headers.get("x-device-id", "")
        if sent["password"] != "alice-pw-11" or not device:
            return JSONResponse({"error": "no"}, 401)
        bound["t-0123456789abcdef01"] = device
        return JSONResponse({"token": "t-0123456789abcdef01"})

    async def me(request: Incoming) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        right = token in bound and request.headers.get("x-device-id") == bound[token]
        return JSONResponse({"username": "alice"} if right else {"error": "no"}, 200 if right else 401)

    device = {"name": "X-Device-Id", "in": "header", "required": True, "schema": {"type": "string", "minLength": 8}}
    trace = {"name": "X-Request-Id", "in": "header", "required": True, "schema": {"type": "string"}}
    api.on("POST /login", login, body=["username", "password"], parameters=[device, trace])
    api.on("GET /me", me)

    async def scenario(world: World) -> None:
        sessions = world.sessions(alice)
        (state,) = await sessions.open()
        assert state.login == "ok", state.how
        names = {credential.name for credential in await sessions.credentials("alice")}
        assert names == {"Authorization", "X-Device-Id"}  # what belongs to one request alone stays there
        assert await sessions.alive("alice")

    play(api, scenario)
