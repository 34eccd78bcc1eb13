from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gatewright.model.call import opened
from gatewright.model.creation import Creations
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.finding import Finding
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.mask import Mask
from gatewright.report.curl import curl
from gatewright.report.regression import pytest as regression

ENVIRON = {"GW_TOKEN_ALICE": "tok-alice-7Zk2mQ9x", "GW_TOKEN_BOB": "tok-bob-1Lr8vT3c"}
MARKER = "gw" + "a2b3c4d5e6f7g2h3"


def finding(
    recorder: Any, attack: Exchange, *, victim: str = "", witness: tuple[str, ...] = (), kept: int = 0
) -> Finding:
    """As the engine gives it: exploration's exchanges are known to the stream only, the cell's are in the finding."""
    creations = Creations()
    for made in recorder.exchanges[:kept]:
        creations.note(made)
    path = re.sub(r"/\d+", "/{id}", attack.request.target)
    return creations.complete(
        Finding(
            id="0123456789ab",
            test="object-access-read",
            threat="API1:2023",
            title="t",
            severity="high",
            cvss=None,
            cwe=(),
            endpoint=Endpoint(method=attack.request.method, path=path, origin=attack.request.origin),
            place=Place("path", "id"),
            account=attack.account,
            victim=victim,
            summary='bob does what "he" may not \\ with """quotes"""',
            proof=(),
            controls=(),
            exchanges=tuple(recorder.exchanges[kept:]),
            attacks=(attack.number,),
            witness=witness,
        )
    )


def outcome(source: str, origin: str, tmp_path: Path, **environ: str) -> str:
    """passed, failed or skipped: what pytest says of the generated file, in a process without us."""
    file = tmp_path / "test_finding.py"
    file.write_text(source, encoding="utf-8")
    found = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rs",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
            "-p",
            "no:xdist",
            "-W",
            "error",
            "-c",
            os.devnull,
            str(file),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": os.environ["PATH"], "GW_TARGET": origin, **environ},
    )
    words = re.findall(r"\d+ (passed|failed|skipped)", found.stdout)
    assert len(words) == 1, found.stdout + found.stderr
    return words[0]


def read(recorder: Any) -> Finding:
    made = recorder.send("alice", "POST", "/notes", {"text": MARKER}, purpose="explore")
    number = re.search(rb'"id": (\d+)', made.response.body)[1].decode()
    recorder.send("alice", "GET", f"/notes/{number}", purpose="baseline")
    recorder.send("bob", "GET", "/me", purpose="control C3")
    attack = recorder.send("bob", "GET", f"/notes/{number}", purpose="attack")
    return finding(recorder, attack, victim="alice", witness=(MARKER,), kept=1)


def change(recorder: Any) -> Finding:
    recorder.send("alice", "POST", "/notes", {"text": "first"}, purpose="explore")
    number = max(recorder.api.notes)
    attack = recorder.send("bob", "PUT", f"/notes/{number}", {"text": MARKER}, purpose="attack")
    recorder.send("alice", "GET", f"/notes/{number}", purpose="read-back")
    return finding(recorder, attack, victim="alice", witness=(MARKER,), kept=1)


def delete(recorder: Any) -> Finding:
    recorder.send("alice", "POST", "/notes", {"text": "first"}, purpose="explore")
    number = max(recorder.api.notes)
    recorder.send("alice", "GET", f"/notes/{number}", purpose="baseline")
    attack = recorder.send("bob", "DELETE", f"/notes/{number}", purpose="attack")
    recorder.send("alice", "GET", f"/notes/{number}", purpose="read-back")
    return finding(recorder, attack, victim="alice", kept=1)


def promote(recorder: Any) -> Finding:
    recorder.send("bob", "GET", "/me", purpose="baseline")
    attack = recorder.send("bob", "PATCH", "/me", {"role": "admin", "city": MARKER}, purpose="attack")
    recorder.send("bob", "GET", "/me", purpose="read-back")
    return finding(recorder, attack, witness=("admin",))


