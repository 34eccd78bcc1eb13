from __future__ import annotations

from typing import Any

import pytest

from gatewright.model.endpoint import Requirement, Scheme


def test_schemes_of_version_3(read: Any) -> None:
    spec = read(
        {
            "components": {
                "securitySchemes": {
                    "b": {"type": "http", "scheme": "Bearer", "bearerFormat": "JWT", "description": "d"},
                    "k": {"type": "apiKey", "in": "header", "name": "X-Key"},
                    "o": {
                        "type": "oauth2",
                        "flows": {
                            "password": {
                                "tokenUrl": "/token",
                                "refreshUrl": "/again",
                                "scopes": {"read": "r", "write": "w"},
                            },
                            "clientCredentials": {"tokenUrl": "/token", "scopes": {}},
                        },
                    },
                    "i": {"type": "openIdConnect", "openIdConnectUrl": "/.well-known"},
                    "m": {"type": "mutualTLS"},
                    "r": {"$ref": "#/components/securitySchemes/k"},
                }
            }
        }
    )
    assert spec.schemes["b"] == Scheme(name="b", kind="http", scheme="bearer", bearer_format="JWT", description="d")
    assert spec.schemes["k"] == Scheme(name="k", kind="apiKey", within="header", parameter="X-Key")
    assert spec.schemes["o"].flows == {
        "password": {"tokenUrl": "/token", "refreshUrl": "/again", "scopes": "read write"},
        "clientCredentials": {"tokenUrl": "/token", "scopes": ""},
    }
    assert [spec.schemes[name].kind for name in "imr"] == ["openIdConnect", "mutualTLS", "apiKey"]
    assert spec.schemes["r"].name == "r"


def test_schemes_of_version_2(read: Any) -> None:
    spec = read(
        {
            "swagger": "2.0",
            "securityDefinitions": {
                "b": {"type": "basic"},
                "k": {"type": "apiKey", "in": "query", "name": "key"},
                "a": {
                    "type": "oauth2",
                    "flow": "accessCode",
                    "authorizationUrl": "/auth",
                    "tokenUrl": "/token",
                    "scopes": {"x": "y"},
                },
                "c": {"type": "oauth2", "flow": "application", "tokenUrl": "/token"},
            },
        }
    )
    assert spec.schemes["b"] == Scheme(name="b", kind="http", scheme="basic")
    assert spec.schemes["k"].within == "query"
    assert spec.schemes["a"].flows == {
        "authorizationCode": {"tokenUrl": "/token", "authorizationUrl": "/auth", "scopes": "x"}
    }
    assert spec.schemes["c"].flows == {"clientCredentials": {"tokenUrl": "/token", "scopes": ""}}


@pytest.mark.parametrize("scheme", [7, {"type": "magic"}, {}, {"$ref": "#/nowhere"}])
def test_schemes_that_cannot_be_used(read: Any, scheme: object) -> None:
    assert read({"components": {"securitySchemes": {"s": scheme}}}, problems=1).schemes == {}


@pytest.mark.parametrize(
    ("root", "own", "expected", "secured"),
    [
        (None, None, None, False),
        ([{"a": []}], None, (Requirement((("a", ()),)),), True),
        ([{"a": []}], [], (), False),
        ([{"a": []}], [{}], (Requirement(),), False),
        (
            None,
            [{"a": ["x"], "b": []}, {"b": []}],
            (Requirement((("a", ("x",)), ("b", ()))), Requirement((("b", ()),))),
            True,
        ),
        ([], [{"a": []}, {}], (Requirement((("a", ()),)), Requirement()), False),
    ],
)
def test_requirements(read: Any, root: object, own: object, expected: object, secured: bool) -> None:
    scheme = {"type": "http", "scheme": "basic"}
    operation = {} if own is None else {"security": own}
    document = {} if root is None else {"security": root}
    spec = read(
        {**document, "paths": {"/a": {"get": operation}}, "components": {"securitySchemes": {"a": scheme, "b": scheme}}}
    )
    assert spec.endpoints[0].security == expected and spec.endpoints[0].secured is secured


def test_a_scheme_that_is_not_declared_is_still_asked_for(read: Any) -> None:
    spec = read({"paths": {"/a": {"get": {"security": [{"ghost": []}]}}}}, problems=1)
    assert spec.endpoints[0].secured and spec.problems[0].code == "GW-S047"
