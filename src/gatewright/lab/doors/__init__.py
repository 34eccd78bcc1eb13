"""Ways into the clinic, by name in `DOORS`; one file per kind. `json`, the clinic's own log-in, needs none."""

from __future__ import annotations

from gatewright.lab.doors.keys import ApiKey, Basic
from gatewright.lab.doors.mutual import MutualTls
from gatewright.lab.doors.oauth import ClientCredentials, OAuth2, OAuth2Password, Oidc
from gatewright.lab.doors.places import BoundHeader, CookieSession, Form, TokenInBody, TokenInQuery
from gatewright.lab.doors.porch import Porch
from gatewright.lab.doors.signed import SigV4
from gatewright.lab.doors.single import SingleSession
from gatewright.lab.doors.steps import MailCode, MailConfirm, TotpCode

__all__ = ["DOORS", "Porch"]

_ALL: tuple[type[Porch], ...] = (
    Form, Basic, ApiKey, CookieSession, TokenInQuery, TokenInBody, BoundHeader, SingleSession, OAuth2, OAuth2Password,
    ClientCredentials, Oidc, TotpCode, MailCode, MailConfirm, SigV4, MutualTls,
)  # fmt: skip
DOORS: dict[str, type[Porch]] = {door.name: door for door in _ALL}
"""Name → class. A new one is a class and its place in this list."""
