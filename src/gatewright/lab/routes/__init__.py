"""The clinic's endpoints, a file per part. `AREAS` is the whole route table."""

from __future__ import annotations

from gatewright.lab.endpoint import Area, Endpoint, Schema
from gatewright.lab.routes import (
    account,
    addresses,
    admin,
    appointments,
    archive,
    catalogue,
    claims,
    contact,
    coupons,
    credentials,
    documents,
    live,
    measurements,
    messages,
    orders,
    payments,
    people,
    prescriptions,
    public,
    questions,
    records,
    scans,
    session,
    staff,
    wiki,
)

AREAS: tuple[Area, ...] = (
    account.AREA,
    credentials.AREA,
    session.AREA,
    records.AREA,
    appointments.AREA,
    documents.AREA,
    scans.AREA,
    messages.AREA,
    live.AREA,
    prescriptions.AREA,
    catalogue.AREA,
    orders.AREA,
    claims.AREA,
    measurements.AREA,
    coupons.AREA,
    payments.AREA,
    addresses.AREA,
    wiki.AREA,
    questions.AREA,
    staff.AREA,
    people.AREA,
    admin.AREA,
    archive.AREA,
    contact.AREA,
    public.AREA,
)


def endpoints(dialect: str | None = "bearer") -> list[Endpoint]:
    """Every endpoint of a dialect (None: of all), the undocumented ones too; literal paths before those with parameters."""
    table = [endpoint for area in AREAS for endpoint in area.endpoints]
    here = [one for one in table if dialect is None or not one.dialects or dialect in one.dialects]
    return sorted(here, key=lambda endpoint: endpoint.path.count("{"))


def schemas() -> dict[str, Schema]:
    """Every named schema."""
    return {name: schema for area in AREAS for name, schema in area.schemas.items()}
