"""Courses with lessons and enrolments, in the manner of a Rails API: hashes or sentences of errors under 422."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from tests.explore.servers.base import TODAY, Refused, Server, Visit

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
PNG = b"\x89PNG\r\n\x1a\n"


def server() -> Server:
    """A fresh one."""
    api = Server(whoami="/api/v1/session")
    api.people = {
        name: {"id": number, "username": name, "email": f"{name}@mail.example", "role": role, "bio": f"I am {name}"}
        for number, name, role in ((501, "ann", "user"), (502, "ben", "user"), (503, "mia", "manager"))
    }
    api.unknown = lambda: Refused(401, {"error": "You need to sign in or sign up before continuing."})
    api.forbidden = lambda: Refused(403, {"error": "You are not authorized to perform this action."})
    _Courses(api).add()
    return api


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


class _Courses:
    def __init__(self, api: Server) -> None:
        self.api, self.last = api, 40

    def add(self) -> None:
        api = self.api
        api.on("GET /api/v1/session", lambda v: (200, api.people[v.who]))
        bio = {"type": "object", "properties": {"bio": TEXT}}
        api.on("PATCH /api/v1/session", self.profile, body=bio)
        venue = {"type": "object", "properties": {"name": TEXT, "phone": TEXT, "capacity": WHOLE}}
        api.on("GET /api/v1/venues", self.all("venues"))
        api.on("POST /api/v1/venues", self.venue, body=venue)
        self.item("venues", "/api/v1/venues/{id}", venue, ("name", "capacity"), WHOLE)
        inner = {"title": TEXT, "venue_id": WHOLE, "starts_on": {"type": "string", "format": "date"}}
        inner |= {"ends_on": {"type": "string", "format": "date"}, "level": TEXT, "price": {"type": "number"}}
        course = {"type": "object", "properties": {"course": {"type": "object", "properties": inner}}}
        api.on("GET /api/v1/courses", self.all("courses"))
        api.on("POST /api/v1/courses", self.course, body=course)
        self.item("courses", "/api/v1/courses/{slug}", course, ("title", "level"), TEXT, inside="course")
        api.on("POST /api/v1/courses/{slug}/publish", self.publish)
        api.on("PUT /api/v1/courses/{slug}/cover", self.cover, media="multipart/form-data",
               body={"type": "object", "properties": {"image": {"type": "string", "format": "binary"}}})  # fmt: skip
        lesson = {"type": "object", "properties": {"title": TEXT, "position": WHOLE}}
        api.on("GET /api/v1/courses/{course_slug}/lessons", self.lessons)
        api.on("POST /api/v1/courses/{course_slug}/lessons", self.lesson, body=lesson)
        lesson_path = "/api/v1/courses/{course_slug}/lessons/{id}"
        self.item("lessons", lesson_path, lesson, ("title",), WHOLE, parent="course_slug")
        api.on("POST /api/v1/enrollments", self.enroll, body={"type": "object", "properties": {"course_slug": TEXT}})
        api.on("GET /api/v1/enrollments", self.all("enrollments"))
        self.item("enrollments", "/api/v1/enrollments/{id}", None, (), WHOLE)
        api.on("GET /api/v1/admin/attendance", self.attendance, role="manager", parameters=[
            {"name": "from", "in": "query", "schema": TEXT}, {"name": "to", "in": "query", "schema": TEXT}])  # fmt: skip

    def item(
        self,
        kind: str,
        path: str,
        body: Any,
        changeable: tuple[str, ...],
        id_: Any,
        *,
        inside: str = "",
        parent: str = "",
    ) -> None:
        """GET, DELETE, and PATCH where something may change, on one row."""
        name = path.rpartition("{")[2].rstrip("}")
        more = {"path": {name: id_}}

        def row(visit: Visit) -> dict[str, Any]:
            found = self.api.table(kind).get(visit.path[name])
            if found is None or found["_owner"] != visit.who or (parent and found["_parent"] != visit.path[parent]):
                model = kind.rstrip("s").capitalize()
                raise Refused(404, {"error": f"Couldn't find {model} with 'id'={visit.path[name]}"})
            return found

        def change(visit: Visit) -> tuple[int, Any]:
            found = row(visit)
            given = self.params(visit, inside) if inside else visit.json()
            known = {key: value for key, value in given.items() if key in changeable}
            if not known:
                raise Refused(400, {"error": f"param is missing or the value is empty: {inside or kind}"})
            if any(_blank(value) for value in known.values()):
                raise Refused(422, {"errors": {key: ["can't be blank"] for key in known}})
            found.update(known)
            return 200, self.shown(found)

        def remove(visit: Visit) -> tuple[int, Any]:
            row(visit)
            del self.api.table(kind)[visit.path[name]]
            return 204, None

        self.api.on(f"GET {path}", lambda v: (200, self.shown(row(v))), **more)
        if changeable:
            self.api.on(f"PATCH {path}", change, body=body, **more)
        self.api.on(f"DELETE {path}", remove, **more)

    def all(self, kind: str) -> Any:
        """The caller's rows."""
        return lambda v: (200, [self.shown(row) for row in self.api.table(kind).values() if row["_owner"] == v.who])

    @staticmethod
    def shown(row: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in row.items() if not key.startswith("_")}

    @staticmethod
    def params(visit: Visit, name: str) -> dict[str, Any]:
        try:
            body = visit.json()
        except ValueError:
            raise Refused(400, {"status": 400, "error": "Bad Request"}) from None
        inner = body.get(name) if isinstance(body, dict) else None
        if not isinstance(inner, dict) or not inner:
            raise Refused(400, {"error": f"param is missing or the value is empty: {name}"})
        return inner

    def keep(self, kind: str, key: str, row: dict[str, Any]) -> tuple[int, Any]:
        self.api.table(kind)[key] = row
        return 201, self.shown(row)

    def number(self) -> int:
        self.last += 7
        return self.last

    def profile(self, visit: Visit) -> tuple[int, Any]:
        given = visit.json()
        if _blank(given.get("bio")):
            raise Refused(422, {"errors": ["Bio can't be blank"]})
        self.api.people[visit.who]["bio"] = given["bio"]
        return 200, self.api.people[visit.who]

    def venue(self, visit: Visit) -> tuple[int, Any]:
        """Needs a wrapper that the specification does not tell of, and a time zone that it does not know."""
        given = self.params(visit, "venue")
        errors: list[str] = []
        if _blank(given.get("name")):
            errors.append("Name can't be blank")
        elif any(row["name"] == given["name"] for row in self.api.table("venues").values()):
            errors.append("Name has already been taken")
        if not re.fullmatch(r"\+?\d{9,13}", str(given.get("phone", ""))):
            errors.append("Phone is invalid")
        if not isinstance(given.get("capacity"), int) or given["capacity"] <= 4:
            errors.append("Capacity must be greater than 4")
        if given.get("time_zone") not in ("Oslo", "Lima"):
            errors.append("Time zone must be one of Oslo, Lima")
        if errors:
            raise Refused(422, {"errors": errors})
        number = self.number()
        return self.keep("venues", str(number), {"id": number, **given, "_owner": visit.who})

    def course(self, visit: Visit) -> tuple[int, Any]:
        given, errors = self.params(visit, "course"), {}
        if _blank(given.get("title")):
            errors["title"] = ["can't be blank"]
        elif not 5 <= len(given["title"]) <= 24:
            errors["title"] = ["is too long (maximum is 24 characters)"]
        venue = self.api.table("venues").get(str(given.get("venue_id")))
        if venue is None or venue["_owner"] != visit.who:
            errors["venue"] = ["must exist"]
        starts, ends = self.day(given.get("starts_on")), self.day(given.get("ends_on"))
        if starts is None:
            errors["starts_on"] = ["can't be blank"]
        elif starts <= TODAY:
            errors["starts_on"] = ["must be in the future"]
        if ends is None:
            errors["ends_on"] = ["can't be blank"]
        elif starts and ends <= starts:
            errors["ends_on"] = ["must be after starts on"]
        if given.get("level") not in ("starter", "expert"):
            errors["level"] = ["is not included in the list (starter, expert)"]
        if not isinstance(given.get("price"), (int, float)) or given["price"] <= 0:
            errors["price"] = ["is not a number" if given.get("price") is None else "must be greater than 0"]
        if errors:
            raise Refused(422, {"errors": errors})
        slug = re.sub(r"\W+", "-", given["title"].lower())
        if slug in self.api.table("courses"):
            raise Refused(422, {"errors": {"slug": ["has already been taken"]}})
        return self.keep("courses", slug, {"slug": slug, **given, "state": "draft", "_owner": visit.who})

    @staticmethod
    def day(value: Any) -> date | None:
        try:
            return date.fromisoformat(str(value)[:10])
        except ValueError:
            return None

    def own(self, visit: Visit, slug: str) -> dict[str, Any]:
        found = self.api.table("courses").get(slug)
        if found is None or found["_owner"] != visit.who:
            raise Refused(404, {"error": f"Couldn't find Course with 'slug'={slug}"})
        return found

    def publish(self, visit: Visit) -> tuple[int, Any]:
        found = self.own(visit, visit.path["slug"])
        found["state"] = "published"
        return 200, self.shown(found)

    def cover(self, visit: Visit) -> tuple[int, Any]:
        found = self.own(visit, visit.path["slug"])
        image = visit.parts(visit.headers["content-type"]).get("image") if visit.media.startswith("multipart") else None
        if image is None or isinstance(image, str):
            raise Refused(422, {"errors": {"image": ["can't be blank"]}})
        if image.content_type != "image/png" or not image.content.startswith(PNG):
            raise Refused(422, {"errors": {"image": ["has an invalid content type (authorized content type is PNG)"]}})
        found["cover"] = len(image.content)
        return 200, self.shown(found)

    def lessons(self, visit: Visit) -> tuple[int, Any]:
        slug = visit.path["course_slug"]
        self.own(visit, slug)
        return 200, [self.shown(row) for row in self.api.table("lessons").values() if row["_parent"] == slug]

    def lesson(self, visit: Visit) -> tuple[int, Any]:
        slug, given, errors = visit.path["course_slug"], visit.json(), {}
        self.own(visit, slug)
        if _blank(given.get("title")):
            errors["title"] = ["can't be blank"]
        if _blank(given.get("minutes")):
            errors["minutes"] = ["can't be blank"]
        elif not isinstance(given["minutes"], int) or not 10 <= given["minutes"] <= 90:
            errors["minutes"] = ["is not a number" if not isinstance(given["minutes"], int) else "must be in 10..90"]
        if errors:
            raise Refused(422, {"errors": errors})
        number = self.number()
        row = {"id": number, **given, "_owner": visit.who, "_parent": slug}
        return self.keep("lessons", str(number), row)

    def enroll(self, visit: Visit) -> tuple[int, Any]:
        """Only in a course that is published, as a person finds out by reading the message."""
        given = visit.json()
        course = self.api.table("courses").get(str(given.get("course_slug")))
        if course is None:
            raise Refused(422, {"errors": {"course": ["must exist"]}})
        number = self.number()
        row = {"id": number, "course_slug": course["slug"], "_owner": visit.who}
        return self.keep("enrollments", str(number), row)

    def attendance(self, visit: Visit) -> tuple[int, Any]:
        first, last = self.day(visit.query.get("from")), self.day(visit.query.get("to"))
        missing = [name for name in ("from", "to") if not visit.query.get(name)]
        if missing:
            raise Refused(400, {"error": f"param is missing or the value is empty: {missing[0]}"})
        if first is None or last is None:
            raise Refused(400, {"error": "invalid date"})
        if last <= first:
            raise Refused(422, {"errors": ["To must be after from"]})
        return 200, {"rows": []}
