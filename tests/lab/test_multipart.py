from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.lab.endpoint import Refused, Upload
from gatewright.lab.multipart import BOUNDARY, read, written

KIND = f"multipart/form-data; boundary={BOUNDARY}"
WORD = st.text("abcdefgh", min_size=1, max_size=8)
BYTES = st.binary(max_size=60).filter(lambda data: BOUNDARY.encode() not in data)


@given(st.dictionaries(WORD, WORD, max_size=9), st.dictionaries(WORD, BYTES, max_size=9))
def test_what_is_written_is_read(texts: dict[str, str], files: dict[str, bytes]) -> None:
    uploads = {name: Upload(f"{name}.bin", "application/octet-stream", data) for name, data in files.items()}
    if not texts and not uploads:
        return
    form = read(written(texts, uploads), KIND)
    assert (form.texts, form.files) == (texts, uploads)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{}", "application/json", 415),
        (b"", KIND, 400),
        (b"--x\r\n\r\n--x--", "multipart/form-data", 400),
        (f"--{BOUNDARY}\r\nno head--{BOUNDARY}--".encode(), KIND, 400),
        (b"", "", 415),
    ],
)
def test_what_is_none_is_refused(content: bytes, kind: str, status: int) -> None:
    with pytest.raises(Refused) as refused:
        read(content, kind)
    assert refused.value.status == status


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        read(content, KIND)
    except Refused as refused:
        assert refused.status == 400
