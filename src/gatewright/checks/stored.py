"""Files that were sent: how they are taken back, and where another request shows them again (checks-1-5.md 5.3).

Where that is differs from API to API: behind a link of the answer, below the path of the upload, at a path of their own
(`POST /tasks/{id}/attachments`, then `GET /attachments/{id}/content`), at the same path where there is but one, or in
what the file belongs to. What exploration learnt of the object that the upload made comes before any guess by names.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from gatewright.checks.controls import call_of
from gatewright.checks.files import Field, File, accepted, carrying
from gatewright.explore.policy import forbidden
from gatewright.explore.words import words
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.json import Json
from gatewright.model.names import singular
from gatewright.model.test import Probe
from gatewright.proof.leaves import Answer, Leaf, as_text, read

_SIZES = {"size", "length", "bytes", "filesize", "contentlength", "sizebytes", "sizeinbytes", "bytesize"}
_IDS = {"id", "uuid", "guid", "key", "slug", "name", "filename", "fileid", "uid", "token", "hash"}
_HOLE = re.compile(r"\{([^}]+)\}")
_LOOKS = 6
"""Places in which a stored file is looked for."""
_LINKS = 2
"""Links of one answer that are followed."""
_LEADS = {"url", "uri", "href", "link", "src", "path", "location", "download", "file", "content"}
"""Last words of names whose values lead to a file, also where the value does not begin like an address."""


class Seen(Struct, frozen=True):
    """A stored file as another request shows it: its bytes, or no more than its size."""

    exchange: Exchange
    endpoint: str
    exact: bool
    """The same bytes came back."""
    way: str = ""
    """By which of the ways it was found, for `look`."""

    @property
    def response(self) -> Response:
        """The answer that shows it."""
        return self.exchange.response or Response(0)


class _Way(Struct, frozen=True):
    """One request that may show the file; `kind` is the same for the next file that is sent there."""

    endpoint: Endpoint
    call: Call
    kind: str


async def store(
    probe: Probe,
    call: Call,
    field: Field,
    file: File,
    *,
    purpose: str,
    burst: bool = False,
    edit: Callable[[Request], Request] | None = None,
) -> Exchange:
    """Send a file. What is accepted is taken back when the cell ends, or listed where that is not known how."""
    sent = carrying(call, field, file)
    exchange = await probe.send(sent, purpose=purpose, burst=burst, edit=edit)
    if not accepted(exchange):
        return exchange
    here = probe.endpoint
    if here.method != "POST":
        probe.undo(f"the file of {probe.account} as it was", call, as_=probe.account, endpoint=here)
        return exchange
    what = f"a file of {len(file.content)} bytes that {probe.account} sent to {here.name}"
    removal = _removal(probe, call, exchange)
    if removal is None:
        small = msgspec.structs.replace(file, content=file.content[:64])
        probe.leave(what, carrying(call, field, small), endpoint=here)
    else:
        probe.undo(what, removal[1], as_=probe.account, endpoint=removal[0])
    return exchange


def removable(probe: Probe, upload: Call, sent: Exchange) -> bool:
    """Whether what an upload made can be removed, or takes the place of the one before."""
    return probe.endpoint.method != "POST" or _removal(probe, upload, sent) is not None


def _removal(probe: Probe, upload: Call, sent: Exchange) -> tuple[Endpoint, Call] | None:
    """The request that removes what an upload made, and nothing else; None when none is known."""
    own = _at(probe, "DELETE")
    if own is not None and _single(probe):
        return own, _item_call(own, upload, None)
    ways = [*_learnt(probe, upload, sent, "DELETE"), *_named(probe, upload, sent, "DELETE")]
    return (ways[0].endpoint, ways[0].call) if ways else None


def _at(probe: Probe, method: str) -> Endpoint | None:
    """The endpoint of another method at the path of the upload."""
    here = probe.endpoint
    every = probe.knowledge.endpoints.values()
    return next((e for e in every if e.name == f"{method} {here.path}" and e.origin == here.origin), None)


def _single(probe: Probe) -> bool:
    """Whether the path of the upload holds one file and no list of them: nothing stands below it, and its GET gives no list."""
    here, same = probe.endpoint, _at(probe, "GET")
    below = here.path.rstrip("/") + "/{"
    if same is None or any(e.path.startswith(below) for e in probe.knowledge.endpoints.values()):
        return False
    last = words(here.path.rstrip("/").rpartition("/")[2])
    if not last or singular(last[-1]) != last[-1]:
        return False
    samples = [read(s.exchange.response) for s in probe.knowledge.samples_of(same.id)]
    return not any(leaf.item for answer in samples for leaf in answer.leaves)


def _item_call(endpoint: Endpoint, upload: Call, value: Json) -> Call:
    """A call of an endpoint beside or below the upload's: the same parents, and one new value."""
    call = Call(endpoint=endpoint.id)
    for name in _HOLE.findall(endpoint.path):
        call = call.with_value(Place("path", name), upload.path.get(name, value))
    return call


