"""The clinic as a GraphQL server."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from graphql import get_introspection_query

from gatewright.lab.dialects.graphql import DEEPEST, MOST_FIELDS, MOST_TOGETHER, GraphQL
from gatewright.lab.dialects.graphql_types import FLAT, argument_name, field_name, kind_of
from gatewright.lab.requests import Sample, samples
from gatewright.lab.weaknesses import WEAKNESSES

THERE = [weakness.id for weakness in WEAKNESSES if "graphql" in weakness.dialects]


class Asker:
    """Asks the GraphQL clinic as the printed accounts."""

    def __init__(self, visit: Callable[..., Any], *weak: str, **options: Any) -> None:
        self.visitor = visit(*weak, dialect="graphql", **options)
        self.tokens: dict[str, str] = {}

    def post(self, body: Any, account: str = "") -> Any:
        headers = {"authorization": f"Bearer {self.token(account)}"} if account else {}
        return self.visitor.send("POST", "/graphql", body=body, headers=headers)

    def ask(self, query: str, account: str = "", **variables: Any) -> Any:
        answer = self.post({"query": query, "variables": variables}, account)
        assert answer.status == 200, answer.content
        return answer.json

    def token(self, account: str) -> str:
        if account not in self.tokens:
            query = "mutation($u: String!, $p: String!) { login(username: $u, password: $p) { access_token } }"
            answer = self.ask(query, u=account, p=self.visitor.passwords[account])
            self.tokens[account] = answer["data"]["login"]["access_token"]
        return self.tokens[account]


@pytest.fixture
def clinic(visit: Callable[..., Any]) -> Callable[..., Asker]:
    return lambda *weak, **options: Asker(visit, *weak, **options)


def operation(dialect: GraphQL, sample: Sample) -> dict[str, Any]:
    """A working request for the field of a sample's endpoint."""
    endpoint, names = sample.endpoint, dialect.names
    holes = re.findall(r"\{(\w+)\}", endpoint.path)
    pattern = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(names.path(endpoint.path)))
    values = re.fullmatch(pattern, sample.path)
    given: dict[str, Any] = dict(zip(holes, values.groups() if values else (), strict=True))
    variables = {argument_name(name, names): value for name, value in given.items()}
    typed = {
        p.name: int if p.schema["type"] == "integer" and not p.name.lower().endswith("id") else str
        for p in endpoint.parameters
    }
    for parameter in endpoint.parameters:
        value = {**sample.query, **sample.headers}[names.word(parameter.name)]
        variables[argument_name(parameter.name, names)] = typed[parameter.name](value)
    if sample.body is not None:
        variables |= sample.body if endpoint.path in FLAT else {"input": sample.body}
    name = field_name(endpoint, names, dialect.table)
    root = dialect.schema.query_type if kind_of(endpoint) == "query" else dialect.schema.mutation_type
    assert root is not None
    field = root.fields[name]
    declared = ", ".join(f"${key}: {field.args[key].type}" for key in variables)
    passed = ", ".join(f"{key}: ${key}" for key in variables)
    inner = " { __typename }" if hasattr(_named(field.type), "fields") else ""
    head = f"({declared})" if variables else ""
    call = f"({passed})" if variables else ""
    return {"query": f"{kind_of(endpoint)}{head} {{ {name}{call}{inner} }}", "variables": variables}


def _named(type_: Any) -> Any:
    return _named(type_.of_type) if hasattr(type_, "of_type") else type_


@pytest.mark.parametrize("weak", [(), tuple(THERE)], ids=["fixed", "all on"])
@pytest.mark.parametrize("options", [{}, {"scramble": 11}, {"seed": 9}], ids=str)
def test_every_field_answers(clinic: Callable[..., Asker], weak: tuple[str, ...], options: dict[str, int]) -> None:
    asker = clinic(*weak, **options)
    dialect = asker.visitor.dialect
    seen = set()
    for sample in samples(asker.visitor.clinic, dialect.names, options.get("seed", 1), dialect=dialect):
        if sample.endpoint.answer == "html":
            continue
        answer = asker.post(operation(dialect, sample), sample.account).json
        assert "errors" not in answer, (sample, answer)
        assert list(answer["data"].values()) != [None], (sample, answer)
        seen.add(sample.endpoint.id)
    assert seen == {
        e.id for e in dialect.table.values() if not (e.undocumented or e.hidden or e.live) and e.answer != "html"
    }


def test_the_schema_is_told_to_everybody(clinic: Callable[..., Asker]) -> None:
    told = clinic().ask(get_introspection_query())["data"]["__schema"]
    kinds = {one["name"]: one for one in told["types"]}
    assert {"Appointment", "NewAppointmentInput", "Node", "DateTime"} <= kinds.keys()
    queries = {field["name"] for field in kinds["Query"]["fields"]}
    assert {"appointment", "appointments", "node", "me"} <= queries


