"""Clinics' devices with readings and firmware, in the manner of ASP.NET, with a corner that a Go service answers."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from tests.explore.servers.base import TODAY, Refused, Server, Visit

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
PAGE = 2


def server() -> Server:
    """A fresh one."""
    api = Server(whoami="/api/Account/Profile")
    api.people = {
        name: {"Id": number, "UserName": name, "Email": f"{name}@mail.example", "role": role, "City": f"Town of {name}"}
        for number, name, role in ((9001, "ann", "user"), (9002, "ben", "user"), (9003, "mia", "manager"))
    }
    api.unknown = lambda: Refused(401, None)
    api.forbidden = lambda: Refused(403, None)
    _Devices(api).add()
    return api


def _problem(errors: dict[str, list[str]]) -> Refused:
    shown = {"type": "https://tools.ietf.org/html/rfc9110#section-15.5.1", "status": 400, "errors": errors,
             "title": "One or more validation errors occurred.", "traceId": "00-1d2a-01"}  # fmt: skip
    return Refused(400, shown)


class _Devices:
    def __init__(self, api: Server) -> None:
        self.api, self.last = api, 310

    def add(self) -> None:
        api = self.api
        api.on("GET /api/Account/Profile", lambda v: (200, api.people[v.who]))
        device = {"type": "object", "properties": {"SerialNumber": TEXT, "Model": TEXT, "PurchasedAt": TEXT}}
        api.on("GET /api/Devices", self.listed("devices"),
               parameters=[{"name": "page", "in": "query", "schema": WHOLE}])  # fmt: skip
        api.on("POST /api/Devices", self.device, body=device)
        api.on("GET /api/Devices/{deviceId}", self.read("devices"))
        api.on("PATCH /api/Devices/{deviceId}", self.patch, media="application/json-patch+json", body={
            "type": "array", "items": {"type": "object", "properties": {"op": TEXT, "path": TEXT, "value": {}}}})  # fmt: skip
        api.on("DELETE /api/Devices/{deviceId}", self.drop("devices"))
        reading = {"type": "object", "properties": {"DeviceId": TEXT, "Value": {"type": "number"}, "Unit": TEXT}}
        api.on("POST /api/Readings", self.reading, body=reading)
        api.on("GET /api/Readings/{readingId}", self.read("readings"), path={"readingId": WHOLE})
        api.on("DELETE /api/Readings/{readingId}", self.drop("readings"), path={"readingId": WHOLE})
        api.on("POST /api/Firmware", self.firmware, media="application/xml", body={
            "type": "object", "properties": {"Version": TEXT, "DeviceId": TEXT}})  # fmt: skip
        api.on("GET /api/Firmware/{version}", self.read("firmware"))
        api.on("GET /api/Invoices", self.invoices)
        api.on("GET /api/Invoices/{number}", self.invoice)
        api.on("POST /svc/alerts", self.alert, body={"type": "object", "properties": {"Name": TEXT, "Channel": TEXT}})
        api.on("GET /svc/alerts/{id}", self.read("alerts"))
        api.on("PUT /svc/alerts/{id}/schedule", self.schedule, body={"type": "object", "properties": {}})
        api.on("DELETE /svc/alerts/{id}", self.drop("alerts"))

    def number(self) -> int:
        self.last += 11
        return self.last

    def key(self, visit: Visit) -> str:
        return next(iter(visit.path.values()))

    @staticmethod
    def shown(row: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in row.items() if not key.startswith("_")}

    def row(self, kind: str, visit: Visit) -> dict[str, Any]:
        found = self.api.table(kind).get(self.key(visit))
        if found is None or found["_owner"] != visit.who:
            raise Refused(404, {"type": "about:blank", "title": "Not Found", "status": 404, "traceId": "00-2"})
        return found

    def read(self, kind: str) -> Any:
        return lambda v: (200, self.shown(self.row(kind, v)))

    def drop(self, kind: str) -> Any:
        def handler(visit: Visit) -> tuple[int, Any]:
            self.row(kind, visit)
            del self.api.table(kind)[self.key(visit)]
            return 204, None

        return handler

    def listed(self, kind: str) -> Any:
        def handler(visit: Visit) -> tuple[int, Any]:
            rows = [self.shown(row) for row in self.api.table(kind).values() if row["_owner"] == visit.who]
            page = int(visit.query.get("page", "1") or 1)
            part = rows[(page - 1) * PAGE : page * PAGE]
            return 200, {"Items": part, "Page": page, "TotalCount": len(rows)}

        return handler

    @staticmethod
    def body(visit: Visit, media: str = "application/json") -> Any:
        if visit.media != media:
            raise Refused(415, {"title": "Unsupported Media Type", "status": 415})
        try:
            return visit.json()
        except ValueError:
            raise _problem({"": ["A non-empty request body is required."]}) from None

    def device(self, visit: Visit) -> tuple[int, Any]:
        if visit.headers.get("x-api-version") != "2":
            text = "The header 'X-Api-Version' is required. Supported versions are: '2'"
            raise Refused(400, {"error": {"code": "ApiVersionUnspecified", "message": text}})
        given, errors = self.body(visit), {}
        if not given.get("SerialNumber"):
            errors["SerialNumber"] = ["The SerialNumber field is required."]
        elif not re.fullmatch(r"SN-\d{6}", given["SerialNumber"]):
            errors["SerialNumber"] = ["The field SerialNumber must match the regular expression '^SN-\\d{6}$'."]
        elif any(row["SerialNumber"] == given["SerialNumber"] for row in self.api.table("devices").values()):
            errors["SerialNumber"] = ["A device with this serial number already exists."]
        if given.get("Model") not in ("M1", "M2"):
            errors["Model"] = ["The field Model is invalid. Allowed values: M1, M2."]
        try:
            moment = datetime.fromisoformat(str(given.get("PurchasedAt")))
            if moment.date() > TODAY:
                errors["PurchasedAt"] = ["PurchasedAt cannot be in the future."]
        except ValueError:
            errors["$.PurchasedAt"] = ["The JSON value could not be converted to System.DateTime. Path: $.PurchasedAt"]
        if given.get("Warranty") is None:
            errors["Warranty"] = ["The Warranty field is required."]
        elif not isinstance(given["Warranty"], dict) or not isinstance(given["Warranty"].get("Months"), int):
            inner = given["Warranty"]
            text = "The JSON value could not be converted to Clinic.Warranty. Path: $.Warranty"
            missing = ["The Months field is required."]
            errors |= {"Warranty.Months": missing} if isinstance(inner, dict) else {"$.Warranty": [text]}
        elif given["Warranty"]["Months"] < 12:
            errors["Warranty.Months"] = ["The field Months must be between 12 and 60."]
        if errors:
            raise _problem(errors)
        number = self.number()
        key = base64.urlsafe_b64encode(f"device:{number}".encode()).decode().rstrip("=")
        row = {"DeviceId": key, **given, "_owner": visit.who}
        self.api.table("devices")[key] = row
        return 201, {"Result": self.shown(row)}

    def patch(self, visit: Visit) -> tuple[int, Any]:
        found, given = self.row("devices", visit), self.body(visit, "application/json-patch+json")
        if not isinstance(given, list) or not given:
            raise _problem({"": ["A JSON patch document is required."]})
        for one in given:
            if one.get("op") not in ("replace", "add"):
                raise _problem({"op": ["The op field must be one of: add, replace"]})
            name = str(one.get("path", "")).lstrip("/")
            if name not in ("Model", "Label") or not isinstance(one.get("value"), str):
                raise _problem({"path": [f"The target location specified by path segment '{name}' was not found."]})
            found[name] = one["value"]
        return 200, self.shown(found)

    def reading(self, visit: Visit) -> tuple[int, Any]:
        given, errors = self.body(visit), {}
        device = self.api.table("devices").get(str(given.get("DeviceId")))
        if device is None or device["_owner"] != visit.who:
            errors["DeviceId"] = [f"Device with id '{given.get('DeviceId')}' was not found."]
        if not isinstance(given.get("Value"), (int, float)) or not 30 <= given["Value"] <= 45:
            errors["Value"] = ["The field Value must be between 30 and 45."]
        if given.get("Unit") not in ("C", "F"):
            errors["Unit"] = ["Unit must be either 'C' or 'F'."]
        if errors:
            raise _problem(errors)
        number = self.number()
        row = {"ReadingId": number, **given, "_owner": visit.who}
        self.api.table("readings")[str(number)] = row
        return 201, self.shown(row)

    def firmware(self, visit: Visit) -> tuple[int, Any]:
        if visit.media not in ("application/xml", "text/xml"):
            raise Refused(415, {"title": "Unsupported Media Type", "status": 415})
        try:
            tree = ElementTree.fromstring(visit.raw)  # noqa: S314 - our own explorer wrote it
        except ElementTree.ParseError:
            raise _problem({"": ["An error occurred while deserializing input data."]}) from None
        version = tree.findtext("Version") or ""
        if not re.fullmatch(r"\d+\.\d+\.\d+", version):
            raise _problem({"Version": ["The field Version must match the regular expression '^\\d+\\.\\d+\\.\\d+$'."]})
        row = {"Version": version, "Size": 1, "_owner": visit.who}
        self.api.table("firmware")[version] = row
        return 201, self.shown(row)

    def invoices(self, visit: Visit) -> tuple[int, Any]:
        number = self.api.people[visit.who]["Id"]
        return 200, [{"Number": f"INV-{number}-{n}", "Total": n} for n in (1, 2)]

    def invoice(self, visit: Visit) -> tuple[int, Any]:
        number = self.api.people[visit.who]["Id"]
        if visit.path["number"] not in (f"INV-{number}-1", f"INV-{number}-2"):
            raise Refused(404, {"title": "Not Found", "status": 404})
        return 200, {"Number": visit.path["number"], "Lines": []}

    def alert(self, visit: Visit) -> tuple[int, Any]:
        """Go's validator."""
        given, errors = self.body(visit), []
        tags = {"Name": "min" if given.get("Name") else "required", "Channel": "oneof", "Threshold": "required"}
        bad = {"Name": len(given.get("Name", "")) < 3, "Channel": given.get("Channel") not in ("mail", "sms"),
               "Threshold": not isinstance(given.get("Threshold"), (int, float))}  # fmt: skip
        if given.get("Threshold") is not None and bad["Threshold"]:
            text = "json: cannot unmarshal string into Go struct field AlertRequest.Threshold of type float64"
            raise Refused(400, {"error": text})
        for name, wrong in bad.items():
            more = " (one of: mail sms)" if name == "Channel" else ""
            text = (
                f"Key: 'AlertRequest.{name}' Error:Field validation for '{name}' failed on the '{tags[name]}' tag{more}"
            )
            errors += [text] if wrong else []
        if errors:
            raise Refused(400, {"error": "\n".join(errors)})
        key = f"alr_{self.number():08x}"
        row = {"id": key, **given, "_owner": visit.who}
        self.api.table("alerts")[key] = row
        return 201, {"alert": self.shown(row)}

    def schedule(self, visit: Visit) -> tuple[int, Any]:
        found, given = self.row("alerts", visit), self.body(visit)
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", str(given.get("At"))):
            raise Refused(
                422, {"error": "At: must be a time of the form HH:MM" if given.get("At") else "At is required"}
            )
        found["At"] = given["At"]
        return 200, self.shown(found)
