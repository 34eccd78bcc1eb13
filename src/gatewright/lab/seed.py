"""The people and things that are there from the start, the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from uuid import UUID

from gatewright.lab.endpoint import Clinic
from gatewright.lab.routes.account import EXAMPLE_NAME, EXAMPLE_PASSWORD, new_user
from gatewright.lab.routes.catalogue import stocked
from gatewright.lab.routes.orders import placed
from gatewright.lab.tables import Row
from gatewright.lab.tokens import password_hash


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    username: str
    role: str
    full_name: str
    position: str = ""
    salary: int = 0


ALICE = Person("alice", "patient", "Alice Marsh")
BOB = Person("bob", "patient", "Bob Tanner")
SAM = Person("sam", "staff", "Sam Okafor", "receptionist", 3_215_400)
ROOT = Person("root", "admin", "Ruth Adler", "head of administration", 5_480_200)
PRINTED: tuple[Person, ...] = (ALICE, BOB, SAM, ROOT)
"""Whose passwords `lab up` prints."""

OTHERS: tuple[Person, ...] = (
    Person("ida.holm", "staff", "Ida Holm", "doctor", 7_140_900),
    Person("peter.lund", "staff", "Peter Lund", "doctor", 6_905_300),
    Person("mia.berg", "patient", "Mia Berg"),
    Person("jon.falk", "patient", "Jon Falk"),
)

DESK = Person(EXAMPLE_NAME, "staff", "Front Desk", "trainee")
"""Who the example of the log-in in the specification would be."""

_CITIES = ("Aarhus", "Odense", "Malmö", "Kiel", "Lübeck", "Bergen")
_GOODS = (
    ("Hot-water bottle", "care"),
    ("Elastic bandage", "first-aid"),
    ("Skipping rope", "sport"),
    ("Scales for the kitchen", "kitchen"),
    ("Reading lamp", "care"),
    ("Thermometer", "first-aid"),
)
_PAGES = (
    ("opening-hours", "Opening hours", "Monday to Friday, eight to six"),
    ("waiting-room", "Waiting room", "The coffee is free, the newspapers are of today"),
)
_QUESTIONS = (
    ("Do I need an appointment?", "For the doctors, yes; for the shop, no"),
    ("Where can I park?", "Behind the house, two hours"),
)
_NEWS = (
    ("A new doctor", "Peter Lund has joined us"),
    ("Closed on Friday", "We are painting the waiting room"),
)
_STREETS = ("Harbour Street", "Mill Lane", "Church Row", "Elm Walk", "Station Road")
_WORDS = ("Kettle", "Lantern", "Meadow", "Pepper", "Saddle", "Walnut")
_REASONS = ("Yearly check of the eyes", "A cough that stays", "Follow-up of a blood test", "Advice on sleep")


def password_of(person: Person, seed: int) -> str:
    """The printed password of a person, from the seed."""
    rng = random.Random(f"{seed}/{person.username}")
    return f"{rng.choice(_WORDS)}-{rng.randrange(10**5, 10**6)}-{rng.choice(_WORDS).lower()}"


def fill(clinic: Clinic, seed: int) -> None:
    """Put everything in its place."""
    rng = random.Random(seed)
    users = [_person(clinic, person, rng, seed) for person in (*PRINTED, *OTHERS)]
    if "example-account" in clinic.weak:
        clinic.tables.change(
            "users", _person(clinic, DESK, rng, seed)["id"], password_hash=password_hash(EXAMPLE_PASSWORD)
        )
    patients = [user for user in users if user["role"] == "patient"]
    _slots(clinic)
    _shop(clinic, rng)
    _house(clinic, rng)
    for patient in patients:
        _health(clinic, patient, rng)
        _purchases(clinic, patient, rng)
        _paper(clinic, patient, random.Random(f"{seed} paper {patient['id']}"))
    _shared(clinic, patients[0], patients[1])


def _person(clinic: Clinic, person: Person, rng: random.Random, seed: int) -> Row:
    return new_user(
        clinic,
        password_of(person, seed),
        username=person.username,
        email=f"{person.username}@clinic-mail.example",
        full_name=person.full_name,
        phone=f"+45{rng.randrange(20_000_000, 99_999_999)}",
        date_of_birth=f"{rng.randrange(1950, 2002)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
        role=person.role,
        city=rng.choice(_CITIES),
        position=person.position,
        contract=f"{rng.getrandbits(64):016x}" if person.position else "",
        salary=person.salary,
    )


def _slots(clinic: Clinic) -> None:
    for day in range(1, 11):
        for doctor in ("Dr. Ida Holm", "Dr. Peter Lund"):
            clinic.tables.add("slots", doctor=doctor, starts_at=clinic.at(days=day), free_places=400)


def _shop(clinic: Clinic, rng: random.Random) -> None:
    for name, category in _GOODS:
        price = rng.randrange(390, 9_900, 10)
        stocked(clinic.tables, rng, name=name, category=category, price=price, stock=rng.randrange(20_000, 90_000))
    for code, percent in (("SPRING10", 10), ("STAFF25", 25)):
        clinic.tables.add("coupons", code=code, percent=percent, ends_on="2031-12-31")


def _house(clinic: Clinic, rng: random.Random) -> None:
    for slug, title, text in _PAGES:
        clinic.tables.add("wiki", slug=slug, title=title, text=text, revision=1)
    for title, answer in _QUESTIONS:
        clinic.tables.add("questions", title=title, answer=answer)
    for title, text in _NEWS:
        clinic.tables.add("news", title=title, text=text, published_at=clinic.at(days=-rng.randrange(1, 60)))
    for number in range(12):
        clinic.tables.add(
            "audit_log",
            at=clinic.at(days=-30 + number),
            actor="root",
            action=rng.choice(("role", "refund", "key", "backup")),
            detail=f"Ticket {rng.randrange(10**6, 10**7)} closed after review {rng.randrange(10**6, 10**7)}",
            trace=f"{rng.getrandbits(64):016x}",
        )


def _health(clinic: Clinic, patient: Row, rng: random.Random) -> None:
    tables, mine = clinic.tables, {"patient_id": patient["id"]}
    since = clinic.at(days=-rng.randrange(1, 9))
    tables.add(
        "appointments",
        **mine,
        slot_id=rng.randrange(5001, 5021),
        reason=rng.choice(_REASONS),
        status="booked",
        created_at=since,
    )
    tables.add(
        "records",
        **mine,
        kind="measurement",
        title="Blood pressure",
        summary=f"{rng.randrange(100, 150)} over {rng.randrange(60, 95)}, case {rng.randrange(10**6, 10**7)}",
        created_at=since,
    )
    tables.add(
        "prescriptions",
        **mine,
        medicine=rng.choice(("Ibuprofen 400 mg", "Cetirizine 10 mg", "Salbutamol spray")),
        dosage="One in the morning",
        note=f"Known as case {rng.randrange(10**6, 10**7)}",
        status="approved",
        created_at=since,
    )
    tables.add(
        "claims",
        **mine,
        title="New glasses",
        amount=rng.randrange(9_000, 90_000),
        note=f"Optician's bill {rng.randrange(10**6, 10**7)}",
        status="open",
        created_at=since,
    )
    tables.add("measurements", **mine, kind="pulse", reading=62, remark=f"Day {rng.randrange(10**6)}", created_at=since)
    for visibility in ("private", "public"):
        tables.add(
            "documents",
            id=str(UUID(int=rng.getrandbits(128), version=4)),
            **mine,
            title=f"{visibility.capitalize()} letter of {patient['full_name']}",
            content=f"Reference {rng.randrange(10**8, 10**9)}",
            visibility=visibility,
            metadata={"folder": str(rng.randrange(2020, 2026))},
            created_at=since,
        )

    newest = tables.find("documents", **mine)[0]
    token = f"{rng.getrandbits(132):033x}"[:22]
    tables.add("links", id=token, document_id=newest["id"], expires_at=clinic.at(minutes=15))


def _paper(clinic: Clinic, patient: Row, rng: random.Random) -> None:
    content = f"Referral {rng.randrange(10**8, 10**9)}".encode()
    clinic.tables.add(
        "scans",
        id=str(UUID(int=rng.getrandbits(128), version=4)),
        patient_id=patient["id"],
        label="Letter of referral",
        name="letter.txt",
        kind="text/plain",
        size=len(content),
        content=content,
    )


def _purchases(clinic: Clinic, patient: Row, rng: random.Random) -> None:
    tables, mine = clinic.tables, {"patient_id": patient["id"]}
    tables.add(
        "addresses",
        **mine,
        label="Home",
        street=f"{rng.choice(_STREETS)} {rng.randrange(1, 200)}",
        city=patient["city"],
        postcode=str(rng.randrange(1000, 9999)),
        country="DK",
    )
    tables.add(
        "payment_methods",
        **mine,
        label="Household card",
        holder=patient["full_name"],
        card=f"**** **** **** {rng.randrange(1000, 9999)}",
        expires=f"{rng.randrange(1, 13):02}/31",
    )
    tables.add(
        "webhooks",
        **mine,
        url=f"https://hooks.example.com/{rng.getrandbits(48):012x}",
        event="order.placed",
        created_at=clinic.at(),
    )
    product = rng.choice(tables.find("products"))
    items = [{"product_id": product["id"], "quantity": rng.randrange(1, 4)}]
    note = f"Parcel {rng.randrange(10**7, 10**8)}"
    placed(clinic, patient, items=items, note=note, total=product["price"] * items[0]["quantity"])
    tables.add(
        "reviews",
        **mine,
        product_id=401 + patient["id"] % 2,
        rating=rng.randrange(3, 6),
        text=rng.choice(("Does what it should", "Better than the last one", "Arrived quickly")),
        created_at=clinic.at(days=-2),
    )


def _shared(clinic: Clinic, one: Row, other: Row) -> None:
    """What two patients rightly both see."""
    clinic.tables.add(
        "appointments",
        patient_id=one["id"],
        companion_id=other["id"],
        slot_id=5002,
        reason="Travel advice for two",
        status="booked",
        created_at=clinic.at(days=-3),
    )
    clinic.tables.add(
        "messages",
        sender_id=one["id"],
        recipient_id=other["id"],
        subject="Our appointment",
        text="I have booked it for both of us",
        sent_at=clinic.at(days=-3),
    )
