"""Autocrypt fields are read as the standard says, and written so that they can be folded."""

from __future__ import annotations

from base64 import b64encode

import pytest

from mailclient.crypto.openpgp.autocrypt import find_announcement, read_field, write_field
from mailclient.message.fields import fold

KEY = b"a key " * 50
CODE = b64encode(KEY).decode()


def test_what_is_written_is_read_again_after_folding() -> None:
    value = write_field("ann@example.org", KEY, prefer_encrypt=True)
    folded = fold("Autocrypt", value)
    assert all(len(line) <= 78 for line in folded.split("\r\n"))
    found = read_field(folded.partition(":")[2].replace("\r\n", ""))
    assert found is not None
    assert (found.address, found.key, found.prefer_encrypt) == ("ann@example.org", KEY, True)


@pytest.mark.parametrize(
    "value",
    [
        "", "addr=a@b.c", f"keydata={CODE}", f"addr=a@b.c; keydata={CODE}; unknown=1",
        "addr=a@b.c; keydata=!!!", f"addr=a@b.c; addr=d@e.f; keydata={CODE}",
        f"addr=a@b.c; keydata={'A' * 20_000}", "addr=a@b.c; keydata=",
    ],
)  # fmt: skip
def test_a_field_that_is_not_valid_says_nothing(value: str) -> None:
    assert read_field(value) is None


def test_an_unknown_attribute_that_is_not_critical_does_no_harm() -> None:
    assert read_field(f"addr=a@b.c; _new=1; keydata={CODE}") is not None


def test_only_the_single_valid_field_of_the_sender_counts() -> None:
    ann, bob = (("Autocrypt", f"addr={who}@b.c; keydata={CODE}") for who in ("ann", "bob"))
    assert find_announcement([ann], "Ann@b.c") is not None
    assert find_announcement([ann], "bob@b.c") is None
    assert find_announcement([ann, ann], "ann@b.c") is None
    assert find_announcement([ann, bob], "ann@b.c") is None


def test_a_key_too_large_for_a_field_is_not_announced() -> None:
    assert write_field("ann@example.org", b"x" * 9000, prefer_encrypt=False) == ""
