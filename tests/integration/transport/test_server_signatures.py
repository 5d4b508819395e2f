"""The signatures of sending servers, checked against keys that a real name server gives."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mailclient.cancel import CancelToken
from mailclient.errors import Unreachable
from mailclient.message.signatures import Fit, ServerSignature, signature_words
from mailclient.transport.discover.places import Places
from mailclient.transport.dkim import check_signatures
from tests.servers.names import Names, names_running

KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.NoEncryption(),
)
PUBLIC = base64.b64encode(
    KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()
LETTER = (
    b"From: Bob <bob@example.org>\r\nTo: ann@example.net\r\nSubject: Lunch\r\n"
    b"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nAt noon?\r\n"
)
NAME = ("s1._domainkey.example.org.", "TXT")


def record(public: str = PUBLIC) -> str:
    """The key as a record, in strings of at most 255 letters."""
    text = f"v=DKIM1; k=rsa; p={public}"
    return " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))


def signed(raw: bytes = LETTER, *, length: bool = False) -> bytes:
    names = [b"from", b"to", b"subject", b"date"]
    head = dkim.sign(raw, b"s1", b"example.org", PEM, include_headers=names, length=length)
    return bytes(head) + raw


@contextmanager
def keys(*records: str) -> Iterator[tuple[Names, Places]]:
    zone = {NAME: list(records)} if records else {}
    with names_running(zone) as names:
        yield names, Places(dns=names.place)


def check(raw: bytes, places: Places) -> tuple[ServerSignature, ...]:
    return check_signatures(raw, places, CancelToken())


def test_a_signature_that_fits_is_told_with_its_domain_and_nothing_more() -> None:
    with keys(record()) as (names, places):
        found = check(signed(), places)
    assert found == (ServerSignature("example.org", Fit.WHOLE),)
    assert names.asked == ["s1._domainkey.example.org. TXT"]
    assert signature_words(found) == (
        "Checked here: it is as a server of example.org signed it (DKIM)."
    )


@pytest.mark.parametrize(
    "change",
    [(b"At noon?", b"At one?"), (b"Subject: Lunch", b"Subject: Supper"), (b"bh=", b"bh=x")],
)
def test_what_was_changed_on_the_way_does_not_fit(change: tuple[bytes, bytes]) -> None:
    with keys(record()) as (_, places):
        assert check(signed().replace(*change), places) == (
            ServerSignature("example.org", Fit.NOT),
        )


def test_a_domain_without_a_key_is_told_apart() -> None:
    with keys() as (_, places):
        assert check(signed(), places) == (ServerSignature("example.org", Fit.NO_KEY),)


def test_a_signature_over_the_beginning_alone_is_told_as_that() -> None:
    with keys(record()) as (_, places):
        [found] = check(signed(length=True) + b"Send me your password.\r\n", places)
    assert found.fit is Fit.PARTLY
    assert "the rest is not signed" in signature_words((found,))


def test_each_of_several_signatures_stands_for_itself() -> None:
    broken = signed().replace(b"bh=", b"bh=x").partition(b"From:")[0]
    with keys(record()) as (_, places):
        found = check(broken + signed(), places)
    assert [one.fit for one in found] == [Fit.NOT, Fit.WHOLE]


def test_name_servers_that_do_not_answer_are_a_fault_and_no_verdict() -> None:
    with keys(record()) as (names, places):
        gone = Places(dns=names.place, seconds=0.2)
    with pytest.raises(Unreachable):
        check(signed(), gone)
    assert places.dns == gone.dns


@pytest.mark.parametrize(
    "field",
    [b"", b"v=1", b"v=1; a=rsa-sha256; d=example.org; s=s1; h=from; bh=; b=", b"\xff=\x00;;="],
)
def test_a_field_that_is_no_signature_fits_nothing(field: bytes) -> None:
    with keys(record()) as (_, places):
        [found] = check(b"DKIM-Signature: " + field + b"\r\n" + LETTER, places)
    assert found.fit in (Fit.NOT, Fit.NO_KEY)


def test_a_message_without_a_signature_asks_nobody() -> None:
    with keys(record()) as (names, places):
        assert check(LETTER, places) == ()
    assert names.asked == []
    assert signature_words(()) == "No server has signed this message (DKIM)."