def unauthenticated(recorder: Any) -> Finding:
    recorder.send("alice", "POST", "/notes", {"text": "first"}, purpose="explore")
    number = max(recorder.api.notes)
    attack = recorder.send("anon", "GET", f"/notes/{number}", purpose="attack")
    return finding(recorder, attack, kept=1)


def stored(recorder: Any) -> Finding:
    """A new note with an owner of one's own choice: shown by a read of the note that the attack itself made."""
    attack = recorder.send("bob", "POST", "/notes", {"text": MARKER, "pinned": True}, purpose="attack")
    number = max(recorder.api.notes)
    recorder.send("bob", "GET", f"/notes/{number}", purpose="read-back")
    found = finding(recorder, attack)
    return msgspec.structs.replace(found, test="mass-assignment", place=Place("body", "pinned"))


def exposed(recorder: Any) -> Finding:
    """A field that should not be there: no value to look for, since it is masked, only its name."""
    return finding(recorder, recorder.send("bob", "GET", "/me", purpose="attack"))


def cross_origin(recorder: Any) -> Finding:
    attack = recorder.send("bob", "GET", "/me", purpose="attack", origin="https://evil.example")
    return msgspec.structs.replace(finding(recorder, attack), test="cors", place=None)


KINDS = {
    "store": stored,
    "expose": exposed,
    "cors": cross_origin,
    "read": read,
    "change": change,
    "delete": delete,
    "promote": promote,
    "open": unauthenticated,
}


@pytest.mark.parametrize("hole", KINDS)
def test_it_fails_while_the_hole_is_there_and_passes_once_it_is_closed(
    hole: str, serve: Callable[..., Any], recorder: Callable[..., Any], mask: Mask, tmp_path: Path
) -> None:
    api = serve(hole)
    source = regression(mask.finding(KINDS[hole](recorder(api))))
    for token in ENVIRON.values():
        assert token not in source
    api.notes.clear()  # the run cleaned up behind itself
    assert outcome(source, api.origin, tmp_path, **ENVIRON) == "failed"
    assert outcome(source, serve().origin, tmp_path, **ENVIRON) == "passed"


def test_it_is_skipped_when_nothing_can_be_told(
    serve: Callable[..., Any], recorder: Callable[..., Any], mask: Mask, tmp_path: Path
) -> None:
    api = serve("read")
    found = mask.finding(read(recorder(api)))
    source = regression(found)
    assert outcome(source, "http://127.0.0.1:1", tmp_path, **ENVIRON) == "skipped"
    assert outcome(source, api.origin, tmp_path) == "skipped"
    assert outcome(source, api.origin, tmp_path, **(ENVIRON | {"GW_TOKEN_BOB": "expired"})) == "skipped"
    bare = regression(Finding(**{f: getattr(found, f) for f in found.__struct_fields__} | {"setup": ()}))
    assert outcome(bare, serve().origin, tmp_path, **ENVIRON) == "skipped", "the owner's object is not there"


def test_without_a_given_witness_one_is_found(
    serve: Callable[..., Any], recorder: Callable[..., Any], mask: Mask, tmp_path: Path
) -> None:
    api = serve("read")
    found = read(recorder(api))
    plain = Finding(**{f: getattr(found, f) for f in found.__struct_fields__} | {"witness": ()})
    assert MARKER in regression(plain).partition("WITNESS =")[2].partition("\n")[0]


def test_a_finding_without_an_attack_has_none(findings: tuple[Finding, Finding]) -> None:
    found = findings[0]
    assert regression(Finding(**{f: getattr(found, f) for f in found.__struct_fields__} | {"attacks": ()})) == ""


def test_the_curl_line_repeats_the_attack(serve: Callable[..., Any], recorder: Callable[..., Any], mask: Mask) -> None:
    api = serve("change")
    note = recorder(api)
    note.send("alice", "POST", "/notes", {"text": "first"}, purpose="explore")
    number = max(api.notes)
    text = 'it\'s "$(id)" `x` \\ ü\n@y'
    attack = note.send("bob", "PUT", f"/notes/{number}", {"text": text}, purpose="attack")
    api.notes[number]["text"] = "before"
    line = curl(mask.exchange(attack))
    assert "tok-bob" not in line
    subprocess.run(
        ["sh", "-c", line], check=True, capture_output=True, timeout=30, env={"PATH": os.environ["PATH"], **ENVIRON}
    )
    assert api.notes[number]["text"] == text


