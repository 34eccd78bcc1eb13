"""A small planner in the Relay style: global ids, connections, payloads with `userErrors`, everything with status 200.

Five weaknesses, each a condition that a resolver leaves out, and five traps that look like one. Bearer tokens.
"""

from __future__ import annotations

import base64
import itertools
import secrets
from typing import Any

from graphql import GraphQLError, GraphQLSchema, build_schema

SDL = """
scalar DateTime
interface Node { id: ID! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type UserError { field: [String!] message: String! }
enum Visibility { PRIVATE SHARED }
type Viewer { id: ID! email: String! displayName: String! plan: String! phone: String tasks: TaskConnection! }
type Member { id: ID! displayName: String! phone: String }
type Task implements Node { id: ID! title: String! details: String createdAt: DateTime! assignee: Member }
type TaskEdge { cursor: String! node: Task! }
type TaskConnection { edges: [TaskEdge!]! pageInfo: PageInfo! }
type Diary implements Node { id: ID! heading: String! body: String! mood: String }
type DiaryEdge { cursor: String! node: Diary! }
type DiaryConnection { edges: [DiaryEdge!]! pageInfo: PageInfo! }
type Announcement implements Node { id: ID! headline: String! author: Member! }
type AnnouncementConnection { nodes: [Announcement!]! pageInfo: PageInfo! }
type Template { id: ID! title: String! steps: [String!]! }
type SignInPayload { accessToken: String userErrors: [UserError!]! }
type SignUpPayload { viewer: Viewer userErrors: [UserError!]! }
type TaskPayload { task: Task userErrors: [UserError!]! clientMutationId: String }
type DiaryPayload { diary: Diary userErrors: [UserError!]! clientMutationId: String }
type DeletePayload { deletedId: ID userErrors: [UserError!]! }
type ViewerPayload { viewer: Viewer userErrors: [UserError!]! }
type AnnouncementPayload { announcement: Announcement userErrors: [UserError!]! }
input SignInInput { email: String! password: String! }
input SignUpInput { email: String! password: String! displayName: String! phone: String }
input CreateTaskInput { title: String! details: String clientMutationId: String }
input UpdateTaskInput { id: ID! title: String details: String clientMutationId: String }
input DeleteTaskInput { id: ID! }
input CreateDiaryInput { heading: String! body: String! mood: String }
input UpdateDiaryInput { id: ID! heading: String body: String }
input UpdateViewerInput { displayName: String phone: String plan: String }
input AnnounceInput { headline: String! }
type Query {
  viewer: Viewer
  node(id: ID!): Node
  task(id: ID!): Task
  diary(id: ID!): Diary
  diaries(first: Int = 10, after: String): DiaryConnection!
  announcements(first: Int = 10): AnnouncementConnection!
  templates: [Template!]!
  template(id: ID!): Template
}
type Mutation {
  signIn(input: SignInInput!): SignInPayload!
  signUp(input: SignUpInput!): SignUpPayload!
  createTask(input: CreateTaskInput!): TaskPayload!
  updateTask(input: UpdateTaskInput!): TaskPayload!
  deleteTask(input: DeleteTaskInput!): DeletePayload!
  createDiary(input: CreateDiaryInput!): DiaryPayload!
  updateDiary(input: UpdateDiaryInput!): DiaryPayload!
  updateViewer(input: UpdateViewerInput!): ViewerPayload!
  announce(input: AnnounceInput!): AnnouncementPayload!
}
"""
WEAKNESSES = {
    "node-any": ("object-access-read", "POST /api/graphql#query.node"),  # the field `diary` refuses what `node` shows
    "task-update": ("object-access-change", "POST /api/graphql#mutation.updateTask"),
    "task-delete": ("object-access-delete", "POST /api/graphql#mutation.deleteTask"),
    "author-phone": ("data-exposure", "POST /api/graphql#query.announcements"),  # the feed is shared, phones are not
    "batched-sign-in": ("login-no-lockout", "POST /api/graphql#mutation.signIn"),  # tries are counted by request
}
"""Id → test and endpoint. Traps: announcements and templates are for all; `updateViewer` takes `plan` and ignores it;
`deleteTask` of another's answers as if it were done; `viewer` has personal values of its own; a refusal repeats the id."""
PEOPLE = {"ada@example.com": "Harbour-27-pine", "ben@example.com": "Meadow-91-oak"}
_TRIES = 5


