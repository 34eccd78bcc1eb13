"""What an API complains about, read from the body of a 4xx answer: which field, and what is wrong with it.

One walk reads problem+json (RFC 9457), FastAPI, Spring, Django REST framework, ASP.NET, Laravel, JSON:API,
express-validator, Joi, Ajv, Zod, NestJS, Mongoose and GraphQL: they all put a field beside, above or inside a message.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

import msgspec
from msgspec import Struct

from gatewright.access.words import plain
from gatewright.model.graphql import refusal
from gatewright.model.http import Response
from gatewright.model.json import Json

Kind = Literal[
    "missing", "taken", "bounds", "choice", "reference", "format", "unknown", "media", "rank", "server", "other"
]


class Complaint(Struct, frozen=True, kw_only=True):
    """One complaint. `field` is a body place or parameter name, empty when the answer names none."""

    kind: Kind
    field: str = ""
    within: str = ""
    """body, query, path or header when the answer says it."""
    text: str = ""
    hints: tuple[Json, ...] = ()
    """Listed choices or bounds, beside those in the text."""


_FIELD_KEYS = (
    "loc", "field", "path", "param", "propertyPath", "property_path", "pointer", "instancePath", "dataPath",
    "property", "parameter", "key", "attribute", "name", "fieldName", "field_name", "argument", "target", "source",
)  # fmt: skip
_TEXT_KEYS = ("msg", "message", "defaultMessage", "detail", "reason", "description", "error", "errorMessage", "title")
_CODE_KEYS = ("type", "code", "keyword", "kind", "rule")
_HINT_KEYS = ("ctx", "params", "arguments", "options", "context", "allowedValues", "valids", "expected", "limit")
_ROOTS = {"body", "json", "form", "data", "attributes", "query", "path", "header", "headers", "params", "input", "$"}
_ENVELOPES = {"errors", "error", "detail", "details", "fields", "violations", "invalidparams", "issues", "validation"}
_ENVELOPES |= {"message", "messages", "fielderrors", "validationerrors", "extensions", "nonfielderrors", "data", "body"}
_QUOTED = re.compile(r"[\"'`‘“\[]([A-Za-z_][\w.\[\]-]*)[\"'`’”\]]")
_UNQUOTED = re.compile(
    r"(?:property|field|parameter|attribute|key|argument):? ([a-z]\w*)|^([a-z]\w+) (?:is|field|must|can)"
)

_KINDS: tuple[tuple[Kind, str], ...] = (
    ("format", r"valid \w+ (is )?required"),
    ("unknown", r"should not exist|not allowed(?! to be)|unknown (field|prop|key|param|arg)|unrecogni[sz]ed|unexpected (field|prop|key|param)"
     r"|additional ?propert|extra[_ ](field|input|forbidden)|extra_forbidden|not permitted|is not (a )?(known|supported) (field|prop)|whitelist"),
    ("reference", r"not[_ ]found|(does|do)(n.t| not) exist|not exists?\b|no such|could ?n.t find|invalid (\w+[_ ])?id\b|unknown (\w+[_ ])?id\b"
     r"|no \w+ (with|for|matches)|foreign key|does not refer"),
    ("taken", r"already|taken|duplicat|in use|must be unique|not unique|unique constraint|exists\b|been used"),
    ("missing", r"required|missing|mandatory|blank|(must|can|may|should|could)(.?not|n.t) be (null|empty|none|undefined)|not be (null|empty)"
     r"|is empty|to be (null|empty)|(must|has to|should) be (provided|present|supplied|set|given|specified)|not (been )?(provided|supplied|specified|set)"
     r"|no \w+ (given|provided|supplied|specified)|must (provide|include|specify|have)(?! (no|at|a m|between|fewer|less|more))|received undefined|please (enter|provide|fill)|is (null|undefined)\b"),
    ("choice", r"\bone of\b|choices?\b|allowed values?|permitted values?|valid (values|options)|\benum\b|accepted values|must be either"
     r"|equal to one|input should be '[^']*'(,| or )|invalid option|literal_error|possible values"),
    ("bounds", r"at least|at most|\bmin(imum|_length|length)?\b|\bmax(imum|_length|length)?\b|\blength\b|long(er)?\b|short(er)?\b|between|range"
     r"|greater|less|larger|smaller|too (big|small|many|few|high|low|early|late|old|young)|exceed|future|\bpast\b|before|after|positive|negative"
     r"|non-?zero|characters|\b(gt|ge|lt|le|gte|lte)\b|>=|<=|tomorrow|\bsize\b|expired|out of stock|insufficient|not enough"),
    ("format", r"format|valid|must be an?\b|must be (of )?(type|string|number|int|bool|array|object|date)|should be an?\b|not an? |expect|pars(e|ing)|pattern"
     r"|match|malformed|type|contain|only|must (consist|start|end)|illegal|incorrect|wrong|convert|deserializ|coerce|syntax"),
)  # fmt: skip
_RULES = tuple((kind, re.compile(rule, re.IGNORECASE)) for kind, rule in _KINDS)


def complaints(response: Response, known: Collection[str]) -> list[Complaint]:
    """The complaints of an answer, each field once, in the order found. `known`: names of places sent or documented.

    Never raises; an answer that says nothing gives one complaint without a field.
    """
    status = response.meaning
    if status in (406, 415):
        return [Complaint(kind="media", text=str(status))]
    found = _Reader(tuple(known)).read(response)
    if status in (401, 403) and not any(c.field for c in found):
        return [Complaint(kind="rank", text=found[0].text if found else str(status))]
    if status >= 500 and not any(c.field for c in found):
        return [Complaint(kind="server", text=str(status))]
    if not found:
        kind: Kind = {404: "reference", 409: "taken"}.get(status, "other")  # type: ignore[assignment]
        return [Complaint(kind=kind, text=str(status))]
    if status == 409:
        return [msgspec.structs.replace(c, kind="taken") if c.kind in ("other", "format") else c for c in found]
    return found


def kind_of(text: str) -> Kind:
    """What a message complains about; "other" when it uses none of the usual words."""
    return next((kind for kind, rule in _RULES if rule.search(text)), "other")


class _Reader:
    """One walk over one answer."""

    def __init__(self, known: tuple[str, ...]) -> None:
        self.known = known
        self.holders = {name[:at] for name in known for at, c in enumerate(name) if c in ".["}
        self.found: dict[tuple[str, str], Complaint] = {}
        self.loose: list[str] = []

    def read(self, response: Response) -> list[Complaint]:
        try:
            body: Json = msgspec.json.decode(response.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            body = _text_of(response.body)
        self.walk(_without_paths(body) if refusal(response.body) else body, "", 0)
        for text in self.loose:
            self.from_text(text)
        fields = [c for c in self.found.values() if c.field]
        return fields or list(self.found.values())

    def walk(self, node: Json, field: str, depth: int) -> None:
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
                self.walk(item, inside, depth + 1)
        elif isinstance(node, dict) and not self.entry(node, field):
            for key, value in node.items():
                self.walk(value, self.deeper(field, key), depth + 1)

    def entry(self, node: dict[str, Json], above: str) -> bool:
        """One object that holds a field (beside or above it) and a message."""
        text = next((str(node[key]) for key in _TEXT_KEYS if isinstance(node.get(key), str)), "")
        code = " ".join(str(node[key]) for key in _CODE_KEYS if isinstance(node.get(key), str))
        hints = tuple(value for key in _HINT_KEYS if key in node for value in _scalars(node[key]))
        field, within = _location(node)
        if code == "required" and isinstance(node.get("params"), dict):
            missing = node["params"]
            name = missing.get("missingProperty") if isinstance(missing, dict) else None
            field = f"{field}.{name}".strip(".") if name else field
        if not (field or above) or not (text or code) or self._is_field_map(node):
            return False
        if not field and code and not text:
            return False
        self.add(field or above, within, text, code, hints)
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

    def add(self, field: str, within: str, text: str, code: str = "", hints: tuple[Json, ...] = ()) -> None:
        kind = kind_of(code.replace("_", " ") + " " + text) if text or code else "other"
        if kind in ("format", "other") and text:
            kind = kind_of(text)
        field = self.match(_stripped(field))
        self.found.setdefault(
            (field, within), Complaint(kind=kind, field=field, within=within, text=text or code, hints=hints)
        )

    def from_text(self, text: str) -> None:
        """A message without a field beside it: names that it quotes or uses, sentence by sentence."""
        for sentence in re.split(r"(?<=[.;!])\s+|\n+|,\s+(?=[\"'`\w.]+ (?:is|must|should|can)\b)", text)[:40]:
            kind = kind_of(sentence)
            quoted = [name for name in _QUOTED.findall(sentence) if self.match(_stripped(name)) in self.known]
            if not quoted:
                quoted = [name for name in self.known if _mentions(sentence, name)]
            if not quoted and kind in ("missing", "unknown"):
                quoted = _QUOTED.findall(sentence) or [a or b for a, b in _UNQUOTED.findall(sentence)]
            if kind == "choice":
                quoted = quoted[:1]
            for name in quoted[:20]:
                self.add(name, "", sentence)
            if not quoted and sentence.strip():
                self.found.setdefault(("", sentence[:80]), Complaint(kind=kind, text=sentence))

    def match(self, field: str) -> str:
        """The known spelling of a field; the field itself when there is none."""
        if field in self.known:
            return field
        wanted = plain(re.sub(r"\[\d*\]", "", field))
        for name in self.known:
            if plain(re.sub(r"\[\d*\]", "", name)) == wanted:
                return name
        return next((name for name in self.known if "." in name and plain(name.rpartition(".")[2]) == wanted), field)


def _without_paths(answer: Json) -> Json:
    """GraphQL errors without where they stand in the document and the answer: that names no argument."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    rows = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    return [{key: value for key, value in row.items() if key not in ("path", "locations")} for row in rows]


def _location(node: dict[str, Json]) -> tuple[str, str]:
    """Field and place of an entry, from whichever key its framework uses."""
    for key in _FIELD_KEYS:
        value = node.get(key)
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
    return value.lstrip(".")


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


def _mentions(sentence: str, name: str) -> bool:
    """Whether a sentence uses a name, spelled as one word or as several (`first_name`, `First name`)."""
    last = re.sub(r"\[\d*\]", "", name).rpartition(".")[2]
    spelled = r"[\s_-]?".join(re.escape(part) for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", last))
    return bool(spelled) and re.search(rf"(?<![A-Za-z]){spelled}(?![A-Za-z])", sentence, re.IGNORECASE) is not None


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
