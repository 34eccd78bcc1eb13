"""The kinds of file that a specification says are taken, and no others (checks-1-5.md 5.3). No request."""

from __future__ import annotations

import re

from gatewright.checks.files import Field
from gatewright.model.test import Probe

_KIND = r"(?:pdf|png|jpe?g|gif|webp|heic|tiff?|bmp|docx?|xlsx?|csv|zip|mp[34])"
_KINDS = rf"{_KIND}\b(?:(?:\s*[,/|]\s*|\s+)(?:(?:or|and)\s+)?{_KIND}\b)*"
_FILES = r"(?:\s+(?:file|image|document|picture|photo)s?)?"
_TAKEN = r"(?:accepted|allowed|permitted|supported)"
_RULES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bonly\s+(?:accepts?\s+|takes?\s+)?({_KINDS})",
        rf"({_KINDS}){_FILES}\s+only\b",
        rf"\bmust\s+be\s+(?:an?\s+)?({_KINDS})",
        rf"\b{_TAKEN}\s+(?:\w+\s+)?(?:types?|formats?|extensions?|files?)\s*(?:are|is|:)\s*({_KINDS})",
    )
)
_WHOLE = re.compile(
    rf"^\W*(?:an?\s+|the\s+|one\s+)?({_KINDS}){_FILES}\s*(?:$|[.,;:(]|of\s|with\s|up\s+to|at\s+most|max|no\s+larger|not\s+larger)",
    re.IGNORECASE,
)
"""A text that begins with the kinds and says nothing else of them: `PDF, PNG or JPEG, at most 1 MiB`."""
_LOOSE = re.compile(
    r"\be\.\s?g\b|\bsuch as\b|\bfor (?:example|instance)\b|\blike\b|\betc\b|\bany\b|\bothers?\b|\brecommend|\bprefer"
    r"|\bideally\b|\bshould\b|\bpreviews?\b|\bthumbnails?\b|\bconvert",
    re.IGNORECASE,
)
"""What makes a list of kinds an example, a wish, or a word about what becomes of them."""


def promised(probe: Probe, field: Field) -> str:
    """The kinds that the texts about a file say are taken, as they say it; empty where none limits them."""
    bodies = [probe.specification.resolve(body.schema).description for body in probe.endpoint.bodies]
    refused = [answer.description for answer in probe.endpoint.answers if answer.status in ("400", "415", "422")]
    for text in (field.schema.description, *bodies, probe.endpoint.description, probe.endpoint.summary, *refused):
        kinds = kinds_of(text)
        if kinds:
            return kinds
    return ""


def kinds_of(text: str) -> str:
    """The list of kinds to which a text limits a file: `PDF, PNG or JPEG`; empty where it sets no such limit."""
    if _LOOSE.search(text):
        return ""
    plain = re.sub(r"\b(?:image|application|video|audio|text)/|\.(?=\w)|[`'\"]", "", text)
    found = next((match for rule in (_WHOLE, *_RULES) if (match := rule.search(plain))), None)
    return " ".join(found[1].split()) if found else ""
