"""The people and things that are there from the start, the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

from gatewright.lab.endpoint import Clinic
from gatewright.lab.routes.account import new_user
from gatewright.lab.tables import Row


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

_CITIES = ("Aarhus", "Odense", "Malmö", "Kiel", "Lübeck", "Bergen")
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
    patients = [user for user in users if user["role"] == "patient"]
    _slots(clinic)
    for patient in patients:
        _appointments(clinic, patient, rng)
        _addresses(clinic, patient, rng)
    clinic.tables.add(
        "appointments",
        patient_id=patients[0]["id"],
        slot_id=5002,
        reason="Travel advice for two",
        status="booked",
        participants=[patients[0]["id"], patients[1]["id"]],
        created_at=clinic.at(days=-3),
    )


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
        salary=person.salary,
    )


def _slots(clinic: Clinic) -> None:
    for day in range(1, 11):
        for doctor in ("Dr. Ida Holm", "Dr. Peter Lund"):
            clinic.tables.add("slots", doctor=doctor, starts_at=clinic.at(days=day), free_places=40)


def _appointments(clinic: Clinic, patient: Row, rng: random.Random) -> None:
    clinic.tables.add(
        "appointments",
        patient_id=patient["id"],
        slot_id=rng.randrange(5001, 5021),
        reason=rng.choice(_REASONS),
        status="booked",
        participants=[patient["id"]],
        created_at=clinic.at(days=-rng.randrange(1, 9)),
    )


def _addresses(clinic: Clinic, patient: Row, rng: random.Random) -> None:
    clinic.tables.add(
        "addresses",
        patient_id=patient["id"],
        label="Home",
        street=f"{rng.choice(_STREETS)} {rng.randrange(1, 200)}",
        city=patient["city"],
        postcode=str(rng.randrange(1000, 9999)),
        country="DK",
    )