def _learnt(probe: Probe, upload: Call, sent: Exchange, method: str) -> list[_Way]:
    """Where exploration named the object that this endpoint made for the account, with the new one in its place."""
    here, sample = probe.endpoint, probe.knowledge.sample(probe.endpoint.id, probe.account)
    made = next(
        (o for o in probe.knowledge.objects if sample is not None and sample.made and o.key == sample.made), None
    )
    if made is None or sample is None or made.id is None:
        return []
    old = as_text(made.id)
    paths = [leaf.path for leaf in read(sample.exchange.response).leaves if leaf.value == old]
    value = next((leaf.value for leaf in read(sent.response).leaves if paths and leaf.path == paths[0]), None)
    ways = []
    for reference in made.references if value is not None else ():
        endpoint = probe.knowledge.endpoints.get(reference.endpoint)
        if endpoint is None or endpoint.method != method or endpoint.origin != here.origin or endpoint.id == here.id:
            continue
        call = Call(endpoint=endpoint.id)
        if method == "GET":
            call = call_of(probe, probe.account, endpoint=endpoint) or call
        for place, known in reference.values:
            other = upload.path.get(place.name, known) if place.within == "path" else known
            call = call.with_value(place, value if place == reference.place else other)
        ways.append(_Way(endpoint, call, endpoint.id))
    return sorted(ways, key=lambda w: (-w.endpoint.path.count("/"), w.endpoint.path))


def _named(probe: Probe, upload: Call, sent: Exchange, method: str) -> list[_Way]:
    """Endpoints of one file by their names: below the upload's path, else wherever its noun stands before one parameter."""
    here = probe.endpoint
    holes = set(_HOLE.findall(here.path))
    found: list[tuple[int, Endpoint]] = []
    for endpoint in probe.knowledge.endpoints.values():
        new = [hole for hole in _HOLE.findall(endpoint.path) if hole not in holes]
        if endpoint.method != method or endpoint.origin != here.origin or len(new) != 1:
            continue
        if endpoint.path.startswith(here.path.rstrip("/") + "/{"):
            found.append((0, endpoint))
        elif _is_one(here, endpoint, new[0]):
            found.append((1, endpoint))
    deep = -1 if method == "GET" else 1
    ordered = sorted(found, key=lambda pair: (pair[0], deep * pair[1].path.count("/"), pair[1].path))
    if method == "DELETE":  # what is removed is the file itself, and nothing below it
        ordered = [pair for pair in ordered if pair[1].path.rstrip("/").endswith("}")]
    parents = {as_text(value) for value in upload.path.values()}  # an answer may tell of these as well
    return [
        _Way(endpoint, _item_call(endpoint, upload, value), endpoint.id)
        for _, endpoint in ordered
        for value in [one for one in _ids(sent, endpoint) if one not in parents][:1]
    ]


