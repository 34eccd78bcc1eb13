from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatewright.cli.main import run
from scripts.detection import Lab, Scan, scan
from scripts.detection import lab as running_lab

PEOPLE = {"alice": "Alice-pass-77", "bob": "Bob-pass-88"}


def _operation(
    status: str, *, body: tuple[str, ...] = (), path: bool = False, secured: bool = True
) -> dict[str, object]:
    operation: dict[str, object] = {"responses": {status: {"description": "ok"}, "401": {"description": "no"}}}
    operation["security"] = [{"token": []}] if secured else []
    if body:
        schema = {"type": "object", "required": list(body), "properties": {name: {"type": "string"} for name in body}}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if path:
        operation["parameters"] = [{"in": "path", "name": "id", "required": True, "schema": {"type": "integer"}}]
    return operation


NOTES = {
    "openapi": "3.0.3",
    "info": {"title": "Notes", "version": "1"},
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/login": {"post": _operation("200", body=("username", "password"), secured=False)},
        "/me": {"get": _operation("200")},
        "/notes": {"get": _operation("200"), "post": _operation("201", body=("text",))},
        "/notes/{id}": {"get": _operation("200", path=True)},
    },
}


@pytest.fixture
def gatewright(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs one command line in an empty folder; exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab with one weakness on, for all tests of commands that talk to something."""
    with running_lab("--only", "appointment-read-by-id") as running:
        yield running


@pytest.fixture(scope="session")
def notes() -> Iterator[Lab]:
    """A small API of notes, in which anybody who is logged in may read anybody's note by its id."""
    held: list[dict[str, object]] = []

    def who(request: Request) -> str:
        name = request.headers.get("authorization", "").removeprefix("Bearer token-of-")
        return name if name in PEOPLE else ""

    async def login(request: Request) -> Response:
        told = await request.json()
        if PEOPLE.get(told.get("username", "")) != told.get("password"):
            return JSONResponse({"detail": "no such account"}, 401)
        return JSONResponse({"access_token": f"token-of-{told['username']}"})

    async def answer(request: Request) -> Response:
        name = who(request)
        if not name:
            return JSONResponse({"detail": "not logged in"}, 401)
        if request.url.path == "/me":
            return JSONResponse({"username": name})
        if request.method == "POST":
            held.append({"id": len(held) + 1, "owner": name, "text": (await request.json()).get("text")})
            return JSONResponse(held[-1], 201)
        if "id" not in request.path_params:
            return JSONResponse([note for note in held if note["owner"] == name])
        note = next((note for note in held if str(note["id"]) == request.path_params["id"]), None)
        return JSONResponse(note) if note else JSONResponse({"detail": "no such note"}, 404)

    routes = [
        Route("/openapi.json", lambda request: JSONResponse(NOTES)),
        Route("/login", login, methods=["POST"]),
        Route("/me", answer),
        Route("/notes", answer, methods=["GET", "POST"]),
        Route("/notes/{id}", answer),
    ]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        for _ in range(500):
            if server.started:
                break
            time.sleep(0.01)
        url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        accounts = {n: {"role": "user", "username": n, "password": p} for n, p in PEOPLE.items()}
        yield Lab(url, f"{url}/openapi.json", accounts)
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def scanned(notes: Lab, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scan]:
    """A folder with one finished scan of it, and how that went."""
    folder = tmp_path_factory.mktemp("scanned")
    return folder, scan(
        notes,
        "--only",
        "object-access-read",
        "--patience",
        "short",
        "--format",
        "console",
        "--events",
        "events.jsonl",
        folder=folder,
    )


@pytest.fixture
def past(scanned: tuple[Path, Scan], tmp_path: Path) -> Path:
    """A copy of that folder, as the present one: its configuration, store and report."""
    shutil.copytree(scanned[0], tmp_path, dirs_exist_ok=True)
    return tmp_path
