"""Names split into words: `newPassword`, `new_password` and `New-Password` are all (`new`, `password`)."""

from __future__ import annotations

import re

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_IRREGULAR = {"addresses": "address", "statuses": "status", "people": "person", "children": "child", "data": "data"}
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


def words(name: str) -> tuple[str, ...]:
    """The words of a name or path, lower case and singular; common compounds are taken apart (`signup`: sign, up)."""
    found: list[str] = []
    for part in _PARTS.findall(name):
        found.extend(_JOINED.get(part.lower(), (singular(part.lower()),)))
    return tuple(found)


def singular(word: str) -> str:
    """The singular of an English plural; any other word as it is."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def plain(name: str) -> str:
    """A name without case and separators, for comparing spellings: `user_id` and `userId` are `userid`."""
    return re.sub(r"[\W_]+", "", name).lower()
