"""A small clinic desk in an older style: numbers as ids, snake_case, unions as results, 400 with errors, a session cookie.

Five weaknesses, each a condition that a resolver leaves out, and five traps that look like one.
"""

from __future__ import annotations

import itertools
import secrets
from typing import Any

from graphql import GraphQLError, GraphQLSchema, build_schema

SDL = """
type NotFound { message: String! }
type Forbidden { message: String! }
type InvalidInput { message: String! field: String }
type Account { user_name: String! email: String! level: String! vehicles: [Vehicle!]! }
type Vehicle { vehicle_no: Int! plate: String! model: String! notes: String keeper: Keeper trips: [Trip!]! }
type Keeper { user_name: String! licence_number: String }
type Trip { trip_no: Int! origin: String! destination: String! purpose: String }
type Station { station_no: Int! name: String! }
type AuditLine { line_no: Int! who: String! what: String! }
type Session { ok: Boolean! user_name: String }
type Done { ok: Boolean! }
union VehicleResult = Vehicle | NotFound | Forbidden
union TripResult = Trip | NotFound | Forbidden | InvalidInput
union VehicleMade = Vehicle | InvalidInput
union DeleteResult = Done | NotFound | Forbidden
type Query {
  current_account: Account
  vehicles: [Vehicle!]!
  vehicle(vehicle_no: Int!): VehicleResult!
  trip(trip_no: Int!): TripResult!
  stations: [Station!]!
  station(station_no: Int!): Station
  audit_lines: [AuditLine!]!
}
type Mutation {
  log_in(user_name: String!, password: String!): Session!
  register_account(user_name: String!, email: String!, password: String!): Session!
  add_vehicle(plate: String!, model: String!, notes: String): VehicleMade!
  change_vehicle(vehicle_no: Int!, notes: String!): VehicleResult!
  remove_vehicle(vehicle_no: Int!): DeleteResult!
  add_trip(vehicle_no: Int!, origin: String!, destination: String!, purpose: String): TripResult!
  change_email(email: String!): Account
}
"""
WEAKNESSES = {
    "vehicle-read": ("object-access-read", "POST /query#query.vehicle"),
    "trip-read": ("object-access-read", "POST /query#query.trip"),  # the parent is guarded, its child is not
    "trip-in-anothers": ("object-access-change", "POST /query#mutation.add_trip"),
    "form-mutation": ("csrf-content-type", "POST /query#mutation.change_vehicle"),  # any page may send a form
    "audit-for-all": ("function-access", "POST /query#query.audit_lines"),
}
"""Id → test and endpoint. Traps: stations are for all; a refusal is an object with status 200; `remove_vehicle` refuses
with the number in its message; `audit_lines` answers 400 to whoever may not; `change_email` acts on the caller only."""
PEOPLE = {
    "mira": ("Copper-52-lake", "user"),
    "noel": ("Silver-18-field", "user"),
    "chief": ("Granite-77-hill", "chief"),
}


