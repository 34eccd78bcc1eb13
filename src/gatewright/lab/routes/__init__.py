"""The clinic's endpoints, a file per part. `AREAS` is the whole route table."""

from __future__ import annotations

from gatewright.lab.endpoint import Area, Endpoint, Schema
from gatewright.lab.routes import account, addresses, appointments

AREAS: tuple[Area, ...] = (account.AREA, appointments.AREA, addresses.AREA)


def endpoints() -> list[Endpoint]:
    """Every endpoint, the undocumented ones too; literal paths before those with parameters."""
    table = [endpoint for area in AREAS for endpoint in area.endpoints]
    return sorted(table, key=lambda endpoint: endpoint.path.count("{"))


def schemas() -> dict[str, Schema]:
    """Every named schema."""
    return {name: schema for area in AREAS for name, schema in area.schemas.items()}
