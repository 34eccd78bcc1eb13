"""What traffic shows of one endpoint: a mergeable value."""

from __future__ import annotations

import re
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct, field

from gatewright.inventory.shape import Shape, add, merge, secret, sensitive, shape, smallest, text_shape, unite
from gatewright.inventory.templating import template
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.json import Json

LARGEST_SAMPLE = 16_384
MOST_PATHS = 3
MOST_TYPES = 20

_SESSION_COOKIE = re.compile(r"sess|sid\b|auth|token|jwt|login", re.IGNORECASE)
_KEY_HEADER = re.compile(r"api-?key|auth-?token|access-?token|authorization|x-auth", re.IGNORECASE)
_ORDINARY = re.compile(
    r"x-(?:requested-with|forwarded.*|real-ip|request-id|correlation-id|b3.*|amz.*|cloud.*)", re.IGNORECASE
)


class Observed(Struct, frozen=True, kw_only=True):
    """One endpoint as traffic shows it."""

    method: str
    origin: str
    path: str
    """Template."""
    count: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    """Status → how often; `0` for no answer."""
    parameters: dict[str, dict[str, Shape]] = field(default_factory=dict)
    """path, query or header → name → shape."""
    bodies: dict[str, Shape] = field(default_factory=dict)
    """Content type → shape."""
    samples: dict[str, tuple[bool, str]] = field(default_factory=dict)
    """Content type → whether it was answered 2xx, and the JSON text of the shortest such body without secrets."""
    answers: dict[str, dict[str, Shape]] = field(default_factory=dict)
    """Status → content type → shape."""
    credentials: dict[str, int] = field(default_factory=dict)
    """Of answers 2xx: `bearer`, `basic`, `header NAME`, `cookie NAME` or `none` → how often."""
    paths: tuple[str, ...] = ()
    """A few paths as they were asked for."""

    @property
    def id(self) -> str:
        """As `Endpoint.id`."""
        return f"{self.method} {self.origin}{self.path}"


def observe(exchange: Exchange) -> Observed:
    """What one exchange shows."""
    request, response = exchange.request, exchange.response
    raw, _, query = request.target.partition("?")
    path, values = template(raw)
    parameters: dict[str, dict[str, Shape]] = {}
    if values:
        parameters["path"] = {name: text_shape(text, name=name) for name, text in values.items()}
    if found := _fields(query):
        parameters["query"] = found
    if headers := _headers(request):
        parameters["header"] = headers
    bodies, samples = _body(request, bool(response and response.ok))
    return Observed(
        method=request.method,
        origin=request.origin,
        path=path,
        count=1,
        statuses={str(response.status if response else 0): 1},
        parameters=parameters,
        bodies=bodies,
        samples=samples,
        answers=_answers(response),
        credentials=dict.fromkeys(_credentials(request), 1) if response and response.ok else {},
        paths=(raw,) if len(raw) < 1000 else (),
    )


def join(one: Observed, other: Observed) -> Observed:
    """Both together; they must be of the same endpoint. Associative and commutative."""
    return Observed(
        method=one.method,
        origin=one.origin,
        path=one.path,
        count=one.count + other.count,
        statuses=add(one.statuses, other.statuses),
        parameters=_nested(one.parameters, other.parameters),
        bodies=_types(unite(one.bodies, other.bodies)),
        samples=_shorter(one.samples, other.samples),
        answers=_nested(one.answers, other.answers),
        credentials=add(one.credentials, other.credentials),
        paths=smallest(one.paths, other.paths, MOST_PATHS),
    )


def content_type(headers_value: str | None) -> str:
    """`application/json; charset=utf-8` → `application/json`."""
    return (headers_value or "").partition(";")[0].strip().lower()


def decoded(body: bytes, kind: str) -> tuple[bool, Json]:
    """Whether a body is JSON, and its value: by its content type, or without one by its first character."""
    if not ("json" in kind or (kind in ("", "text/plain") and body.lstrip()[:1] in (b"{", b"["))):
        return False, None
    try:
        return True, msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False, None


def _body(request: Request, ok: bool) -> tuple[dict[str, Shape], dict[str, tuple[bool, str]]]:
    if not request.body:
        return {}, {}
    kind = content_type(request.header("content-type"))
    is_json, value = decoded(request.body, kind)
    if is_json:
        kind = kind if "json" in kind else "application/json"
        return {kind: shape(value)}, _kept(kind, value, ok)
    if kind == "application/x-www-form-urlencoded":
        return {kind: _object(_fields(request.body.decode("latin-1")))}, {}
    if kind.startswith("multipart/"):
        return {kind: _object(_parts(request))}, {}
    return {kind or "application/octet-stream": Shape(count=1, kinds={"string": 1})}, {}


