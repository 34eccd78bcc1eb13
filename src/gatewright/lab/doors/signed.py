"""sigv4: each request is signed with a key of the account (AWS Signature Version 4, header form)."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.types import ASGIApp

from gatewright.lab.doors.porch import LOGIN, LOGOUT, SIGN_UP, Document, Porch, problem, with_scheme, without
from gatewright.lab.endpoint import Clinic

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(\w+)/(\d{8})/([\w-]+)/([\w-]+)/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=(\w+)"
)
REGION, SERVICE = "eu-north-1", "clinic"
_SKEW = 300.0
"""Seconds that a signature is good for, either way."""


class SigV4(Porch):
    """`sigv4`: access keys are handed out by the house, so that nobody signs up."""

    name = "sigv4"
    about = "each request is signed with HMAC (AWS SigV4)"

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)

        async def gone(request: Request, body: bytes) -> Any:
            return problem(404, "no such page")

        self.routes = {("POST", path): gone for path in (LOGIN, LOGOUT, SIGN_UP)}

    def key(self, username: str) -> tuple[str, str]:
        """Access key and secret key of an account."""
        return f"AK{self.derived(username, 18).upper()}", self.derived(f"secret of {username}", 40)

    async def caller(self, request: Request, body: bytes) -> str | None:
        """Whose signature it is."""
        found = _HEADER.fullmatch(request.headers.get("authorization", ""))
        moment = request.headers.get("x-amz-date", "")
        if found is None or not re.fullmatch(r"\d{8}T\d{6}Z", moment) or found[2] != moment[:8]:
            return None
        at = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        users = self.clinic.tables.find("users")
        user = next((user for user in users if self.key(user["username"])[0] == found[1]), None)
        names = found[5].split(";")
        if user is None or abs(at - self.clinic.now()) > _SKEW or not {"host", "x-amz-date"} <= set(names):
            return None
        key = ("AWS4" + self.key(user["username"])[1]).encode()
        for part in (found[2], found[3], found[4], "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        canonical = _canonical(request, body, names)
        scope = "/".join([found[2], found[3], found[4], "aws4_request"])
        text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        right = hmac.new(key, text.encode(), "sha256").hexdigest()
        return self.minted(user) if hmac.compare_digest(right, found[6]) else None

    def accounts(self, given: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Each with its key pair."""
        made = {}
        for name, row in given.items():
            access, secret = self.key(name)
            pair = {"access_key": access, "secret_key": secret, "region": REGION, "service": SERVICE}
            made[name] = {"role": row["role"], "sigv4": pair}
        return made

    def published(self, document: Document) -> Document:
        """As the gateway of that cloud exports it."""
        scheme = {"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "awsSigv4"}
        return with_scheme(without(document, LOGIN, LOGOUT, SIGN_UP), scheme)


def _canonical(request: Request, body: bytes, names: list[str]) -> str:
    """The canonical request: what both sides sign."""
    path = quote(request.scope["raw_path"].decode("latin-1"), safe="/-_.~")
    pairs = [part.partition("=") for part in request.scope["query_string"].decode("latin-1").split("&") if part]
    coded = sorted((quote(unquote(k), safe="-_.~"), quote(unquote(v), safe="-_.~")) for k, _, v in pairs)
    query = "&".join(f"{name}={value}" for name, value in coded)
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names)
    return "\n".join([request.method, path, query, headers, ";".join(names), hashlib.sha256(body).hexdigest()])
