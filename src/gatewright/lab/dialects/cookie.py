"""Cookie: a session cookie and a CSRF token, UUIDs as ids, camelCase, envelopes with status 200 whatever happened."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gatewright.lab import csrf
from gatewright.lab.camel import Camel
from gatewright.lab.dialects.dialect import vocabulary
from gatewright.lab.dialects.web import Web, received
from gatewright.lab.door import Door
from gatewright.lab.endpoint import Access, Call, Clinic, Endpoint, Refused, Reply, Schema, parsed
from gatewright.lab.openapi import Published
from gatewright.lab.schemas import ref, shape
from gatewright.lab.scramble import Names
from gatewright.lab.sessions import FIELD, HEADER, SessionDoor
from gatewright.lab.tables import Row
from gatewright.lab.uuids import Uuids

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_NOWHERE = 2**52
"""No row has a number as high as this: what an unknown UUID stands for."""
_CODES = {
    400: "BAD_REQUEST",
    401: "NOT_LOGGED_IN",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_TYPE",
    422: "INVALID",
}


_OTHERWISE = {"Token": "Session", "MessageAnswer": "Message"}
"""What is answered otherwise here: log-in gives a session, and what has an envelope of its own is unpacked."""


class Cookie(Web):
    """The clothes of a web application that speaks to its own pages."""

    name = "cookie"

    def __init__(self, clinic: Clinic, names: Names) -> None:
        super().__init__(clinic, names)
        self.uuids = Uuids(b"ids of the clinic")
        self._real = self.schemas
        self.schemas = {name: self._clothed(one) for name, one in self._real.items() if name not in _OTHERWISE}
        self.published = _Envelopes(self)

    @classmethod
    def spelling(cls, scramble: int | None) -> Names:
        """camelCase, of made-up words when scrambled."""
        return Camel(super().spelling(scramble), vocabulary())

    def door(self) -> Door:
        """Sessions."""
        return SessionDoor()

    # what comes in

    def admit(self, call: Call, *, least: Access | None = None) -> None:
        """The same, and changes need the CSRF token of the session: in a header, or in a field of a form."""
        super().admit(call, least=least)
        if self._needs_token(call) and not _is_form(call):
            self._guard(call, call.headers.get(HEADER.lower(), ""))

    def _needs_token(self, call: Call) -> bool:
        if csrf.has(call, "csrf-text-plain") and _kind(call) == "text/plain":
            return False
        return bool(call.claims) and call.endpoint.method not in _SAFE

    def _guard(self, call: Call, given: str) -> None:
        if not csrf.passes(call, given):
            raise Refused(403, "the CSRF token of this session is missing or wrong")

    async def content(self, request: Request, call: Call) -> Row:
        """JSON, or the fields of a form."""
        if csrf.has(call, "csrf-text-plain") and _kind(call) == "text/plain":
            body: Row = self.names.body(parsed(await received(request)))
            return body
        method = getattr(request.state, "overridden", request.method)
        if method not in (call.endpoint.method, "HEAD") and not _is_form(call):
            raise Refused(405, "this method is not allowed here")
        if not _is_form(call):
            return await super().content(request, call)
        try:
            fields = parse_qsl((await received(request)).decode(), keep_blank_values=True, max_num_fields=100)
        except ValueError:
            raise Refused(400, "the body is not a form") from None
        call.keys = tuple((self.names.word(name), value) for name, value in fields)
        given = dict(call.keys)
        named = given.pop("_method", "") == call.endpoint.method and csrf.has(call, "csrf-method-in-form")
        if method != call.endpoint.method and not named:
            raise Refused(405, "this method is not allowed here")
        if not named and self._needs_token(call):
            self._guard(call, call.headers.get(HEADER.lower(), "") or given.pop(FIELD, ""))
        properties = self._real[call.endpoint.body].get("properties", {})
        return {name: self.names.body(_typed(value, properties.get(name, {}))) for name, value in given.items()}

    def finish(self, call: Call) -> Reply:
        """The same; a form that no endpoint reads proves nothing."""
        if self._needs_token(call) and _is_form(call) and not call.endpoint.body:
            self._guard(call, call.headers.get(HEADER.lower(), ""))
        return super().finish(call)

    def further_methods(self, endpoint: Endpoint) -> list[str]:
        """POST, where a form may name another method."""
        weak = "csrf-method-in-form" in self.clinic.weak and endpoint.id == csrf.AT["csrf-method-in-form"]
        return ["POST"] if weak else []

    def read(self, text: Any, schema: Schema, name: str) -> Any:
        """UUIDs become numbers again."""
        if is_reference(name, schema):
            return self._number(text)
        return super().read(text, schema, name)

    def _number(self, text: Any) -> Any:
        """The number of a UUID; a high one that no row has when it is nobody's. Else what was given."""
        try:
            number = self.uuids.number(text)
        except (ValueError, AttributeError, TypeError):
            return text
        return number if number is not None else _NOWHERE + UUID(text).int % _NOWHERE // 2

    def taken(self, body: Row, endpoint: Endpoint) -> Row:
        """UUIDs become numbers again where the schema has a number."""
        taken: Row = self._inward(body, self._real[endpoint.body], "")
        return taken

    def _inward(self, value: Any, schema: Schema, name: str) -> Any:
        if isinstance(value, dict):
            properties = schema.get("properties", {})
            return {key: self._inward(inner, properties.get(key, {}), key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._inward(inner, schema.get("items", {}), name) for inner in value]
        declared = schema.get("type") == "integer" if schema else True
        if declared and isinstance(value, str) and _named_as_reference(name):
            number = self._number(value)
            return value if not schema and isinstance(number, int) and number >= _NOWHERE else number
        return value

    # what goes out

    def written(self, value: Any, name: str = "") -> Any:
        """With UUIDs for the numbers that name things."""
        if isinstance(value, dict):
            return {key: self.written(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.written(inner, name) for inner in value]
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0 and _named_as_reference(name):
            return self.uuids.text(value)
        return value

    def dressed(self, reply: Reply, call: Call) -> Response:
        """`{"success": true, "data": …}`; pages stay pages."""
        if isinstance(reply.body, str):
            return Response(reply.body, 200, reply.headers, "text/html")
        body = _unpacked(reply.body)
        data = self.names.body(self.written(body))
        if "Location" in reply.headers:
            reply.headers["Location"] = re.sub(
                r"(?<=/)\d+(?=/|$)", lambda match: self.uuids.text(int(match[0])), reply.headers["Location"]
            )
        answer = Response(orjson.dumps({"success": True, "data": data}), 200, reply.headers, "application/json")
        if isinstance(body, dict) and FIELD in body:  # for pages that read it from there
            answer.headers.append("Set-Cookie", f"{FIELD}={body[FIELD]}; Path=/; SameSite=Lax")
        return answer

    def refusal(self, refused: Refused, methods: list[str]) -> Response:
        """`{"success": false, "error": {…}}`; only where there is no route does the status say so as well."""
        code = _CODES.get(refused.status) or HTTPStatus(refused.status).name
        error: dict[str, Any] = {"code": code, "message": refused.detail}
        if refused.errors:
            error["fields"] = {self.names.word(name): message for name, message in refused.errors.items()}
        headers = {"Allow": ", ".join(methods)} if refused.status == 405 else {}
        status = refused.status if refused.status == 405 or refused.status >= 500 else 200
        return Response(orjson.dumps({"success": False, "error": error}), status, headers, "application/json")

    def lost(self, status: int, request: Request) -> Response:
        """A page that is not there is an honest 404."""
        answer = super().lost(status, request)
        answer.status_code = status
        return answer

    # what is published

    def _clothed(self, schema: Schema, name: str = "") -> Schema:
        """The schema with UUIDs for numbers that name things."""
        if is_reference(name, schema):
            return self.reference(schema)
        clothed: Schema = {}
        for key, value in schema.items():
            if key == "properties":
                unpacked = {"success", "error"} if not name and "success" in value else set()
                clothed[key] = {
                    inner: self._clothed(one, inner) for inner, one in value.items() if inner not in unpacked
                }
            elif key == "required":
                clothed[key] = [inner for inner in value if inner in clothed.get("properties", {})]
            elif key in ("items", "additionalProperties") and isinstance(value, dict):
                clothed[key] = self._clothed(value, name)
            elif key == "example":
                clothed[key] = self.written(value, name)
            else:
                clothed[key] = value
        return clothed

    def reference(self, schema: Schema) -> Schema:
        """A UUID in place of a number."""
        kept = {key: value for key, value in schema.items() if key == "readOnly"}
        return {**kept, "type": "string", "format": "uuid", "example": self.uuids.text(schema.get("example", 77))}


class _Envelopes(Published):
    """What is special in the document: cookie and token, envelopes, UUIDs."""

    schemes: Mapping[str, Schema] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "session"},
        "csrf": {"type": "apiKey", "in": "header", "name": HEADER},
    }
    problem = shape(
        "code message",
        code={"type": "string", "example": "NOT_FOUND"},
        message={"type": "string"},
        fields={"type": "object", "additionalProperties": {"type": "string"}},
    )

    def __init__(self, dialect: Cookie) -> None:
        self._dialect = dialect

    def needed(self, endpoint: Endpoint, roles: list[str]) -> dict[str, list[str]]:
        """The cookie; for a change the token too."""
        forgotten = endpoint.id == csrf.AT["csrf-forgotten"] and "csrf-forgotten" in self._dialect.clinic.weak
        token: dict[str, list[str]] = {} if endpoint.method in _SAFE or forgotten else {"csrf": []}
        return {"session": roles, **token}

    def answer(self, endpoint: Endpoint) -> str:
        """Its name here."""
        return _OTHERWISE.get(endpoint.answer, endpoint.answer)

    def schema(self, name: str, schema: Schema) -> Schema:
        """UUIDs."""
        return self._dialect.reference(schema) if is_reference(name, schema) else schema

    def wrapped(self, schema: Schema | None) -> Schema | None:
        """In an envelope."""
        data = schema or {"type": "null"}
        return shape("success", success={"type": "boolean", "example": True}, data=data, error=ref("Problem"))

    def statuses(self, endpoint: Endpoint) -> tuple[str, bool]:
        """All is 200."""
        return "200", False


def _named_as_reference(name: str) -> bool:
    """Whether a property or parameter of this (real) name tells which thing is meant."""
    return bool(re.search(r"(^|[_-])ids?$|^participants$", name.lower()))


def is_reference(name: str, schema: Schema) -> bool:
    """Whether a number of this name and schema is a UUID here."""
    return schema.get("type") == "integer" and _named_as_reference(name)


def _unpacked(body: Any) -> Any:
    """What an endpoint that wears an envelope already has in it; its error as a refusal."""
    if not isinstance(body, dict) or "success" not in body:
        return body
    if not body["success"]:
        raise Refused(404, str(body.get("error")))
    return body["data"] if "data" in body else {name: one for name, one in body.items() if name != "success"}


def _is_form(call: Call) -> bool:
    return _kind(call) == "application/x-www-form-urlencoded"


def _kind(call: Call) -> str:
    return call.headers.get("content-type", "").partition(";")[0].strip().lower()


def _typed(text: str, schema: Schema) -> Any:
    """A field of a form as the type of its property."""
    kind = schema.get("type")
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind == "integer" and re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    if kind in ("array", "object"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
