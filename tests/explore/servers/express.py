"""Events with tickets and a cart, in the manner of Express with zod and Mongoose: no body schema at all, 200 with errors."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from typing import Any

from tests.explore.servers.base import TODAY, Refused, Server, Visit

TEXT = {"type": "string"}


def server() -> Server:
    """A fresh one."""
    api = Server(whoami="/api/auth/me")
    api.people = {
        name: {"_id": f"65a1f0c2b3d4e5f60718{n}", "name": name, "email": f"{name}@mail.example", "role": role}
        for n, name, role in (("29a1", "ann", "user"), ("29a2", "ben", "user"), ("29a3", "mia", "manager"))
    }
    api.unknown = lambda: Refused(401, {"success": False, "message": "jwt must be provided"})
    api.forbidden = lambda: Refused(403, {"success": False, "message": "Access denied"})
    _Events(api).add()
    return api


def _issue(path: list[str | int], message: str, code: str = "custom", **more: Any) -> dict[str, Any]:
    return {"code": code, **more, "path": path, "message": message}


def _absent(path: list[str | int], expected: str) -> dict[str, Any]:
    return _issue(path, "Required", "invalid_type", expected=expected, received="undefined")


def _zod(issues: list[dict[str, Any]]) -> Refused:
    return Refused(400, {"success": False, "error": {"issues": issues, "name": "ZodError"}})


def _text(body: dict[str, Any], name: str, low: int, issues: list[dict[str, Any]], path: list[str | int]) -> None:
    value = body.get(name)
    if value is None:
        issues.append(_absent([*path, name], "string"))
    elif not isinstance(value, str):
        kind = type(value).__name__
        issues.append(_issue([*path, name], f"Expected string, received {kind}", "invalid_type", expected="string"))
    elif len(value) < low:
        text = f"String must contain at least {low} character(s)"
        issues.append(_issue([*path, name], text, "too_small", minimum=low, type="string", inclusive=True))


class _Events:
    def __init__(self, api: Server) -> None:
        self.api = api

    def add(self) -> None:
        api = self.api
        api.on("GET /api/auth/me", lambda v: (200, {"success": True, "data": api.people[v.who]}))
        api.on("PUT /api/auth/me", self.profile)
        api.on("GET /api/venues", self.venues)
        api.on("POST /api/venues", self.venue, role="manager")
        api.on("GET /api/events", self.mine("events"))
        api.on("POST /api/events", self.event)
        api.on("GET /api/events/{id}", self.read("events"))
        api.on("PUT /api/events/{id}", self.change)
        api.on("DELETE /api/events/{id}", self.remove("events"))
        api.on("POST /api/events/{id}/sessions", self.session)
        api.on("GET /api/events/{id}/sessions", self.sessions)
        api.on("DELETE /api/events/{id}/sessions/{sessionId}", self.drop_session)
        api.on("POST /api/cart/items", self.cart)
        api.on("GET /api/cart", self.basket)
        api.on("DELETE /api/cart/items/{itemId}", self.drop_item)
        api.on("POST /api/coupons", self.coupon, body={"type": "object"})
        api.on("GET /api/coupons/{code}", self.read("coupons"))
        api.on("DELETE /api/coupons/{code}", self.remove("coupons"))
        api.on("POST /api/feedback", self.feedback)
        api.on("POST /api/webforms", self.form, media="application/x-www-form-urlencoded",
               body={"type": "object", "properties": {"topic": TEXT}})  # fmt: skip

    @staticmethod
    def key() -> str:
        return secrets.token_hex(12)

    @staticmethod
    def body(visit: Visit) -> dict[str, Any]:
        if visit.media != "application/json":
            return {}
        try:
            given = visit.json()
        except ValueError:
            raise Refused(400, "SyntaxError: Unexpected token in JSON at position 0") from None
        return given if isinstance(given, dict) else {}

    @staticmethod
    def shown(row: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in row.items() if not key.startswith("$")}

    def keep(self, kind: str, key: str, row: dict[str, Any], who: str) -> tuple[int, Any]:
        self.api.table(kind)[key] = {**row, "$owner": who}
        return 200, {"success": True, "data": row}

    def own(self, kind: str, visit: Visit) -> dict[str, Any]:
        key = visit.path.get("id") or visit.path["code"]
        if kind == "events" and not re.fullmatch(r"[0-9a-f]{24}", key):
            raise Refused(
                500, {"success": False, "message": f'Cast to ObjectId failed for value "{key}" at path "_id"'}
            )
        found = self.api.table(kind).get(key)
        if found is None or found["$owner"] != visit.who:
            raise Refused(200, {"success": False, "message": f"{kind[:-1].capitalize()} not found"})
        return found

    def mine(self, kind: str) -> Any:
        return lambda v: (200, {"success": True, "data": [
            self.shown(row) for row in self.api.table(kind).values() if row["$owner"] == v.who]})  # fmt: skip

    def read(self, kind: str) -> Any:
        return lambda v: (200, {"success": True, "data": self.shown(self.own(kind, v))})

    def remove(self, kind: str) -> Any:
        def handler(visit: Visit) -> tuple[int, Any]:
            self.own(kind, visit)
            del self.api.table(kind)[visit.path.get("id") or visit.path["code"]]
            return 200, {"success": True, "message": "deleted"}

        return handler

    def profile(self, visit: Visit) -> tuple[int, Any]:
        given = self.body(visit)
        if not isinstance(given.get("name"), str):
            raise _zod([_absent(["name"], "string")])
        self.api.people[visit.who]["nick"] = given["name"]
        return 200, {"success": True, "data": self.api.people[visit.who]}

    def venue(self, visit: Visit) -> tuple[int, Any]:
        """Joi: one sentence at a time."""
        given = self.body(visit)
        for name in ("name", "address"):
            if name not in given:
                raise Refused(400, {"status": "error", "message": f'"{name}" is required'})
        if not isinstance(given["address"], dict):
            raise Refused(400, {"status": "error", "message": '"address" must be of type object'})
        for name in ("street", "city"):
            if name not in given["address"]:
                raise Refused(400, {"status": "error", "message": f'"address.{name}" is required'})
        if "capacity" not in given:
            raise Refused(400, {"status": "error", "message": '"capacity" is required'})
        if not isinstance(given["capacity"], int):
            raise Refused(400, {"status": "error", "message": '"capacity" must be a number'})
        if given["capacity"] < 10:
            raise Refused(400, {"status": "error", "message": '"capacity" must be greater than or equal to 10'})
        key = self.key()
        return self.keep("venues", key, {"_id": key, **given}, visit.who)

    def venues(self, visit: Visit) -> tuple[int, Any]:
        rows = [self.shown(row) for row in self.api.table("venues").values()]
        return 200, {"success": True, "count": len(rows), "data": rows}

    def event_issues(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        issues: list[dict[str, Any]] = []
        _text(given, "title", 6, issues, [])
        _text(given, "venueId", 1, issues, [])
        kind = given.get("kind")
        if kind not in ("talk", "concert"):
            text = f"Invalid enum value. Expected 'talk' | 'concert', received '{kind}'"
            absent = _absent(["kind"], "'talk' | 'concert'")
            issues.append(
                absent if kind is None else _issue(["kind"], text, "invalid_enum_value", options=["talk", "concert"])
            )
        days: dict[str, datetime] = {}
        for name in ("startsAt", "endsAt"):
            try:
                days[name] = datetime.fromisoformat(given[name])
            except KeyError:
                issues.append(_absent([name], "string"))
            except (ValueError, TypeError):
                issues.append(_issue([name], "Invalid datetime", "invalid_string", validation="datetime"))
        tiers = given.get("tiers")
        if not isinstance(tiers, list):
            issues.append(_absent(["tiers"], "array") if tiers is None else
                          _issue(["tiers"], f"Expected array, received {type(tiers).__name__}", "invalid_type", expected="array"))  # fmt: skip
        elif not tiers:
            issues.append(
                _issue(["tiers"], "Array must contain at least 1 element(s)", "too_small", minimum=1, type="array")
            )
        else:
            for index, tier in enumerate(tiers):
                if not isinstance(tier, dict):
                    text = f"Expected object, received {type(tier).__name__}"
                    issues.append(_issue(["tiers", index], text, "invalid_type", expected="object"))
                    continue
                _text(tier, "label", 1, issues, ["tiers", index])
                price = tier.get("price")
                if price is None:
                    issues.append(_absent(["tiers", index, "price"], "number"))
                elif not isinstance(price, (int, float)):
                    text = f"Expected number, received {type(price).__name__}"
                    issues.append(_issue(["tiers", index, "price"], text, "invalid_type", expected="number"))
        if not issues and days["endsAt"] <= days["startsAt"]:
            issues.append(_issue(["endsAt"], "End must be after start"))
        if not issues and days["startsAt"].date() <= TODAY:
            issues.append(_issue(["startsAt"], "Start must be in the future"))
        return issues

    def event(self, visit: Visit) -> tuple[int, Any]:
        given = self.body(visit)
        issues = self.event_issues(given)
        if issues:
            raise _zod(issues)
        if given["venueId"] not in self.api.table("venues"):
            raise Refused(200, {"success": False, "message": "Venue not found"})
        key = self.key()
        return self.keep("events", key, {"_id": key, **given}, visit.who)

    def change(self, visit: Visit) -> tuple[int, Any]:
        found, given = self.own("events", visit), self.body(visit)
        if not isinstance(given.get("title"), str) or len(given["title"]) < 6:
            issues: list[dict[str, Any]] = []
            _text(given, "title", 6, issues, [])
            raise _zod(issues)
        found["title"] = given["title"]
        return 200, {"success": True, "data": self.shown(found)}

    def session(self, visit: Visit) -> tuple[int, Any]:
        """express-validator."""
        found, given, errors = self.own("events", visit), self.body(visit), []
        for name in ("speaker", "room"):
            errors += [] if given.get(name) else [{"type": "field", "value": given.get(name), "msg": f"{name.capitalize()} is required",
                                                   "path": name, "location": "body"}]  # fmt: skip
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", str(given.get("startTime"))):
            errors.append({"type": "field", "value": given.get("startTime"), "msg": "Start time must be in HH:MM format",
                           "path": "startTime", "location": "body"})  # fmt: skip
        if errors:
            raise Refused(422, {"errors": errors})
        key = self.key()
        row = {"_id": key, **given, "$event": found["_id"]}
        self.api.table("sessions")[key] = {**row, "$owner": visit.who}
        return 200, {"success": True, "data": self.shown(row)}

    def sessions(self, visit: Visit) -> tuple[int, Any]:
        key = self.own("events", visit)["_id"]
        rows = [self.shown(row) for row in self.api.table("sessions").values() if row["$event"] == key]
        return 200, {"success": True, "data": rows}

    def drop_session(self, visit: Visit) -> tuple[int, Any]:
        key = self.own("events", visit)["_id"]
        found = self.api.table("sessions").get(visit.path["sessionId"])
        if found is None or found["$event"] != key:
            raise Refused(404, {"success": False, "message": "Session not found"})
        del self.api.table("sessions")[visit.path["sessionId"]]
        return 200, {"success": True, "message": "deleted"}

    def cart(self, visit: Visit) -> tuple[int, Any]:
        given = self.body(visit)
        if not given.get("eventId"):
            raise Refused(400, {"success": False, "error": "eventId is required"})
        if given["eventId"] not in self.api.table("events"):
            raise Refused(404, {"success": False, "error": "Event not found"})
        if "quantity" not in given:
            raise Refused(400, {"success": False, "error": "Missing field: quantity"})
        if not isinstance(given["quantity"], int) or not 1 <= given["quantity"] <= 6:
            raise Refused(400, {"success": False, "error": "quantity must be a number between 1 and 6"})
        key = self.key()
        return self.keep("items", key, {"itemId": key, **given}, visit.who)

    def basket(self, visit: Visit) -> tuple[int, Any]:
        rows = [self.shown(row) for row in self.api.table("items").values() if row["$owner"] == visit.who]
        return 200, {"success": True, "data": {"items": rows}}

    def drop_item(self, visit: Visit) -> tuple[int, Any]:
        found = self.api.table("items").get(visit.path["itemId"])
        if found is None or found["$owner"] != visit.who:
            raise Refused(404, {"success": False, "error": "Item not in cart"})
        del self.api.table("items")[visit.path["itemId"]]
        return 200, {"success": True}

    def coupon(self, visit: Visit) -> tuple[int, Any]:
        """Mongoose: sentences joined by commas."""
        given, wrong = self.body(visit), []
        for name in ("code", "percent", "validUntil"):
            wrong += [f"{name}: Path `{name}` is required."] if given.get(name) in (None, "") else []
        percent = given.get("percent")
        if percent not in (None, "") and not isinstance(percent, (int, float)):
            wrong.append(f'percent: Cast to Number failed for value "{percent}" (type string) at path "percent"')
        elif isinstance(percent, (int, float)) and percent > 80:
            wrong.append(f"percent: Path `percent` ({percent}) is more than maximum allowed value (80).")
        if given.get("validUntil"):
            try:
                datetime.fromisoformat(given["validUntil"])
            except (ValueError, TypeError):
                shown = given["validUntil"]
                wrong.append(f'validUntil: Cast to date failed for value "{shown}" (type string) at path "validUntil"')
        if wrong:
            raise Refused(400, {"success": False, "message": "Coupon validation failed: " + ", ".join(wrong)})
        if given["code"] in self.api.table("coupons"):
            key = given["code"]
            text = f'E11000 duplicate key error collection: shop.coupons index: code_1 dup key: {{ code: "{key}" }}'
            raise Refused(409, {"success": False, "message": text})
        return self.keep("coupons", given["code"], dict(given), visit.who)

    def feedback(self, visit: Visit) -> tuple[int, Any]:
        """Ajv; nothing beyond what it knows."""
        given, errors = self.body(visit), []
        for name in ("rating", "comment"):
            errors += [] if name in given else [
                {"instancePath": "", "schemaPath": "#/required", "keyword": "required",
                 "params": {"missingProperty": name}, "message": f"must have required property '{name}'"}]  # fmt: skip
        rating = given.get("rating")
        if rating is not None and not isinstance(rating, int):
            errors.append(
                {
                    "instancePath": "/rating",
                    "keyword": "type",
                    "params": {"type": "integer"},
                    "message": "must be integer",
                }
            )
        elif isinstance(rating, int) and rating > 5:
            errors.append({"instancePath": "/rating", "keyword": "maximum", "params": {"comparison": "<=", "limit": 5},
                           "message": "must be <= 5"})  # fmt: skip
        for name in given:
            errors += [] if name in ("rating", "comment") else [
                {"instancePath": "", "keyword": "additionalProperties",
                 "params": {"additionalProperty": name}, "message": "must NOT have additional properties"}]  # fmt: skip
        if errors:
            raise Refused(400, {"success": False, "errors": errors})
        return 200, {"success": True, "message": "Thank you"}

    def form(self, visit: Visit) -> tuple[int, Any]:
        """A form; answers in Spanish."""
        given = visit.form() if visit.media == "application/x-www-form-urlencoded" else {}
        if not given.get("topic"):
            raise Refused(400, {"success": False, "message": "El campo 'topic' es obligatorio"})
        if "@" not in given.get("correo", ""):
            wrong = "no es válido" if given.get("correo") else "es obligatorio"
            raise Refused(400, {"success": False, "message": f"El campo 'correo' {wrong}"})
        return 200, {"success": True}