def _is_one(here: Endpoint, endpoint: Endpoint, hole: str) -> bool:
    """Whether the parameter of a path stands behind the noun that the upload's path ends with."""
    noun = _noun(here.path.rstrip("/").rpartition("/")[2])
    before = endpoint.path.partition("{" + hole + "}")[0].rstrip("/").rpartition("/")[2]
    return bool(noun) and "{" not in before and _noun(before) == noun


def _noun(segment: str) -> str:
    parts = words(segment) if "{" not in segment else []
    return singular(parts[-1]) if parts else ""


def _ids(exchange: Exchange, item: Endpoint) -> list[str]:
    """Values of an answer that may name the new file in the path of one file, the likeliest first: at most two.

    What that path calls its last word for it, an API may call the whole of it: `{paper_beilur}` is the answer's `beilur`.
    """
    answer = read(exchange.response)
    location = (exchange.response.header("location") or "") if exchange.response else ""
    hole = _HOLE.findall(item.path)[-1]
    own = {hole.lower(), *words(hole)[-1:]}

    def name(leaf: Leaf) -> str:
        return leaf.path.rpartition(".")[2].lower().strip("_[]")

    found = [leaf for leaf in answer.leaves if name(leaf) in _IDS | own]
    ranked = sorted(found, key=lambda x: (name(x) not in ("id", "uuid"), name(x) not in own, x.path.count(".")))
    values = [location.rstrip("/").rpartition("/")[2]] if location else []
    return list(dict.fromkeys([*values, *[leaf.value for leaf in ranked]]))[:2]


async def look(
    probe: Probe, upload: Call, sent: Exchange, file: File, *, exact: bool = False, computed: bytes = b"", way: str = ""
) -> Seen | None:
    """The file as another request shows it; None when it is seen nowhere.

    `exact`: its bytes are wanted, not its size; an answer with what it `computed` will do as well. `way`: how an earlier
    file was found, which is tried first.
    """
    seen: Seen | None = None
    ways = _ways_back(probe, upload, sent)
    asked: set[str] = set()
    while ways and len(asked) < _LOOKS:
        here = ways.pop(next((i for i, one in enumerate(ways) if one.kind == way), 0))
        target = render(here.endpoint, here.call).target
        if target in asked:
            continue
        asked.add(target)
        exchange = await probe.send(here.call, purpose="read-back", endpoint=here.endpoint)
        response = exchange.response
        if response is not None and 300 <= response.status < 400:
            ways[:0] = _behind(probe, exchange, here, asked)
        if response is None or not response.ok:
            continue
        if response.body == file.content or (response.truncated and response.size == len(file.content)):
            return Seen(exchange, here.endpoint.name, True, here.kind)
        if computed and computed in response.body:
            return Seen(exchange, here.endpoint.name, False, here.kind)
        told = _tells(read(response), file, sent)
        if told:
            seen = seen or Seen(exchange, here.endpoint.name, told == "bytes", here.kind)
            if not exact or told == "bytes":
                return seen
        ways[:0] = _behind(probe, exchange, here, asked)
    return seen


def _tells(answer: Answer, file: File, sent: Exchange) -> str:
    """`size` where an answer gives the size of the file under such a name, or its hash; `bytes` where it holds them in base64.

    In a list that must stand in the item of the file: the one that a value of the upload's answer names.
    """
    if answer.kind not in ("json", "xml"):
        return ""
    hashes = {hashlib.sha256(file.content).hexdigest(), hashlib.md5(file.content, usedforsecurity=False).hexdigest()}
    coded, size = base64.b64encode(file.content).decode(), str(len(file.content))
    ours: set[str] = set()
    for leaf in answer.leaves:
        name = re.sub(r"[^a-z]", "", leaf.path.rpartition(".")[2].lower())
        holds = leaf.value.lower() in hashes or (leaf.value == size and name in _SIZES)
        same = leaf.value.rpartition(",")[2] == coded if leaf.value.startswith("data:") else leaf.value == coded
        if not holds and not same:
            continue
        if leaf.item and leaf.value.lower() not in hashes and not same:
            ours = ours or {x.value for x in read(sent.response).leaves if _last(x) in _IDS}
            if not any(x.item == leaf.item and x.value in ours and _last(x) in _IDS for x in answer.leaves):
                continue
        return "bytes" if same else "size"
    return ""


