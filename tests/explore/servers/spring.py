"""Orders with lines, shipments and warehouses, in the manner of Spring Boot: field errors, HAL links, strict headers."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime
from typing import Any

from tests.explore.servers.base import TODAY, Refused, Server, Visit

TEXT, LONG, UUID = {"type": "string"}, {"type": "integer", "format": "int64"}, {"type": "string", "format": "uuid"}
STAMP = "2026-01-15T00:00:00.000+00:00"
FACILITY = ("COLD", "DRY")


def server() -> Server:
    """A fresh one."""
    api = Server(whoami="/v2/users/current")
    api.people = {
        name: {"userId": f"u-{n}", "userName": name, "email": f"{name}@mail.example", "role": role}
        for n, name, role in ((70311, "ann", "user"), (70312, "ben", "user"), (70313, "mia", "manager"))
    }
    api.unknown = lambda: Refused(401, _plain(401, "Unauthorized", "Full authentication is required"))
    api.forbidden = lambda: Refused(403, _plain(403, "Forbidden", "Access Denied"))
    _Orders(api).add()
    return api


def _plain(status: int, error: str, message: str) -> dict[str, Any]:
    return {"timestamp": STAMP, "status": status, "error": error, "message": message, "path": "/v2"}


def _bad(message: str) -> Refused:
    return Refused(400, _plain(400, "Bad Request", message))


def _fields(*errors: tuple[str, Any, str, str]) -> Refused:
    """Field errors as `BindingResult` shows them."""
    shown = [
        {"codes": [f"{code}.request.{field}", code], "defaultMessage": text, "objectName": "request", "field": field,
         "rejectedValue": value, "bindingFailure": False, "code": code}
        for field, value, code, text in errors
    ]  # fmt: skip
    message = f"Validation failed for object='request'. Error count: {len(shown)}"
    return Refused(400, {**_plain(400, "Bad Request", message), "errors": shown})


class _Orders:
    def __init__(self, api: Server) -> None:
        self.api, self.last = api, 1000

    def add(self) -> None:
        api = self.api
        api.on("GET /v2/users/current", lambda v: (200, api.people[v.who]))
        warehouse = {"type": "object", "properties": {"name": TEXT, "facilityType": TEXT, "manager": {
            "type": "object", "properties": {"firstName": TEXT, "email": TEXT}}}}  # fmt: skip
        api.on("POST /v2/warehouses", self.warehouse, body=warehouse, role="manager")
        api.on("GET /v2/warehouses", self.warehouses)
        api.on("GET /v2/warehouses/{warehouseId}", self.one_warehouse, path={"warehouseId": LONG})
        api.on("DELETE /v2/warehouses/{warehouseId}", self.close_warehouse, path={"warehouseId": LONG}, role="manager")
        line = {"type": "object", "properties": {"sku": TEXT, "quantity": {"type": "integer"}}}
        order = {
            "type": "object",
            "properties": {
                "warehouseId": LONG,
                "customerReference": TEXT,
                "deliveryDate": {"type": "string", "format": "date"},
                "currency": TEXT,
                "lines": {"type": "array", "items": line},
            },
        }
        api.on("POST /v2/orders", self.order, body=order)
        api.on("GET /v2/orders", self.orders)
        api.on("GET /v2/orders/{orderId}", self.one_order, path={"orderId": UUID})
        api.on("PUT /v2/orders/{orderId}", self.replace, body=order, path={"orderId": UUID})
        note = {"type": "object", "properties": {"customerReference": TEXT}}
        api.on("PATCH /v2/orders/{orderId}", self.merge, body=note, path={"orderId": UUID})
        api.on("DELETE /v2/orders/{orderId}", self.drop, path={"orderId": UUID})
        api.on("POST /v2/orders/{orderId}/confirmation", self.confirm, path={"orderId": UUID})
        api.on("GET /v2/orders/{orderId}/lines", self.lines, path={"orderId": UUID})
        one = "/v2/orders/{orderId}/lines/{lineNumber}"
        paths = {"orderId": UUID, "lineNumber": {"type": "integer"}}
        api.on(f"GET {one}", self.line, path=paths)
        api.on(f"PUT {one}", self.change_line, path=paths, body=line)
        shipment = {"type": "object", "properties": {"orderId": UUID, "pickupFrom": TEXT, "pickupTo": TEXT}}
        api.on("POST /v2/shipments", self.ship, body=shipment)
        api.on("GET /v2/shipments/{shipmentId}", self.shipment, path={"shipmentId": LONG})
        api.on("DELETE /v2/shipments/{shipmentId}", self.cancel, path={"shipmentId": LONG})
        api.on("GET /v2/reports/turnover", self.turnover, role="manager", parameters=[
            {"name": "warehouseId", "in": "query", "schema": LONG}, {"name": "month", "in": "query", "schema": TEXT}])  # fmt: skip

    @staticmethod
    def body(visit: Visit, media: str = "application/json") -> dict[str, Any]:
        if visit.media != media:
            text = f"Content-Type '{visit.media};charset=UTF-8' is not supported."
            raise Refused(415, _plain(415, "Unsupported Media Type", text), accept=media)
        try:
            given = visit.json()
        except ValueError:
            raise _bad("Required request body is missing: public ResponseEntity OrderController.create") from None
        if not isinstance(given, dict):
            raise _bad("JSON parse error: Cannot deserialize value of type `Request` from Array value")
        return given

    @staticmethod
    def shown(row: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in row.items() if not key.startswith("$")}

    def number(self) -> int:
        self.last += 3
        return self.last

    def warehouse(self, visit: Visit) -> tuple[int, Any, dict[str, str]]:
        given = self.body(visit)
        if given.get("facilityType") is not None and given["facilityType"] not in FACILITY:
            raise _bad(
                "JSON parse error: Cannot deserialize value of type `com.shop.Facility` from String "
                f'"{given["facilityType"]}": not one of the values accepted for Enum class: [COLD, DRY]'
            )
        errors: list[tuple[str, Any, str, str]] = []
        if not given.get("name"):
            errors.append(("name", None, "NotBlank", "must not be blank"))
        if given.get("facilityType") is None:
            errors.append(("facilityType", None, "NotNull", "must not be null"))
        manager = given.get("manager")
        if manager is None:
            errors.append(("manager", None, "NotNull", "must not be null"))
        else:
            for name in ("firstName", "lastName"):
                bad = (f"manager.{name}", manager.get(name), "NotEmpty", "must not be empty")
                errors += [] if manager.get(name) else [bad]
            if "@" not in str(manager.get("email")):
                text = "must be a well-formed email address"
                errors.append(("manager.email", manager.get("email"), "Email", text))
        if errors:
            raise _fields(*errors)
        number = self.number()
        self.api.table("warehouses")[str(number)] = {"warehouseId": number, **given}
        return 201, None, {"Location": f"http://shop.internal/v2/warehouses/{number}"}

    def warehouses(self, visit: Visit) -> tuple[int, Any]:
        rows = list(self.api.table("warehouses").values())
        return 200, {
            "_embedded": {"warehouseList": rows},
            "page": {"size": 20, "totalElements": len(rows), "number": 0},
        }

    def one_warehouse(self, visit: Visit) -> tuple[int, Any]:
        found = self.api.table("warehouses").get(visit.path["warehouseId"])
        if found is None:
            raise Refused(404, _plain(404, "Not Found", "No warehouse with this id"))
        return 200, found

    def close_warehouse(self, visit: Visit) -> tuple[int, Any]:
        self.one_warehouse(visit)
        del self.api.table("warehouses")[visit.path["warehouseId"]]
        return 204, None

    def order_errors(self, given: dict[str, Any]) -> list[tuple[str, Any, str, str]]:
        errors: list[tuple[str, Any, str, str]] = []
        reference = given.get("customerReference")
        if not reference:
            errors.append(("customerReference", reference, "NotBlank", "must not be blank"))
        elif not 4 <= len(reference) <= 12:
            errors.append(("customerReference", reference, "Size", "size must be between 4 and 12"))
        if not re.fullmatch("[A-Z]{3}", str(given.get("currency"))):
            errors.append(("currency", given.get("currency"), "Pattern", 'must match "[A-Z]{3}"'))
        if given.get("priority") is None:
            errors.append(("priority", None, "NotNull", "must not be null"))
        elif not isinstance(given["priority"], int):
            text = "Failed to convert property value of type 'java.lang.String' to required type 'int' for property 'priority'"
            errors.append(("priority", given["priority"], "typeMismatch", text))
        elif given["priority"] > 5:
            errors.append(("priority", given["priority"], "Max", "must be less than or equal to 5"))
        lines = given.get("lines")
        if not lines:
            errors.append(("lines", lines, "NotEmpty", "must not be empty"))
        for index, line in enumerate(lines or []):
            if not re.fullmatch(r"[A-Z]{2}\d{5}", str(line.get("sku"))):
                errors.append((f"lines[{index}].sku", line.get("sku"), "Pattern", 'must match "[A-Z]{2}\\d{5}"'))
            if not isinstance(line.get("quantity"), int) or line["quantity"] < 2:
                text = "must be greater than or equal to 2" if line.get("quantity") is not None else "must not be null"
                errors.append((f"lines[{index}].quantity", line.get("quantity"), "Min", text))
        return errors

    def checked(self, given: dict[str, Any]) -> None:
        day = given.get("deliveryDate")
        try:
            moment = date.fromisoformat(str(day))
        except ValueError:
            if day is None:
                raise _fields(("deliveryDate", None, "NotNull", "must not be null")) from None
            raise _bad(
                f'JSON parse error: Cannot deserialize value of type `java.time.LocalDate` from String "{day}": Failed to '
                f"deserialize java.time.LocalDate: (java.time.format.DateTimeParseException) Text '{day}' could not be parsed"
            ) from None
        errors = self.order_errors(given)
        if moment <= TODAY:
            errors.append(("deliveryDate", day, "Future", "must be a future date"))
        if errors:
            raise _fields(*errors)
        if str(given.get("warehouseId")) not in self.api.table("warehouses"):
            raise Refused(
                422, _plain(422, "Unprocessable Entity", f"Warehouse {given.get('warehouseId')} does not exist")
            )

    def order(self, visit: Visit) -> tuple[int, Any]:
        if "idempotency-key" not in visit.headers:
            raise _bad("Required request header 'Idempotency-Key' for method parameter type UUID is not present")
        try:
            uuid.UUID(visit.headers["idempotency-key"])
        except ValueError:
            raise _bad("Failed to convert value of type 'java.lang.String' to required type 'java.util.UUID'; "
                       "Method parameter 'Idempotency-Key': Invalid UUID string") from None  # fmt: skip
        known = [row["$key"] for row in self.api.table("orders").values()]
        if visit.headers["idempotency-key"] in known:
            raise Refused(409, _plain(409, "Conflict", "This Idempotency-Key was used for another request"))
        given = self.body(visit)
        self.checked(given)
        key = str(uuid.uuid4())
        row = {**given, "status": "NEW", "$owner": visit.who, "$version": 0, "$key": visit.headers["idempotency-key"]}
        row["_links"] = {"self": {"href": f"http://shop.internal/v2/orders/{key}"}}
        self.api.table("orders")[key] = row
        return 201, self.shown(row)

    def orders(self, visit: Visit) -> tuple[int, Any]:
        rows = [self.shown(row) for row in self.api.table("orders").values() if row["$owner"] == visit.who]
        return 200, {"content": rows, "totalElements": len(rows), "number": 0}

    def own(self, visit: Visit) -> dict[str, Any]:
        found = self.api.table("orders").get(visit.path["orderId"])
        if found is None or found["$owner"] != visit.who:
            raise Refused(404, _plain(404, "Not Found", "Order not found"))
        return found

    def one_order(self, visit: Visit) -> tuple[int, Any, dict[str, str]]:
        found = self.own(visit)
        return 200, self.shown(found), {"ETag": f'"{found["$version"]}"'}

    def fresh(self, visit: Visit) -> dict[str, Any]:
        found = self.own(visit)
        match = visit.headers.get("if-match")
        if match is None:
            raise Refused(428, _plain(428, "Precondition Required", "If-Match header is required"))
        if match.strip('"') != str(found["$version"]):
            raise Refused(412, _plain(412, "Precondition Failed", "ETag does not match"))
        return found

    def replace(self, visit: Visit) -> tuple[int, Any]:
        found, given = self.fresh(visit), self.body(visit)
        self.checked(given)
        found.update(given)
        found["$version"] += 1
        return 200, self.shown(found)

    def merge(self, visit: Visit) -> tuple[int, Any]:
        found, given = self.fresh(visit), self.body(visit, "application/merge-patch+json")
        reference = str(given.get("customerReference", "fine"))
        if not 4 <= len(reference) <= 12:
            raise _fields(("customerReference", reference, "Size", "size must be between 4 and 12"))
        found["customerReference"] = reference
        found["$version"] += 1
        return 200, self.shown(found)

    def drop(self, visit: Visit) -> tuple[int, Any]:
        self.own(visit)
        del self.api.table("orders")[visit.path["orderId"]]
        return 204, None

    def confirm(self, visit: Visit) -> tuple[int, Any]:
        found = self.own(visit)
        found["status"] = "CONFIRMED"
        return 202, self.shown(found)

    def lines(self, visit: Visit) -> tuple[int, Any]:
        return 200, [{"lineNumber": n, **line} for n, line in enumerate(self.own(visit)["lines"], 1)]

    def at(self, visit: Visit) -> dict[str, Any]:
        lines: list[dict[str, Any]] = self.own(visit)["lines"]
        number = visit.path["lineNumber"]
        if not number.isdigit() or not 1 <= int(number) <= len(lines):
            raise Refused(404, _plain(404, "Not Found", "Line not found"))
        return lines[int(number) - 1]

    def line(self, visit: Visit) -> tuple[int, Any]:
        return 200, {"lineNumber": int(visit.path["lineNumber"]), **self.at(visit)}

    def change_line(self, visit: Visit) -> tuple[int, Any]:
        found, given = self.at(visit), self.body(visit)
        if not re.fullmatch(r"[A-Z]{2}\d{5}", str(given.get("sku"))):
            raise _fields(("sku", given.get("sku"), "Pattern", 'must match "[A-Z]{2}\\d{5}"'))
        if not isinstance(given.get("quantity"), int) or given["quantity"] < 2:
            raise _fields(("quantity", given.get("quantity"), "Min", "must be greater than or equal to 2"))
        found.update(given)
        return 200, found

    @staticmethod
    def moment(given: dict[str, Any], name: str) -> datetime:
        try:
            found = datetime.fromisoformat(str(given[name]))
        except KeyError:
            raise _fields((name, None, "NotNull", "must not be null")) from None
        except ValueError:
            text = f'JSON parse error: Cannot deserialize value of type `java.time.OffsetDateTime` from String "{given[name]}"'
            raise _bad(text + f' (through reference chain: com.shop.ShipmentRequest["{name}"])') from None
        if found.tzinfo is None:
            raise _bad("JSON parse error: Cannot deserialize value of type `java.time.OffsetDateTime` from String "
                       f'"{given[name]}" (through reference chain: com.shop.ShipmentRequest["{name}"])')  # fmt: skip
        return found

    def ship(self, visit: Visit) -> tuple[int, Any, dict[str, str]]:
        given = self.body(visit)
        order = self.api.table("orders").get(str(given.get("orderId")))
        if order is None or order["$owner"] != visit.who:
            raise Refused(404, _plain(404, "Not Found", f"Order with id {given.get('orderId')} was not found"))
        first, last = self.moment(given, "pickupFrom"), self.moment(given, "pickupTo")
        if last <= first:
            raise _fields(("pickupTo", given["pickupTo"], "ValidRange", "must be after pickupFrom"))
        number = self.number()
        self.api.table("shipments")[str(number)] = {"shipmentId": number, **given, "$owner": visit.who}
        return 201, None, {"Location": f"/v2/shipments/{number}"}

    def shipment(self, visit: Visit) -> tuple[int, Any]:
        found = self.api.table("shipments").get(visit.path["shipmentId"])
        if found is None or found["$owner"] != visit.who:
            raise Refused(404, _plain(404, "Not Found", "Shipment not found"))
        return 200, self.shown(found)

    def cancel(self, visit: Visit) -> tuple[int, Any]:
        self.shipment(visit)
        del self.api.table("shipments")[visit.path["shipmentId"]]
        return 204, None

    def turnover(self, visit: Visit) -> tuple[int, Any]:
        for name in ("warehouseId", "month"):
            if not visit.query.get(name):
                kind = "Long" if name == "warehouseId" else "YearMonth"
                raise _bad(f"Required request parameter '{name}' for method parameter type {kind} is not present")
        if not re.fullmatch(r"\d{4}-\d\d", visit.query["month"]):
            raise _bad("Failed to convert value of type 'java.lang.String' to required type 'java.time.YearMonth'; "
                       f"Failed to convert from type to type for value [{visit.query['month']}], parameter 'month'")  # fmt: skip
        if visit.query["warehouseId"] not in self.api.table("warehouses"):
            raise Refused(404, _plain(404, "Not Found", "Warehouse not found"))
        return 200, {"turnover": 0}
