"""What everybody may see, and pages that never look the same twice."""

from __future__ import annotations

import random
import secrets

from gatewright.lab.endpoint import Access, Area, Call, Refused, Reply
from gatewright.lab.schemas import WHEN, listing, made, page, ref, shape, text
from gatewright.lab.tables import Row

_STRINGS = {"type": "array", "items": {"type": "string"}, "example": ["Drink enough"]}
_SCHEMAS = {
    "Health": shape("status time", status=text("ok"), time=WHEN),
    "NewNews": shape(
        "title text", title=text("Flu shots", least=3, most=120), text=text("From Monday on, no booking", most=5000)
    ),
    "News": shape(
        "id title text",
        id=made({"type": "integer", "example": 301}),
        title=text("Flu shots", most=120),
        text=text("From Monday on, no booking", most=5000),
        published_at=WHEN,
    ),
    "NewsList": listing("News"),
    "Recommendations": shape(
        "greeting products",
        greeting=text("Welcome"),
        products={"type": "array", "items": ref("Product")},
        points=made({"type": "integer", "example": 20}),
    ),
    "Notifications": shape(
        "generated_at request_id tips items",
        generated_at=WHEN,
        request_id=made(text("5f1c2a9b")),
        tips=_STRINGS,
        items=_STRINGS,
    ),
}
AREA = Area("public", _SCHEMAS)
_TIPS = ("Drink enough", "Walk daily", "Sleep early", "Wash your hands", "Call a friend", "Open a window")


@AREA.on("GET", "/health", Access.PUBLIC, answer="Health")
def health(call: Call) -> Row:
    """Tell that the service is up."""
    return {"status": "ok", "time": call.clinic.at()}


@AREA.on("GET", "/docs", Access.PUBLIC, answer="html")
def docs(call: Call) -> str:
    """Show where the specification is."""
    return '<!doctype html><title>Clinic</title><p>See <a href="/openapi.json">the specification</a>.</p>'


@AREA.on("GET", "/news", Access.PUBLIC, answer="NewsList")
def news(call: Call) -> Reply:
    """List the news; a shared cache may keep them."""
    headers = {"Cache-Control": "public, max-age=60", "Age": str(int(call.clinic.now()) % 60), "X-Cache": "HIT"}
    return Reply(page(call.tables.find("news")), headers=headers)


@AREA.on("POST", "/news", Access.STAFF, body="NewNews", answer="News", status=201)
def publish(call: Call) -> Row:
    """Publish news."""
    return call.tables.add("news", published_at=call.clinic.at(), **call.fields())


def _item(call: Call) -> Row:
    row = call.tables.get("news", call.path["news_id"])
    if row is None:
        raise Refused(404, "no such news")
    return row


@AREA.on("GET", "/news/{news_id}", Access.PUBLIC, answer="News")
def item(call: Call) -> Row:
    """Show one piece of news."""
    return _item(call)


@AREA.on("PUT", "/news/{news_id}", Access.PATIENT, body="NewNews", answer="News", undocumented="news-undocumented-put")
def rewrite(call: Call) -> Row:
    """Replace news: left over from an editor that nobody uses."""
    return call.tables.change("news", _item(call)["id"], **call.fields())


@AREA.on("DELETE", "/news/{news_id}", Access.STAFF, status=204)
def retract(call: Call) -> None:
    """Retract news."""
    call.tables.remove("news", id=_item(call)["id"])


@AREA.on("GET", "/recommendations", Access.OPTIONAL, answer="Recommendations")
def recommendations(call: Call) -> Row:
    """Recommend products to anybody; who is logged in is greeted by name."""
    products = call.tables.find("products")[:3]
    shown = ("id", "name", "description", "category", "price", "stock", "ean", "serial")
    answer: Row = {"greeting": "Welcome", "products": [{name: row[name] for name in shown} for row in products]}
    if call.user is not None:
        answer["greeting"] = f"Welcome back, {call.user['full_name']}"
        answer["points"] = call.user["loyalty_points"]
    return answer


@AREA.on("GET", "/notifications", Access.PATIENT, answer="Notifications")
def notifications(call: Call) -> Row:
    """Tell what is new for the caller, between tips in ever changing order."""
    orders = call.tables.find("orders", patient_id=call.me["id"])[-5:]
    return {
        "generated_at": call.clinic.at(),
        "request_id": secrets.token_hex(4),
        "tips": random.sample(_TIPS, len(_TIPS)),
        "items": [f"Order {order['id']} is {order['status']}" for order in orders],
    }
