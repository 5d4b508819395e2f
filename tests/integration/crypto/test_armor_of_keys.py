"""Keys as text, with and without a checksum: GnuPG 2.2 alone takes every third one for damaged."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import pytest

from mailclient.crypto.openpgp.armor import PUBLIC_KEY, armored, keys_unarmored
from mailclient.crypto.openpgp.packets import USER_ID
from tests.integration.crypto.conftest import Pen

PRIVATE = "PRIVATE KEY BLOCK"
THREE = pytest.mark.parametrize("more", [0, 1, 2])


def lengthened(key: bytes, to: int) -> bytes:
    """The key with a packet behind it that means nothing, so that its length is `to` modulo 3."""
    return next(
        whole
        for size in range(3)
        if len(whole := key + bytes([0xC0 | 60, size]) + b"x" * size) % 3 == to
    )


def without_checksum(packets: bytes, kind: str) -> bytes:
    """Armor as Sequoia and RNP write it."""
    code = b64encode(packets).decode("ascii")
    lines = [code[at : at + 64] for at in range(0, len(code), 64)]
    whole = (f"-----BEGIN PGP {kind}-----", "", *lines, f"-----END PGP {kind}-----", "")
    return "\r\n".join(whole).encode("ascii")


@THREE
def test_a_key_without_a_checksum_is_taken(more: int, pens: Callable[[], Pen]) -> None:
    owner, reader = pens(), pens()
    fingerprint = owner.key("bob@example.org")
    text = without_checksum(lengthened(owner.gpg("--export"), more), PUBLIC_KEY)
    assert [one.fingerprint for one in reader.plugin.keys.inspect(text)] == [fingerprint]
    assert [one.fingerprint for one in reader.plugin.keys.import_keys(text)] == [fingerprint]


@THREE
def test_a_secret_key_without_a_checksum_is_taken(more: int, pens: Callable[[], Pen]) -> None:
    owner, reader = pens(), pens()
    owner.key("bob@example.org")
    text = without_checksum(lengthened(owner.gpg("--export-secret-keys"), more), PRIVATE)
    [taken] = reader.plugin.keys.import_keys(text)
    assert taken.secret


@THREE
def test_what_is_written_as_text_is_read_by_gnupg_alone(more: int, pens: Callable[[], Pen]) -> None:
    owner, reader = pens(), pens()
    fingerprint = owner.key("bob@example.org")
    text = armored(lengthened(owner.gpg("--export"), more), PUBLIC_KEY)
    shown = reader.gpg("--with-colons", "--import-options", "show-only", "--import", data=text)
    assert fingerprint in shown.decode()


def test_keys_between_words_are_all_taken(pens: Callable[[], Pen]) -> None:
    owner, reader = pens(), pens()
    made = [owner.key("bob@example.org"), owner.key("carol@example.org")]
    texts = [without_checksum(owner.gpg("--export", one), PUBLIC_KEY) for one in made]
    letter = b"Bob's key:\r\n" + texts[0] + b"and Carol's:\r\n" + texts[1] + b"Bye\r\n"
    taken = reader.plugin.keys.import_keys(letter)
    assert [one.fingerprint for one in taken] == made


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes([0xC0 | USER_ID, 3]) + b"Bob",
        b"no key",
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabcd\n",
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\na!cd\n-----END PGP PUBLIC KEY BLOCK-----\n",
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n",
    ],
)
def test_what_is_no_whole_armor_is_left_as_it_is(data: bytes) -> None:
    assert keys_unarmored(data) == data
