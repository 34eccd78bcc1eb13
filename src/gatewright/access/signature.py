"""Requests signed one by one: AWS Signature Version 4 (HMAC-SHA-256), header form.

Source: AWS General Reference, "Signature Version 4 signing process". No constant goes out with each request: the
credential holds the secret key, and what is signed is the finished request.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit

from gatewright.model.account import Credential
from gatewright.model.http import Request

ALGORITHM = "AWS4-HMAC-SHA256"
_SAFE = "-_.~"
_PORTS = {"http": 80, "https": 443}


def signed(request: Request, credential: Credential, now: datetime | None = None) -> Request:
    """The request with its signature as of `now`. `credential.scope` is `access key/region/service`."""
    key, region, service = [*credential.scope.split("/"), "", ""][:3]
    moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(request.body).hexdigest()
    lines = [("X-Amz-Date", moment)]
    if service == "s3":
        lines.append(("X-Amz-Content-Sha256", digest))
    request = request.with_headers(*lines)
    named = {"host": request.header("host") or _host(request.origin)}
    for name, value in request.headers:
        if name.lower() in ("content-type", "date") or name.lower().startswith("x-amz-"):
            named[name.lower()] = " ".join(value.split())
    names = ";".join(sorted(named))
    path, _, query = request.target.partition("?")
    path = path if service == "s3" else quote(path, safe="/" + _SAFE)
    lists = "".join(f"{name}:{named[name]}\n" for name in sorted(named))
    canonical = "\n".join([request.method, path or "/", _query(query), lists, names, digest])
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = "\n".join([ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    secret = ("AWS4" + credential.value.reveal()).encode()
    for part in (moment[:8], region, service, "aws4_request"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    signature = hmac.new(secret, text.encode(), "sha256").hexdigest()
    value = f"{ALGORITHM} Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return request.with_headers(("Authorization", value))


def _query(query: str) -> str:
    """Names and values decoded, encoded again by the strict rule, in order."""
    pairs = [part.partition("=") for part in query.split("&") if part]
    coded = sorted((quote(unquote(name), safe=_SAFE), quote(unquote(value), safe=_SAFE)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in coded)


def _host(origin: str) -> str:
    """The Host header that the wire will add."""
    parts = urlsplit(origin)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return host if parts.port in (None, _PORTS.get(parts.scheme)) else f"{host}:{parts.port}"
