"""Wrong tries at a secret: how many are let through, and when the next one may come."""

from __future__ import annotations

import unicodedata

from gatewright.lab.endpoint import Clinic, Refused

MOST = 10
"""Wrong tries for one name within:"""
WINDOW = 60.0
"""Seconds."""
_KEPT = 5_000
"""Names remembered at a time."""


def admit(clinic: Clinic, name: str) -> None:
    """Raises Refused 429 while a name is full, whatever secret comes with it, and whether the name exists or not."""
    now = clinic.now()
    recent = [at for at in clinic.wrong_tries.get(name, []) if now - at < WINDOW]
    if len(recent) >= MOST:
        wait = str(max(1, round(WINDOW - (now - recent[0]))))
        raise Refused(429, "too many wrong tries; wait a little", headers={"Retry-After": wait})
    clinic.wrong_tries[name] = recent


def failed(clinic: Clinic, name: str) -> None:
    """One wrong try more."""
    if len(clinic.wrong_tries) >= _KEPT:
        clinic.wrong_tries.pop(next(iter(clinic.wrong_tries)))
    clinic.wrong_tries.setdefault(name, []).append(clinic.now())


def forget(clinic: Clinic, name: str) -> None:
    """The secret was right: nothing is counted any more."""
    clinic.wrong_tries.pop(name, None)


def spelled(name: str) -> str:
    """The one spelling under which a name is looked up and counted: width, case and blanks around it do not matter."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


_COMMON = frozenset({"password", "123456", "12345678", "123456789", "1234567890", "qwerty", "qwertyui", "iloveyou"})


def judged(password: str, name: str) -> None:
    """Raises Refused 422 for a password that is guessed first."""
    kinds = (any(map(str.islower, password)), any(map(str.isupper, password)), any(map(str.isdigit, password)))
    wrong = ""
    if len(password) < 10 or not all(kinds):
        wrong = "must have 10 characters, of them capital and small letters and digits"
    if spelled(password) == spelled(name) or spelled(password) in _COMMON or len(set(password)) < 4:
        wrong = "is too easy to guess"
    if wrong:
        raise Refused(422, "check the fields", errors={"password": wrong})
