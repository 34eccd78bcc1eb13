"""A form on the web page: whether an address and a number look as they should, before anything is sent."""

from __future__ import annotations

import re

from gatewright.lab.endpoint import Access, Area, Call
from gatewright.lab.schemas import YES, shape, text
from gatewright.lab.tables import Row

_SCHEMAS = {
    "Contact": shape(
        "email phone", email=text("nora.lind@example.com", most=254), phone=text("+45 20 12 34 56", most=254)
    ),
    "Looks": shape("email_looks_right phone_looks_right", email_looks_right=YES, phone_looks_right=YES),
}
AREA = Area("contact", _SCHEMAS)

_CAREFUL = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
"""Quadratic in what it is given, at worst: harmless at 254 characters."""
_CARELESS = re.compile(r"([A-Za-z0-9]+[._+-]?)+@([A-Za-z0-9]+[.-]?)+[A-Za-z]{2,}")
"""Doubles its work with each character of a name that no at-sign follows."""
_PHONE = re.compile(r"[+0-9][0-9 ]*[0-9 ]*[0-9]")
"""Quadratic as well."""


@AREA.on("POST", "/contact/check", Access.PUBLIC, body="Contact", answer="Looks", unpacked="contact-packed")
def looks(call: Call) -> Row:
    """Say whether an e-mail address and a phone number look right."""
    pattern = _CARELESS if call.weak("contact-pattern") else _CAREFUL
    return {
        "email_looks_right": pattern.fullmatch(call.body["email"]) is not None,
        "phone_looks_right": _PHONE.fullmatch(call.body["phone"]) is not None,
    }
