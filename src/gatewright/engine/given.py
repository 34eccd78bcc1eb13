"""What a case says that is known before the test runs, turned into what exploration would have learnt.

The scripted server is asked for the samples: an account has one where its own working request is accepted.
"""

from __future__ import annotations

import re
from typing import Literal, cast

import msgspec
from msgspec import Struct, field

from gatewright.access.tokens import is_csrf
from gatewright.engine.plan import Situation
from gatewright.engine.scripted import Rule, ScriptedIdentities, Server
from gatewright.engine.scripted_maker import ScriptedMaker
from gatewright.engine.scripted_tokens import KEY
from gatewright.model.access import Row, Word
from gatewright.model.account import ANON, Account, Credential
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Answer, Body, Endpoint, Parameter, Place, Requirement, Scheme, Specification
from gatewright.model.endpoint import In as Within
from gatewright.model.graphql import Field
from gatewright.model.json import Json
from gatewright.model.knowledge import Knowledge, Origin, OwnedObject, Reference, Sample
from gatewright.model.names import singular
from gatewright.model.schema import Schema
from gatewright.model.secret import Secret
from gatewright.model.settings import Limits, Mode, Settings
from gatewright.proof import jwt
from gatewright.proof.leaves import as_text

ORIGIN = "http://api.test"
_PARAMETER = re.compile(r"\{(\w+)\}")


class GivenAccount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account of a case."""

    role: str = "user"
    identity: tuple[Json, ...] = ()
    """Default: its name."""
    private: tuple[str, ...] = ()
    registered: dict[str, Json] = field(default_factory=dict)
    origin: Literal["configured", "signed-up", "throw-away"] = "configured"
    jwt: dict[str, Json] | None = None
    """Claims of its token, signed with the server's key; without: an opaque bearer token."""
    header: dict[str, Json] = field(default_factory=dict)
    """Further members of the token's header, such as another `alg` (the signature stays the server's)."""
    secret: str = ""
    """The key that its token is signed with instead of the server's."""
    signing_key: str = ""
    """The key that the settings know."""
    password: str = ""
    credential: str = "header Authorization"
    """Where its token goes: `header X-Key`, `cookie session`, `query key`."""
    beside: dict[str, str] = field(default_factory=dict)
    """Further credentials, place to value: `cookie uid`."""


class GivenEndpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One endpoint of a case."""

    name: str
    """`GET /notes/{id}`."""
    requires: tuple[str, ...] = ()
    """Security schemes that the specification asks for there, all together."""
    secured: bool | None = None
    """What the specification says of credentials; null: nothing."""
    scopes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    """Documented status → its description."""
    shows: Schema | None = None
    """Schema of its documented 200 answer."""
    operation: str = ""
    summary: str = ""
    description: str = ""
    extensions: dict[str, Json] = field(default_factory=dict)
    body: Json = None
    """What its accepted request carries."""
    query: dict[str, Schema] = field(default_factory=dict)
    """Parameters of its query → what the specification says of each; `examples` of one are in its accepted request."""
    files: dict[str, Schema] = field(default_factory=dict)
    """Files of its body, which is multipart then → what the specification says of each."""
    asks: dict[str, dict[str, Json]] = field(default_factory=dict)
    """Account → what its accepted request says in the query."""
    makes: bool = False
    """It made the accounts' objects."""
    choices: dict[str, Schema] = field(default_factory=dict)
    """Properties of its body → what the specification says of each, where that is more than that it is a text."""
    takes: tuple[str, ...] = ()
    """Texts that the specification lists for its body."""
    example: Json = None
    """An example of its body in the specification."""
    samples: tuple[str, ...] | None = None
    """Accounts that have one; default: all whose request is accepted."""
    unreached: str = ""
    auth: str = ""
    """Its class when it is an endpoint of the log-in: `login`, `register`, …"""
    field: Field | None = None
    """The field of a GraphQL schema that it is."""
    stream: Literal["", "events", "websocket"] = ""


