"""Sign-up, log-in, and what each has of its own: account, profile, preferences, customer card."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from gatewright.lab import tokens
from gatewright.lab.attempts import admit, failed, forget, judged, spelled
from gatewright.lab.codes import mail_code
from gatewright.lab.endpoint import Access, Area, Call, Clinic, Parameter, Refused, Reply
from gatewright.lab.schemas import (
    BIRTH,
    EMAIL,
    ID,
    PASSWORD,
    PHONE,
    USERNAME,
    WHEN,
    YES,
    choice,
    made,
    number,
    shape,
    text,
)
from gatewright.lab.tables import Row

EXAMPLE_NAME, EXAMPLE_PASSWORD = "front.desk", "Welcome-Desk-27"
"""At the log-in, in the specification."""

_SCHEMAS = {
    "SignUp": shape(
        "username email password full_name phone date_of_birth",
        username=USERNAME,
        email=EMAIL,
        password=PASSWORD,
        full_name=text("Nora Lind", least=2, most=80),
        phone=PHONE,
        date_of_birth=BIRTH,
    ),
    "LogIn": shape(
        "username password",
        username=text(EXAMPLE_NAME, most=40),
        password={"type": "string", "format": "password", "maxLength": 128, "example": EXAMPLE_PASSWORD},
    ),
    "Token": shape(
        "access_token token_type expires_in",
        access_token=text("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", most=2000),
        id_token=text("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", most=2000),
        token_type=choice("Bearer"),
        expires_in=number(3600),
        refresh_token=text("q1Zk3mQ0vB1nXr8aLw5tYc2gJd7f", most=200),
    ),
    "Account": shape(
        "id username email full_name",
        id=ID,
        username=USERNAME,
        email=EMAIL,
        full_name=text("Nora Lind", least=2, most=80),
        phone=PHONE,
        date_of_birth=BIRTH,
        role=made(choice("patient", "staff", "admin")),
        city=text("Aarhus", least=0, most=80),
        bio=text("Cycles to work", least=0, most=500),
        balance=made(number(0)),
        created_at=WHEN,
    ),
    "AccountChange": shape(full_name=text("Nora B. Lind", least=2, most=80), phone=PHONE),
    "ProfileChange": shape(
        "user_id city",
        user_id=number(77, least=1),
        city=text("Odense", most=80),
        bio=text("Likes long walks", least=0, most=500),
    ),
    "Preferences": shape(
        "language",
        user_id=number(77, least=1),
        language=choice("en", "da", "de", "fr"),
        newsletter=YES,
    ),
    "Customer": shape(
        "username full_name",
        username=USERNAME,
        full_name=text("Nora Lind", least=2, most=80),
        email=EMAIL,
        phone=PHONE,
        newsletter=YES,
        delivery_note=text("Ring twice", least=0),
        loyalty_points=made(number(20)),
    ),
    "CustomerChange": shape(delivery_note=text("Leave it at the back door", least=0), newsletter=YES),
}

AREA = Area("account", _SCHEMAS)

_CARD = (
    "id",
    "username",
    "email",
    "full_name",
    "phone",
    "date_of_birth",
    "role",
    "city",
    "bio",
    "balance",
    "created_at",
)
_NOBODY = tokens.password_hash("nobody has this password")


def card(user: Row) -> Row:
    """What an account shows of itself."""
    return {name: user[name] for name in _CARD}


@AREA.on(
    "POST",
    "/auth/register",
    Access.PUBLIC,
    body="SignUp",
    answer="Account",
    status=201,
    assigns=("role", "sign-up-role"),
    unmetered="sign-up-without-limit",
)
def register(call: Call) -> Row:
    """Sign up as a patient."""
    given = call.fields()
    if given["date_of_birth"] >= datetime.fromtimestamp(call.clinic.now(), UTC).date().isoformat():
        raise Refused(422, "check the fields", errors={"date_of_birth": "must be in the past"})
    for unique in ("username", "email"):
        refuse_taken(call, unique, given[unique], loose=call.weak("sign-up-name-twice"))
    password = given.pop("password")
    if not call.weak("sign-up-weak-password"):
        judged(password, given["username"])
    return card(new_user(call.clinic, password, **{"role": "patient", **given}))


def refuse_taken(call: Call, unique: str, value: str, *, loose: bool = False) -> None:
    """409 when a user name or an e-mail address is somebody's, however it is spelled; `loose`: as it is spelled."""
    key = {"username": "name_key", "email": "mail_key"}[unique]
    if call.tables.first("users", **({unique: value} if loose else {key: spelled(value)})):
        raise Refused(409, f"this {unique} is taken", errors={unique: "already exists"})


def new_user(clinic: Clinic, password: str, **fields: Any) -> Row:
    """Store a user with the defaults of a new one."""
    defaults: Row = {
        "city": "",
        "bio": "",
        "position": "",
        "contract": "",
        "salary": 0,
        "balance": 0,
        "language": "en",
        "newsletter": False,
        "delivery_note": "",
        "loyalty_points": 20,
        "created_at": clinic.at(),
        "name_key": spelled(fields["username"]),
        "mail_key": spelled(fields["email"]),
        "second_factor": 0,
        "suspended": False,
    }
    return clinic.tables.add("users", password_hash=tokens.password_hash(password), **{**defaults, **fields})


