"""What patients measure at home, one by one and several at a time."""

from __future__ import annotations

from gatewright.lab.endpoint import Access, Area, Call
from gatewright.lab.schemas import ID, WHEN, choice, listing, made, number, page, shape, text
from gatewright.lab.tables import Row

_KINDS = choice("weight", "pulse", "temperature")
_SCHEMAS = {
    "NewMeasurement": shape(
        "kind reading",
        kind=_KINDS,
        reading=number(71, least=1, most=5000),
        remark=text("Before breakfast", least=0, most=300),
    ),
    "MeasurementIds": shape(
        "ids", ids={"type": "array", "minItems": 1, "maxItems": 50, "items": number(23301, least=1), "example": [23301]}
    ),
    "Measurement": shape(
        "id patient_id kind reading",
        id=ID,
        patient_id=made({"type": "integer", "example": 1042}),
        kind=_KINDS,
        reading=number(71),
        remark=text("Before breakfast", least=0),
        created_at=WHEN,
    ),
    "Measurements": listing("Measurement"),
}
AREA = Area("measurements", _SCHEMAS)
_ONE = "/measurements/{measurement_id}"


@AREA.on("GET", "/measurements", Access.PATIENT, answer="Measurements")
def measurements(call: Call) -> Row:
    """List what one has measured."""
    whose = call.me["id"]
    if call.weak("measurements-by-owner-filter"):
        whose = call.first("patient_id") or whose
    return page(call.tables.find("measurements", patient_id=whose))


@AREA.on("POST", "/measurements", Access.PATIENT, body="NewMeasurement", answer="Measurement", status=201)
def measured(call: Call) -> Row:
    """Note a measurement."""
    fields = {"remark": "", **call.fields()}
    whose = call.me["id"]
    if call.weak("measurement-for-another"):
        whose = call.first("patient_id") or whose
    return call.tables.add("measurements", patient_id=whose, created_at=call.clinic.at(), **fields)


@AREA.on("POST", "/measurements/batch", Access.PATIENT, body="MeasurementIds", answer="Measurements")
def batch(call: Call) -> Row:
    """Show several measurements; those of others are left out."""
    rows = [row for key in call.body["ids"] if (row := call.tables.get("measurements", key))]
    if call.weak("measurements-in-bulk") and rows and rows[0]["patient_id"] == call.me["id"]:
        return page(rows)
    return page([row for row in rows if row["patient_id"] == call.me["id"]])


@AREA.on("GET", _ONE, Access.PATIENT, answer="Measurement", forbids=True)
def measurement(call: Call) -> Row:
    """Show an own measurement."""
    return call.owned("measurements", call.path["measurement_id"])


@AREA.on("DELETE", _ONE, Access.PATIENT, status=204, forbids=True)
def forget(call: Call) -> None:
    """Remove an own measurement."""
    call.tables.remove("measurements", id=call.owned("measurements", call.path["measurement_id"])["id"])
