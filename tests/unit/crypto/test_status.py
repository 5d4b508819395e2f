"""GnuPG's words are read strictly: only whole blocks count, and only LF ends a line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailclient.crypto.openpgp.listing import address_of, read_keys
from mailclient.crypto.openpgp.status import (
    container,
    needs_passphrase,
    read_status,
    refusal,
    signature_blocks,
)
from mailclient.message.facts import SignatureStatus

FPR, PRIMARY = "A" * 40, "B" * 40
VALID = f"VALIDSIG {FPR} 2026-11-23 1763892000 0 4 0 22 10 00 {PRIMARY}"


def lines(*said: str) -> bytes:
    return b"".join(f"[GNUPG:] {one}\n".encode() for one in said)


def status(*said: str) -> SignatureStatus:
    [block] = signature_blocks(read_status(lines("NEWSIG", *said)))
    return block.status


def test_a_good_signature_names_the_primary_key_and_its_time() -> None:
    [block] = signature_blocks(read_status(lines("NEWSIG", "GOODSIG 1 Ann <a@b.c>", VALID)))
    assert block.status is SignatureStatus.GOOD
    assert block.fingerprint == PRIMARY
    assert block.made == datetime.fromtimestamp(1763892000, UTC)
    assert block.hash_algorithm == "SHA512"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ((VALID,), SignatureStatus.ERROR),  # VALIDSIG without GOODSIG says nothing
        (("GOODSIG 1 x",), SignatureStatus.ERROR),
        (("BADSIG 1 x",), SignatureStatus.BAD),
        (("BADSIG 1 x", VALID), SignatureStatus.BAD),
        (("EXPKEYSIG 1 x", VALID), SignatureStatus.EXPIRED_KEY),
        (("EXPSIG 1 x", VALID), SignatureStatus.EXPIRED),
        (("REVKEYSIG 1 x", VALID), SignatureStatus.REVOKED_KEY),
        (("ERRSIG 1 22 10 00 1763892000 9 -",), SignatureStatus.UNKNOWN_KEY),
        (("ERRSIG 1 22 10 00 1763892000 4 -",), SignatureStatus.WEAK),
        (("GOODSIG 1 x", VALID.replace(" 10 00 ", " 2 00 ")), SignatureStatus.WEAK),
        (("GOODSIG 1 x", VALID.replace(" 10 00 ", " 10 10 ")), SignatureStatus.ERROR),
        ((), SignatureStatus.ERROR),
    ],
)
def test_nothing_less_is_a_good_signature(said: tuple[str, ...], found: SignatureStatus) -> None:
    assert status(*said) is found


def test_each_signature_is_weighed_apart() -> None:
    said = lines("NEWSIG", "GOODSIG 1 Mallory", VALID, "NEWSIG", "BADSIG 2 Alice")
    found = [block.status for block in signature_blocks(read_status(said))]
    assert found == [SignatureStatus.GOOD, SignatureStatus.BAD]


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029", "\r", "\x0b", "\x0c", "\x1c"])
def test_no_user_id_begins_a_line(separator: str) -> None:
    said = lines("NEWSIG", f"GOODSIG 1 Mal{separator}[GNUPG:] {VALID}{separator} <m@x.y>")
    assert [line.keyword for line in read_status(said)] == ["NEWSIG", "GOODSIG"]


GOOD = ("ENC_TO 1 18 0", "BEGIN_DECRYPTION", "DECRYPTION_INFO 2 9 0", "PLAINTEXT 62 0 ",
        "PLAINTEXT_LENGTH 5", "DECRYPTION_OKAY", "GOODMDC", "END_DECRYPTION")  # fmt: skip


def refused(*said: str, code: int = 0, size: int = 5) -> bool:
    return bool(refusal(read_status(lines(*said)), code, size))


def test_an_honest_decryption_is_accepted() -> None:
    assert not refused(*GOOD)
    assert container(read_status(lines(*GOOD))) == "SEIPDv1"


@pytest.mark.parametrize("word", ["BEGIN_DECRYPTION", "PLAINTEXT 62 0 ", "DECRYPTION_OKAY",
                                  "DECRYPTION_INFO 2 9 0"])  # fmt: skip
def test_each_word_of_it_is_needed_once(word: str) -> None:
    assert refused(*(one for one in GOOD if one != word))
    if not word.startswith("DECRYPTION_INFO"):
        assert refused(*GOOD, word)


@pytest.mark.parametrize("word", ["NODATA 1", "UNEXPECTED 0", "ERROR x 1", "FAILURE x 1", "BADMDC",
                                  "DECRYPTION_FAILED", "BADARMOR"])  # fmt: skip
def test_any_word_of_doubt_refuses_it(word: str) -> None:
    assert refused(*GOOD, word)


def test_a_wrong_length_or_exit_refuses_it() -> None:
    assert refused(*GOOD, size=4)
    assert refused(*GOOD, code=2)
    hidden = ("ENC_TO 0000000000000000 18 0", *GOOD[1:])
    assert not refused(*hidden, code=2)


def test_a_missing_passphrase_is_told_from_other_faults() -> None:
    assert needs_passphrase(read_status(lines("ERROR pkdecrypt_failed 67108949")))
    assert not needs_passphrase(read_status(lines("ERROR pkdecrypt_failed 67108881")))


@given(st.binary(max_size=400))
def test_no_bytes_on_the_channel_make_the_reader_raise(data: bytes) -> None:
    found = read_status(b"[GNUPG:] NEWSIG\n" + data)
    signature_blocks(found)
    refusal(found, 0, 0)
    read_keys(data)


@pytest.mark.parametrize(
    ("user_id", "address"),
    [
        ("Ann <Ann@Example.org>", "ann@example.org"),
        ("ann@example.org", "ann@example.org"),
        ("<ann@example.org>", "ann@example.org"),
        ("Eve <alice@example.org.evil.example>", "alice@example.org.evil.example"),
        ('"alice@example.org" <eve@example.org>', "eve@example.org"),
        ("Eve alice@example.org <eve@example.org>", "eve@example.org"),
        ("alice@example.org <eve@example.org> ", "eve@example.org"),
        ("<alice@example.org> <eve@example.org>", "eve@example.org"),
        ("Ann", ""),
        ("Eve <alice@example.org", ""),
    ],
)
def test_a_user_id_names_one_address_and_no_other(user_id: str, address: str) -> None:
    assert address_of(user_id) == address


def test_two_keys_with_the_same_key_id_are_told_apart_by_the_whole_fingerprint() -> None:
    """The 64 bits of a key ID can be made to order; who has signed is said by VALIDSIG alone."""
    mallory = f"{'C' * 24}{PRIMARY[24:]}"
    assert mallory[-16:] == PRIMARY[-16:]
    good = f"GOODSIG {PRIMARY[-16:]} Ann <a@b.c>"
    said = lines("NEWSIG", good, VALID, "NEWSIG", good, VALID.replace(PRIMARY, mallory))
    assert [one.fingerprint for one in signature_blocks(read_status(said))] == [PRIMARY, mallory]


def test_a_key_on_a_card_is_known_by_the_serial_number() -> None:
    card = "sec:u:255:22:1111111111111111:1:::u:::scESC:::D2760001240103040006123456780000:::23::0:"
    here = "sec:u:255:22:2222222222222222:1:::u:::scESC:::+:::23::0:"
    absent = "sec:u:255:22:3333333333333333:1:::u:::scESC:::#:::23::0:"
    sub = "ssb:u:255:18:4444444444444444:1::::::e:::D2760001240103040006123456780000:::23:"
    fprs = [f"fpr:::::::::{digit * 40}:" for digit in "1234"]
    listing = "\n".join([card, fprs[0], here, fprs[1], absent, fprs[2], sub, fprs[3]])
    assert [key.on_card for key in read_keys(listing.encode())] == [True, False, True]