class GivenObject(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One object of an account."""

    id: Json
    resource: str = ""
    slot: str = "read"
    origin: Origin = "created"
    markers: tuple[str, ...] = ()
    values: dict[str, Json] = field(default_factory=dict)
    """Values of further path parameters, its parents'."""
    leaked_in: tuple[str, ...] = ()
    below: str = ""
    """Key of the object that it stands below: `alice/house/2`, counted in the owner's list."""
    named: bool = True
    """Whether the case's place names it."""


class Given(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that a case gives. Short forms: an account is its name, an endpoint its name, an object its id."""

    endpoint: Json
    endpoints: list[Json] = field(default_factory=list)
    """Further ones, such as the list, or where an object is read."""
    accounts: Json = field(default_factory=list)
    newcomers: Json = field(default_factory=list)
    """Accounts that a test may still sign up, in this order."""
    mails: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Account → codes and links mailed to it, oldest first; any at all: `hooks.mail` is set."""
    age: float = 0.0
    """Seconds since the accounts logged in."""
    listener: bool = True
    """Whether the target can reach our listener."""
    title: str = ""
    """Of the API."""
    certificate: str = ""
    """What the server shows in TLS: base64 of its DER."""
    objects: dict[str, Json] = field(default_factory=dict)
    fresh: dict[str, Json] = field(default_factory=dict)
    """Objects that can still be made, by owner."""
    witness: dict[str, str] = field(default_factory=dict)
    """Owner → the marker that its first object holds."""
    place: str = ""
    """Where the cell's endpoint names the object, when not in its path: `body userId`."""
    attacker: str = ""
    """Which of the test's cells on the endpoint; default: the first."""
    roles: tuple[str, ...] = ("user", "admin")
    probe: str = ""
    """The call that names the account: `GET /me`."""
    dead: tuple[str, ...] = ()
    protected: tuple[str, ...] | None = None
    """Endpoints seen to refuse anonymous requests; default: the server is asked."""
    policy: dict[str, str] = field(default_factory=dict)
    access: dict[str, dict[str, Word]] = field(default_factory=dict)
    """Rows of `access.yaml`."""
    mode: Mode = "safe"
    schemes: dict[str, Json] = field(default_factory=dict)


class Scene(Struct, frozen=True, kw_only=True):
    """A case, ready to be played."""

    situation: Situation
    identities: ScriptedIdentities
    maker: ScriptedMaker
    specification: Specification
    settings: Settings
    endpoint: Endpoint


async def scene(given: Given, rules: list[Rule], *, disabled: frozenset[str] = frozenset()) -> Scene:
    """Everything that a cell needs, made from a case."""
    told = [_endpoint_of(e) for e in (given.endpoint, *given.endpoints)]
    endpoints = {t.name: _endpoint(t) for t in told}
    main = endpoints[told[0].name]
    accounts = _accounts(given.accounts)
    newcomers = _accounts(given.newcomers)
    server = Server(rules, {name: _known_by(account) for name, account in {**accounts, **newcomers}.items()})
    objects = _objects(given, given.objects, list(endpoints.values()), main, first=0)
    ready = _objects(given, given.fresh, list(endpoints.values()), main, first=90)
    probe = next((e for e in endpoints.values() if e.name == given.probe), None)
    identities = ScriptedIdentities(
        server,
        accounts,
        ranks={name: given.roles.index(a.role) if a.role in given.roles else 0 for name, a in accounts.items()},
        probes={name: Call(endpoint=probe.id) for name in (*accounts, *newcomers)} if probe else {},
        dead=frozenset(given.dead),
        newcomers=newcomers,
        mails=given.mails,
        age=given.age,
    )
    samples = await _samples(identities, objects, told, endpoints)
    knowledge = Knowledge(
        endpoints={e.id: e for e in endpoints.values()},
        samples=tuple(samples),
        objects=tuple(objects),
        unreached={endpoints[t.name].id: t.unreached for t in told if t.unreached},
        resources=_resources(list(endpoints.values())),
    )
    settings = Settings(
        roles=given.roles,
        policy=given.policy,
        access=tuple(Row(pattern, cells) for pattern, cells in given.access.items()),
        hooks={"mail": {}} if given.mails else {},
        limits=Limits(mode=given.mode, patience="short"),
        disabled_controls=disabled,
    )
    situation = Situation(
        knowledge=knowledge,
        identities=identities,
        settings=settings,
        auth_endpoints={endpoints[t.name].id: t.auth for t in told if t.auth},
        protected=await _protected(given, identities, samples, endpoints),
    )
    server.forget()
    identities.exchanges.clear()
    return Scene(
        situation=situation,
        identities=identities,
        maker=ScriptedMaker({o.owner: [p for p in ready if p.owner == o.owner] for o in ready}),
        specification=Specification(
            source="case",
            dialect="case",
            title=given.title,
            endpoints=tuple(endpoints.values()),
            schemes=_schemes(given),
        ),
        settings=settings,
        endpoint=main,
    )


def _endpoint_of(told: Json) -> GivenEndpoint:
    return GivenEndpoint(name=told) if isinstance(told, str) else msgspec.convert(told, GivenEndpoint)


def _endpoint(told: GivenEndpoint) -> Endpoint:
    method, _, path = told.name.partition(" ")
    security: tuple[Requirement, ...] | None = None
    if told.requires:
        security = (Requirement(tuple((name, ()) for name in told.requires)),)
    elif told.secured is not None:
        security = (Requirement((("token", told.scopes),)),) if told.secured else ()
    return Endpoint(
        method=method,
        path=path,
        origin=ORIGIN,
        security=security,
        parameters=tuple(Parameter(name=n, within="query", schema=s) for n, s in told.query.items()),
        bodies=_bodies(told),
        tags=told.tags,
        operation=told.operation,
        summary=told.summary,
        description=told.description,
        extensions=told.extensions,
        answers=(
            *(Answer(status=s, description=d, schema=Schema()) for s, d in told.answers.items()),
            *((Answer(status="200", description="", schema=told.shows),) if told.shows else ()),
        ),
        field=told.field,
        stream=told.stream,
    )


def _body(names: tuple[str, ...], example: Json) -> Body:
    text = Schema(types=("string",))
    examples = () if example is None else (example,)
    schema = Schema(types=("object",), properties=dict.fromkeys(names, text), examples=examples)
    return Body(content_type="application/json", schema=schema)


def _bodies(told: GivenEndpoint) -> tuple[Body, ...]:
    if told.files:
        schema = Schema(types=("object",), properties=told.files)
        return (Body(content_type="multipart/form-data", schema=schema),)
    if told.choices:
        return (Body(content_type="application/json", schema=Schema(types=("object",), properties=told.choices)),)
    return (_body(told.takes, told.example),) if told.takes or told.example is not None else ()


def _accounts(told: Json) -> dict[str, Account]:
    named: dict[str, Json] = (
        dict.fromkeys(cast(list[str], told)) if isinstance(told, list) else cast(dict[str, Json], told)
    )
    found = {}
    for name, detail in named.items():
        given = msgspec.convert(detail or {}, GivenAccount)
        within, _, place = given.credential.partition(" ")
        token = (
            jwt.signed(given.jwt, given.secret.encode() or KEY, header=given.header)
            if given.jwt is not None
            else f"token-of-{name}-4f9a1c77d2"
        )
        found[name] = Account(
            name=name,
            role=given.role,
            username=name,
            password=Secret(given.password) if given.password else None,
            identity=tuple(as_text(v) for v in given.identity) or (name,),
            private=given.private,
            registered=given.registered,
            origin=given.origin,
            signing_key=Secret(given.signing_key) if given.signing_key else None,
            credentials=(
                Credential(
                    within=cast(Literal["header", "cookie", "query"], within),
                    name=place,
                    prefix="Bearer " if place == "Authorization" else "",
                    value=Secret(token),
                ),
                *_beside(given),
            ),
        )
    return found


def _known_by(account: Account) -> tuple[Credential, ...]:
    """What tells the server who asks; at a CSRF token the rules of a case look themselves."""
    return tuple(c for c in account.credentials if not is_csrf(c.name))


def _beside(given: GivenAccount) -> list[Credential]:
    parts = [(*place.split(" ", 1), value) for place, value in given.beside.items()]
    return [
        Credential(within=cast(Literal["header", "cookie", "query"], within), name=name, value=Secret(value))
        for within, name, value in parts
    ]


def _objects(
    given: Given, told: dict[str, Json], endpoints: list[Endpoint], main: Endpoint, *, first: int
) -> list[OwnedObject]:
    found = []
    makes = isinstance(given.endpoint, dict) and given.endpoint.get("makes") is True
    recipe = Call(endpoint=main.id, body={}) if makes and not first else None
    for owner, several in told.items():
        for index, detail in enumerate(several if isinstance(several, list) else [several]):
            one = msgspec.convert(detail, GivenObject) if isinstance(detail, dict) else GivenObject(id=detail)
            marker = () if first or index or owner not in given.witness else (given.witness[owner],)
            resource = one.resource or _resource(main) or (_collection(main) if makes else "") or "object"
            found.append(
                OwnedObject(
                    key=f"{owner}/{resource}/{first + index + 1}",
                    resource=resource,
                    owner=owner,
                    origin=one.origin,
                    slot=one.slot,
                    id=one.id,
                    markers=one.markers or marker,
                    references=tuple(r for e in endpoints if (r := _reference(given, e, one, resource, main))),
                    leaked_in=one.leaked_in,
                    parent=one.below,
                    recipe=recipe,
                )
            )
    return found


def _resource(endpoint: Endpoint) -> str:
    """The resource that the last path parameter names: the singular of the segment before it."""
    parts = [part for part in endpoint.path.split("/") if part]
    for before, part in reversed(list(zip(["", *parts], parts, strict=False))):
        if part.startswith("{"):
            return singular(before.lower())
    return ""


def _collection(endpoint: Endpoint) -> str:
    return singular(endpoint.path.rstrip("/").rpartition("/")[2].lower())


def _reference(given: Given, endpoint: Endpoint, one: GivenObject, resource: str, main: Endpoint) -> Reference | None:
    if given.place and endpoint == main and not one.named:
        return None
    if given.place and endpoint == main:
        within, _, name = given.place.partition(" ")
        place = Place(cast(Within, within), name)
        parents = [(Place("path", n), v) for n, v in one.values.items() if n in _PARAMETER.findall(endpoint.path)]
        return Reference(endpoint=endpoint.id, place=place, values=((place, one.id), *parents), confirmed=True)
    names = _PARAMETER.findall(endpoint.path)
    own = names[-1] if names else ""
    if not own or _resource(endpoint) != resource or any(n not in one.values for n in names[:-1]):
        return None
    values = [(Place("path", n), one.values.get(n, one.id)) for n in names]
    return Reference(endpoint=endpoint.id, place=Place("path", own), values=tuple(values), confirmed=True)


async def _samples(
    identities: ScriptedIdentities,
    objects: list[OwnedObject],
    told: list[GivenEndpoint],
    endpoints: dict[str, Endpoint],
) -> list[Sample]:
    found = []
    for one in told:
        endpoint = endpoints[one.name]
        for account in one.samples if one.samples is not None else identities.accounts:
            call = _call(one, endpoint, account, objects)
            if call is None:
                continue
            exchange = await identities.send(render(endpoint, call), as_=account, purpose="explore")
            if exchange.response is not None and exchange.response.ok:
                found.append(Sample(endpoint=endpoint.id, account=account, call=call, exchange=exchange))
    return found


def _call(one: GivenEndpoint, endpoint: Endpoint, account: str, objects: list[OwnedObject]) -> Call | None:
    """The account's own request; None when the endpoint wants the id of an object that the account does not have."""
    content_type = "application/json" if one.body is not None else ""
    body = one.body
    if one.files:
        content_type = "multipart/form-data; boundary=case"
        file: Json = {"filename": "letter.txt", "content_type": "text/plain", "content": "Dear colleague"}
        body = {**cast(dict[str, Json], body or {}), **dict.fromkeys(one.files, file)}
    query = {name: schema.examples[0] for name, schema in one.query.items() if schema.examples}
    query |= one.asks.get(account, {})
    call = Call(endpoint=endpoint.id, query=query, body=body, content_type=content_type)
    able = [o for o in objects if o.reference(endpoint.id) and o.slot != "delete"]
    own = next((o for o in able if o.owner == account), None)
    reference = own.reference(endpoint.id) if own else None
    if reference is None:
        return None if "{" in endpoint.path else call
    for place, value in reference.values:
        call = call.with_value(place, value)
    return call


def _resources(endpoints: list[Endpoint]) -> dict[str, dict[str, str]]:
    purposes = {"GET": "read", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
    found: dict[str, dict[str, str]] = {}

    def one(endpoint: Endpoint) -> bool:
        """`/note` shows one, `/notes` lists them."""
        last = endpoint.path.rstrip("/").rpartition("/")[2].lower()
        return singular(last) == last

    for endpoint in sorted(endpoints, key=one):
        last = endpoint.path.rstrip("/").rpartition("/")[2]
        resource = _resource(endpoint) if last.startswith("{") else singular(last.lower())
        purpose = purposes.get(endpoint.method, "")
        if not last.startswith("{"):
            purpose = {"GET": "list", "POST": "create"}.get(endpoint.method, "")
        if purpose:
            found.setdefault(resource, {}).setdefault(purpose, endpoint.id)
    return found


async def _protected(
    given: Given, identities: ScriptedIdentities, samples: list[Sample], endpoints: dict[str, Endpoint]
) -> frozenset[str]:
    if given.protected is not None:
        return frozenset(endpoints[name].id for name in given.protected)
    found = set()
    by_id = {e.id: e for e in endpoints.values()}
    for sample in samples:
        exchange = await identities.send(render(by_id[sample.endpoint], sample.call), as_=ANON, credentials=())
        if exchange.response is None or exchange.response.meaning in (401, 403):
            found.add(sample.endpoint)
    return frozenset(found)


def _schemes(given: Given) -> dict[str, Scheme]:
    told = given.schemes or {"token": {"kind": "http", "scheme": "bearer"}}
    return {
        name: msgspec.convert({"name": name, **cast(dict[str, Json], detail)}, Scheme) for name, detail in told.items()
    }
