import pytest

from gatewright.model.names import singular


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("orders", "order"),
        ("categories", "category"),
        ("boxes", "box"),
        ("addresses", "address"),
        ("statuses", "status"),
        ("status", "status"),
        ("analysis", "analysis"),
        ("class", "class"),
        ("gas", "gas"),
        ("people", "person"),
    ],
)
def test_plurals(plural: str, one: str) -> None:
    assert singular(plural) == one
