from __future__ import annotations

import json
import random

import pytest
from graphql import build_schema, parse, validate

from gatewright.checks.together import aliases
from gatewright.model.http import Request

FLAT = "mutation login($name: String!, $password: String!) { login(name: $name, password: $password) { token } }"
WRAPPED = "mutation signIn($input: SignIn!) { signIn(input: $input) { token } }"
SCHEMA = build_schema(
    "type Query { a: Int } type Session { token: String } input SignIn { name: String password: String }"
    " type Mutation { login(name: String!, password: String!): Session signIn(input: SignIn!): Session }"
)


def sent(document: str, variables: dict[str, object]) -> dict[str, object]:
    request = Request(
        "POST", "http://h", "/graphql", (), json.dumps({"query": document, "variables": variables}).encode()
    )
    found: dict[str, object] = json.loads(aliases("right-77", 3, random.Random(1))(request).body)
    return found


@pytest.mark.parametrize(
    ("document", "variables"),
    [(FLAT, {"name": "ada", "password": "right-77"}), (WRAPPED, {"input": {"name": "ada", "password": "right-77"}})],
)
def test_a_mutation_is_called_with_wrong_passwords_and_then_as_it_was(
    document: str, variables: dict[str, object]
) -> None:
    found = sent(document, variables)
    tree = parse(str(found["query"]))
    assert validate(SCHEMA, tree) == []
    calls = tree.definitions[0].selection_set.selections
    assert [one.alias.value if one.alias else "" for one in calls] == ["w0", "w1", "w2", ""]
    given = dict(found["variables"])
    assert {name: given[name] for name in variables} == variables
    assert all("right-77" not in json.dumps(given[f"w{n}"]) and len(given[f"w{n}"]) for n in range(3))


def test_what_holds_no_password_stays_as_it_is() -> None:
    assert sent(FLAT, {"name": "ada", "password": "other"})["query"] == FLAT
    assert sent("query a { a }", {})["query"] == "query a { a }"
