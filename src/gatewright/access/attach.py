"""How credentials go out with a request, and the places where one may belong. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote, unquote, unquote_plus

import msgspec
from msgspec import Struct

from gatewright.access.signature import signed
from gatewright.access.tokens import Found
from gatewright.access.words import words
from gatewright.model.account import Credential
from gatewright.model.endpoint import Specification
from gatewright.model.http import Request
from gatewright.model.json import Json
from gatewright.model.secret import Secret

_TOKEN = frozenset({"token", "session", "jwt", "sid"})


class Slot(Struct, frozen=True, kw_only=True):
    """Where a value of the log-in answer goes in each request: the part of a log-in that is the same each time."""

    source: str
    """`json:/token`, `header:X-Auth-Token`, `cookie:sid`: `Found.source`."""
    within: str
    name: str
    prefix: str = ""

    def credential(self, value: Secret) -> Credential:
        """The credential with this value."""
        within = {"cookie": "cookie", "query": "query", "body": "body"}.get(self.within, "header")
        return Credential(within=within, name=self.name, prefix=self.prefix, value=value)  # type: ignore[arg-type]

    def __str__(self) -> str:
        if self.within == "header":
            return f"{self.name}: {self.prefix}".rstrip(" :")
        return f"{self.within} {self.name}"


def attach(request: Request, credentials: Iterable[Credential], now: datetime | None = None) -> Request:
    """The request with the credentials: what has the same name and place is replaced, everything else stays.

    A signature comes last, over the finished request, as of `now`.
    """
    credentials = tuple(credentials)
    cookies: list[Credential] = []
    signatures: list[Credential] = []
    for credential in credentials:
        value = credential.value.reveal()
        if credential.within == "header":
            request = request.with_headers((credential.name, credential.prefix + value))
        elif credential.within == "cookie":
            cookies.append(credential)
        elif credential.within == "signature":
            signatures.append(credential)
        elif credential.within == "certificate":
            request = msgspec.structs.replace(request, certificate=value)
        elif credential.within == "query" or not request.body:
            request = _in_query(request, credential.name, credential.prefix + value)
        else:
            request = _in_body(request, credential.name, credential.prefix + value)
    if cookies:
        ours = {credential.name: credential.prefix + credential.value.reveal() for credential in cookies}
        kept = [
            c for c in (request.header("cookie") or "").split(";") if c.partition("=")[0].strip() not in {"", *ours}
        ]
        pairs = [c.strip() for c in kept] + [f"{name}={value}" for name, value in ours.items()]
        request = request.with_headers(("Cookie", "; ".join(pairs)))
    for credential in signatures:
        request = signed(request, credential, now)
    return _greeting(request, credentials) if request.listen is not None else request


def _greeting(request: Request, credentials: Iterable[Credential]) -> Request:
    """A GraphQL subscription's greeting carries the credential as well: pages cannot set headers on a WebSocket."""
    listen = request.listen
    carried = {c.name: c.prefix + c.value.reveal() for c in credentials if c.within == "header"}
    if listen is None or not carried or not listen.say or '"connection_init"' not in listen.say[0]:
        return request
    greeting = msgspec.json.encode({"type": "connection_init", "payload": carried}).decode()
    return msgspec.structs.replace(request, listen=msgspec.structs.replace(listen, say=(greeting, *listen.say[1:])))


def _in_query(request: Request, name: str, value: str) -> Request:
    target, hash_, fragment = request.target.partition("#")
    path, _, query = target.partition("?")
    kept = [part for part in query.split("&") if part and unquote(part.partition("=")[0]) != name]
    query = "&".join([*kept, f"{quote(name)}={quote(value, safe='')}"])
    return msgspec.structs.replace(request, target=f"{path}?{query}{hash_}{fragment}")


