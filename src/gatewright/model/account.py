"""Who we are: accounts, their roles and what logs them in."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from gatewright.model.json import Json
from gatewright.model.secret import Secret

ANON = "anon"
"""The name of nobody: requests without any credential."""


class Credential(Struct, frozen=True, kw_only=True):
    """One value that goes out with each request of an account."""

    within: Literal["header", "cookie", "query", "body", "signature", "certificate"]
    """`body`: a field of a JSON or form body, of the query where there is none. `signature`: the value is the key by
    which each request is signed. `certificate`: the value is the path of a client certificate with its key (PEM)."""
    name: str
    """`Authorization`, `session`, `api_key`."""
    prefix: str = ""
    """`Bearer `, `Basic `, or nothing."""
    value: Secret
    scope: str = ""
    """What a signature is for: `access key/region/service`."""


class Step(Struct, frozen=True, kw_only=True):
    """One step of an explicit log-in: a request, and what to take from its answer (`json:/token`, `cookie:sid`, …)."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    json: Json = None
    form: dict[str, str] = field(default_factory=dict)
    body: str = ""
    extract: dict[str, str] = field(default_factory=dict)


class Login(Struct, frozen=True, kw_only=True):
    """An explicit log-in of `gatewright.yaml`."""

    steps: tuple[Step, ...]
    apply_headers: dict[str, str] = field(default_factory=dict)
    apply_cookies: dict[str, str] = field(default_factory=dict)
    apply_query: dict[str, str] = field(default_factory=dict)
    probe: str = ""
    """`GET /me`: answers `probe_status` while logged in."""
    probe_status: int = 200
    expires: str = "on-401"
    """`jwt`, `15m` or `on-401`."""


class Account(Struct, frozen=True, kw_only=True):
    """One account. `origin` says where it comes from: configuration, `--sign-up`, or a throw-away one of the run."""

    name: str
    role: str = ""
    username: str = ""
    password: Secret | None = None
    credentials: tuple[Credential, ...] = ()
    """Ready-made ones: a bearer token, a cookie, headers, Basic."""
    oauth2: dict[str, str] = field(default_factory=dict)
    """`grant`, `client_id`, `client_secret`, `scope`, `token_url`, `authorize_url`, `redirect_uri`, `issuer`."""
    totp_secret: Secret | None = None
    """Makes the codes of its second step: base32, or an `otpauth://` address."""
    cert: str = ""
    """Path of the client certificate, with its key, that goes with each of its requests."""
    login: Login | None = None
    signing_key: Secret | None = None
    """The key by which the API signs this account's tokens (HMAC), where the user may know it: tests then sign as the API does."""
    identity: tuple[str, ...] = ()
    """Values that name it, given by the user or learnt at sign-up."""
    private: tuple[str, ...] = ()
    """Values that only it should see."""
    registered: dict[str, Json] = field(default_factory=dict)
    """What was sent at sign-up, secrets apart."""
    origin: Literal["configured", "signed-up", "throw-away"] = "configured"
