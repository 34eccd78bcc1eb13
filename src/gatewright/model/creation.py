"""Which exchanges made the objects that a finding names, so that its pytest can make them again after clean-up."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl, unquote

import msgspec

from gatewright.model.call import leaves
from gatewright.model.finding import Finding
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.names import singular

MOST = 5_000
"""Creations kept of one run; each answer at most this many bytes:"""
LARGEST = 65_536
_ID = re.compile(r"(?:^|_|[a-z](?=[A-Z]))(?:id|uuid|guid|key|slug|number|code|ref|reference|name)$|(?:Id|Uuid|Key)$")
_NEVER = ("sign-up", "login", "log-in", "renew", "attack", "control")
"""Purposes of exchanges that make no object of ours."""
_CALLED = re.compile(rb'\{"query": "(?:query|mutation) (\w+)')
_VERBS = frozenset(
    {"create", "add", "new", "make", "update", "change", "edit", "delete", "remove", "get", "set", "by", "my"}
)
LOCATION = "@location"
"""Name of the value that stands last in a `Location` header."""


def names(exchange: Exchange) -> dict[str, str]:
    """Values in an answer by which its object may be named later: leaf → text. `@location`: from the header."""
    found: dict[str, str] = {}
    if exchange.response is None:
        return found
    for leaf, value in leaves(decoded(exchange.response.body)):
        if _is_value(value) and _ID.search(leaf.rpartition(".")[2]):
            found[leaf] = str(value)
    location = exchange.response.header("location")
    if location:
        found[LOCATION] = unquote(location.partition("?")[0].rstrip("/").rpartition("/")[2])
    return found


def mentioned(exchange: Exchange) -> list[tuple[str, str]]:
    """Values that a request names objects by, each with its name: path segments (no name), query, scalars of a JSON body."""
    path, _, query = exchange.request.target.partition("?")
    values = [("", unquote(segment)) for segment in path.split("/") if segment]
    values += parse_qsl(query)
    return values + [(leaf, str(value)) for leaf, value in leaves(decoded(exchange.request.body)) if _is_value(value)]


def belongs(made: Exchange, value: str, *, name: str, path: str) -> bool:
    """Whether an equal value means the same object, in a request to `path` where it stands under `name`.

    `POST /users/1/notes` gave 7, and 7 stands in /users/2/notes/7 or under `noteId`; or the value is too long for chance.
    All fields of a GraphQL schema have one path: which one is called stands after it, `/graphql#note`.
    """
    if field := called(made.request.body):
        given = {one for _, one in mentioned(made)}  # what it was told it did not make
        return value not in given and _made_there(field, value, name=name, within=path.partition("#")[2])
    collection = unquote(made.request.target.partition("?")[0]).rstrip("/")
    if f"/{collection.rpartition('/')[2]}/{value}/" in f"{unquote(path)}/":
        return True
    stem = re.sub(r"_?(id|uuid|key)s?$", "", re.split(r"[.\[\]]", name)[-1].lower())
    if stem and collection.lower().rpartition("/")[2].startswith(stem):
        return True
    return len(value) >= 6 and bool(re.search(r"\d", value))


def called(body: bytes) -> str:
    """The field of a GraphQL schema that a request calls, as `Field.payload` writes it; empty for other requests."""
    found = _CALLED.match(body)
    return found[1].decode() if found else ""


def where(exchange: Exchange) -> str:
    """The path of a request, with the field that it calls: `/notes/7`, `/graphql#note`."""
    path, field = exchange.request.target.partition("?")[0], called(exchange.request.body)
    return f"{path}#{field}" if field else path


def _made_there(field: str, value: str, *, name: str, within: str) -> bool:
    """Whether what a mutation made is named by an equal value: `createOrder` by `orderId`, or by the `id` of `updateOrder`."""
    nouns = set(_nouns(field))
    stem = _nouns(re.sub(r"_?(id|uuid|key|no|number)s?$", "", re.split(r"[.\[\]]", name)[-1], flags=re.IGNORECASE))
    if nouns & set(stem or _nouns(within)):
        return True
    return len(value) >= 6 and bool(re.search(r"\d", value))


def _nouns(name: str) -> list[str]:
    words = (singular(word.lower()) for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name))
    return [word for word in words if word not in _VERBS]


def decoded(body: bytes) -> Json:
    """A JSON body; None for anything else."""
    if body[:1].strip() not in (b"{", b"[") and body.lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        value: Json = json.loads(body)
    except ValueError:
        return None
    return value


def _is_value(value: Json) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""


class Creations:
    """The accepted creations of a run, in order; fed with every exchange."""

    def __init__(self) -> None:
        self._made: list[tuple[Exchange, dict[str, str]]] = []

    def note(self, exchange: Exchange) -> None:
        """Keeps the exchange when it made something that later requests can name."""
        response = exchange.response
        if exchange.request.method not in ("POST", "PUT") or response is None or not response.ok:
            return
        if exchange.request.body.startswith(b'{"query": "query '):
            return  # a query of GraphQL, as `Field.payload` writes it, makes nothing
        if exchange.purpose.startswith(_NEVER) or len(response.body) > LARGEST or len(self._made) >= MOST:
            return
        found = names(exchange)
        if found:
            slim = msgspec.structs.replace(exchange, sent=b"", received=b"")
            self._made.append((slim, found))

    def complete(self, finding: Finding) -> Finding:
        """The finding with its `setup`, when none was given."""
        attack = next((e for e in finding.exchanges if e.number in finding.attacks), None)
        if finding.setup or attack is None:
            return finding
        chain: list[Exchange] = []
        wanted = [attack]
        while wanted and len(chain) < 4:
            exchange = wanted.pop()
            for made in self._makers(exchange):
                if made not in chain:
                    chain.append(made)
                    wanted.append(made)
        return msgspec.structs.replace(finding, setup=tuple(sorted(chain, key=lambda made: made.number)))

    def _makers(self, exchange: Exchange) -> list[Exchange]:
        """For each value that the request names, the latest earlier creation whose answer gave it."""
        found = []
        path = where(exchange)
        for name, value in mentioned(exchange):
            for made, given in reversed(self._made):
                if made.number >= exchange.number or value not in given.values():
                    continue
                if belongs(made, value, name=name, path=path):
                    found.append(made)
                    break
        return found
