"""What texts say of the size of a file."""

from __future__ import annotations

import pytest

from gatewright.checks.upload import limit_of

KIB, MIB = 1024, 1024 * 1024


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Attach a PNG, JPEG or PDF of at most 512 KiB", 512 * KIB),
        ("PNG or JPEG, 1 MiB (1048576 bytes) at most", MIB),
        ("Maximum file size is 10 megabytes", 10 * MIB),
        ("(max. 5MB)", 5 * MIB),
        ("2,097,152 bytes maximum", 2 * MIB),
        ("413: File larger than 5 MB", 5 * MIB),
        ("Files larger than 200 KB are rejected", 200 * KIB),
        ("must be smaller than 2MB", 2 * MIB),
        ("Size <= 300 KB", 300 * KIB),
        ("1.5 MB or less", 3 * MIB // 2),
        ("minimum 2 KB, maximum 4 KB", 4 * KIB),
        ("Title up to 200 bytes, file up to 3 MB", 3 * MIB),
    ],
)
def test_a_limit_is_read(text: str, size: int) -> None:
    assert limit_of(text) == size


@pytest.mark.parametrize(
    "text",
    [
        "Files over 1 MB are scanned later",
        "Files larger than 1 MB are compressed in the background",
        "The name has up to 64 bytes",
        "At least 1 KB",
        "A photo of 3 MB is stored in 2 s",
        "At most 10 files",
        "",
    ],
)
def test_what_says_nothing_of_a_limit_is_none(text: str) -> None:
    assert limit_of(text) == 0