def _in_body(request: Request, name: str, value: str) -> Request:
    """A field of a JSON object or a form; in the query where the body is neither."""
    media = (request.header("content-type") or "").lower()
    if "x-www-form-urlencoded" in media:
        parts = request.body.decode("latin-1").split("&")
        kept = [part for part in parts if part and unquote_plus(part.partition("=")[0]) != name]
        body = "&".join([*kept, f"{quote(name)}={quote(value, safe='')}"]).encode("latin-1")
        return msgspec.structs.replace(request, body=body)
    try:
        parsed: Json = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _in_query(request, name, value)
    if not isinstance(parsed, dict):
        return _in_query(request, name, value)
    return msgspec.structs.replace(request, body=msgspec.json.encode({**parsed, name: value}))


def slots(found: list[Found], specification: Specification) -> list[tuple[Slot, ...]]:
    """Placements to try, likeliest first: those of the specification, then the usual ones; all cookies together."""
    cookies = tuple(
        Slot(source=item.source, within="cookie", name=item.name) for item in found if item.source.startswith("cookie:")
    )
    tries: list[tuple[Slot, ...]] = []
    values = [item for item in found if not item.source.startswith("cookie:")]
    strong = [item for item in values if item.order < 30]
    asked = _asked(specification)
    for item in strong[:3]:
        names = [name for name in asked if name == item.name or _TOKEN & set(words(name))]
        tries += [(Slot(source=item.source, within=asked[name], name=name),) for name in names]
    for item in strong[:3]:
        tries += [(slot,) for slot in _documented(item, specification)]
    for item in strong[:1]:
        tries.append((_header(item, "Authorization", item.prefix or "Bearer "),))
    if cookies:
        tries.append(cookies)
    for item in strong[:3]:
        tries += [(slot,) for slot in _usual(item)]
    for item in values:
        if item not in strong:
            tries += [(slot,) for slot in (*_documented(item, specification), *_usual(item)[:4])]
    if cookies and strong:
        tries.append((*cookies, _header(strong[0], "Authorization", strong[0].prefix or "Bearer ")))
    return list(dict.fromkeys(tries))


def _asked(specification: Specification) -> dict[str, str]:
    """Names of properties and query parameters that most endpoints with a body, or reads, require → where they go."""
    bodies, queries, posts, reads = Counter[str](), Counter[str](), 0, 0
    for endpoint in specification.endpoints:
        reads += endpoint.method == "GET"
        posts += bool(endpoint.bodies)
        queries.update(p.name for p in endpoint.parameters if p.required and p.within == "query")
        for body in endpoint.bodies[:1]:
            bodies.update(specification.resolve(body.schema).required)
    found = {name: "query" for name, count in queries.items() if count > 2 and count * 2 > reads}
    return found | {name: "body" for name, count in bodies.items() if count > 2 and count * 2 > posts}


def _documented(item: Found, specification: Specification) -> list[Slot]:
    slots_: list[Slot] = []
    for scheme in specification.schemes.values():
        if scheme.kind == "apiKey" and scheme.parameter and scheme.within in ("header", "query", "cookie"):
            slots_.append(Slot(source=item.source, within=scheme.within, name=scheme.parameter, prefix=item.prefix))
        elif scheme.kind in ("oauth2", "openIdConnect") or (scheme.kind == "http" and scheme.scheme.lower() != "basic"):
            word = scheme.scheme if scheme.scheme and scheme.scheme.lower() != "bearer" else "Bearer"
            slots_.append(_header(item, "Authorization", f"{word} "))
    return slots_


def _usual(item: Found) -> list[Slot]:
    """The places where APIs want a token, by how common they are."""
    name = item.source.partition(":")[2]
    own = [_header(item, name, item.prefix)] if item.source.startswith("header:") else []
    return [
        *own,
        _header(item, "Authorization", "Bearer "),
        _header(item, "Authorization", "Token "),
        _header(item, "Authorization", "JWT "),
        _header(item, "Authorization", ""),
        _header(item, "X-Auth-Token", ""),
        _header(item, "X-Access-Token", ""),
        _header(item, "X-API-Key", ""),
        Slot(source=item.source, within="cookie", name=item.name or "token"),
        Slot(source=item.source, within="query", name=item.name or "token"),
        Slot(source=item.source, within="query", name="access_token"),
    ]


def _header(item: Found, name: str, prefix: str) -> Slot:
    return Slot(source=item.source, within="header", name=name, prefix=prefix)
