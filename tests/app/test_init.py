from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from gatewright.app.init import compose, init, look, variables
from gatewright.model.endpoint import Body, Endpoint, Scheme, Specification
from gatewright.model.errors import UsageError
from gatewright.model.json import Json
from gatewright.model.schema import Schema
from gatewright.model.settings import Settings
from gatewright.settings import Flags, load

TEXT = Schema(types=("string",))
ENVIRON = {f"{who}_{what}": "x" * 12 for who in ("ALICE", "BOB") for what in ("PASSWORD", "TOKEN", "KEY", "SECRET")}


def _form(path: str, *names: str) -> Endpoint:
    schema = Schema(types=("object",), properties=dict.fromkeys(names, TEXT), required=names)
    body = Body(content_type="application/json", schema=schema, required=True)
    return Endpoint(method="POST", path=path, origin="http://127.0.0.1:8000", bodies=(body,), security=())


NOTES = Endpoint(method="GET", path="/notes/{id}", origin="http://127.0.0.1:8000")
LOGIN = _form("/auth/login", "email", "password")
SIGN_UP = _form("/auth/register", "email", "password", "password_confirm")


def _read(text: str, folder: Path) -> Settings:
    (folder / "gatewright.yaml").write_text(text, encoding="utf-8")
    return load(config=None, directory=folder, flags=Flags(), environ=ENVIRON)


def _specification(*endpoints: Endpoint, schemes: tuple[Scheme, ...] = ()) -> Specification:
    named = {scheme.name: scheme for scheme in schemes}
    return Specification(source="openapi.json", dialect="openapi 3.1", endpoints=endpoints, schemes=named)


def test_with_a_sign_up_the_first_scan_needs_nothing(tmp_path: Path) -> None:
    text, found, missing = compose(_specification(LOGIN, SIGN_UP, NOTES), source="openapi.json", target="http://a:1")
    settings = _read(text, tmp_path)
    assert (settings.sign_up, settings.accounts, settings.target) == (2, (), ("http://a:1",))
    assert "log-in: POST /auth/login" in found
    assert "sign-up: POST /auth/register" in found
    assert missing[0].startswith("nothing for a first scan")


def test_what_is_commented_out_is_right_once_the_marks_are_gone(tmp_path: Path) -> None:
    text, _, _ = compose(_specification(LOGIN, SIGN_UP), source="openapi.json", target="http://a:1")
    lines = [
        line.removeprefix("# ") if line.startswith(("# roles", "# accounts", "#   ")) else line
        for line in text.splitlines()
    ]
    settings = _read("\n".join(line for line in lines if "root" not in line), tmp_path)
    assert [account.name for account in settings.accounts] == ["alice", "bob"]


@pytest.mark.parametrize(
    ("endpoints", "schemes", "asked"),
    [
        ((LOGIN,), (), ["ALICE_PASSWORD", "BOB_PASSWORD"]),
        ((NOTES,), (Scheme(name="b", kind="http", scheme="Basic"),), ["ALICE_PASSWORD", "BOB_PASSWORD"]),
        ((NOTES,), (Scheme(name="b", kind="http", scheme="bearer"),), ["ALICE_TOKEN", "BOB_TOKEN"]),
        ((NOTES,), (Scheme(name="k", kind="apiKey", within="query", parameter="key"),), ["ALICE_KEY", "BOB_KEY"]),
        ((NOTES,), (Scheme(name="o", kind="oauth2", flows={"clientCredentials": {}}),), ["ALICE_SECRET", "BOB_SECRET"]),
        ((NOTES,), (), ["ALICE_TOKEN", "BOB_TOKEN"]),
    ],
)
def test_accounts_take_the_form_that_the_api_asks_for(
    endpoints: tuple[Endpoint, ...], schemes: tuple[Scheme, ...], asked: list[str], tmp_path: Path
) -> None:
    text, _, missing = compose(_specification(*endpoints, schemes=schemes), source="openapi.json", target="")
    settings = _read(text, tmp_path)
    assert [account.name for account in settings.accounts] == ["alice", "bob"]
    assert settings.target == ()
    assert ", ".join(asked) in missing[0]


def test_an_api_key_keeps_its_own_name(tmp_path: Path) -> None:
    scheme = Scheme(name="k", kind="apiKey", within="header", parameter="X-Api-Key")
    settings = _read(compose(_specification(NOTES, schemes=(scheme,)), source="a.json", target="")[0], tmp_path)
    credential = settings.accounts[0].credentials[0]
    assert (credential.within, credential.name) == ("header", "X-Api-Key")


def test_variables_of_a_form() -> None:
    assert variables({"bearer": '"${<WHO>_TOKEN}"'}) == ["ALICE_TOKEN", "BOB_TOKEN"]


def _document(folder: Path, **more: Json) -> Path:
    path = folder / "openapi.json"
    get = {"responses": {"200": {"description": "ok"}}}
    document = {"openapi": "3.0.3", "info": {"title": "Notes\nAPI", "version": "2"}, "paths": {"/notes": {"get": get}}}
    path.write_text(json.dumps({**document, **more}), encoding="utf-8")
    return path


def test_it_finds_the_document_of_the_folder_and_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _document(tmp_path, servers=[{"url": "http://127.0.0.1:8000/v1"}])
    written = asyncio.run(init(None, directory=tmp_path, settings=Settings()))
    text = written.path.read_text(encoding="utf-8")
    assert "target: http://127.0.0.1:8000/v1\nspec: openapi.json\n" in text
    assert text.startswith("# Gatewright for Notes API 2.")
    with pytest.raises(UsageError) as caught:
        asyncio.run(init(None, directory=tmp_path, settings=Settings()))
    assert caught.value.code == "GW-U006"


def test_without_a_server_the_target_is_what_is_missing(tmp_path: Path) -> None:
    source = _document(tmp_path)
    written = asyncio.run(init(str(source), directory=tmp_path, settings=Settings()))
    assert written.missing[0] == "the target: the specification names no server"
    assert "\n# target: " in written.path.read_text(encoding="utf-8")


def test_nothing_here(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        look(tmp_path)
    assert caught.value.code == "GW-U007"