@AREA.on("POST", "/auth/login", Access.PUBLIC, body="LogIn", answer="Token")
def login(call: Call) -> Any:
    """Log in."""
    name = spelled(call.body["username"])
    address = call.headers.get("x-forwarded-for", "") if call.weak("login-limit-by-address") else ""
    counted = f"{name} {address}"
    if not call.weak("login-without-limit"):
        admit(call.clinic, counted)
    user = next(reversed(call.tables.find("users", name_key=name)), None)
    fits = tokens.password_fits(call.body["password"], user["password_hash"] if user else _NOBODY)
    if user is None or not fits:
        failed(call.clinic, counted)
        if user is None and call.weak("login-tells-names"):
            raise Refused(401, "nobody has this username")
        if user is not None and call.weak("login-tells-names-by-time"):
            time.sleep(SLOW)
        raise Refused(401, "wrong username or password")
    forget(call.clinic, counted)
    if user["suspended"]:
        raise Refused(403, "this account is suspended")
    if user["second_factor"]:
        mail_code(call, user, "log-in")
        return call.clinic.door.challenge(call, user)
    return call.clinic.door.enter(call, user)


SLOW = 0.05
"""Seconds that a realistic hash of a password takes; that of the range is cheap."""


@AREA.on("POST", "/auth/logout", Access.PATIENT, status=204)
def logout(call: Call) -> Any:
    """Log out."""
    return call.clinic.door.leave(call)


@AREA.on("GET", "/me", Access.PATIENT, answer="Account", unmetered="account-without-limit")
def me(call: Call) -> Row:
    """Show the own account."""
    asked = call.headers.get("x-user-id", "")
    if call.weak("me-by-user-header") and asked.isascii() and asked.isdigit():
        return card(call.tables.get("users", int(asked)) or call.me)
    return card(call.me)


@AREA.on(
    "PATCH",
    "/me",
    Access.PATIENT,
    body="AccountChange",
    answer="Account",
    assigns=("balance", "account-balance"),
)
def change_me(call: Call) -> Row:
    """Change the own name or phone number."""
    whose = call.me["id"]
    if call.weak("account-change-by-hidden-id") and call.tables.get("users", call.first("patient_id")):
        whose = call.first("patient_id")
    return card(call.tables.change("users", whose, **call.fields()))


@AREA.on("PUT", "/profile", Access.PATIENT, body="ProfileChange", answer="Account", forbids=True)
def change_profile(call: Call) -> Row:
    """Replace the own city and description; `user_id` says whose page it is."""
    given = call.fields()
    user_id = given.pop("user_id")
    if user_id != call.me["id"] and not call.weak("profile-change-by-user-id"):
        raise Refused(403, "this is not your profile", errors={"user_id": "is not yours"})
    if call.tables.get("users", user_id) is None:
        raise Refused(404, "no such profile")
    return card(call.tables.change("users", user_id, **given))


@AREA.on(
    "GET",
    "/preferences",
    Access.PATIENT,
    answer="Preferences",
    parameters=(Parameter(name="user_id", schema=number(77, least=1)),),
)
def preferences(call: Call) -> Row:
    """Show the own preferences, whatever `user_id` says."""
    return {"user_id": call.me["id"], "language": call.me["language"], "newsletter": bool(call.me["newsletter"])}


@AREA.on("PUT", "/preferences", Access.PATIENT, body="Preferences", status=204)
def change_preferences(call: Call) -> None:
    """Change the own preferences, whatever `user_id` says."""
    given = call.fields()
    given.pop("user_id", None)
    call.tables.change("users", call.me["id"], **given)


def _customer(call: Call, *, unless: str = "") -> Row:
    user = call.tables.first("users", username=call.path["username"])
    if user is None:
        raise Refused(404, "no such customer")
    if user["id"] != call.me["id"] and not call.may(Access.ADMIN) and not call.weak(unless):
        raise Refused(403, "this is another customer")
    return user


def _customer_card(user: Row) -> Row:
    shown = {name: user[name] for name in _SCHEMAS["Customer"]["properties"]}
    return {**shown, "newsletter": bool(shown["newsletter"])}


@AREA.on("GET", "/customers/{username}", Access.PATIENT, answer="Customer", forbids=True)
def customer(call: Call) -> Row:
    """Show the shop's card of a customer."""
    return _customer_card(_customer(call, unless="customer-read-by-name"))


@AREA.on("PATCH", "/customers/{username}", Access.PATIENT, body="CustomerChange", answer="Customer", forbids=True)
def change_customer(call: Call) -> Reply:
    """Change the delivery note; the answer repeats whatever was sent, only the two fields are stored."""
    user = _customer(call)
    stored = call.tables.change("users", user["id"], **call.fields())
    return Reply({**_customer_card(stored), **call.body})