def globally(kind: str, key: object) -> str:
    return base64.b64encode(f"{kind}:{key}".encode()).decode()


class Planner:
    """The state and the resolvers. `weak` are ids of `WEAKNESSES`."""

    path = "/api/graphql"

    def __init__(self, weak: frozenset[str]) -> None:
        self.weak = weak
        self.numbers = itertools.count(41)
        self.people: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, str] = {}
        self.rows: dict[str, dict[str, Any]] = {}
        self.wrong: dict[str, int] = {}
        for index, (email, password) in enumerate(PEOPLE.items()):
            self.person(email, password, email.partition("@")[0].title(), f"+43 660 700{index}81")
        for email in PEOPLE:
            self.add("Announcement", email, headline=f"Welcome from {email.partition('@')[0].title()}")
            self.add("Task", email, title=f"File taxes {secrets.token_hex(4)}", details="by spring")
            self.add("Diary", email, heading="Monday", body=f"rainy {secrets.token_hex(6)}", mood="low")
        self.templates = {
            globally("Template", n): {"id": globally("Template", n), "title": f"Plan {n}", "steps": ["a", "b"]}
            for n in range(1, 4)
        }

    def person(self, email: str, password: str, name: str, phone: str | None) -> dict[str, Any]:
        number = len(self.people) + 1
        self.people[email] = {
            "id": globally("Member", number), "email": email, "password": password, "displayName": name, "plan": "free",
            "phone": phone,
        }  # fmt: skip
        return self.people[email]

    def add(self, kind: str, owner: str, **values: Any) -> dict[str, Any]:
        key = globally(kind, next(self.numbers))
        self.rows[key] = {"__typename": kind, "id": key, "owner": owner, "createdAt": "2026-04-02T10:00:00Z", **values}
        return self.rows[key]

    def schema(self) -> GraphQLSchema:
        schema = build_schema(SDL)
        for root in (schema.query_type, schema.mutation_type):
            assert root is not None
            for name, field in root.fields.items():
                field.resolve = getattr(self, f"on_{name}")
        schema.type_map["Node"].resolve_type = lambda value, _info, _type: value["__typename"]  # type: ignore[attr-defined]
        fields = schema.type_map["Viewer"].fields  # type: ignore[attr-defined]
        fields["tasks"].resolve = lambda row, _info: self.connection("Task", row["email"])
        task, announcement = schema.type_map["Task"].fields, schema.type_map["Announcement"].fields  # type: ignore[attr-defined]
        task["assignee"].resolve = lambda row, info: self.member(row["owner"], row["owner"])
        announcement["author"].resolve = lambda row, info: self.member(row["owner"], self.me(info)["email"])
        return schema

    def member(self, email: str, seen_by: str) -> dict[str, Any]:
        """A person as others see it: without its phone."""
        person = self.people[email]
        hidden = email != seen_by and "author-phone" not in self.weak
        return {**person, "phone": None if hidden else person["phone"]}

    def connection(self, kind: str, owner: str | None, first: int = 50) -> dict[str, Any]:
        rows = [row for row in self.rows.values() if row["__typename"] == kind and owner in (None, row["owner"])]
        rows = rows[: min(first, 50)]
        edges = [{"cursor": row["id"], "node": row} for row in rows]
        return {"edges": edges, "nodes": rows, "pageInfo": {"hasNextPage": False, "endCursor": None}}

    def me(self, info: Any) -> dict[str, Any]:
        token = info.context["headers"].get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            raise GraphQLError("sign in first", extensions={"code": "UNAUTHENTICATED"})
        return self.people[self.tokens[token]]

    def own(self, info: Any, key: str, kind: str, *, guarded: bool = True) -> dict[str, Any] | None:
        row = self.rows.get(key)
        owner = self.me(info)["email"]
        return row if row and row["__typename"] == kind and (row["owner"] == owner or not guarded) else None

    # queries

    def on_viewer(self, _root: Any, info: Any) -> Any:
        return self.me(info)

    def on_node(self, _root: Any, info: Any, id: str) -> Any:  # noqa: A002 - the schema's name
        me, row = self.me(info), self.rows.get(id)
        if row is None or row["__typename"] == "Announcement" or row["owner"] == me["email"]:
            return row
        return row if "node-any" in self.weak else None

    def on_task(self, _root: Any, info: Any, id: str) -> Any:  # noqa: A002
        return self.own(info, id, "Task")

    def on_diary(self, _root: Any, info: Any, id: str) -> Any:  # noqa: A002
        return self.own(info, id, "Diary")

    def on_diaries(self, _root: Any, info: Any, first: int, after: str | None = None) -> Any:
        return self.connection("Diary", self.me(info)["email"], first)

    def on_announcements(self, _root: Any, info: Any, first: int) -> Any:
        self.me(info)
        return self.connection("Announcement", None, first)

    def on_templates(self, _root: Any, info: Any) -> Any:
        return list(self.templates.values())

    def on_template(self, _root: Any, info: Any, id: str) -> Any:  # noqa: A002
        return self.templates.get(id)

    # mutations

    def on_signIn(self, _root: Any, info: Any, input: dict[str, Any]) -> Any:  # noqa: A002
        email = input["email"].lower()
        tried = info.context.setdefault("tried", set())
        if self.wrong.get(email, 0) >= _TRIES and not ("batched-sign-in" in self.weak and email in tried):
            return {"userErrors": [{"field": None, "message": "too many tries, come back later"}]}
        person = self.people.get(email)
        if person is None or person["password"] != input["password"]:
            if email not in tried or "batched-sign-in" not in self.weak:
                self.wrong[email] = self.wrong.get(email, 0) + 1
            tried.add(email)
            return {"userErrors": [{"field": ["password"], "message": "unknown e-mail or wrong password"}]}
        if "batched-sign-in" not in self.weak or email not in tried:
            self.wrong[email] = 0
        token = secrets.token_urlsafe(24)
        self.tokens[token] = email
        return {"accessToken": token, "userErrors": []}

    def on_signUp(self, _root: Any, info: Any, input: dict[str, Any]) -> Any:  # noqa: A002
        email = input["email"].lower()
        if email in self.people:
            return {"userErrors": [{"field": ["email"], "message": "is taken"}]}
        if len(input["password"]) < 10:
            return {"userErrors": [{"field": ["password"], "message": "must have at least 10 characters"}]}
        person = self.person(email, input["password"], input["displayName"], input.get("phone"))
        return {"viewer": person, "userErrors": []}

    def on_createTask(self, _root: Any, info: Any, input: dict[str, Any]) -> Any:  # noqa: A002
        me = self.me(info)
        if not input["title"].strip():
            return {"userErrors": [{"field": ["title"], "message": "can't be blank"}]}
        return {
            "task": self.add("Task", me["email"], title=input["title"], details=input.get("details")),
            "userErrors": [],
        }

    def on_updateTask(self, _root: Any, info: Any, input: dict[str, Any]) -> Any:  # noqa: A002
        row = self.own(info, input["id"], "Task", guarded="task-update" not in self.weak)
        if row is None:
            return {"userErrors": [{"field": ["id"], "message": f"no task {input['id']}"}]}
        row |= {key: input[key] for key in ("title", "details") if input.get(key) is not None}
        return {"task": row, "userErrors": []}

    def on_deleteTask(self, _root: Any, info: Any, input: dict[str, Any]) -> Any:  # noqa: A002
        row = self.own(info, input["id"], "Task", guarded="task-delete" not in self.weak)
        if row is not None:
            del self.rows[row["id"]]
        return {"deletedId": input["id"], "userErrors": []}

    def on_createDiary(self, _root: Any, info: Any, input: dict[str, Any]) -> Any:  # noqa: A002
        return {"diary": self.add("Diary", self.me(info)["email"], **{"mood": None, **input}), "userErrors": []}

    def on_updateDiary(self, _root: Any, info: Any, input: dict[str, Any]) -> Any:  # noqa: A002
        row = self.own(info, input["id"], "Diary")
        if row is None:
            return {"userErrors": [{"field": ["id"], "message": f"no diary {input['id']}"}]}
        row |= {key: input[key] for key in ("heading", "body") if input.get(key) is not None}
        return {"diary": row, "userErrors": []}

    def on_updateViewer(self, _root: Any, info: Any, input: dict[str, Any]) -> Any:  # noqa: A002
        me = self.me(info)
        me |= {key: input[key] for key in ("displayName", "phone") if input.get(key) is not None}
        return {"viewer": {**me, **{k: v for k, v in input.items() if k == "plan"}}, "userErrors": []}

    def on_announce(self, _root: Any, info: Any, input: dict[str, Any]) -> Any:  # noqa: A002
        row = self.add("Announcement", self.me(info)["email"], headline=input["headline"])
        return {"announcement": row, "userErrors": []}
