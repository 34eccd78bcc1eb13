"""The shop's public catalogue, and what customers say about it."""

from __future__ import annotations

import random

from gatewright.lab.endpoint import Access, Area, Call, Parameter, Refused
from gatewright.lab.schemas import ID, WHEN, choice, listing, made, number, page, shape, text
from gatewright.lab.tables import Row, Tables

_CATEGORY = choice("care", "sport", "first-aid", "kitchen")
_SCHEMAS = {
    "NewProduct": shape(
        "name category price stock",
        name=text("Hot-water bottle", least=3, most=80),
        description=text("Holds two litres", least=0, most=1000),
        category=_CATEGORY,
        price=number(1290, least=1, most=10_000_000),
        stock=number(400, most=1_000_000),
    ),
    "ProductChange": shape(
        name=text("Large hot-water bottle", least=3, most=80),
        description=text("Holds three litres", least=0, most=1000),
        category=_CATEGORY,
        price=number(1390, least=1, most=10_000_000),
        stock=number(380, most=1_000_000),
    ),
    "Product": shape(
        "id name category price stock",
        id=made({"type": "integer", "example": 401}),
        name=text("Hot-water bottle", most=80),
        description=text("Holds two litres", least=0, most=1000),
        category=_CATEGORY,
        price=number(1290),
        stock=number(400),
        ean=made(text("4006381333931", least=13, most=13)),
        serial=made(text("4000001234567899", least=16, most=16)),
    ),
    "Products": listing("Product"),
    "Hits": shape(
        "query items count",
        query=text("bottle"),
        items={"type": "array", "items": {"$ref": "#/components/schemas/Product"}},
        count={"type": "integer", "example": 1},
    ),
    "NewReview": shape("rating text", rating=number(4, least=1, most=5), text=text("Keeps warm for hours", most=1000)),
    "Review": shape(
        "id product_id author rating text",
        id=ID,
        product_id=made({"type": "integer", "example": 401}),
        author=made(text("Nora Lind")),
        rating=number(4, least=1, most=5),
        text=text("Keeps warm for hours", most=1000),
        created_at=WHEN,
    ),
    "Reviews": listing("Review"),
}
AREA = Area("catalogue", _SCHEMAS)
_ONE = "/products/{product_id}"


def _check_digit(digits: str, *, first: int) -> str:
    """Completes digits so that their weighted sum ends in 0: Luhn for cards (`first` 2), EAN with weights 1 and 3."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        weight = first if index % 2 == 0 else 1
        product = int(digit) * weight
        total += product - 9 if first == 2 and product > 9 else product
    return str(-total % 10)


def stocked(tables: Tables, rng: random.Random, **fields: object) -> Row:
    """Store a product. Its article number and serial look like card numbers, as real ones now and then do."""
    while True:
        body = f"4{rng.randrange(10**11):011}"
        if _check_digit(body, first=3) == _check_digit(body, first=2):
            break
    serial = f"4{rng.randrange(10**14):014}"
    return tables.add(
        "products",
        ean=body + _check_digit(body, first=3),
        serial=serial + _check_digit(serial, first=2),
        supplier_note=f"Terms agreed until {rng.randrange(2027, 2031)}, returns at our cost",
        **{"description": "", "purchase_cost": rng.randrange(211, 9_000), **fields},
    )


def _product(call: Call) -> Row:
    row = call.tables.get("products", call.path["product_id"])
    if row is None:
        raise Refused(404, "no such product")
    return row


def _shown(row: Row) -> Row:
    return {name: row[name] for name in _SCHEMAS["Product"]["properties"]}


@AREA.on("GET", "/products", Access.PUBLIC, answer="Products")
def products(call: Call) -> Row:
    """List all products."""
    return page([_shown(row) for row in call.tables.find("products")])


@AREA.on("POST", "/products", Access.STAFF, body="NewProduct", answer="Product", status=201)
def add_product(call: Call) -> Row:
    """Add a product."""
    return _shown(stocked(call.tables, random.Random(), **call.fields()))


@AREA.on(
    "GET",
    "/products/search",
    Access.PUBLIC,
    answer="Hits",
    parameters=(Parameter(name="q", schema=text("bottle", most=200), required=True),),
    limit=45,
    unmetered="product-search-without-limit",
)
def search(call: Call) -> Row:
    """Search the products; the answer repeats the question."""
    wanted = call.query["q"].casefold()
    rows = [row for row in call.tables.find("products") if wanted in f"{row['name']} {row['description']}".casefold()]
    return {"query": call.query["q"], **page([_shown(row) for row in rows])}


@AREA.on("GET", _ONE, Access.PUBLIC, answer="Product")
def product(call: Call) -> Row:
    """Show a product."""
    row = _product(call)
    return row if call.weak("product-purchase-cost") else _shown(row)


@AREA.on("PATCH", _ONE, Access.STAFF, body="ProductChange", answer="Product", unranked="product-change-by-patients")
def change_product(call: Call) -> Row:
    """Change a product."""
    return _shown(call.tables.change("products", _product(call)["id"], **call.fields()))


@AREA.on("DELETE", _ONE, Access.STAFF, status=204)
def remove_product(call: Call) -> None:
    """Remove a product."""
    call.tables.remove("products", id=_product(call)["id"])


def _review(call: Call, row: Row) -> Row:
    author = call.tables.get("users", row["patient_id"]) or {"full_name": "(gone)"}
    return {
        "id": row["id"],
        "product_id": row["product_id"],
        "author": author["full_name"],
        "rating": row["rating"],
        "text": row["text"],
        "created_at": row["created_at"],
    }


@AREA.on("GET", _ONE + "/reviews", Access.PUBLIC, answer="Reviews")
def reviews(call: Call) -> Row:
    """List the reviews of a product with their authors' names."""
    return page([_review(call, row) for row in call.tables.find("reviews", product_id=_product(call)["id"])])


@AREA.on("POST", _ONE + "/reviews", Access.PATIENT, body="NewReview", answer="Review", status=201)
def add_review(call: Call) -> Row:
    """Review a product."""
    row = call.tables.add(
        "reviews",
        product_id=_product(call)["id"],
        patient_id=call.me["id"],
        created_at=call.clinic.at(),
        **call.fields(),
    )
    return _review(call, row)


@AREA.on("GET", "/reviews/{review_id}", Access.PUBLIC, answer="Review")
def review(call: Call) -> Row:
    """Show a review."""
    row = call.tables.get("reviews", call.path["review_id"])
    if row is None:
        raise Refused(404, "no such review")
    return _review(call, row)


@AREA.on("PUT", "/reviews/{review_id}", Access.PATIENT, body="NewReview", answer="Review", forbids=True)
def change_review(call: Call) -> Row:
    """Replace an own review."""
    row = call.owned("reviews", call.path["review_id"])
    return _review(call, call.tables.change("reviews", row["id"], **call.fields()))


@AREA.on("DELETE", "/reviews/{review_id}", Access.PATIENT, status=204, forbids=True)
def remove_review(call: Call) -> None:
    """Remove an own review; staff removes any."""
    row = call.owned("reviews", call.path["review_id"], seen_by=Access.STAFF, unless="review-delete-by-id")
    call.tables.remove("reviews", id=row["id"])
