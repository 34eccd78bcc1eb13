from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.model.errors import UsageError
from gatewright.model.settings import Limits, Scope, Settings, Tls
from gatewright.settings import Flags, load

FULL = """
target: http://127.0.0.1:5000
spec: [openapi.json, "https://shop.test/openapi.json"]
scope: {include: ["http://127.0.0.1:5000/*"], exclude: ["*/shutdown"]}
roles: [guest, user, admin]
accounts:
  alice:   {role: user, username: alice, password: "${ALICE_PASSWORD}"}
  bob:     {role: user, username: bob, password: "${BOB_PASSWORD}", totp_secret: JBSWY3DPEHPK3PXP}
  root:    {role: admin, bearer: "${ADMIN_TOKEN}", identity: [root], private: [x]}
sign_up: null
headers: {X-Client: gw}
hooks:
  mail: {request: "GET http://127.0.0.1:8025/mail/{address}", extract: 'regex:code (\\d{6})'}
policy: {"/notes/{id}": private, "/catalogue/*": public}
login: auto
limits: {requests: 20000, time: 10m, rate: null, concurrency: 16, body: 5MiB, mode: safe, exclusive: false, patience: normal}
proxy: null
callback: auto
upstreams: {}
docs: {public: false}
graphql: {public: false}
ssrf: {hosts: [], read_credentials: false}
tls: {expect: true, ca: ca.pem, insecure: false, cert: null}
tests: {paths: [security-tests/], skip: [API4]}
checks: {race: {copies: 20}}
severity: {error-verbose: low}
"""
ENVIRON = {"ALICE_PASSWORD": "a", "BOB_PASSWORD": "b", "ADMIN_TOKEN": "t"}


def read(text: str, tmp_path: Path, **environ: str) -> Settings:
    (tmp_path / "gatewright.yaml").write_text(text, encoding="utf-8")
    return load(config=None, directory=tmp_path, flags=Flags(), environ=environ)


def test_every_documented_key_is_read(tmp_path: Path) -> None:
    found = read(FULL, tmp_path, **ENVIRON)
    assert found.target == ("http://127.0.0.1:5000",)
    assert found.spec == (str(tmp_path / "openapi.json"), "https://shop.test/openapi.json")
    assert found.scope == Scope(include=("http://127.0.0.1:5000/*",), exclude=("*/shutdown",))
    assert found.roles == ("guest", "user", "admin")
    assert [account.name for account in found.accounts] == ["alice", "bob", "root"]
    assert found.accounts[0].password is not None
    assert found.accounts[0].password.reveal() == "a"
    assert found.headers == (("X-Client", "gw"),)
    assert found.hooks["mail"]["extract"] == r"regex:code (\d{6})"
    assert found.policy == {"/notes/{id}": "private", "/catalogue/*": "public"}
    assert found.limits == Limits()
    assert found.tls == Tls(expect=True, ca=str(tmp_path / "ca.pem"))
    assert (found.choice.only, found.choice.skip) == ((), ("API4",))
    assert found.checks == {"race": {"copies": 20}}
    assert found.severity == {"error-verbose": "low"}
    assert (found.sign_up, found.proxy, found.login) == (None, None, None)
    assert found.store == str(tmp_path / ".gatewright" / "gatewright.db")


def test_what_this_version_cannot_use_is_said_once(tmp_path: Path) -> None:
    [warning] = read(FULL, tmp_path, **ENVIRON).warnings
    assert warning == "gatewright.yaml: this version has no use yet for tests.paths; what it says was ignored"
    text = "callback: {bind: 0.0.0.0}\nupstreams: {mail: {}}\ndocs: {public: true}\nssrf: {hosts: [h]}\n"
    assert "callback, upstreams" in read(text, tmp_path).warnings[0].replace("docs, ssrf, ", "")
    assert read("callback: auto\ndocs: {public: false}\n", tmp_path).warnings == ()


def test_without_a_file_the_defaults_stand(tmp_path: Path) -> None:
    found = load(config=None, directory=tmp_path, flags=Flags(), environ={})
    assert found == Settings(store=str(tmp_path / ".gatewright" / "gatewright.db"))


def test_an_empty_file_is_no_error(tmp_path: Path) -> None:
    assert read("", tmp_path).target == ()
    assert read("# nothing yet\ntarget:\n", tmp_path).target == ()


def test_the_nearest_file_above_is_found_and_paths_are_its_own(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "gatewright.yaml").write_text("spec: s.json\n", encoding="utf-8")
    found = load(config=None, directory=below, flags=Flags(baseline="x.json"), environ={})
    assert found.spec == (str(tmp_path.resolve() / "s.json"),)
    assert found.baseline == str(below / "x.json")
    (tmp_path / "a" / "gatewright.yaml").write_text("rols: [a]\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load(config=None, directory=below, flags=Flags(), environ={})
    assert caught.value.where == "../gatewright.yaml:1:1"
    other = tmp_path / "other.yaml"
    other.write_text("seed: 1\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"other.yaml:1:1"):
        load(config=str(other), directory=below, flags=Flags(), environ={})


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("acounts: {}", "1:1", "did you mean `accounts`?"),
        ("roles: [user]\nlimits: {mode: safe, requsts: 5}", "2:22", "did you mean `requests`?"),
        ("scope: {include: [x], exlude: [y]}", "1:23", "did you mean `exclude`?"),
        ("tls: {insecur: true}", "1:7", "did you mean `insecure`?"),
        ("tests: {path: [x]}", "1:9", "did you mean `paths`?"),
        ("accounts: {alice: {bearer: t, rol: user}}", "1:31", "did you mean `role`?"),
        ("roles: [user]\naccounts: {alice: {bearer: t, role: usr}}", "2:37", "did you mean `user`?"),
        ("ssrf: {host: []}", "1:8", "did you mean `hosts`?"),
        ("callback: {bnid: x}", "1:12", "did you mean `bind`?"),
        ("limits: {mode: saef}", "1:16", "did you mean `safe`?"),
        ("limits: {time: soon}", "1:16", "10m"),
        ("limits: {body: big}", "1:16", "5MiB"),
        ("target: [http://a.test, shop]", "1:25", "http://127.0.0.1:5000"),
        ("policy: {/a: hidden}", "1:14", "private"),
        ("severity: {x: urgent}", "1:15", "low"),
        ("hooks: {mail: {request: GET /x}}", "1:15", "request and extract"),
        ("accounts: {anon: {bearer: t}}", "1:18", "letters"),
        ("sign_up: many", "1:10", "whole number"),
        ("headers: [x]", "1:10", "keys with values"),
        ("accounts: {a: {bearer: '${NO_SUCH}'}}", "1:24", "export NO_SUCH"),
    ],
)
def test_each_error_says_where_and_what_to_do(text: str, where: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read(text, tmp_path)
    assert caught.value.where == f"gatewright.yaml:{where}"
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="GW-C001"):
        load(config="gone.yaml", directory=tmp_path, flags=Flags(), environ={})
    (tmp_path / "gatewright.yaml").write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(UsageError, match="GW-C002"):
        load(config=None, directory=tmp_path, flags=Flags(), environ={})


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "gatewright.yaml").write_bytes(b"\xef\xbb\xbfroles: [a]\n")
    assert load(config=None, directory=tmp_path, flags=Flags(), environ={}).roles == ("a",)
