"""Orders, and the invoice of each."""

from __future__ import annotations

from collections import Counter

from gatewright.lab.endpoint import Access, Area, Call, Clinic, Parameter, Refused
from gatewright.lab.schemas import ID, WHEN, choice, listing, made, number, page, shape, text
from gatewright.lab.tables import Row

_LINE = shape("product_id quantity", product_id=number(401, least=1), quantity=number(1, least=1, most=20))
_LINES = {
    "type": "array",
    "minItems": 1,
    "maxItems": 20,
    "items": _LINE,
    "example": [{"product_id": 401, "quantity": 1}],
}
_SCHEMAS = {
    "NewOrder": shape(
        "items",
        items=_LINES,
        note=text("A present, please wrap it", least=0, most=500),
        coupon_code=text("SPRING10", least=4, most=20),
    ),
    "Order": shape(
        "id items total status",
        id=ID,
        patient_id=made({"type": "integer", "example": 1042}),
        items=_LINES,
        note=text("A present, please wrap it", least=0, most=500),
        total=made(number(1290)),
        status=made(choice("placed", "sent", "refunded")),
        refunded=made(number(0)),
        invoice_id=made({"type": "integer", "example": 20101}),
        created_at=WHEN,
    ),
    "Orders": listing("Order"),
    "OrderLookup": shape("order_id", order_id=number(77, least=1)),
    "Invoice": shape(
        "id order_id billing_name amount",
        id=made({"type": "integer", "example": 20101}),
        order_id=made({"type": "integer", "example": 9501}),
        billing_name=text("Nora Lind"),
        memo=text("A present, please wrap it", least=0),
        amount=number(1290),
        issued_at=WHEN,
    ),
    "Invoices": listing("Invoice"),
}
AREA = Area("orders", _SCHEMAS)


def _total(call: Call, lines: list[Row], code: str | None) -> int:
    """What the lines cost, the coupon taken off; takes the goods from the stock."""
    errors: dict[str, str] = {}
    total = 0
    wanted: Counter[int] = Counter()
    for index, item in enumerate(lines):
        row = call.tables.get("products", item["product_id"])
        wanted[item["product_id"]] += item["quantity"]
        if row is None:
            errors[f"items.{index}.product_id"] = "does not exist"
        elif row["stock"] < wanted[row["id"]]:
            errors[f"items.{index}.quantity"] = "is more than the stock"
        else:
            total += row["price"] * item["quantity"]
    coupon = call.tables.first("coupons", code=code) if code else None
    if code and coupon is None:
        errors["coupon_code"] = "does not exist"
    if errors:
        raise Refused(422, "check the fields", errors=errors)
    for product_id, quantity in wanted.items():
        _move_stock(call, product_id, -quantity)
    return total * (100 - coupon["percent"]) // 100 if coupon else total


def _move_stock(call: Call, product_id: int, by: int) -> None:
    row = call.tables.get("products", product_id)
    if row is not None:
        call.tables.change("products", product_id, stock=row["stock"] + by)


@AREA.on("GET", "/orders", Access.PATIENT, answer="Orders")
def orders(call: Call) -> Row:
    """List the own orders; administrators see all."""
    everything = call.may(Access.ADMIN)
    return page(call.tables.find("orders") if everything else call.tables.find("orders", patient_id=call.me["id"]))


@AREA.on(
    "POST", "/orders", Access.PATIENT, body="NewOrder", answer="Order", status=201, assigns=("total", "order-total")
)
def order_goods(call: Call) -> Row:
    """Order products; the invoice is made at once."""
    given = {"note": "", **call.fields()}
    counted = _total(call, given["items"], given.pop("coupon_code", None))
    total = given.pop("total", counted)
    return placed(call.clinic, call.me, total=total, **given)


def placed(clinic: Clinic, patient: Row, *, items: list[Row], note: str, total: int) -> Row:
    """Store an order and its invoice."""
    tables = clinic.tables
    order = tables.add(
        "orders",
        patient_id=patient["id"],
        items=[{"product_id": item["product_id"], "quantity": item["quantity"]} for item in items],
        note=note,
        total=total,
        status="placed",
        refunded=0,
        created_at=clinic.at(),
    )
    invoice = tables.add(
        "invoices",
        order_id=order["id"],
        patient_id=patient["id"],
        billing_name=patient["full_name"],
        memo=note,
        amount=total,
        issued_at=clinic.at(),
    )
    return tables.change("orders", order["id"], invoice_id=invoice["id"])


@AREA.on("GET", "/orders/{order_id}", Access.PATIENT, answer="Order", forbids=True)
def order(call: Call) -> Row:
    """Show an own order."""
    return call.owned("orders", call.path["order_id"], seen_by=Access.ADMIN)


@AREA.on("DELETE", "/orders/{order_id}", Access.PATIENT, status=204, forbids=True)
def cancel(call: Call) -> None:
    """Cancel an own order, its invoice too."""
    row = call.owned("orders", call.path["order_id"])
    for item in row["items"]:
        _move_stock(call, item["product_id"], item["quantity"])
    call.tables.remove("invoices", order_id=row["id"])
    call.tables.remove("orders", id=row["id"])


@AREA.on("POST", "/orders/lookup", Access.PATIENT, body="OrderLookup", answer="Order", forbids=True)
def lookup(call: Call) -> Row:
    """Find an own order by its number."""
    return call.owned("orders", call.body["order_id"], seen_by=Access.ADMIN, unless="order-read-by-body")


def _invoice(row: Row) -> Row:
    return {name: row[name] for name in _SCHEMAS["Invoice"]["properties"]}


@AREA.on("GET", "/invoices", Access.PATIENT, answer="Invoices")
def invoices(call: Call) -> Row:
    """List the own invoices."""
    return page([_invoice(row) for row in call.tables.find("invoices", patient_id=call.me["id"])])


@AREA.on(
    "GET",
    "/invoices/detail",
    Access.PATIENT,
    answer="Invoice",
    forbids=True,
    parameters=(Parameter(name="invoice_id", schema=number(77, least=1), required=True),),
)
def invoice(call: Call) -> Row:
    """Show an own invoice."""
    found = call.owned("invoices", call.query["invoice_id"], seen_by=Access.ADMIN, unless="invoice-read-by-query")
    return _invoice(found)