def _kept(kind: str, value: Json, ok: bool) -> dict[str, tuple[bool, str]]:
    """A body worth showing as an example: without secrets, and not too long."""
    if value is None or secret(value):
        return {}
    try:
        text = msgspec.json.encode(value).decode()
    except (ValueError, OverflowError):
        return {}
    return {kind: (ok, text)} if len(text) <= LARGEST_SAMPLE else {}


def _answers(response: Response | None) -> dict[str, dict[str, Shape]]:
    if response is None:
        return {}
    kind = content_type(response.header("content-type"))
    is_json, value = decoded(response.body, kind)
    if is_json:
        return {str(response.status): {kind if "json" in kind else "application/json": shape(value)}}
    return {str(response.status): {kind: Shape(count=1, kinds={"string": 1} if response.body else {})}}


def _fields(text: str) -> dict[str, Shape]:
    """The parameters of a query or form. One given several times in one request is an array."""
    several: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=1000):
            several.setdefault(name, []).append(value)
    except ValueError:
        return {}
    found = {}
    for name, texts in several.items():
        items = [text_shape(item, name=name) for item in texts]
        whole = items[0]
        for item in items[1:]:
            whole = merge(whole, item)
        found[name] = whole if len(items) == 1 else Shape(count=1, kinds={"array": 1}, items=whole)
    return found


def _parts(request: Request) -> dict[str, Shape]:
    """The fields of a multipart body; those with a file name are binary."""
    head = f"Content-Type: {request.header('content-type')}\r\n\r\n".encode("latin-1", errors="replace")
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    found: dict[str, Shape] = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str) or name in found:
            continue
        if part.get_filename() is not None:
            found[name] = Shape(count=1, kinds={"string": 1}, formats={"binary": 1})
        else:
            content = part.get_payload(decode=True)
            text = content.decode("utf-8", errors="replace") if isinstance(content, bytes) else ""
            found[name] = text_shape(text.removesuffix("\r\n"), name=name)
    return found


def _object(fields: dict[str, Shape]) -> Shape:
    return Shape(count=1, kinds={"object": 1}, properties=fields)


def _headers(request: Request) -> dict[str, Shape]:
    """The application's own headers: `X-…`, without those of proxies, browsers and log-in."""
    return {
        name.lower(): text_shape(value, name=name)
        for name, value in request.headers
        if name.lower().startswith("x-") and not _ORDINARY.fullmatch(name) and not _KEY_HEADER.search(name)
    }


def _credentials(request: Request) -> list[str]:
    """What a request proves its sender with."""
    found = []
    for name, value in request.headers:
        lowered = name.lower()
        if lowered == "authorization":
            scheme = value.partition(" ")[0].lower()
            found.append(scheme if scheme in ("bearer", "basic") else "header Authorization")
        elif lowered == "cookie":
            names = [pair.partition("=")[0].strip() for pair in value.split(";")]
            found += [f"cookie {cookie}" for cookie in names if _SESSION_COOKIE.search(cookie)]
        elif _KEY_HEADER.search(name) and sensitive(name.replace("-", "_")):
            found.append(f"header {name}")
    return found or ["none"]


def _nested(one: dict[str, dict[str, Shape]], other: dict[str, dict[str, Shape]]) -> dict[str, dict[str, Shape]]:
    return {key: unite(one.get(key, {}), other.get(key, {})) for key in {**one, **other}}


def _types(found: dict[str, Shape]) -> dict[str, Shape]:
    return {name: found[name] for name in sorted(found)[:MOST_TYPES]} if len(found) > MOST_TYPES else found


def _shorter(one: dict[str, tuple[bool, str]], other: dict[str, tuple[bool, str]]) -> dict[str, tuple[bool, str]]:
    """Of each content type the better sample: accepted before refused, then the shortest, then by its characters."""
    found = dict(one)
    for kind, sample in other.items():
        found[kind] = min(found.get(kind, sample), sample, key=lambda s: (not s[0], len(s[1]), s[1]))
    return {name: found[name] for name in sorted(found)[:MOST_TYPES]} if len(found) > MOST_TYPES else found
