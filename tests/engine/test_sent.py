from __future__ import annotations

from gatewright.engine.sent import file_of, product_of
from gatewright.model.http import Request

BODY = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x\r\nContent-Disposition: form-data; name="f"; filename="n"\r\n\r\n\x89P\r\n\r\n--x--\r\n'


def sent(kind: str, body: bytes) -> Request:
    return Request("POST", "http://api.test", "/", (("Content-Type", kind),), body)


def test_the_file_of_a_request() -> None:
    assert file_of(sent("multipart/form-data; boundary=x", BODY)) == b"\x89P\r\n"
    assert file_of(sent("image/png", b"\x89PNG")) == b"\x89PNG"
    assert file_of(sent("application/json", b"{}")) == b""
    assert file_of(sent("multipart/form-data; boundary=y", BODY)) == b""
    assert file_of(Request("GET", "http://api.test", "/")) == b""


def test_the_product_of_a_program() -> None:
    assert product_of("<?php echo 12*34; ?>") == "408"
    assert product_of("no program") == ""
