from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.model.account import Account
from gatewright.model.errors import UsageError
from gatewright.settings.accounts import account_flag, read_account, read_login
from gatewright.settings.document import parse


def account(text: str) -> Account:
    return read_account("alice", parse(text, file="f.yaml", environ={}))


def sent(account: Account) -> list[tuple[str, str, str]]:
    return [(c.within, c.name, c.prefix + c.value.reveal()) for c in account.credentials]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bearer: abc", [("header", "Authorization", "Bearer abc")]),
        ("bearer: Bearer abc", [("header", "Authorization", "Bearer abc")]),
        ("basic: 'u:p:q'", [("header", "Authorization", "Basic dTpwOnE=")]),
        ("basic: {username: u, password: 'p:q'}", [("header", "Authorization", "Basic dTpwOnE=")]),
        ("cookie: a=1; b=2=3", [("cookie", "a", "1"), ("cookie", "b", "2=3")]),
        ("cookies: {a: 1}", [("cookie", "a", "1")]),
        ("headers: {X-Tenant: 7, X-Key: k}", [("header", "X-Tenant", "7"), ("header", "X-Key", "k")]),
        ("api_key: k", [("header", "X-API-Key", "k")]),
        ("api_key: {in: query, name: key, value: k}", [("query", "key", "k")]),
        ("sigv4: {access_key: AK, secret_key: s, region: r, service: e}", [("signature", "SigV4", "s")]),
        (
            "sigv4: {access_key: AK, secret_key: s, region: r, service: e, session_token: t}",
            [("header", "X-Amz-Security-Token", "t"), ("signature", "SigV4", "s")],
        ),
    ],
)
def test_ready_made_credentials(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert sent(account(text)) == expected


def test_a_user_with_all_that_may_be_said_of_it() -> None:
    found = account("{role: user, username: al, password: 007, identity: [al@x.test, 41], private: [p]}")
    assert found.password is not None
    assert (found.role, found.username, found.password.reveal()) == ("user", "al", "007")
    assert (found.identity, found.private) == (("al@x.test", "41"), ("p",))
    assert "007" not in repr(found)


def test_oauth2() -> None:
    found = account("oauth2: {grant: client_credentials, client_id: i, client_secret: s, scope: [a, b]}")
    assert found.oauth2 == {"grant": "client_credentials", "client_id": "i", "client_secret": "s", "scope": "a b"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{}", "nothing that logs it in"),
        ("username: u", "not the other"),
        ("password: p", "not the other"),
        ("basic: u", "USER:PASSWORD"),
        ("cookie: x", "NAME=VALUE"),
        ("bearer: a\npasword: p", "unknown key `pasword`"),
        ("oauth2: {grant: implicit, client_id: i}", "`implicit` is not possible"),
        ("oauth2: {scope: x}", "`client_id` is missing"),
        ("api_key: {in: body, name: n, value: v}", "`body` is not possible"),
        ("sigv4: {access_key: AK, secret_key: s, region: r}", "`service` is missing"),
        ("sigv4: {access_key: A/K, secret_key: s, region: r, service: e}", "no slash"),
        ("username: u\npassword: p\ntotp_secret: '1'", "totp_secret is no secret"),
        ("cert: none.pem", "there is no certificate none.pem"),
    ],
)
def test_a_wrong_account_is_refused(text: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        account(text)
    assert what in caught.value.what
    assert caught.value.where.startswith("f.yaml:")


STEPS = """
steps:
  - request: {method: post, path: /login, json: {user: al, remember: true}}
    extract: {token: json:/access_token}
apply: {header: {Authorization: "Bearer {token}"}}
logged_in: {request: get /me, status: 204}
expires: 15m
"""
LISTED = """
- request: {method: post, path: /login, json: {user: al, remember: true}}
  extract: {token: json:/access_token}
- apply: {header: {Authorization: "Bearer {token}"}}
- logged_in: {request: get /me, status: 204}
  expires: 15m
"""


@pytest.mark.parametrize("text", [STEPS, LISTED])
def test_explicit_log_in(text: str) -> None:
    login = read_login(parse(text, file="f.yaml", environ={}))
    assert login is not None
    [step] = login.steps
    assert (step.method, step.path, step.json) == ("POST", "/login", {"user": "al", "remember": True})
    assert step.extract == {"token": "json:/access_token"}
    assert login.apply_headers == {"Authorization": "Bearer {token}"}
    assert (login.probe, login.probe_status, login.expires) == ("GET /me", 204, "15m")


def test_auto_is_no_explicit_log_in() -> None:
    assert read_login(parse("auto", file="f", environ={})) is None


@pytest.mark.parametrize(
    "text",
    [
        "never",
        "{}",
        "steps: []",
        "steps: [{extract: {t: json:/t}}]",
        "steps: [{request: {path: /l, json: {}, body: x}}]",
        "steps: [{request: {path: /l}, extract: {t: xpath:/t}}]",
        "{steps: [{request: {path: /l}}], expires: soon}",
        "{steps: [{request: {path: /l}}], logged_in: {request: /me}}",
        "{steps: [{request: {path: /l}}], aply: {}}",
    ],
)
def test_wrong_log_ins_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_login(parse(text, file="f.yaml", environ={}))
    assert caught.value.where.startswith("f.yaml:1:")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("bearer:abc", [("header", "Authorization", "Bearer abc")]),
        ("basic:u:p:q", [("header", "Authorization", "Basic dTpwOnE=")]),
        ("cookie:sid=a=b", [("cookie", "sid", "a=b")]),
        ("header:X-Key=k", [("header", "X-Key", "k")]),
        ("bearer:@token", [("header", "Authorization", "Bearer from-file")]),
        ("header:X-Key=@token", [("header", "X-Key", "from-file")]),
    ],
)
def test_account_flag(form: str, expected: list[tuple[str, str, str]], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n", encoding="utf-8")
    found = account_flag(f"alice/user={form}", directory=tmp_path)
    assert (found.name, found.role) == ("alice", "user")
    assert sent(found) == expected


def test_account_flag_with_a_password(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("a:b\r\n", encoding="utf-8")
    (tmp_path / "both").write_text("al:pw", encoding="utf-8")
    for form, user, password in (("al:p:q", "al", "p:q"), ("al:@pw", "al", "a:b"), ("@both", "al", "pw")):
        found = account_flag(f"alice={form}", directory=tmp_path)
        assert found.password is not None
        assert (found.role, found.username, found.password.reveal()) == ("", user, password)


@pytest.mark.parametrize(
    "text",
    ["alice", "=u:p", "alice=", "alice=s3cr3t", "anon=u:s3cr3t", "a b=u:s3cr3t", "a=cookie:s3cr3t", "a=basic:s3cr3t"],
)
def test_a_wrong_account_flag_is_refused_without_its_secret(text: str) -> None:
    with pytest.raises(UsageError, match="GW-C006") as caught:
        account_flag(text)
    assert "s3cr3t" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="GW-C007") as caught:
        account_flag("alice=bearer:@gone", directory=tmp_path)
    assert caught.value.where == "gone"


def test_a_certificate_is_a_way_in_alone_or_beside_another(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_text("-", encoding="utf-8")
    node = parse("cert: c.pem", file="f.yaml", environ={})
    assert read_account("alice", node, tmp_path).cert == str((tmp_path / "c.pem").resolve())


def test_a_second_step_has_its_secret() -> None:
    found = account("{username: u, password: p, totp_secret: JBSW Y3DP EHPK 3PXP}")
    assert found.totp_secret is not None
    assert found.totp_secret.reveal() == "JBSW Y3DP EHPK 3PXP"
    assert "JBSW" not in repr(found)


def test_signatures_name_what_they_are_for() -> None:
    (credential,) = account("sigv4: {access_key: AK, secret_key: s, region: r, service: e}").credentials
    assert credential.scope == "AK/r/e"
