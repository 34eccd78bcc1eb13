"""One request per endpoint that works on a fresh clinic: what the specification's examples cannot say, in one place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gatewright.lab import multipart
from gatewright.lab.dialects import Dialect
from gatewright.lab.door import half_way
from gatewright.lab.endpoint import Access, Clinic, Endpoint, Schema, Upload
from gatewright.lab.routes import endpoints, schemas
from gatewright.lab.scramble import Names
from gatewright.lab.seed import ALICE, ROOT, SAM, password_of

_CALLER = {
    Access.PUBLIC: "",
    Access.OPTIONAL: ALICE.username,
    Access.PATIENT: ALICE.username,
    Access.STAFF: SAM.username,
    Access.ADMIN: ROOT.username,
}
_TABLE = {
    "appointment_id": "appointments",
    "record_id": "records",
    "document_id": "documents",
    "scan_id": "scans",
    "prescription_id": "prescriptions",
    "address_id": "addresses",
    "payment_method_id": "payment_methods",
    "webhook_id": "webhooks",
    "order_id": "orders",
    "review_id": "reviews",
    "invoice_id": "invoices",
    "claim_id": "claims",
    "measurement_id": "measurements",
}
"""Parameter → table in which alice's first row is the one to name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A request by `account` (empty: nobody), in the names on the wire."""

    endpoint: Endpoint
    account: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | bytes | None = None


def samples(
    clinic: Clinic, names: Names, seed: int, *, dialect: Dialect | None = None, live: bool = False
) -> Iterator[Sample]:
    """A sample of every documented endpoint of a dialect (default: bearer), as it goes over the wire.

    They come in an order in which all of them work: removals and log-out last. `live`: those whose answer goes on
    instead.
    """
    written = dialect.written if dialect else _plain
    values = {name: written(value, name) for name, value in _values(clinic).items()}
    table = list(dialect.table.values()) if dialect else endpoints()
    shapes = schemas()

    def late(place: tuple[int, Endpoint]) -> tuple[int, int]:
        index, endpoint = place
        removal = endpoint.method == "DELETE"  # what was added last to the table hangs on what came before it
        return removal + 2 * (endpoint.path == "/auth/logout"), -index if removal else index

    for _, endpoint in sorted(enumerate(table), key=late):
        if endpoint.undocumented or endpoint.hidden or bool(endpoint.live) is not live:
            continue
        given = {
            parameter.name: str(values.get(parameter.name, written(parameter.schema["example"], parameter.name)))
            for parameter in endpoint.parameters
        }
        within = {parameter.name: parameter.within for parameter in endpoint.parameters}
        body = _body(endpoint, shapes, values, seed) if endpoint.body else None
        packed = _with_file(endpoint, body, names) if body and endpoint.upload else None
        content_type = {"Content-Type": f"multipart/form-data; boundary={multipart.BOUNDARY}"} if packed else {}
        yield Sample(
            endpoint=endpoint,
            account=_CALLER[endpoint.access],
            path=_filled(endpoint, names, values),
            query={names.word(name): value for name, value in given.items() if within[name] == "query"},
            headers={names.word(name): value for name, value in given.items() if within[name] == "header"}
            | content_type,
            body=packed or names.body(written(body)),
        )


def _plain(value: Any, name: str = "") -> Any:
    return value


def _values(clinic: Clinic) -> dict[str, Any]:
    """Parameter or property → a value that is there."""
    tables = clinic.tables
    alice = tables.first("users", username=ALICE.username) or {}
    sam = tables.first("users", username=SAM.username) or {}
    other = tables.find("users", role="patient")[-1]
    values: dict[str, Any] = {"patient_id": alice["id"], "X-Patient-Id": alice["id"], "username": ALICE.username}
    values |= {
        "user_id": other["id"],
        "staff_id": sam["id"],
        "product_id": 401,
        "question_id": 711,
        "news_id": 301,
        "slug": "opening-hours",
    }
    values["message_id"] = tables.find("messages", sender_id=alice["id"])[0]["id"]
    values["link_token"] = tables.find("links", document_id=tables.find("documents", patient_id=alice["id"])[0]["id"])[
        0
    ]["id"]
    mia = tables.first("users", username="mia.berg") or {}
    tables.add("refreshes", id="sample-refresh-token", user_id=alice["id"], family="sample", used=0)
    tables.add("codes", id="sample", user_id=mia["id"], purpose="reset", code="482913", expires=clinic.now() + 900)
    tables.add("codes", id="sample 2", user_id=mia["id"], purpose="log-in", code="482913", expires=clinic.now() + 900)
    values["challenge"] = half_way(clinic, mia)
    values |= {"refresh_token": "sample-refresh-token", "code": "482913", "code_email": mia["email"]}
    for name, table in _TABLE.items():
        values[name] = tables.find(table, patient_id=alice["id"])[0]["id"]
    return values


def _with_file(endpoint: Endpoint, body: dict[str, Any], names: Names) -> bytes:
    """The body as multipart/form-data, with a small text file."""
    file = Upload("letter.txt", "text/plain", str(body[endpoint.upload]).encode())
    texts = {names.word(name): str(value) for name, value in body.items() if name != endpoint.upload}
    return multipart.written(texts, {names.word(endpoint.upload): file})


def _filled(endpoint: Endpoint, names: Names, values: dict[str, Any]) -> str:
    path = names.path(endpoint.path)
    for name in re.findall(r"{(\w+)}", endpoint.path):
        path = path.replace("{" + names.word(name) + "}", str(values[name]))
    return path


def _body(endpoint: Endpoint, shapes: dict[str, Schema], values: dict[str, Any], seed: int) -> dict[str, Any]:
    schema = shapes[endpoint.body]
    body = {name: inner["example"] for name, inner in schema.get("properties", {}).items()} or dict(schema["example"])
    if endpoint.path == "/auth/login":
        body = {"username": ALICE.username, "password": password_of(ALICE, seed)}
    if endpoint.path == "/auth/credentials":
        body = {"current_password": password_of(ALICE, seed), "email": "alice.marsh@clinic-mail.example"}
    if endpoint.path == "/auth/otp":
        body = {"current_password": password_of(ALICE, seed), "enabled": False}
    if endpoint.path == "/auth/otp/verify":
        body["challenge"] = values["challenge"]
    if endpoint.path == "/auth/password/reset":
        body |= {"email": values["code_email"], "code": values["code"]}
    for name in ("refresh_token", "order_id", "invoice_id", "claim_id"):
        if name in body:
            body[name] = values[name]
    if "ids" in body:
        body["ids"] = [values["measurement_id"]]
    if "user_id" in body:
        body["user_id"] = values["patient_id"]
    return body
