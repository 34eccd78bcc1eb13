from __future__ import annotations

import pytest

from gatewright.checks.promised import kinds_of


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("PDF, PNG or JPEG of at most 1 MiB (1048576 bytes).", "PDF, PNG or JPEG"),
        ("A PDF file, 5 MB at most", "PDF"),
        ("Only PDF and PNG files are accepted", "PDF and PNG"),
        ("The scan. Must be a `image/png` or `image/jpeg`.", "png or jpeg"),
        ("Allowed file types: .pdf, .docx", "pdf, docx"),
        ("Attach a receipt (JPEG or PNG only)", "JPEG or PNG"),
    ],
)
def test_a_text_that_limits_the_kinds(text, kinds):
    assert kinds_of(text) == kinds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A document, e.g. PDF",
        "PDF, PNG or any other file",
        "Only PDF files get a preview",
        "PNG should be used",
        "Upload a report. PDF reports are indexed for search",
        "PDF is rendered in the browser",
        "Files such as PDF or PNG",
        "An image or any other file",
        "Only pdfs that were signed are shown to the auditor",
    ],
)
def test_a_text_that_limits_nothing(text):
    assert kinds_of(text) == ""
