"""What an API complains about, read from the body of a 4xx answer: which field, and what is wrong with it.

One walk reads problem+json (RFC 9457), FastAPI, Spring, Django REST framework, ASP.NET, Laravel, JSON:API,
express-validator, Joi, Ajv, Zod, NestJS, Mongoose and GraphQL: they all put a field beside, above or inside a message.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import msgspec
from msgspec import Struct

from gatewright.access.sentences import (
    QUOTED,
    Kind,
    exact,
    kind_of,
    mentions,
    sentences,
    snakes,
    undeclared,
    with_what_follows,
)
from gatewright.access.words import plain, words
from gatewright.model.graphql import refusal
from gatewright.model.http import Response
from gatewright.model.json import Json

__all__ = ["Complaint", "Kind", "complaints", "kind_of"]


class Complaint(Struct, frozen=True, kw_only=True):
    """One complaint. `field` is a body place or parameter name, empty when the answer names none."""

    kind: Kind
    field: str = ""
    within: str = ""
    """body, query, path or header when the answer says it."""
    text: str = ""
    hints: tuple[Json, ...] = ()
    """Listed choices or bounds, beside those in the text; of a refused content type those that would do."""
    wanted: str = ""
    """The type that the answer names beside its text: `integer`, `datetime`, `'a' | 'b'`."""


_FIELD_KEYS = (
    "loc", "field", "path", "param", "propertyPath", "property_path", "pointer", "instancePath", "dataPath",
    "property", "parameter", "key", "attribute", "name", "fieldName", "field_name", "argument", "target", "source",
)  # fmt: skip
_TEXT_KEYS = ("msg", "message", "defaultMessage", "detail", "reason", "description", "error", "errorMessage", "title")
_CODE_KEYS = ("type", "code", "keyword", "kind", "rule")
_HINT_KEYS = ("ctx", "params", "arguments", "options", "context", "allowedValues", "valids", "expected", "limit")
_ROOTS = {"body", "json", "form", "data", "attributes", "query", "path", "header", "headers", "params", "input", "$"}
_ENVELOPES = {"errors", "error", "detail", "details", "fields", "violations", "invalidparams", "issues", "validation"}
_ERRORS = {"errors", "error", "fields", "fielderrors", "validationerrors", "details", "violations", "validation"}
_ENVELOPES |= {"message", "messages", "fielderrors", "validationerrors", "extensions", "nonfielderrors", "data", "body"}
_NOISE = {
    "path",
    "timestamp",
    "trace",
    "traceid",
    "requestid",
    "instance",
    "url",
    "method",
    "documentationurl",
    "docs",
    "stack",
}
"""Keys whose text says nothing of what is wrong."""
_KEYS = {"id", "uuid", "guid", "slug", "code", "key", "pk", "ref", "reference"}
_WANTED_KEYS = ("expected", "validation", "expectedType")


def complaints(response: Response, known: Collection[str], *, sent: Mapping[str, str] | None = None) -> list[Complaint]:
    """The complaints of an answer, each field once, in the order found. `known`: names of places sent or documented.

    `sent` are values by place name: an answer that quotes one speaks of that place. Never raises; an answer that says
    nothing gives one complaint without a field.
    """
    if response.meaning in (406, 415):
        accepted = [response.header("accept-patch") or "", response.header("accept") or ""]
        types = [one.strip() for text in accepted for one in text.split(",") if "/" in one and "*" not in one]
        return [Complaint(kind="media", text=str(response.meaning), hints=tuple(types))]
    if response.meaning in (412, 428):
        return [Complaint(kind="stale", text=str(response.meaning))]
    reader = _Reader(tuple(dict.fromkeys(known)), sent or {})
    found = reader.read(response, loosely=response.meaning not in (401, 403))
    if response.meaning in (401, 403) and not any(c.field for c in found):
        return [Complaint(kind="rank", text=reader.loose[0] if reader.loose else str(response.meaning))]
    if response.meaning >= 500 and not any(c.field for c in found):
        return [Complaint(kind="server", text=str(response.meaning))]
    if not found:
        kind: Kind = {404: "reference", 409: "taken"}.get(response.meaning, "other")  # type: ignore[assignment]
        return [Complaint(kind=kind, text=str(response.meaning))]
    if response.meaning == 409:
        return [msgspec.structs.replace(c, kind="taken") if c.kind in ("other", "format") else c for c in found]
    return found


class _Reader:
    """One walk over one answer."""

    def __init__(self, known: tuple[str, ...], sent: Mapping[str, str]) -> None:
        self.known = known
        self.sent = {value: name for name, value in sent.items() if len(value) >= 3}
        self.snake = snakes(known)
        self.holders = {name[:at] for name in known for at, c in enumerate(name) if c in ".["}
        self.found: dict[tuple[str, str], Complaint] = {}
        self.loose: list[str] = []

    def read(self, response: Response, *, loosely: bool = True) -> list[Complaint]:
        """Complaints; `loosely`: those of messages without a field beside them, too."""
        try:
            body: Json = msgspec.json.decode(response.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            body = _text_of(response.body)
        self.walk(_without_paths(body) if refusal(response.body) else body, "", 0)
        for text in self.loose if loosely else ():
            self.from_text(text)
        fields = [c for c in self.found.values() if c.field]
        return fields or list(self.found.values())

    def walk(self, node: Json, field: str, depth: int, within: str = "") -> None:
        """Look for complaints; `within` is the key above, plain."""
        if depth > 12 or len(self.found) > 100:
            return
        if isinstance(node, str):
            if field:
                self.add(field, "", node)
            else:
                self.loose.append(node[:2000])
        elif isinstance(node, list):
            for index, item in enumerate(node[:100]):
                inside = f"{field}[{index}]" if field and isinstance(item, dict) and len(node) > 1 else field
                self.walk(item, inside, depth + 1, within)
        elif isinstance(node, dict) and not self.entry(node, field):
            for key, value in node.items():
                if field or not (isinstance(value, str) and plain(key) in _NOISE):
                    self.walk(value, self.deeper(field, key) or self.unheard(key, value, within), depth + 1, plain(key))

    def entry(self, node: dict[str, Json], above: str) -> bool:
        """One object that holds a field (beside or above it) and a message."""
        inner = [value for key, value in node.items() if isinstance(value, (list, dict)) and plain(key) in _ENVELOPES]
        before = len(self.found)
        for key, value in node.items() if inner and not above else ():
            if isinstance(value, (list, dict)) and plain(key) in _ENVELOPES:
                self.walk(value, above, 1, plain(key))
        if len(self.found) > before:
            return True  # what stands around the list of errors only sums it up
        text = next((str(node[key]) for key in _TEXT_KEYS if isinstance(node.get(key), str)), "")
        code = " ".join(str(node[key]) for key in _CODE_KEYS if isinstance(node.get(key), str))
        hints = tuple(value for key in _HINT_KEYS if key in node for value in _scalars(node[key]))
        field, within = _location(node)
        params = node.get("params")
        if code in ("required", "additionalProperties", "unevaluatedProperties") and isinstance(params, dict):
            name = params.get("missingProperty") or params.get("additionalProperty")
            field = f"{field}.{name}".strip(".") if name else field
        types = [node.get(key) for key in _WANTED_KEYS]
        types += [params.get("type"), params.get("format")] if isinstance(params, dict) else []
        wanted = next((one for one in types if isinstance(one, str)), "")
        if not (field or above) or not (text or code) or self._is_field_map(node):
            return False
        if not field and code and not text:
            return False
        self.add(_under(above, field), within, text, code, hints, wanted)
        return True

    def _is_field_map(self, node: dict[str, Json]) -> bool:
        """DRF's `{"name": ["required"]}` looks like an entry when a field is called name or title."""
        return bool(node) and all(isinstance(value, list) for value in node.values())

    def deeper(self, field: str, key: str) -> str:
        """The field that a key of an object stands for."""
        if self.match(key) != key or key in self.known:
            return self.match(f"{field}.{key}".strip("."))
        if f"{field}.{key}".strip(".") in self.holders:
            return f"{field}.{key}".strip(".")
        if plain(key) in _ENVELOPES or key.lower() in _ROOTS or key in _TEXT_KEYS or key in _CODE_KEYS:
            return field
        return f"{field}.{key}".strip(".") if field else ""

    def add(
        self, field: str, within: str, text: str, code: str = "", hints: tuple[Json, ...] = (), wanted: str = ""
    ) -> None:
        kind = kind_of(code.replace("_", " ") + " " + text) if text or code else "other"
        if kind in ("format", "other") and text:
            kind = kind_of(text)
        field = self.match(_stripped(field))
        if field not in self.known and kind in ("reference", "missing"):
            field = self.referring(field) or field
        complaint = Complaint(kind=kind, field=field, within=within, text=text or code, hints=hints, wanted=wanted)
        self.found.setdefault((field, within), complaint)

    def from_text(self, text: str) -> None:
        """A message without a field beside it: names that it quotes or uses, sentence by sentence."""
        for sentence in with_what_follows(sentences(text)):
            kind = kind_of(sentence)
            lowered = sentence.lower()
            within = "header" if "header" in lowered else "query" if re.search(r"request param|query", lowered) else ""
            named = self.named(sentence, kind) or ([] if kind == "other" else undeclared(sentence, snake=self.snake))
            if kind == "choice":
                named = named[:1]
            for name in named[:20]:
                self.add(name, within, sentence)
            if not named and sentence.strip():
                self.found.setdefault(("", sentence[:80]), Complaint(kind=kind, text=sentence))

    def named(self, sentence: str, kind: Kind) -> list[str]:
        """Known names that a sentence quotes, or whose value it quotes, or that it uses."""
        told = exact(sentence)
        if told:
            return [told] if self.match(told) in self.known else []
        quoted = QUOTED.findall(sentence)
        found = [name for name in quoted if self.match(_stripped(name)) in self.known]
        inside = [
            name for name in quoted if "." in name and self.match(_stripped(name).partition(".")[0]) in self.known
        ]
        if inside and not found:
            return inside[:1]
        if found:
            return found if kind in ("missing", "unknown") else found[-1:] if "chain" in sentence else found
        quoted = re.findall(r"[\"'`“]([^\"'`”]{3,200})[\"'`”]", sentence) + re.findall(
            r"(?<![\w-])([\w-]{8,})", sentence
        )
        found = [self.sent[value] for value in quoted if value in self.sent]
        if found:
            return found[:1]
        at = {name: place for name in self.known if (place := position(sentence, name)) >= 0}
        found = sorted(at, key=lambda name: (at[name], -len(name)))
        if found:
            return found if kind in ("missing", "unknown") else found[:1]
        subject = re.match(
            r"(?:this |the |that |no |unknown |invalid |cannot find |couldn.t find |could not find )?([A-Za-z]\w+)",
            sentence,
            re.IGNORECASE,
        )
        if kind == "reference" and subject:
            name = self.referring(subject.group(1))
            bare = [one for one in self.known if one in _KEYS and one != "id"]  # `This coupon is unknown`: its `code`
            return [name] if name else bare if len(bare) == 1 else []
        return []

    def referring(self, noun: str) -> str:
        """The known name that refers to a noun: `venue_id` for venue; empty when there is none."""
        wanted = plain(re.sub(r"\[\d*\]", "", noun).rpartition(".")[2])
        for name in self.known:
            parts = words(re.sub(r"\[\d*\]", "", name).rpartition(".")[2])
            if len(parts) > 1 and parts[-1] in _KEYS and "".join(parts[:-1]) == wanted:
                return name
        return ""

    def unheard(self, key: str, value: Json, within: str) -> str:
        """A key that nobody declared, with messages under it, inside an object of errors: a field of its own."""
        texts = value if isinstance(value, list) else [value]
        said = bool(texts) and all(isinstance(one, str) for one in texts)
        known = plain(key) in _ENVELOPES or plain(key) in _NOISE or key in _TEXT_KEYS or key in _CODE_KEYS
        if not said or known or not re.fullmatch(r"[A-Za-z_][\w.-]*", key):
            return ""
        return key if (within in _ERRORS or isinstance(value, list)) and kind_of(str(texts[0])) != "other" else ""

    def match(self, field: str) -> str:
        """The known spelling of a field; the field itself when there is none."""
        if field in self.known:
            return field
        wanted = plain(re.sub(r"\[\d*\]", "", field))
        for name in self.known:
            if plain(re.sub(r"\[\d*\]", "", name)) == wanted:
                return name
        if "." in field:
            return field  # undeclared, inside an object
        return next((name for name in self.known if "." in name and plain(name.rpartition(".")[2]) == wanted), field)


