"""Content codings, broken ones and bombs."""

from __future__ import annotations

import gzip
import importlib
import sys
import tracemalloc
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.wire.coding import ACCEPTED, decode

zstd = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


CODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=5),
    "zstd": zstd.compress,
}
TEXT = b'{"id": 1, "text": "hello"}' * 400


@pytest.mark.parametrize("name", CODERS)
def test_round_trip(name: str) -> None:
    assert decode(CODERS[name](TEXT), name.upper(), 10**6) == (TEXT, False, [])


def test_all_accepted_are_decoded() -> None:
    assert set(ACCEPTED.split(", ")) <= set(CODERS)


def test_raw_deflate_as_some_servers_send_it() -> None:
    assert decode(raw_deflate(TEXT), "deflate", 10**6) == (TEXT, False, [])


def test_chains_and_nothing() -> None:
    assert decode(brotli.compress(gzip.compress(TEXT)), "gzip, br", 10**6) == (TEXT, False, [])
    assert decode(TEXT, "identity,,", 10**6) == (TEXT, False, [])
    body, cut, wrong = decode(TEXT, "gzip," * 5, 10**6)
    assert (body, cut, wrong) == (TEXT, False, ["5 content codings, not decoded"])


def test_unknown_coding() -> None:
    assert decode(TEXT, "rot13", 100) == (TEXT, False, ["unknown content coding 'rot13', not decoded"])


@pytest.mark.parametrize("name", CODERS)
def test_bombs_are_cut(name: str) -> None:
    bomb = CODERS[name](bytes(20_000_000))
    tracemalloc.start()
    body, cut, wrong = decode(bomb, name, 100_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(body), cut) == (100_000, True)
    assert wrong == [f"content coding {name}: decodes to more than 100000 bytes"]
    assert peak < 2_000_000


@pytest.mark.parametrize("name", CODERS)
def test_exactly_the_limit(name: str) -> None:
    assert decode(CODERS[name](TEXT), name, len(TEXT)) == (TEXT, False, [])


@pytest.mark.parametrize("name", CODERS)
def test_cut_short(name: str) -> None:
    text = bytes(range(256)) * 300 + zlib.compress(TEXT)
    coded = CODERS[name](text)
    body, cut, wrong = decode(coded[:-9], name, 10**6)
    assert text.startswith(body) or body == coded[:-9]
    assert not cut
    assert wrong == [f"content coding {name}: the data ends too early"]


@pytest.mark.parametrize("name", CODERS)
def test_not_coded_at_all(name: str) -> None:
    body, cut, wrong = decode(b"<html>an error page</html>" * 3, name, 10**6)
    assert body.startswith(b"<html>")
    assert not cut
    assert len(wrong) == 1
    assert wrong[0].startswith(f"content coding {name}: ")


def test_what_was_decoded_before_it_broke_is_kept() -> None:
    import random

    text = random.Random(1).randbytes(30_000)
    coded = gzip.compress(text)
    body, _, wrong = decode(coded[:20_000] + b"\xff" * 2000, "gzip", 10**6)
    assert text.startswith(body[:15_000])
    assert len(body) > 15_000
    assert wrong


def test_streams_after_each_other() -> None:
    assert decode(gzip.compress(b"a") + gzip.compress(b"b"), "gzip", 100) == (b"ab", False, [])
    assert decode(zstd.compress(b"a") + zstd.compress(b"b"), "zstd", 100) == (b"ab", False, [])
    body, _, wrong = decode(gzip.compress(b"") * 70, "gzip", 100)
    assert wrong == ["content coding gzip: more than 64 streams after each other"]
    assert body == gzip.compress(b"") * 70


@given(st.binary(max_size=200), st.sampled_from([*CODERS, "gzip, br", "zstd, deflate"]), st.booleans())
def test_any_bytes(data: bytes, name: str, coded: bool) -> None:
    if coded and name in CODERS:
        data = CODERS[name](data)[:-1] + b"x"
    body, cut, _ = decode(data, name, 50)
    assert not cut or len(body) == 50