def test_a_mutation_of_graphql_is_told_by_its_body_from_the_others() -> None:
    """What the owner's query showed is the baseline; null stands for nothing; the object is made by its own mutation."""
    document = b'{"query": "query order($id: ID!) { order(id: $id) { id note extra } }", "variables": {"id": "7"}}'
    make = (
        b'{"query": "mutation createOrder { createOrder { id } }", "variables": {"note": "' + MARKER.encode() + b'"}}'
    )
    shown = b'{"data": {"order": {"id": "7", "note": "' + MARKER.encode() + b'", "extra": null}}}'
    made = Exchange(1, _ask(make), Response(200, (), b'{"data": {"createOrder": {"id": "7"}}}'), "alice", "explore")
    attack = Exchange(2, _ask(document), Response(200, (), shown), "bob", "attack")
    creations = Creations()
    creations.note(made)
    found = Finding(
        id="0123456789ab", test="object-access-read", threat="API1:2023", title="t", severity="high", cvss=None, cwe=(),
        endpoint=Endpoint(method="GET", path="/orders/{id}"), place=Place("path", "id"), account="bob", victim="alice",
        summary="s", proof=(), controls=(), exchanges=(attack,), attacks=(2,), witness=(MARKER,),
    )  # fmt: skip
    source = regression(creations.complete(found))
    assert "«made 0 data.createOrder.id»" in source
    assert f"«fresh {MARKER}»" in source
    assert "SEEN = (200, ['data', 'id', 'note', 'order'])" in source


def _ask(body: bytes) -> Request:
    return Request("POST", "http://h", "/graphql", (("Content-Type", "application/json"),), body)


class Feed(BaseHTTPRequestHandler):
    """Tells what is posted to whoever listens: everybody, or only who posted it."""

    protocol_version = "HTTP/1.1"
    open_to_all = True
    told: tuple[str, str] = ("", "")
    posted = threading.Event()

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        type(self).told = (self.headers["Authorization"], self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.posted.set()
        self.send_response(201)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.close_connection = True
        if self.posted.wait(5) and (self.open_to_all or self.told[0] == self.headers["Authorization"]):
            self.wfile.write(f"data: {self.told[1]}\n\n".encode())


@pytest.mark.parametrize(("open_to_all", "result"), [(True, "failed"), (False, "passed")])
def test_a_stream_is_listened_to_while_its_owner_does_something(open_to_all: bool, result: str, tmp_path: Path) -> None:
    handler = type("Handler", (Feed,), {"open_to_all": open_to_all, "posted": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    origin = f"http://127.0.0.1:{server.server_port}"
    try:
        live = opened(Request("GET", origin, "/live", (("Authorization", "Bearer tok-bob-1Lr8vT3c"),)), "events")
        lines = (("Authorization", "Bearer tok-alice-7Zk2mQ9x"), ("Content-Type", "application/json"))
        post = Request("POST", origin, "/notes", lines, f'{{"text": "{MARKER}"}}'.encode())
        body = f'data: {{"text": "{MARKER}"}}\n\n'.encode()
        attack = Exchange(4, live, Response(200, (("Content-Type", "text/event-stream"),), body), "bob", "attack")
        done = Exchange(5, post, Response(201), "alice", "trigger")
        made = Finding(
            id="0123456789ab", test="object-access-read", threat="API1:2023", title="t", severity="high", cvss=None,
            cwe=(), endpoint=Endpoint(method="GET", path="/live", origin=origin, stream="events"), place=None,
            account="bob", victim="alice", summary="s", proof=(), controls=(), exchanges=(attack, done), attacks=(4,),
            witness=(MARKER,),
        )  # fmt: skip
        source = regression(Mask(b"key", ENVIRON.values()).finding(made))
        assert "tok-" not in source and MARKER in source
        assert outcome(source, origin, tmp_path, **ENVIRON) == result
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