class Fleet:
    """The state and the resolvers. `weak` are ids of `WEAKNESSES`."""

    path = "/query"

    def __init__(self, weak: frozenset[str]) -> None:
        self.weak = weak
        self.numbers = itertools.count(1201)
        self.people: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, str] = {}
        self.vehicles: dict[int, dict[str, Any]] = {}
        self.trips: dict[int, dict[str, Any]] = {}
        for name, (password, level) in PEOPLE.items():
            self.person(name, f"{name}@example.com", password, level)
            vehicle = self.vehicle(
                name, plate=f"W-{secrets.token_hex(3)}", model="Van", notes=f"key {secrets.token_hex(4)}"
            )
            self.trip(
                vehicle["vehicle_no"], origin="Depot", destination=f"Lane {secrets.token_hex(4)}", purpose="visit"
            )

    def person(self, name: str, email: str, password: str, level: str) -> None:
        self.people[name] = {
            "user_name": name, "email": email, "password": password, "level": level,
            "licence_number": f"L{secrets.randbelow(10**8):08d}",
        }  # fmt: skip

    def vehicle(self, owner: str, **values: Any) -> dict[str, Any]:
        number = next(self.numbers)
        self.vehicles[number] = {"__typename": "Vehicle", "vehicle_no": number, "owner": owner, **values}
        return self.vehicles[number]

    def trip(self, vehicle_no: int, **values: Any) -> dict[str, Any]:
        number = next(self.numbers)
        self.trips[number] = {"__typename": "Trip", "trip_no": number, "vehicle_no": vehicle_no, **values}
        return self.trips[number]

    def schema(self) -> GraphQLSchema:
        schema = build_schema(SDL)
        for root in (schema.query_type, schema.mutation_type):
            assert root is not None
            for name, field in root.fields.items():
                field.resolve = getattr(self, f"on_{name}")
        kinds: dict[str, Any] = dict(schema.type_map)
        for name in ("VehicleResult", "TripResult", "VehicleMade", "DeleteResult"):
            kinds[name].resolve_type = lambda value, _info, _type: value["__typename"]
        kinds["Account"].fields["vehicles"].resolve = lambda row, _info: self.of(row["user_name"])
        kinds["Vehicle"].fields["keeper"].resolve = lambda row, _info: self.people[row["owner"]]
        kinds["Vehicle"].fields["trips"].resolve = lambda row, _info: [
            trip for trip in self.trips.values() if trip["vehicle_no"] == row["vehicle_no"]
        ]
        return schema

    def of(self, name: str) -> list[dict[str, Any]]:
        return [row for row in self.vehicles.values() if row["owner"] == name]

    def me(self, info: Any) -> dict[str, Any]:
        cookies = dict(
            part.strip().partition("=")[::2] for part in info.context["headers"].get("cookie", "").split(";")
        )
        name = self.sessions.get(cookies.get("desk", ""))
        if name is None:
            raise GraphQLError("no session", extensions={"code": "NOT_LOGGED_IN"})
        return self.people[name]

    def seen(self, info: Any, number: int, *, guarded: bool = True) -> dict[str, Any]:
        me, row = self.me(info), self.vehicles.get(number)
        if row is None:
            return {"__typename": "NotFound", "message": f"no vehicle {number}"}
        if guarded and row["owner"] != me["user_name"]:
            return {"__typename": "Forbidden", "message": f"vehicle {number} is somebody else's"}
        return row

    # queries

    def on_current_account(self, _root: Any, info: Any) -> Any:
        return self.me(info)

    def on_vehicles(self, _root: Any, info: Any) -> Any:
        return self.of(self.me(info)["user_name"])

    def on_vehicle(self, _root: Any, info: Any, vehicle_no: int) -> Any:
        return self.seen(info, vehicle_no, guarded="vehicle-read" not in self.weak)

    def on_trip(self, _root: Any, info: Any, trip_no: int) -> Any:
        me, trip = self.me(info), self.trips.get(trip_no)
        if trip is None:
            return {"__typename": "NotFound", "message": f"no trip {trip_no}"}
        if "trip-read" not in self.weak and self.vehicles[trip["vehicle_no"]]["owner"] != me["user_name"]:
            return {"__typename": "Forbidden", "message": f"trip {trip_no} is somebody else's"}
        return trip

    def on_stations(self, _root: Any, info: Any) -> Any:
        return [{"station_no": number, "name": f"Station {number}"} for number in range(1, 4)]

    def on_station(self, _root: Any, info: Any, station_no: int) -> Any:
        return {"station_no": station_no, "name": f"Station {station_no}"} if 0 < station_no < 4 else None

    def on_audit_lines(self, _root: Any, info: Any) -> Any:
        me = self.me(info)
        if me["level"] != "chief" and "audit-for-all" not in self.weak:
            raise GraphQLError("for chiefs only", extensions={"code": "NOT_ALLOWED"})
        return [
            {"line_no": number, "who": row["owner"], "what": f"registered {row['plate']}"}
            for number, row in enumerate(self.vehicles.values(), start=1)
        ]

    # mutations

    def on_log_in(self, _root: Any, info: Any, user_name: str, password: str) -> Any:
        person = self.people.get(user_name)
        if person is None or person["password"] != password:
            raise GraphQLError("wrong name or password", extensions={"code": "BAD_CREDENTIALS"})
        session = secrets.token_urlsafe(24)
        self.sessions[session] = user_name
        info.context["set-cookie"] = f"desk={session}; Path=/; HttpOnly" + (
            "; SameSite=None; Secure" if "form-mutation" in self.weak else "; SameSite=Strict"
        )
        return {"ok": True, "user_name": user_name}

    def on_register_account(self, _root: Any, info: Any, user_name: str, email: str, password: str) -> Any:
        if user_name in self.people:
            raise GraphQLError("user_name: is taken", extensions={"code": "INVALID_INPUT"})
        self.person(user_name, email, password, "user")
        return {"ok": True, "user_name": user_name}

    def on_add_vehicle(self, _root: Any, info: Any, plate: str, model: str, notes: str | None = None) -> Any:
        me = self.me(info)
        if len(plate) > 24:
            return {"__typename": "InvalidInput", "message": "plate is too long", "field": "plate"}
        return self.vehicle(me["user_name"], plate=plate, model=model, notes=notes)

    def on_change_vehicle(self, _root: Any, info: Any, vehicle_no: int, notes: str) -> Any:
        row = self.seen(info, vehicle_no)
        if row["__typename"] == "Vehicle":
            row["notes"] = notes
        return row

    def on_remove_vehicle(self, _root: Any, info: Any, vehicle_no: int) -> Any:
        row = self.seen(info, vehicle_no)
        if row["__typename"] != "Vehicle":
            return row
        del self.vehicles[vehicle_no]
        self.trips = {key: trip for key, trip in self.trips.items() if trip["vehicle_no"] != vehicle_no}
        return {"__typename": "Done", "ok": True}

    def on_add_trip(
        self, _root: Any, info: Any, vehicle_no: int, origin: str, destination: str, purpose: str | None = None
    ) -> Any:
        row = self.seen(info, vehicle_no, guarded="trip-in-anothers" not in self.weak)
        if row["__typename"] != "Vehicle":
            return row
        return self.trip(vehicle_no, origin=origin, destination=destination, purpose=purpose)

    def on_change_email(self, _root: Any, info: Any, email: str) -> Any:
        me = self.me(info)
        if "@" not in email:
            raise GraphQLError("email: is not an e-mail address", extensions={"code": "INVALID_INPUT"})
        me["email"] = email
        return me
