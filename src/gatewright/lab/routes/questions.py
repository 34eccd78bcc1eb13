"""Questions that are asked often; staff answers them."""

from __future__ import annotations

from gatewright.lab.endpoint import Access, Area, Call, Refused
from gatewright.lab.schemas import ID, listing, page, shape, text
from gatewright.lab.tables import Row

_SCHEMAS = {
    "NewQuestion": shape(
        "title answer",
        title=text("May I bring my dog?", least=3, most=120),
        answer=text("Into the garden, gladly", least=3, most=2000),
    ),
    "Question": shape(
        "id title answer",
        id=ID,
        title=text("May I bring my dog?", most=120),
        answer=text("Into the garden, gladly", most=2000),
    ),
    "Questions": listing("Question"),
}
AREA = Area("questions", _SCHEMAS)
_ONE = "/questions/{question_id}"


def _question(call: Call) -> Row:
    row = call.tables.get("questions", call.path["question_id"])
    if row is None:
        raise Refused(404, "no such question")
    return row


@AREA.on("GET", "/questions", Access.PATIENT, answer="Questions")
def questions(call: Call) -> Row:
    """List the questions with their answers."""
    return page(call.tables.find("questions"))


@AREA.on("POST", "/questions", Access.STAFF, body="NewQuestion", answer="Question", status=201)
def add_question(call: Call) -> Row:
    """Answer one more question."""
    return call.tables.add("questions", **call.fields())


@AREA.on("GET", _ONE, Access.PATIENT, answer="Question", overridable="question-method-override")
def question(call: Call) -> Row:
    """Show a question."""
    return _question(call)


@AREA.on("PUT", _ONE, Access.STAFF, body="NewQuestion", answer="Question")
def change_question(call: Call) -> Row:
    """Replace a question."""
    return call.tables.change("questions", _question(call)["id"], **call.fields())


@AREA.on("DELETE", _ONE, Access.STAFF, status=204)
def remove_question(call: Call) -> None:
    """Remove a question."""
    call.tables.remove("questions", id=_question(call)["id"])
