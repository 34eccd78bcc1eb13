"""Values by name and format: what a `phone`, an `iban` or a `dueDate` looks like, with valid checksums."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from gatewright.access.words import words
from gatewright.model.json import Json
from gatewright.model.secret import Keyring

UNIQUE = frozenset(
    {"email", "mail", "username", "login", "phone", "mobile", "name", "title", "slug", "code", "sku"}
) | {
    "number",
    "vin",
    "key",
    "handle",
    "nickname",
}
"""Last words of names whose values are always new ones."""


@dataclass(frozen=True)
class Seed:
    """What one value is made from: the same seed gives the same value."""

    keyring: Keyring
    label: str
    """Unique in the run: account, endpoint, place and turn."""
    now: datetime

    def letters(self, length: int) -> str:
        """Lower-case base32 characters."""
        return self.keyring.derive(self.label, length)

    def digits(self, length: int) -> str:
        """Decimal digits, the first not zero."""
        return self.keyring.digits(self.label, length)

    def alphabetic(self, length: int) -> str:
        """Letters only."""
        return "".join(chr(ord("a") + int(self.digits(70)[i * 2 : i * 2 + 2]) % 26) for i in range(min(length, 35)))


def of_format(fmt: str, seed: Seed, *, name: str = "") -> Json:
    """The value of a JSON Schema or OpenAPI format; None when it is not known. The `name` tells the end of a span of time."""
    maker = _FORMATS.get(fmt.lower())
    if maker in _SPANS and ends(name):
        maker = _SPANS[maker]
    return None if maker is None else maker(seed)


def of_name(name: str, seed: Seed) -> Json:
    """The value of a property by its name; None when the name tells nothing."""
    maker = _maker(name)
    return None if maker is None else maker(seed)


@lru_cache(maxsize=8192)
def _maker(name: str) -> Callable[[Seed], Json] | None:
    parts = words(name)
    return next((maker for rule, maker in _NAMES if _matches(rule, parts)), None)


_ENDS = frozenset(
    {"end", "until", "to", "expires", "expiry", "finish", "return", "checkout", "till", "through", "close"}
)


def ends(name: str) -> bool:
    """Whether a name says the end of a span of time: `ends_on`, `validUntil`, `checkout_date`."""
    return bool(set(words(name)) & _ENDS)


def unique_name(name: str) -> bool:
    """Whether a property of this name must get a new value each time."""
    parts = words(name)
    return bool(parts) and (parts[-1] in UNIQUE or parts[-2:] == ("email", "address"))


def _matches(rule: str, parts: tuple[str, ...]) -> bool:
    """A rule is the last words of a name: `date`, `birth date`; with `~` a word anywhere."""
    if rule.startswith("~"):
        return rule[1:] in parts
    wanted = tuple(rule.split())
    return parts[-len(wanted) :] == wanted


def _email(seed: Seed) -> str:
    return f"gw-{seed.letters(8)}@example.com"


def _phone(seed: Seed) -> str:
    return "+1415" + seed.digits(7)


def _date(seed: Seed) -> str:
    return (seed.now + timedelta(days=30)).date().isoformat()


def _later(seed: Seed) -> str:
    """The end of a span whose beginning is `_date`."""
    return (seed.now + timedelta(days=37)).date().isoformat()


def _birth(seed: Seed) -> str:
    return f"19{70 + int(seed.digits(2)) % 30}-0{1 + int(seed.digits(3)) % 9}-1{int(seed.digits(4)) % 10}"


def _moment(seed: Seed) -> str:
    return (seed.now.astimezone(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _later_moment(seed: Seed) -> str:
    return (seed.now.astimezone(UTC) + timedelta(days=30, hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _uuid(seed: Seed) -> str:
    return str(uuid.UUID(int=int(seed.digits(36)), version=4))


def _url(seed: Seed) -> str:
    return f"https://example.com/{seed.letters(10)}"


def luhn(seed: Seed) -> str:
    """A 16-digit card number with a valid check digit (ISO/IEC 7812-1)."""
    digits = "4" + seed.digits(14)
    total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(digits))
    return digits + str(-total % 10)


def iban(seed: Seed) -> str:
    """A German IBAN with valid check digits (ISO 13616, mod 97)."""
    account = seed.digits(18)
    check = 98 - int(account + "131400") % 97
    return f"DE{check:02d}{account}"


def vin(seed: Seed) -> str:
    """A vehicle identification number with a valid check digit (ISO 3779, 49 CFR 565)."""
    values = dict(
        zip("ABCDEFGHJKLMNPRSTUVWXYZ", [1, 2, 3, 4, 5, 6, 7, 8, *range(1, 6), 7, 9, *range(2, 10)], strict=True)
    )
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    body = "1HGBH41J0" + seed.digits(8)
    total = sum(w * (values[c] if c in values else int(c)) for w, c in zip(weights, body, strict=True))
    return body[:8] + "0123456789X"[total % 11] + body[9:]


def _password(seed: Seed) -> str:
    return seed.keyring.password(seed.label).reveal()


_FORMATS: dict[str, Callable[[Seed], Json]] = {
    "email": _email,
    "idn-email": _email,
    "uuid": _uuid,
    "guid": _uuid,
    "date": _date,
    "date-time": _moment,
    "datetime": _moment,
    "time": lambda seed: "10:30:00",
    "duration": lambda seed: "P1D",
    "uri": _url,
    "url": _url,
    "uri-reference": _url,
    "iri": _url,
    "hostname": lambda seed: "example.com",
    "ipv4": lambda seed: "192.0.2.10",
    "ip": lambda seed: "192.0.2.10",
    "ipv6": lambda seed: "2001:db8::10",
    "byte": lambda seed: "Z3c=",
    "decimal": lambda seed: f"{int(seed.digits(3))}.50",
    "time-local": lambda seed: "10:30:00",
    "idn-hostname": lambda seed: "example.com",
    "uri-template": _url,
    "relative-json-pointer": lambda seed: "1",
    "int32": lambda seed: int(seed.digits(6)),
    "password": _password,
    "phone": _phone,
    "json-pointer": lambda seed: "/a",
    "regex": lambda seed: "a",
}

_SPANS: dict[Callable[[Seed], Json] | None, Callable[[Seed], Json]] = {_date: _later, _moment: _later_moment}

_NAMES: tuple[tuple[str, Callable[[Seed], Json]], ...] = (
    ("~email", _email),
    ("mail", _email),
    ("~password", _password),
    ("passwd", _password),
    ("pwd", _password),
    ("phone", _phone),
    ("phone number", _phone),
    ("mobile", _phone),
    ("mobile number", _phone),
    ("tel", _phone),
    ("telephone", _phone),
    ("user name", lambda seed: "gw" + seed.letters(10)),
    ("handle", lambda seed: "gw" + seed.letters(10)),
    ("url", _url),
    ("uri", _url),
    ("website", _url),
    ("webhook", _url),
    ("birth date", _birth),
    ("date of birth", _birth),
    ("birthday", _birth),
    ("dob", _birth),
    ("end date", _later),
    ("return date", _later),
    ("expiry date", _later),
    ("checkout date", _later),
    ("date", _date),
    ("deadline", _date),
    ("timestamp", _moment),
    ("datetime", _moment),
    ("country", lambda seed: "US"),
    ("country code", lambda seed: "US"),
    ("currency", lambda seed: "USD"),
    ("language", lambda seed: "en"),
    ("locale", lambda seed: "en-US"),
    ("timezone", lambda seed: "UTC"),
    ("lat", lambda seed: 48.2),
    ("latitude", lambda seed: 48.2),
    ("lng", lambda seed: 16.37),
    ("lon", lambda seed: 16.37),
    ("longitude", lambda seed: 16.37),
    ("vin", vin),
    ("iban", iban),
    ("card number", luhn),
    ("credit card", luhn),
    ("card", luhn),
    ("cvv", lambda seed: "737"),
    ("cvc", lambda seed: "737"),
    ("zip", lambda seed: "94103"),
    ("zip code", lambda seed: "94103"),
    ("postcode", lambda seed: "94103"),
    ("postal code", lambda seed: "94103"),
    ("state", lambda seed: "CA"),
    ("color", lambda seed: "#336699"),
    ("colour", lambda seed: "#336699"),
    ("gender", lambda seed: "female"),
    ("ip", lambda seed: "192.0.2.10"),
    ("ip address", lambda seed: "192.0.2.10"),
    ("uuid", _uuid),
    ("guid", _uuid),
    ("year", lambda seed: seed.now.year + 1),
    ("age", lambda seed: 34),
    ("pin", lambda seed: seed.digits(4)),
)