def test_a_hidden_schema_is_told_to_nobody_but_its_errors_suggest(clinic: Callable[..., Asker]) -> None:
    asker = clinic(introspection=False)
    told = asker.ask(get_introspection_query())
    assert "data" not in told
    assert "introspection" in told["errors"][0]["message"]
    assert "Did you mean 'order'" in asker.ask("{ ordr { id } }")["errors"][0]["message"]


def test_a_scrambled_schema_shows_no_real_name(clinic: Callable[..., Asker]) -> None:
    told = json.dumps(clinic(scramble=3).ask(get_introspection_query()))
    assert not re.findall(r"appointment|prescription|Invoice|salar|wiki", told)


def test_refusals_have_status_200_and_a_code(clinic: Callable[..., Asker]) -> None:
    asker = clinic()
    assert asker.ask("{ me { id } }")["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert asker.ask("{ adminUsers { count } }", "alice")["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (
        asker.ask('{ appointment(appointment_id: "9") { id } }', "alice")["errors"][0]["extensions"]["code"]
        == "NOT_FOUND"
    )
    wrong = asker.ask('mutation { createAppointment(input: {slot_id: "5001", reason: "x"}) { id } }', "alice")
    extensions = wrong["errors"][0]["extensions"]
    assert (extensions["code"], extensions["errors"][0]["field"]) == ("BAD_USER_INPUT", "reason")
    assert asker.ask('{ message(message_id: "6001") { id } }', "root")["data"] == {"message": None}


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), ({"query": 1}, 400), ([{"query": "{ health { status } }"}, 1], 400), ({"query": "{ nothing }"}, 200)],
)
def test_what_is_no_query(clinic: Callable[..., Asker], body: Any, status: int) -> None:
    answer = clinic().post(body)
    assert answer.status == status
    assert answer.json["errors"]


def test_what_costs_too_much_is_refused(clinic: Callable[..., Asker]) -> None:
    asker = clinic()
    one = "{{ {} }}".format
    call = 'product(product_id: "401") {{ {} }}'.format
    deep = "id"
    for level in range(DEEPEST):
        deep = ("reviews { %s }" if level % 2 else "product { %s }") % deep
    assert "data" not in asker.ask(one(call(deep.replace("product {", "reviews { product {", 1) + " }")))
    fields = " ".join(f"a{n}: {call('id')}" for n in range(MOST_FIELDS + 1))
    assert asker.ask(one(fields))["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    spread = f"{{ ...all }} fragment all on Query {{ {fields} }}"
    assert asker.ask(spread)["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert asker.post([{"query": one(call("id"))}] * (MOST_TOGETHER + 1)).status == 400
    assert len(asker.post([{"query": one(call("id"))}] * MOST_TOGETHER).json) == MOST_TOGETHER


def test_an_object_by_its_global_name(clinic: Callable[..., Asker]) -> None:
    for weak in ((), ("node-read-by-id",)):
        asker = clinic(*weak)
        mine = asker.ask("{ appointments { items { nodeId reason } } }", "alice")["data"]["appointments"]["items"][0]
        query = "query($id: ID!) { node(id: $id) { nodeId ... on Appointment { reason } } }"
        assert asker.ask(query, "alice", id=mine["nodeId"])["data"]["node"] == mine
        stranger = asker.ask(query, "bob", id=mine["nodeId"])["data"]["node"]
        assert stranger == (mine if weak else None)
        assert asker.ask(query, id=mine["nodeId"])["data"]["node"] is None
        for wrong in ("x", "", b64encode(b"Nothing:1").decode(), b64encode(b"Appointment:9").decode()):
            assert asker.ask(query, "alice", id=wrong)["data"]["node"] is None


def test_the_names_of_weaknesses_here() -> None:
    rows = {weakness.id: GraphQL.listed(weakness) for weakness in WEAKNESSES if "graphql" in weakness.dialects}
    read = rows["appointment-read-by-id"]
    assert (read.endpoint, read.parameter) == ("POST /graphql#query.appointment", "body:variables.appointment_id")
    body = rows["order-read-by-body"]
    assert (body.endpoint, body.parameter) == ("POST /graphql#mutation.ordersLookup", "body:variables.input.order_id")
    header = rows["prescriptions-read-by-header"]
    assert header.parameter == "body:variables.patient_id"
    assert rows["node-read-by-id"].endpoint == "POST /graphql#query.node"


def test_elsewhere_there_is_nothing(clinic: Callable[..., Asker]) -> None:
    visitor = clinic().visitor
    assert visitor.send("GET", "/me").status == 404
    assert visitor.send("GET", "/graphql").status == 405
    assert visitor.send("POST", "/graphql", body={}, headers={"content-type": "text/plain"}).status == 415
