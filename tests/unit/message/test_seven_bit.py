"""Foreign 8-bit mail for servers that take 7 bits: the same to read, and no signature broken."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailclient.message.address import Address
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.message.encodings import is_sendable
from mailclient.message.entity import entity
from mailclient.message.seven_bit import seven_bit
from mailclient.message.tree import parse

HEAD = b"From: a@example.org\r\nSubject: x\r\n"
TEXT = "Grüße aus Köln,\r\nFrom hier\r\n.\r\n".encode()
PICTURE = bytes(range(256))


def multipart(kind: str, *parts: bytes, encoding: bytes = b"8bit") -> bytes:
    head = b"Content-Type: " + kind.encode() + b"; boundary=b\r\n"
    head += b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n"
    return head + b"".join(b"--b\r\n" + one + b"\r\n" for one in parts) + b"--b--\r\n"


def text_part(encoding: bytes = b"8bit") -> bytes:
    kind = b"Content-Type: text/plain; charset=utf-8\r\n"
    return kind + b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + TEXT


def contents(raw: bytes) -> list[tuple[str, bytes]]:
    """What the leaves say, with line ends as text has them."""
    leaves = [one for one in parse(raw).walk(embedded=True) if not one.children]
    return [(one.content_type, one.decoded().replace(b"\r\n", b"\n")) for one in leaves]


def made(raw: bytes) -> bytes:
    found = seven_bit(raw)
    assert found is not None
    assert found.isascii()
    assert is_sendable(found)
    return found


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"MIME-Version: 1.0\r\n" + text_part(),
        HEAD + text_part(b"binary"),
        HEAD + b"\r\n" + TEXT,
        HEAD + multipart("multipart/mixed", text_part(), b"\r\nplain"),
        HEAD + multipart("multipart/mixed", multipart("multipart/alternative", text_part(),
                         encoding=b"binary").replace(b"=b", b"=c").replace(b"--b", b"--c")),
        HEAD + multipart("multipart/mixed", b"Content-Type: image/png\r\n"
                         b"Content-Transfer-Encoding: binary\r\n\r\n\x89PNG\xff"),
    ],
    ids=["text", "binary text", "without MIME", "mixed", "nested", "picture"],
)  # fmt: skip
def test_what_is_read_stays_the_same(raw: bytes) -> None:
    found = made(raw)
    assert contents(found) == contents(raw)
    assert b"8bit" not in found
    assert b"binary" not in found.lower()
    assert found.startswith(HEAD)


def test_a_message_of_before_mime_becomes_one() -> None:
    found = message_from_bytes(made(HEAD + b"\r\n" + TEXT), policy=policy.default)
    assert found["MIME-Version"] == "1.0"
    assert found["Content-Transfer-Encoding"] == "quoted-printable"


def test_a_message_inside_is_made_fit_too() -> None:
    inner = HEAD + b"MIME-Version: 1.0\r\n" + text_part()
    embedded = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + inner
    found = made(HEAD + multipart("multipart/mixed", b"\r\nSee below", embedded))
    outer = message_from_bytes(found, policy=policy.default)
    assert isinstance(outer, EmailMessage)
    [_, file] = outer.iter_parts()
    assert file["Content-Transfer-Encoding"] == "7bit"
    inside = file.get_content().get_content()
    assert inside.replace("\r\n", "\n") == TEXT.decode().replace("\r\n", "\n")


def test_a_signature_over_eight_bits_is_not_broken() -> None:
    signed = multipart(
        'multipart/signed; protocol="application/pgp-signature"',
        text_part(),
        b"Content-Type: application/pgp-signature\r\n\r\nabc",
    )
    assert seven_bit(HEAD + signed) is None
    outer = multipart("multipart/mixed", signed.replace(b"=b", b"=c").replace(b"--b", b"--c"))
    assert seven_bit(HEAD + outer) is None


def test_a_signature_over_seven_bits_stays_byte_for_byte_beside_other_letters() -> None:
    signed = multipart(
        'multipart/signed; protocol="application/pgp-signature"',
        b"Content-Type: text/plain\r\n\r\nHello",
        b"Content-Type: application/pgp-signature\r\n\r\nabc",
        encoding=b"7bit",
    ).replace(b"=b", b"=c").replace(b"--b", b"--c")  # fmt: skip
    found = made(HEAD + multipart("multipart/mixed", signed, text_part()))
    assert signed in found


def test_a_header_in_other_letters_and_an_unknown_encoding_are_left_alone() -> None:
    assert seven_bit("Subject: Grüße\r\n\r\nx".encode()) is None
    odd = b"Content-Transfer-Encoding: x-uuencode\r\n\r\n\xff"
    assert seven_bit(HEAD + odd) is None


def test_lines_that_no_server_takes_are_made_fit() -> None:
    long = b"x" * 5000 + b"\rand\nso on\r\n"
    found = made(HEAD + b"Content-Type: text/plain\r\n\r\n" + long)
    [(_, said)] = contents(found)
    assert said == long.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


@given(st.binary(max_size=300))
def test_any_file_comes_through(data: bytes) -> None:
    part = b"Content-Type: application/x-y\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + data
    if b"--b" in data:
        return
    found = made(HEAD + multipart("multipart/mixed", part))
    before, after = (parse(one).children[0] for one in (HEAD + multipart("multipart/mixed", part),
                     found))  # fmt: skip
    assert after.decoded() == before.decoded()


@pytest.mark.parametrize(
    ("signed", "kind"), [(False, "message/rfc822"), (True, "application/octet-stream")]
)
def test_a_message_passed_on_goes_as_a_file_where_a_signature_covers_eight_bits(
    signed: bool, kind: str
) -> None:
    inner = HEAD + (
        multipart("multipart/signed", text_part(), b"\r\nsignature") if signed else text_part()
    )
    file = AttachmentSource("x.eml", "message/rfc822", inner)
    whole = entity(Draft(Address("", "a@example.org"), text="x", attachments=(file,)))
    part = parse(whole).children[1]
    assert part.content_type == kind
    assert part.decoded() == inner
