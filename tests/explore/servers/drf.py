"""Projects with tickets, labels and attachments, in the manner of Django REST framework: lists of messages by field."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from tests.explore.servers.base import TODAY, Refused, Server, Upload, Visit

TEXT, WHOLE, UUID = {"type": "string"}, {"type": "integer"}, {"type": "string", "format": "uuid"}
REQUIRED = "This field is required."


def server() -> Server:
    """A fresh one."""
    api = Server(whoami="/api/account/")
    api.people = {
        name: {"uuid": str(uuid.UUID(int=900 + n, version=4)), "username": name, "email": f"{name}@mail.example", "role": role}
        for n, (name, role) in enumerate((("ann", "user"), ("ben", "user"), ("mia", "manager")))
    }  # fmt: skip
    api.unknown = lambda: Refused(401, {"detail": "Authentication credentials were not provided."})
    api.forbidden = lambda: Refused(403, {"detail": "You do not have permission to perform this action."})
    _Projects(api).add()
    return api


def _page(rows: list[Any]) -> dict[str, Any]:
    return {"count": len(rows), "next": None, "previous": None, "results": rows}


class _Projects:
    def __init__(self, api: Server) -> None:
        self.api = api
        self.serial = 0

    def add(self) -> None:
        api = self.api
        api.on("GET /api/account/", lambda v: (200, api.people[v.who]))
        label = {"type": "object", "properties": {"name": TEXT, "color": TEXT}, "required": ["name"]}
        api.on("GET /api/labels/", self.labels)
        api.on("POST /api/labels/", self.label, body=label, role="manager")
        api.on("GET /api/labels/{id}/", self.one_label, path={"id": WHOLE})
        api.on("DELETE /api/labels/{id}/", self.drop_label, role="manager", path={"id": WHOLE})
        project = {
            "type": "object",
            "properties": {
                "name": {**TEXT, "maxLength": 80},
                "code": {**TEXT, "pattern": "^[A-Z]{3}-\\d{4}$"},
                "budget": {"type": "string", "format": "decimal"},
                "website": {"type": "string"},
                "owner": {**TEXT, "readOnly": True},
                "address": {
                    "type": "object",
                    "properties": {"street": TEXT, "zip": TEXT, "country": TEXT},
                    "required": ["street", "country"],
                },
                "period": {"type": "object", "properties": {"start": TEXT, "end": TEXT}},
            },
            "required": ["name", "code", "budget", "address"],
        }
        api.schemas["Project"] = project
        reference = {"$ref": "#/components/schemas/Project"}
        api.on("GET /api/projects/", self.all("projects"))
        api.on("POST /api/projects/", self.project, body=reference)
        api.on("GET /api/projects/{uuid}/", self.read("projects"), path={"uuid": UUID})
        api.on("PUT /api/projects/{uuid}/", self.replace, body=reference, path={"uuid": UUID})
        api.on("PATCH /api/projects/{uuid}/", self.patch("projects"), body=reference, path={"uuid": UUID})
        api.on("DELETE /api/projects/{uuid}/", self.remove("projects"), path={"uuid": UUID})
        ticket = {
            "type": "object",
            "properties": {
                "project": {**TEXT, "format": "uri"},
                "title": TEXT,
                "labels": {"type": "array", "items": WHOLE},
                "assignee": UUID,
                "due": {"type": "string", "format": "date-time"},
                "estimate": {"type": "integer"},
            },
            "required": ["project", "title", "labels"],
        }
        api.on("GET /api/tickets/", self.all("tickets"))
        api.on("POST /api/tickets/", self.ticket, body=ticket)
        api.on("GET /api/tickets/{id}/", self.read("tickets"), path={"id": WHOLE})
        api.on("PATCH /api/tickets/{id}/", self.patch("tickets"), body=ticket, path={"id": WHOLE})
        api.on("DELETE /api/tickets/{id}/", self.remove("tickets"), path={"id": WHOLE})
        self.add_more()

    def add_more(self) -> None:
        """What hangs on tickets."""
        api = self.api
        comment = {"type": "object", "properties": {"body": TEXT}}
        api.on("POST /api/tickets/{ticket_pk}/comments/", self.comment, body=comment, path={"ticket_pk": WHOLE})
        api.on("GET /api/tickets/{ticket_pk}/comments/", self.comments, path={"ticket_pk": WHOLE})
        one = "/api/tickets/{ticket_pk}/comments/{id}/"
        api.on(f"GET {one}", self.read("comments"), path={"ticket_pk": WHOLE, "id": WHOLE})
        api.on(f"DELETE {one}", self.remove("comments"), path={"ticket_pk": WHOLE, "id": WHOLE})
        api.on("POST /api/tickets/{id}/close/", self.close, path={"id": WHOLE},
               body={"type": "object", "properties": {"resolution": TEXT}})  # fmt: skip
        attachment = {"type": "object", "properties": {"ticket": WHOLE, "file": {"type": "string", "format": "binary"}}}
        api.on("POST /api/attachments/", self.attach, body=attachment, media="multipart/form-data")
        api.on("GET /api/attachments/{id}/", self.read("attachments"), path={"id": WHOLE})
        api.on("DELETE /api/attachments/{id}/", self.remove("attachments"), path={"id": WHOLE})
        api.on("GET /api/search/", self.search, parameters=[{"name": "q", "in": "query", "schema": TEXT}])

    @staticmethod
    def body(visit: Visit) -> dict[str, Any]:
        if visit.media != "application/json":
            raise Refused(415, {"detail": f'Unsupported media type "{visit.media}" in request.'})
        try:
            given = visit.json()
        except ValueError:
            raise Refused(400, {"detail": "JSON parse error - Expecting value: line 1 column 1 (char 0)"}) from None
        if not isinstance(given, dict):
            raise Refused(400, {"non_field_errors": ["Invalid data. Expected a dictionary, but got str."]})
        return given

    @staticmethod
    def shown(row: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in row.items() if not key.startswith("_")}

    def all(self, kind: str) -> Any:
        return lambda v: (200, _page([self.shown(r) for r in self.api.table(kind).values() if r["_owner"] == v.who]))

    def row(self, kind: str, visit: Visit) -> dict[str, Any]:
        key = visit.path.get("uuid") or visit.path["id"]
        found = self.api.table(kind).get(key)
        if found is None or found["_owner"] != visit.who:
            raise Refused(404, {"detail": f"No {kind[:-1].capitalize()} matches the given query."})
        if "ticket_pk" in visit.path and str(found["_ticket"]) != visit.path["ticket_pk"]:
            raise Refused(404, {"detail": "Not found."})
        return found

    def read(self, kind: str) -> Any:
        return lambda v: (200, self.shown(self.row(kind, v)))

    def remove(self, kind: str) -> Any:
        def handler(visit: Visit) -> tuple[int, Any]:
            self.row(kind, visit)
            del self.api.table(kind)[visit.path.get("uuid") or visit.path["id"]]
            return 204, None

        return handler

    def patch(self, kind: str) -> Any:
        def handler(visit: Visit) -> tuple[int, Any]:
            found, given = self.row(kind, visit), self.body(visit)
            checks = {"projects": self.project_errors, "tickets": self.ticket_errors}[kind]
            errors = {k: v for k, v in checks(given, visit, found).items() if k in given}
            if errors:
                raise Refused(400, errors)
            found.update(given)
            return 200, self.shown(found)

        return handler

    def number(self) -> int:
        self.serial += 1
        return self.serial

    def label(self, visit: Visit) -> tuple[int, Any]:
        given, errors = self.body(visit), {}
        if not given.get("name"):
            errors["name"] = [REQUIRED]
        if not re.fullmatch(r"#[0-9a-f]{6}", str(given.get("color"))):
            errors["color"] = ["Enter a valid value." if given.get("color") else REQUIRED]
        if errors:
            raise Refused(400, errors)
        number = self.number()
        row = {"id": number, **given, "_owner": visit.who}
        self.api.table("labels")[str(number)] = row
        return 201, self.shown(row)

    def labels(self, visit: Visit) -> tuple[int, Any]:
        return 200, _page([self.shown(row) for row in self.api.table("labels").values()])

    def one_label(self, visit: Visit) -> tuple[int, Any]:
        found = self.api.table("labels").get(visit.path["id"])
        if found is None:
            raise Refused(404, {"detail": "Not found."})
        return 200, self.shown(found)

    def drop_label(self, visit: Visit) -> tuple[int, Any]:
        if self.api.table("labels").pop(visit.path["id"], None) is None:
            raise Refused(404, {"detail": "Not found."})
        return 204, None

    def project_errors(self, given: dict[str, Any], visit: Visit, row: dict[str, Any] | None = None) -> dict[str, Any]:
        errors: dict[str, Any] = {}
        for name in ("name", "code", "budget", "address", "period"):
            if name not in given:
                errors[name] = [REQUIRED]
        if len(str(given.get("name", ""))) > 20:
            errors["name"] = ["Ensure this field has no more than 20 characters."]
        if "code" in given and not re.fullmatch(r"[A-Z]{3}-\d{4}", str(given["code"])):
            errors["code"] = ["This value does not match the required pattern."]
        elif any(r["code"] == given.get("code") and r is not row for r in self.api.table("projects").values()):
            errors["code"] = ["project with this code already exists."]
        if "budget" in given:
            errors |= self.budget(given["budget"])
        if "website" in given and not re.match(r"https?://\w", str(given["website"])):
            errors["website"] = ["Enter a valid URL."]
        inner = self.address(given.get("address"))
        if inner and "address" in given:
            errors["address"] = inner
        span = self.period(given.get("period"))
        if span and "period" in given:
            errors["period"] = span
        return errors

    @staticmethod
    def budget(value: Any) -> dict[str, Any]:
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            return {"budget": ["A valid number is required."]}
        if amount <= 0:
            return {"budget": ["Ensure this value is greater than or equal to 0.01."]}
        return {"budget": ["Ensure that there are no more than 8 digits in total."]} if amount > 10**6 else {}

    @staticmethod
    def address(given: Any) -> Any:
        if not isinstance(given, dict):
            return {"non_field_errors": ["Invalid data. Expected a dictionary, but got " + type(given).__name__ + "."]}
        errors: dict[str, Any] = {name: [REQUIRED] for name in ("street", "country", "city") if not given.get(name)}
        if len(str(given.get("country", "xx"))) != 2:
            errors["country"] = [f'"{given["country"]}" is not a valid choice.']
        return errors

    @staticmethod
    def period(given: Any) -> Any:
        if not isinstance(given, dict):
            return ["This field may not be null."]
        errors: dict[str, Any] = {}
        days: dict[str, date] = {}
        for name in ("start", "end"):
            try:
                days[name] = date.fromisoformat(given[name])
            except KeyError:
                errors[name] = [REQUIRED]
            except (ValueError, TypeError):
                errors[name] = ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."]
        if not errors and days["end"] <= days["start"]:
            errors["non_field_errors"] = ["The end must be later than the start."]
        return errors

    def project(self, visit: Visit) -> tuple[int, Any]:
        given = self.body(visit)
        errors = self.project_errors(given, visit)
        if errors:
            raise Refused(400, errors)
        key = str(uuid.uuid4())
        row = {"url": f"http://host.internal/api/projects/{key}/", "uuid": key, **given, "owner": visit.who}
        self.api.table("projects")[key] = {**row, "_owner": visit.who}
        return 201, row

    def replace(self, visit: Visit) -> tuple[int, Any]:
        found, given = self.row("projects", visit), self.body(visit)
        errors = self.project_errors(given, visit, found)
        if errors:
            raise Refused(400, errors)
        found.update(given)
        return 200, self.shown(found)

    def ticket_errors(self, given: dict[str, Any], visit: Visit, row: Any = None) -> dict[str, Any]:
        errors: dict[str, Any] = {
            name: [REQUIRED] for name in ("project", "title", "labels", "priority") if name not in given
        }
        if "project" in given:
            match = re.fullmatch(r"/api/projects/([^/]+)/", urlsplit(str(given["project"])).path)
            if match is None:
                errors["project"] = ["Invalid hyperlink - No URL match."]
            elif self.api.table("projects").get(match[1], {}).get("_owner") != visit.who:
                errors["project"] = ["Invalid hyperlink - Object does not exist."]
        if "labels" in given:
            if not isinstance(given["labels"], list):
                errors["labels"] = [f'Expected a list of items but got type "{type(given["labels"]).__name__}".']
            elif not given["labels"]:
                errors["labels"] = ["This list may not be empty."]
            else:
                wrong = [one for one in given["labels"] if str(one) not in self.api.table("labels")]
                if wrong:
                    errors["labels"] = [f'Invalid pk "{wrong[0]}" - object does not exist.']
        if given.get("priority", "low") not in ("low", "high"):
            errors["priority"] = [f'"{given["priority"]}" is not a valid choice. Choices are: low, high.']
        if "assignee" in given and given["assignee"] not in [one["uuid"] for one in self.api.people.values()]:
            errors["assignee"] = [f'Invalid pk "{given["assignee"]}" - object does not exist.']
        if "due" in given:
            try:
                late = datetime.fromisoformat(str(given["due"])).date() <= TODAY
            except ValueError:
                late = True
            if late:
                errors["due"] = ["The due date must lie in the future."]
        return errors

    def ticket(self, visit: Visit) -> tuple[int, Any]:
        given = self.body(visit)
        errors = self.ticket_errors(given, visit)
        if errors:
            raise Refused(400, errors)
        number = self.number()
        row = {"id": number, **given, "state": "open", "_owner": visit.who}
        self.api.table("tickets")[str(number)] = row
        return 201, self.shown(row)

    def of_ticket(self, visit: Visit, key: str) -> dict[str, Any]:
        found = self.api.table("tickets").get(key)
        if found is None or found["_owner"] != visit.who:
            raise Refused(404, {"detail": "Not found."})
        return found

    def comment(self, visit: Visit) -> tuple[int, Any]:
        found, given = self.of_ticket(visit, visit.path["ticket_pk"]), self.body(visit)
        if not given.get("body"):
            raise Refused(400, {"body": [REQUIRED]})
        number = self.number()
        row = {"id": number, "body": given["body"], "_owner": visit.who, "_ticket": found["id"]}
        self.api.table("comments")[str(number)] = row
        return 201, self.shown(row)

    def comments(self, visit: Visit) -> tuple[int, Any]:
        key = self.of_ticket(visit, visit.path["ticket_pk"])["id"]
        return 200, _page([self.shown(row) for row in self.api.table("comments").values() if row["_ticket"] == key])

    def close(self, visit: Visit) -> tuple[int, Any]:
        found, given = self.of_ticket(visit, visit.path["id"]), self.body(visit)
        if given.get("resolution") not in ("fixed", "wontfix"):
            shown = given.get("resolution")
            text = f'"{shown}" is not a valid choice. Valid values: fixed, wontfix' if shown else REQUIRED
            raise Refused(400, {"resolution": [text]})
        found["state"] = "closed"
        return 200, self.shown(found)

    def attach(self, visit: Visit) -> tuple[int, Any]:
        if visit.media != "multipart/form-data":
            raise Refused(415, {"detail": f'Unsupported media type "{visit.media}" in request.'})
        given, errors = visit.parts(visit.headers["content-type"]), {}
        if not isinstance(given.get("file"), Upload):
            text = "The submitted data was not a file. Check the encoding type on the form."
            errors["file"] = [text if "file" in given else "No file was submitted."]
        elif not given["file"].filename.endswith(".pdf"):
            errors["file"] = ["File extension “txt” is not allowed. Allowed extensions are: pdf."]
        elif not given["file"].content.startswith(b"%PDF-"):
            errors["file"] = ["The file is not a valid PDF document."]
        ticket = self.api.table("tickets").get(str(given.get("ticket")))
        if ticket is None or ticket["_owner"] != visit.who:
            errors["ticket"] = [
                f'Invalid pk "{given["ticket"]}" - object does not exist.' if "ticket" in given else REQUIRED
            ]
        if errors:
            raise Refused(400, errors)
        number = self.number()
        row = {"id": number, "ticket": ticket["id"] if ticket else 0, "size": 9, "_owner": visit.who}
        self.api.table("attachments")[str(number)] = row
        return 201, self.shown(row)

    def search(self, visit: Visit) -> tuple[int, Any]:
        if len(visit.query.get("q", "")) < 3:
            raise Refused(
                400, {"q": [REQUIRED if not visit.query.get("q") else "Ensure this field has at least 3 characters."]}
            )
        return 200, _page([])