def position(sentence: str, name: str) -> int:
    """Where a sentence uses a name; -1 when it does not. Names of one or two letters count only where it begins."""
    last = re.sub(r"\[\d*\]", "", name).rpartition(".")[2]
    if not mentions(sentence, name):
        return -1
    if len(last) <= 2:
        return 0 if re.match(rf"{re.escape(last)}\b", sentence, re.IGNORECASE) else -1
    first = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", last)[0]
    return sentence.lower().find(first.lower())


def _without_paths(answer: Json) -> Json:
    """GraphQL errors without where they stand in the document and the answer: that names no argument."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    rows = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    return [{key: value for key, value in row.items() if key not in ("path", "locations")} for row in rows]


def _under(above: str, field: str) -> str:
    """A field told beside its message, inside the one that stands above it; often both are the same."""
    if not above or not field or above == field or field.startswith((above + ".", above + "[")):
        return field or above
    return above if above.rpartition(".")[2] == field else field


def _location(node: dict[str, Json]) -> tuple[str, str]:
    """Field and place of an entry, from whichever key its framework uses."""
    for key in _FIELD_KEYS:
        value = node.get(key)
        if key == "path" and isinstance(value, str) and value.startswith("/") and {"status", "timestamp"} & set(node):
            continue  # the path of the request
        if key == "source" and isinstance(value, dict):
            value = value.get("pointer") or value.get("parameter")
        if isinstance(value, list) and value and all(isinstance(item, (str, int)) for item in value):
            within = str(value[0]) if value[0] in ("body", "query", "path", "header") else ""
            return _joined([item for item in value if isinstance(item, (str, int))]), within
        if (
            isinstance(value, str)
            and value
            and len(value) < 200
            and not (key in ("name", "path") and "/" in value[1:] and " " in value)
        ):
            located = node.get("location", node.get("in"))
            return _pointer(value), str(located).rstrip("s") if isinstance(located, str) else ""
    return "", ""


def _pointer(value: str) -> str:
    """A JSON pointer, `#/a/0/b`, or a dotted path as a place: `a[0].b`."""
    if value.startswith(("/", "#/")):
        parts = value.lstrip("#").strip("/").split("/")
        return _joined([int(part) if part.isdigit() else part for part in parts])
    return re.sub(r"\.(\d+)(?=[.\[]|$)", r"[\1]", value.lstrip("."))  # `items.0.sku`, as validators of objects write it


def _joined(parts: list[str | int]) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _stripped(field: str) -> str:
    """A field without the roots that frameworks put before it (`body.user.email`, `$.email`)."""
    parts = field.split(".")
    while len(parts) > 1 and parts[0].lower() in _ROOTS:
        parts.pop(0)
    return ".".join(parts)


def _scalars(node: Json) -> list[Json]:
    if isinstance(node, dict):
        return [leaf for value in node.values() for leaf in _scalars(value)]
    if isinstance(node, list):
        return [leaf for value in node for leaf in _scalars(value)]
    return [node] if node is not None else []


def _text_of(body: bytes) -> str:
    """The words of an HTML or plain answer."""
    text = body[:20_000].decode("utf-8", "replace")
    return re.sub(r"\s+", " ", re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL)).strip()[
        :2000
    ]
