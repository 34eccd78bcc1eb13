"""Numbers by which a state knows a person, by their check digits (checks-1-5.md 4.1). Pure.

A name and a country's own rule together tell one; without a name only a column of values does, all of which obey one
rule that chance obeys rarely.
"""

from __future__ import annotations

from collections.abc import Collection
from types import ModuleType

from stdnum.au import tfn
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.cn import ric
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.ee import ik
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.il import idnr as il_idnr
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import cc
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.tr import tckimlik
from stdnum.us import ssn
from stdnum.za import idnr as za_idnr

_TELLING: tuple[ModuleType, ...] = (
    codicefiscale,
    curp,
    cpf,
    hetu,
    fodselsnummer,
    nir,
    ric,
    cnp,
    rrn,
    za_idnr,
    tckimlik,
)
"""Rules that fewer than one value in fifty obeys by chance: two check digits, or a date within."""
_RULES: tuple[ModuleType, ...] = (
    *_TELLING,
    *(ssn, dni, nie, bsn, pesel, personnummer, aadhaar, idnr, cpr, nn, rc, egn, oib, ik, rut, sin, tfn, ahv, nhs, amka),
    *(il_idnr, cc),
)
_NAMES = frozenset(
    [
        *(
            "ssn",
            "nin",
            "nino",
            "cpf",
            "dni",
            "nie",
            "nif",
            "bsn",
            "pesel",
            "personnummer",
            "aadhaar",
            "aadhar",
            "hetu",
        ),
        *("cpr", "curp", "rut", "sin", "tfn", "insee", "nir", "cnp", "egn", "oib", "fodselsnummer", "fnr", "amka"),
        *("tckn", "tckimlik", "codicefiscale", "ahv", "nhs", "rrn", "kennitala", "jmbg"),
    ]
)
_PAIRS = tuple(
    frozenset(pair.split())
    for pair in (
        *("national id", "national number", "national identity", "social security", "identity number", "citizen id"),
        *(
            "citizen number",
            "personal number",
            "personal code",
            "codice fiscale",
            "tax number",
            "tax id",
            "insurance number",
        ),
    )
)
_ENOUGH = 3
"""Different values of one column that obey a rule without a name that says so."""


def named(name: Collection[str]) -> bool:
    """Whether the words of a property's name say that it holds such a number."""
    words = frozenset(name)
    return bool(words & _NAMES) or any(pair <= words for pair in _PAIRS)


def valid(value: str) -> bool:
    """Whether a value obeys the rule of any country."""
    return 8 <= len(value) <= 20 and any(rule.is_valid(value) for rule in _RULES)


def column(values: Collection[str]) -> bool:
    """Whether the values of one path are such numbers, whatever the path is called: three or more, all by one telling rule."""
    different = {value for value in values if value != "null"}
    if len(different) < _ENOUGH or not all(10 <= len(value) <= 20 for value in different):
        return False
    return any(all(rule.is_valid(value) for value in different) for rule in _TELLING)