def _last(leaf: Leaf) -> str:
    return leaf.path.rpartition(".")[2].lower().strip("_[]")


def _ways_back(probe: Probe, upload: Call, sent: Exchange) -> list[_Way]:
    """Requests that may show a stored file, the likeliest first.

    Where the answer leads, where its object was found in exploration, by names,
    the path itself, and what the file belongs to.
    """
    ways = _linked(probe, _links(probe, sent), "link")
    ways += _learnt(probe, upload, sent, "GET") + _named(probe, upload, sent, "GET")
    same, above = _at(probe, "GET"), _above(probe)
    for endpoint in (same, above):
        if endpoint is not None and set(_HOLE.findall(endpoint.path)) <= set(upload.path):
            known = call_of(probe, probe.account, endpoint=endpoint)
            query = known.query if known is not None else {}
            ways.append(
                _Way(endpoint, msgspec.structs.replace(_item_call(endpoint, upload, None), query=query), endpoint.id)
            )
    return ways


def _above(probe: Probe) -> Endpoint | None:
    """The GET endpoint of what the upload's path stands below, `/me` for `/me/avatar`."""
    path, origin = probe.endpoint.path.rstrip("/").rpartition("/")[0], probe.endpoint.origin
    every = probe.knowledge.endpoints.values()
    return next((e for e in every if e.method == "GET" and e.path.rstrip("/") == path and e.origin == origin), None)


def _behind(probe: Probe, exchange: Exchange, here: _Way, asked: set[str]) -> list[_Way]:
    """Where an answer that shows the file's object leads, such as its `url`; nothing behind a link that was followed already."""
    if here.kind.startswith("link behind"):
        return []
    kind = f"link behind {here.kind}"
    return _linked(probe, [link for link in _links(probe, exchange) if link not in asked], kind)


def _links(probe: Probe, sent: Exchange) -> list[str]:
    """Addresses of the same host in an answer, as request targets: under the file's own name, then under names that lead to one."""
    noun = _noun(probe.endpoint.path.rstrip("/").rpartition("/")[2])
    found: list[tuple[int, str]] = []
    location = (sent.response.header("location") or "") if sent.response else ""
    leaves = [*read(sent.response).leaves, *([Leaf("location", location)] if location else [])]
    for leaf in leaves:
        names = {singular(word) for word in words(leaf.path.rpartition(".")[2])}
        leads = bool(names & _LEADS)
        value = leaf.value
        if leads and re.fullmatch(r"\w[\w-]*/[\w/.~%+@=-]+", value):
            value = f"/{value}"  # `media/x9.png`, from the root
        parts = urlsplit(value) if value.startswith(("http://", "https://", "/")) else None
        if parts is None or not re.fullmatch(r"/[\w/.~%+@:=&?-]+", parts.path):
            continue
        if parts.netloc and f"{parts.scheme}://{parts.netloc}" != sent.request.origin:
            continue
        found.append(
            (0 if noun in names else 1 if leads else 2, parts.path + (f"?{parts.query}" if parts.query else ""))
        )
    ordered = [target for _, target in sorted(found, key=lambda pair: pair[0])]
    return list(dict.fromkeys(ordered))[:_LINKS]


def _linked(probe: Probe, targets: list[str], kind: str) -> list[_Way]:
    """Requests for links, but for those that may do something, such as logging out."""
    ways = []
    for target in targets:
        path, _, query = target.partition("?")
        endpoint = Endpoint(method="GET", path=path, origin=probe.endpoint.origin)
        pairs = dict(pair.partition("=")[::2] for pair in query.split("&")) if query else {}
        if not forbidden(endpoint, "safe"):
            ways.append(_Way(endpoint, Call(endpoint=endpoint.id, query=dict(pairs)), kind))
    return ways
