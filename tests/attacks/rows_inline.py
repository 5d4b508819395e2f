"""Texts that are signed in the open: only what the signature covers is ever shown under a seal."""

from __future__ import annotations

from collections.abc import Callable

from mailclient.message.security import SignatureWord, State
from tests.attacks.conftest import BOB, MALLORY, Desk
from tests.attacks.table import HEAD, Row, html, multipart

GOOD, BAD, UNKNOWN = SignatureWord.GOOD, SignatureWord.BAD, SignatureWord.UNKNOWN_KEY
VERIFIED = State.SIGNED_VERIFIED
WORDS = b"the lilac gate\n"
BEGIN = b"-----BEGIN PGP SIGNED MESSAGE-----\r\n"
HASH = b"Hash: SHA512\r\n"
SIGNATURE = b"-----BEGIN PGP SIGNATURE-----\r\n"
END = b"-----END PGP SIGNATURE-----\r\n"


def clear(desk: Desk, *options: str, text: bytes = WORDS, by: str = BOB) -> bytes:
    """A text that somebody signs in the open."""
    made = desk.gpg("--local-user", desk.keys[by], "--digest-algo", "SHA512", *options,
                    "--clear-sign", data=text)  # fmt: skip
    return made.replace(b"\n", b"\r\n")


def whole(change: Callable[[bytes], bytes], text: bytes = WORDS) -> Callable[[Desk], bytes]:
    """A letter that is all signed text, changed in some way."""

    def build(desk: Desk) -> bytes:
        made = clear(desk, text=text)
        return desk.letter(HEAD + change(made))

    return build


def swap(old: bytes, new: bytes, text: bytes = WORDS) -> Callable[[Desk], bytes]:
    def change(made: bytes) -> bytes:
        assert old in made
        return made.replace(old, new, 1)

    return whole(change, text)


