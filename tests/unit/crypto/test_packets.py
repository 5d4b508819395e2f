"""Public keys are taken apart as packets; whatever is not whole ends the reading."""

from __future__ import annotations

from base64 import b64encode

import pytest

from mailclient.crypto.openpgp.packets import certificates
from mailclient.transport.https import LARGEST


def packet(tag: int, body: bytes, form: str = "new") -> bytes:
    if form == "old":
        return bytes([0x80 | tag << 2 | 1]) + len(body).to_bytes(2, "big") + body
    if len(body) < 192:
        return bytes([0xC0 | tag, len(body)]) + body
    if len(body) < 8384:
        rest = len(body) - 192
        return bytes([0xC0 | tag, (rest >> 8) + 192, rest & 0xFF]) + body
    return bytes([0xC0 | tag, 255]) + len(body).to_bytes(4, "big") + body


PRIMARY, SIGNED, NAME, SUB = (6, b"key"), (2, b"sig"), (13, b"Bob <bob@example.org>"), (14, b"sub")
WHOLE = b"".join(packet(*one) for one in (PRIMARY, SIGNED, NAME, SIGNED, SUB, SIGNED))


def armored(data: bytes, head: str = "") -> bytes:
    code = b64encode(data).decode()
    return (
        f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n{head}\n{code}\n=abcd\n"
        "-----END PGP PUBLIC KEY BLOCK-----\n"
    ).encode()


@pytest.mark.parametrize("data", [WHOLE, armored(WHOLE), armored(WHOLE, "Comment: a key\n")])
def test_a_key_is_itself_its_names_and_its_subkeys(data: bytes) -> None:
    [one] = certificates(data)
    assert [part.tag for part in one.primary] == [6, 2]
    assert [part.tag for part in one.user_ids] == [13, 2]
    assert [part.tag for part in one.subkeys] == [14, 2]
    assert one.data == WHOLE


@pytest.mark.parametrize("data", [WHOLE + WHOLE, armored(WHOLE) + armored(WHOLE)])
def test_several_keys_are_told_apart(data: bytes) -> None:
    assert [one.data for one in certificates(data)] == [WHOLE, WHOLE]


def test_an_answer_that_was_made_to_be_slow_to_read_is_not() -> None:
    """Any of these blank lines could be the one behind the head."""
    block = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n" + b" \n" * (LARGEST // 2)
    assert certificates(block) == ()
    assert certificates(block + b"-----END PGP PUBLIC KEY BLOCK-----\n") == ()


@pytest.mark.parametrize("size", [0, 191, 192, 8383, 8384, 70_000])
def test_every_length_is_read_as_it_is_written(size: int) -> None:
    key = packet(6, b"k") + packet(2, b"s" * size)
    [one] = certificates(key + packet(6, b"x"))[:1]
    assert one.data == key


def test_the_older_form_of_a_packet_is_read_too() -> None:
    key = packet(6, b"k", "old") + packet(13, b"Bob", "old")
    [one] = certificates(key)
    assert [part.tag for part in one.user_ids] == [13]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>not found</html>",
        b"\xc6",
        b"\xc6\xff\x00",
        packet(2, b"sig"),
        bytes([0xC0 | 6, 230]) + b"in parts",
        bytes([0x80 | 6 << 2 | 3]) + b"without a length",
        packet(5, b"a secret key") + packet(13, b"Bob"),
        packet(6, b"k") + packet(7, b"a secret subkey"),
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!\n-----END PGP PUBLIC KEY BLOCK-----\n",
    ],
)
def test_what_is_no_public_key_gives_none(data: bytes) -> None:
    assert [one for one in certificates(data) if len(one.primary) > 1 or one.user_ids] == []


def test_a_key_that_is_cut_off_ends_where_it_is_cut() -> None:
    for end in range(len(WHOLE)):
        for one in certificates(WHOLE[:end]):
            assert WHOLE.startswith(one.data)


def test_a_newer_copy_without_names_brings_its_revocations_to_the_key_that_is_here() -> None:
    bare = packet(*PRIMARY) + packet(2, b"revoked") + packet(14, b"newer") + packet(2, b"sig")
    [here], [newer] = certificates(WHOLE), certificates(bare)
    renewed = here.renewed_by(newer)
    assert renewed is not None
    assert b"revoked" in renewed.data
    assert b"bob@example.org" in renewed.data
    assert b"newer" in renewed.data


def test_a_newer_copy_brings_no_names() -> None:
    [here] = certificates(WHOLE)
    [newer] = certificates(packet(*PRIMARY) + packet(13, b"Eve <eve@example.org>"))
    renewed = here.renewed_by(newer)
    assert renewed is not None
    assert b"eve@" not in renewed.data


def test_another_key_renews_nothing() -> None:
    [here], [other] = certificates(WHOLE), certificates(packet(6, b"other"))
    assert here.renewed_by(other) is None
