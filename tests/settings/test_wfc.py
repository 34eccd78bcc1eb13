"""Authentication files of Web Fuzzing Commons, in the forms of its public schema and its documentation."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.errors import UsageError
from gatewright.settings import Flags, load
from gatewright.settings.wfc import accounts_of

YAML = """
schemaVersion: "0.2.0"
auth:
  - name: first user
    loginEndpointAuth: {payloadUserPwd: {username: a, password: "${A_PASSWORD}"}}
  - name: second
    loginEndpointAuth:
      payloadUserPwd: {username: b, password: b-secret}
authTemplate:
  loginEndpointAuth:
    endpoint: /api/login
    verb: POST
    contentType: application/json
    payloadUserPwd: {usernameField: user, passwordField: pw}
    token: {extractFromField: /token/authToken, httpHeaderName: Authorization, headerPrefix: "Bearer "}
"""
TOML = """
[[auth]]
name = "admin"
fixedHeaders = [{name = "Authorization", value = "ApiKey k-1"}, {name = "X-Tenant", value = "t1"}]

[[auth]]
name = "form"
[auth.loginEndpointAuth]
externalEndpointURL = "http://id.test/login"
verb = "POST"
contentType = "application/x-www-form-urlencoded"
payloadRaw = "login=foo&password=12%2634"
expectCookies = true
"""


def test_a_template_is_what_all_have_in_common() -> None:
    first, second = accounts_of(YAML, file="auth.yaml", environ={"A_PASSWORD": "from-outside"}) or ()
    assert (first.name, first.username, first.password and first.password.reveal()) == (
        "first-user",
        "a",
        "from-outside",
    )
    assert second.password is not None
    assert second.password.reveal() == "b-secret"
    assert first.login is not None
    (step,) = first.login.steps
    assert (step.method, step.path) == ("POST", "/api/login")
    assert step.json == {"user": "{username}", "pw": "{password}"}
    assert step.extract == {"token": "json:/token/authToken"}
    assert first.login.apply_headers == {"Authorization": "Bearer {token}"}


def test_toml_fixed_headers_and_raw_payloads() -> None:
    admin, form = accounts_of(TOML, file="auth.toml", environ={}) or ()
    assert [(c.name, c.prefix, c.value.reveal()) for c in admin.credentials] == [
        ("Authorization", "ApiKey ", "k-1"),
        ("X-Tenant", "", "t1"),
    ]
    assert form.login is not None
    (step,) = form.login.steps
    assert step.path == "http://id.test/login"
    assert step.form == {"login": "{username}", "password": "{password}"}
    assert (form.username, form.password and form.password.reveal()) == ("foo", "12&34")
    assert not form.login.apply_headers  # its cookies are kept by themselves


@pytest.mark.parametrize(
    ("token", "extract", "headers", "query"),
    [
        (
            "{extractFrom: body, extractSelector: /t, sendIn: header, sendName: X-T, sendTemplate: 'T {token}'}",
            "json:/t",
            {"X-T": "T {token}"},
            {},
        ),
        ("{extractFrom: header, extractSelector: X-Auth, sendIn: query, sendName: key}", "header:X-Auth", {}, {"key": "{token}"}),
        ("{extractFromField: /t}", "json:/t", {"Authorization": "{token}"}, {}),
    ],
)  # fmt: skip
def test_both_spellings_of_a_token(token: str, extract: str, headers: dict[str, str], query: dict[str, str]) -> None:
    text = f"auth: [{{name: a, loginEndpointAuth: {{endpoint: /l, verb: POST, token: {token}}}}}]"
    (account,) = accounts_of(text, file="f", environ={}) or ()
    assert account.login is not None
    assert account.login.steps[0].extract == {"token": extract}
    assert (account.login.apply_headers, account.login.apply_query) == (headers, query)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("auth: [{name: a}]", "a has neither fixedHeaders nor loginEndpointAuth"),
        ("auth: [{name: a, loginEndpointAuth: {verb: POST}}]", "needs endpoint"),
        ("auth: [{name: a, fixedHeaders: [{name: X}]}]", "a header needs name and value"),
        ("auth: [{name: a, loginEndpointAuth: {endpoint: /l, payloadUserPwd: {username: a}}}]", "lacks password"),
        ("auth: [{name: a, loginEndpointAuth: {endpoint: /l, token: {}}}]", "token needs extractFromField"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, what: str) -> None:
    with pytest.raises(UsageError, match=r"auth|header|payload|token|a has") as caught:
        accounts_of(text, file="w.yaml", environ={})
    assert what in caught.value.what
    assert caught.value.where == "w.yaml: auth[0]"


@pytest.mark.parametrize("text", ["target: http://x", "accounts: {}", "auth: yes", "", "{", "auth: [{role: x}]"])
def test_other_files_are_not_taken_for_one(text: str) -> None:
    assert accounts_of(text, file="f", environ={}) is None


def test_names_stay_apart() -> None:
    text = (
        "auth: ["
        + ", ".join(f"{{name: '{n}', fixedHeaders: [{{name: X, value: 'v'}}]}}" for n in ("a b", "a!b", "anon"))
        + "]"
    )
    names = [account.name for account in accounts_of(text, file="f", environ={}) or ()]
    assert len(set(names)) == 3
    assert "anon" not in names


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(UsageError):
        accounts_of("auth:\n  - name: x\n    fixedHeaders: []\n" + text, file="f", environ={})


def test_it_stands_in_the_configuration_or_instead_of_it(tmp_path: Path) -> None:
    (tmp_path / "auth.yaml").write_text(YAML, encoding="utf-8")
    (tmp_path / "gatewright.yaml").write_text("target: http://127.0.0.1:1\naccounts: auth.yaml\n", encoding="utf-8")
    within = load(config=None, directory=tmp_path, flags=Flags(), environ=os.environ)
    instead = load(config="auth.yaml", directory=tmp_path, flags=Flags(), environ=os.environ)
    assert [account.name for account in within.accounts] == ["first-user", "second"]
    assert within.target == ("http://127.0.0.1:1",)
    assert [account.name for account in instead.accounts] == ["first-user", "second"]
    (tmp_path / "gatewright.yaml").write_text("accounts: nothing.yaml\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"cannot read nothing\.yaml"):
        load(config=None, directory=tmp_path, flags=Flags(), environ=os.environ)