ROWS = (
    Row("a signed text", whole(lambda one: one), VERIFIED, GOOD, shows="the lilac gate"),
    Row("a signed text with dashes", whole(lambda one: one, b"- one\n-----\nFrom here\n"), VERIFIED,
        GOOD, shows="- one\n-----\nFrom here"),
    Row("a signed text with blanks at its ends", whole(lambda one: one, b"gate  \nwall\t\n\n"),
        VERIFIED, GOOD, shows="gate\nwall\n"),
    Row("a signed text in other letters", whole(lambda one: one, "Größe\n".encode()), VERIFIED,
        GOOD, shows="Größe"),
    Row("a signed text that somebody else signed", lambda desk: desk.letter(
        HEAD + clear(desk, by=MALLORY)), signature=SignatureWord.WRONG_SENDER),
    Row("a signed text, changed", swap(b"gate", b"wall"), signature=BAD),
    Row("a signed text with a line more", swap(WORDS.strip(), WORDS.strip() + b"\r\nPay 900."),
        signature=BAD),
    Row("text above a signed text", whole(lambda one: b"Pay 900.\r\n" + one), shows="Pay 900"),
    Row("text below a signed text", whole(lambda one: one + b"Pay 900.\r\n"), shows="Pay 900"),
    Row("two signed texts", whole(lambda one: one + one)),
    Row("a signed text as one part of two", lambda desk: desk.letter(multipart(
        "mixed", HEAD + clear(desk), HEAD + b"Pay 900.\r\n")), State.MIXED, shows="Pay 900"),
    Row("a signed text as the plain side of HTML", lambda desk: desk.letter(multipart(
        "alternative", HEAD + clear(desk), html("<p>Pay 900.</p>"))), State.MIXED),
    *(Row(f"an armor header of a signed text: {name}", swap(HASH, HASH + line), signature=UNKNOWN)
      for name, line in {
          "a comment": b"Comment: Pay 900.\r\n",
          "a version": b"Version: Pay 900.\r\n",
          "a charset": b"Charset: utf-7\r\n",
          "NotDashEscaped": b"NotDashEscaped: You need GnuPG to verify this message\r\n",
          "a made-up one": b"X-Text: Pay 900.\r\n",
          "a hash with a text": b"Hash: SHA512, Pay 900.\r\n",
          "a line that is none": b"Pay 900.\r\n",
          "a line behind a form feed": b"Hash: SHA512\x0cPay 900.\r\n",
          "a line behind a carriage return": b"Hash: SHA512\rPay 900.\r\n",
      }.items()),
    Row("a second Hash line", swap(HASH, HASH + b"Hash: SHA256\r\n"), VERIFIED, GOOD),
    Row("no Hash line", swap(HASH, b""), VERIFIED, GOOD),
    Row("another Hash line", swap(HASH, b"Hash: MD5\r\n"), VERIFIED, GOOD),
    Row("a Hash line with blanks for an empty line", swap(HASH + b"\r\n", HASH + b" \t\r\n"),
        VERIFIED, GOOD),
    Row("a text where the empty line is missing", swap(HASH + b"\r\n", HASH), signature=UNKNOWN),
    Row("a header line that is only blanks before text", swap(
        HASH + b"\r\n", HASH + b"  \r\nPay 900.\r\n\r\n"), signature=BAD),
    Row("a form feed at the end of a signed line, and a line more", swap(
        b"gate\x0c\r\n", b"gate\x0c\r\nPay 900.\r\n", b"the lilac gate\x0c\n"), signature=BAD),
    Row("a signed line of twenty thousand letters, and more behind it", swap(
        b"a\r\n", b"aPay 900.\r\n", b"a" * 20_000 + b"\n"), signature=BAD),
    Row("a carriage return in a signed text", swap(b"gate", b"gate\rPay 900."), signature=UNKNOWN),
    Row("a NUL in a signed text", swap(b"gate", b"gate\x00Pay 900."), signature=UNKNOWN),
    Row("a NUL at the end of a signed text", swap(b"gate", b"gate\x00"), signature=UNKNOWN),
    Row("a signed text in a signed text", whole(
        lambda one: one.replace(WORDS.strip(), BEGIN + HASH + b"\r\nPay 900.", 1)),
        ),
    Row("a line of dashes that is not escaped", swap(
        WORDS.strip(), WORDS.strip() + b"\r\n-----PAY 900-----"), signature=UNKNOWN),
    Row("a message in the place of the signature", lambda desk: desk.letter(
        HEAD + BEGIN + HASH + b"\r\nPay 900.\r\n" + SIGNATURE + clear(desk).partition(SIGNATURE)[2]
        ), signature=BAD),
    Row("a signed text whose signature is of a document", lambda desk: desk.letter(
        HEAD + BEGIN + HASH + b"\r\nthe lilac gate\r\n" + desk.signature(
            "--local-user", desk.keys[BOB], entity=b"the lilac gate").replace(b"\n", b"\r\n")),
        signature=UNKNOWN),
    Row("a signed text without a signature", whole(lambda one: one.partition(SIGNATURE)[0])),
    Row("a signed text with an empty signature", whole(
        lambda one: one.partition(SIGNATURE)[0] + SIGNATURE + b"\r\n" + END), signature=UNKNOWN),
    Row("a signed text with text in its armor", swap(
        SIGNATURE + b"\r\n", SIGNATURE + b"\r\nPay 900.\r\n"), signature=UNKNOWN),
    Row("a signed text with a header in its armor", swap(
        SIGNATURE, SIGNATURE + b"Comment: Pay 900.\r\n"), VERIFIED, GOOD, shows="lilac"),
    Row("a signed text that is quoted", whole(
        lambda one: b"".join(b"> " + line + b"\r\n" for line in one.splitlines()))),
    Row("a signed text as a file", lambda desk: desk.letter(
        b"Content-Disposition: attachment; filename=x.txt\r\n" + HEAD + clear(desk))),
    Row("a signed text in HTML", lambda desk: desk.letter(
        html(f"<pre>{clear(desk).decode()}</pre>"))),
)  # fmt: skip
