"""Names split into words: `newPassword`, `new_password` and `New-Password` are all (`new`, `password`)."""

from __future__ import annotations

import re
from functools import lru_cache

from gatewright.model.names import singular

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_JOINED = {
    "signup": ("sign", "up"),
    "signin": ("sign", "in"),
    "signout": ("sign", "out"),
    "logon": ("login",),
    "username": ("user", "name"),
    "userid": ("user", "id"),
    "firstname": ("first", "name"),
    "lastname": ("last", "name"),
    "fullname": ("full", "name"),
    "phonenumber": ("phone", "number"),
    "zipcode": ("zip", "code"),
    "birthdate": ("birth", "date"),
    "oldpassword": ("old", "password"),
    "newpassword": ("new", "password"),
    "accesstoken": ("access", "token"),
    "authtoken": ("auth", "token"),
    "emailaddress": ("email", "address"),
}
"""Words that are often written without a separator."""


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """The words of a name or path, lower case and singular; common compounds are taken apart (`signup`: sign, up)."""
    found: list[str] = []
    for part in _PARTS.findall(name):
        found.extend(_JOINED.get(part.lower(), (singular(part.lower()),)))
    return tuple(found)


def plain(name: str) -> str:
    """A name without case and separators, for comparing spellings: `user_id` and `userId` are `userid`."""
    return re.sub(r"[\W_]+", "", name).lower()
