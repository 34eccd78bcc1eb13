from __future__ import annotations

import pytest

from gatewright.lab.attempts import MOST, WINDOW, admit, failed, forget, judged, spelled
from gatewright.lab.endpoint import Clinic, Refused
from gatewright.lab.tables import Tables


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def clinic(clock: Clock) -> Clinic:
    return Clinic(tables=Tables(), weak=frozenset(), secret=b"s", token_ttl=60, now=clock)


def test_ten_wrong_tries_then_a_pause(clinic: Clinic, clock: Clock) -> None:
    for _ in range(MOST):
        admit(clinic, "nora")
        failed(clinic, "nora")
    with pytest.raises(Refused) as refused:
        admit(clinic, "nora")
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "60")
    admit(clinic, "alice")
    clock.now += WINDOW
    admit(clinic, "nora")


def test_a_right_one_forgets_the_wrong_ones(clinic: Clinic) -> None:
    for _ in range(3):
        for _ in range(MOST - 1):
            failed(clinic, "nora")
        admit(clinic, "nora")
        forget(clinic, "nora")


def test_what_is_remembered_is_bounded(clinic: Clinic) -> None:
    for number in range(6000):
        failed(clinic, f"name {number}")
    assert len(clinic.wrong_tries) <= 5000


@pytest.mark.parametrize("name", ["nora", "NORA", " nora ", "ｎｏｒａ", "nOrA\t"])
def test_one_spelling(name: str) -> None:
    assert spelled(name) == "nora"


@pytest.mark.parametrize(
    "password", ["123456", "password", "aaaaaaaa", "a", "Nora.Lind47", "Aaaaaaaaaaa1aA", "blue-kettle-47"]
)
def test_weak_passwords(password: str) -> None:
    with pytest.raises(Refused) as refused:
        judged(password, "nora.lind47")
    assert "password" in refused.value.errors


def test_a_good_password() -> None:
    judged("Blue-Kettle-47", "nora.lind")
