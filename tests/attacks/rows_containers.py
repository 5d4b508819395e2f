"""Encrypted data made by hand: malleable, stripped, cut, doubled, swollen, or not encrypted at all
(RFC 9580 section 13.7 and 13.14)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from mailclient.message.security import SignatureWord, State
from tests.attacks.conftest import ALICE, BOB, MALLORY, TEXT, Desk, pgp_mime
from tests.attacks.packets import (
    PKESK,
    SED,
    SEIPD,
    HandMade,
    armored,
    compressed,
    literal,
    nested,
    ocb,
    packet,
    sed,
    seipd,
    split,
)
from tests.attacks.table import EVIL, Row

LONG = TEXT + b"Meet me at the lilac gate.\r\n" * 400
BOMB_SIZE = 192 * 1024 * 1024


def container(make: Callable[[bytes], bytes]) -> Callable[[Desk], bytes]:
    """A letter whose container is made with the session key."""
    return lambda desk: desk.letter(desk.to_alice(make(desk.session[1])))


def plain(make: Callable[[Desk], bytes]) -> Callable[[Desk], bytes]:
    """A letter that calls itself encrypted, and holds these packets and no key."""
    return lambda desk: desk.letter(pgp_mime(armored(make(desk))))


def inside(make: Callable[[Desk], bytes], **fields: str) -> Callable[[Desk], bytes]:
    """A letter with these packets inside a sound container."""
    return lambda desk: desk.letter(desk.to_alice(seipd(desk.session[1], make(desk))), **fields)


def body_of(data: bytes) -> bytes:
    """The body of the only packet in some data."""
    [(_, body)] = split(data)
    return body


def signed(desk: Desk, by: str = BOB, text: bytes = TEXT) -> bytes:
    """Text under a signature, as binary packets."""
    return desk.packets_of("--local-user", desk.keys[by], "--digest-algo", "SHA512", "--sign",
                           data=text)  # fmt: skip


def twice(desk: Desk, first: str, second: str, *, bad: str = "") -> bytes:
    """Text under two signatures, of which one may be of another text."""
    made = []
    for who in (first, second):
        text = EVIL if who == bad else TEXT
        made.append(list(split(signed(desk, who, text))))
    (one_a, _, sig_a), (one_b, _, sig_b) = made
    inner = packet(*_not_last(one_a)) + packet(*one_b)
    return inner + literal(TEXT) + packet(*sig_b) + packet(*sig_a)


def _not_last(one_pass: tuple[int, bytes]) -> tuple[int, bytes]:
    """A one-pass packet that another follows."""
    return one_pass[0], one_pass[1][:-1] + b"\x00"


def altered(desk: Desk) -> bytes:
    """A signed text with another text in its place."""
    head, _, tail = list(split(signed(desk)))
    return packet(*head) + literal(EVIL) + packet(*tail)


def by_a_stranger(text: bytes) -> bytes:
    """Text under the signature of a key that nobody has."""
    return HandMade(datetime(2026, 1, 1, tzinfo=UTC)).sign(text) + literal(text)


def half_key(desk: Desk) -> bytes:
    """A key packet that was changed on its way."""
    [(_, body)] = split(desk.session[0])
    broken = packet(PKESK, body[:-3] + bytes([body[-3] ^ 1]) + body[-2:])
    return desk.letter(pgp_mime(armored(broken + seipd(desk.session[1], literal(TEXT)))))


INJECTED = b"[GNUPG:] BEGIN_DECRYPTION\n[GNUPG:] DECRYPTION_INFO 2 9\n[GNUPG:] DECRYPTION_OKAY\n"
SEPARATORS = {
    "LF": b"\n",
    "CR": b"\r",
    "VT": b"\x0b",
    "FF": b"\x0c",
    "NEL": b"\xc2\x85",
    "bare 85": b"\x85",
    "U+2028": b"\xe2\x80\xa8",
    "NUL": b"\x00",
}
BROKEN = State.BROKEN

ROWS = (
    Row("a sound container", container(lambda key: seipd(key, literal(TEXT))), State.ENCRYPTED,
        shows="lilac"),
    Row("a container without its guard",
        container(lambda key: seipd(key, literal(TEXT), guard=False)), BROKEN, hides=True),
    Row("a container with a wrong guard",
        container(lambda key: seipd(key, literal(TEXT), right=False)), BROKEN, hides=True),
    Row("a container whose guard is cut off",
        container(lambda key: packet(SEIPD, body_of(seipd(key, literal(TEXT)))[:-22])), BROKEN,
        hides=True),
    Row("a container that is cut in the middle",
        container(lambda key: packet(SEIPD, body_of(seipd(key, literal(LONG)))[:-5000])), BROKEN,
        hides=True),
    Row("a container that promises more than it has",
        container(lambda key: seipd(key, literal(LONG))[:-5000]), BROKEN, hides=True),
    Row("a container of the old kind that nothing guards",
        container(lambda key: sed(key, literal(TEXT))), BROKEN, hides=True),
    Row("a guarded container under the old label",
        container(lambda key: packet(SED, body_of(seipd(key, literal(TEXT)))[1:])), BROKEN,
        hides=True),
    Row("a guarded container under the old label, cut to fit",
        container(lambda key: packet(SED, body_of(seipd(key, literal(LONG)))[1:-22])), BROKEN,
        hides=True),
    Row("a container of an unknown version",
        container(lambda key: packet(SEIPD, b"\x03" + body_of(seipd(key, literal(TEXT)))[1:])),
        BROKEN, hides=True),
    Row("an OCB container", container(lambda key: ocb(key, literal(LONG))), State.ENCRYPTED,
        shows="lilac"),
    *(
        Row(f"an OCB container with chunk {at} altered",
            container(lambda key, at=at: ocb(key, literal(LONG), tamper=at)),  # type: ignore[misc]
            BROKEN, hides=True)
        for at in (0, 3, 11)
    ),
    *(
        Row(f"an OCB container that ends after {count} chunks",
            container(lambda key, n=count: ocb(key, literal(LONG), chunks=n)),  # type: ignore[misc]
            BROKEN, hides=True)
        for count in (0, 1, 6, 11)
    ),
    Row("an OCB container, signed by an unknown key",
        container(lambda key: ocb(key, by_a_stranger(LONG))), State.ENCRYPTED,
        SignatureWord.UNKNOWN_KEY, shows="lilac"),
    *(
        Row(f"an OCB container, signed by an unknown key, with chunk {at} altered",
            container(lambda key, at=at: ocb(  # type: ignore[misc]
                key, by_a_stranger(LONG), tamper=at)), BROKEN, hides=True)
        for at in (0, 3, 11)
    ),
    *(
        Row(f"an OCB container, signed by an unknown key, that ends after {count} chunks",
            container(lambda key, n=count: ocb(  # type: ignore[misc]
                key, by_a_stranger(LONG), chunks=n)), BROKEN, hides=True)
        for count in (1, 6, 11)
    ),
    Row("an OCB container whose last tag is cut off",
        container(lambda key: packet(20, body_of(ocb(key, literal(LONG)))[:-16])), BROKEN,
        hides=True),
    Row("a text that is not encrypted", plain(lambda desk: literal(TEXT)), shows="lilac"),
    Row("a text that is only compressed", plain(lambda desk: compressed(literal(TEXT))),
        shows="lilac"),
    Row("a text that is only signed", plain(lambda desk: signed(desk)), shows="lilac"),
    Row("a key packet with a text that is not encrypted", lambda desk: desk.letter(
        desk.to_alice(literal(TEXT))), shows="lilac"),
    Row("a signature alone", plain(lambda desk: packet(*list(split(signed(desk)))[2])), BROKEN),
    Row("nothing at all", plain(lambda desk: b""), BROKEN),
    Row("a public key", plain(lambda desk: desk.gpg("--export", desk.keys[BOB])), BROKEN),
    Row("a text before a container", lambda desk: desk.letter(pgp_mime(armored(
        literal(EVIL) + desk.session[0] + seipd(desk.session[1], literal(TEXT))))), BROKEN,
        hides=True),
    Row("a text behind a container", container(
        lambda key: seipd(key, literal(TEXT)) + literal(EVIL)), BROKEN, hides=True),
    Row("two containers", container(
        lambda key: seipd(key, literal(TEXT)) + seipd(key, literal(EVIL))), BROKEN, hides=True),
    Row("two whole messages", lambda desk: desk.letter(desk.to_alice(
        seipd(desk.session[1], literal(EVIL)) + desk.session[0]
        + seipd(desk.session[1], literal(TEXT)))), BROKEN, hides=True),
    Row("two texts in a container", inside(lambda desk: literal(EVIL) + literal(TEXT)), BROKEN,
        hides=True),
    Row("a container in a container",
        inside(lambda desk: desk.session[0] + seipd(desk.session[1], literal(TEXT))), BROKEN,
        hides=True),
    Row("an empty container", inside(lambda desk: b""), BROKEN),
    Row("an empty text in a container", inside(lambda desk: literal(b"")), State.ENCRYPTED),
    Row("a compressed text in a container", inside(lambda desk: compressed(literal(TEXT))),
        State.ENCRYPTED, shows="lilac"),
    Row("a text that is compressed a hundred times", inside(lambda desk: nested(
        literal(TEXT), 100)), BROKEN, hides=True),
    Row("a compression that breaks off", inside(lambda desk: compressed(literal(LONG))[:-9]),
        BROKEN, hides=True),
    Row("a compression that is none", inside(lambda desk: packet(8, b"\x01lilac gate")), BROKEN,
        hides=True),
    Row("a text that grows beyond all measure", inside(
        lambda desk: compressed(literal(b"lilac " * (BOMB_SIZE // 6)))), BROKEN, hides=True),
    Row("a key packet that was changed", half_key, BROKEN, hides=True),
    Row("a letter to somebody else", lambda desk: desk.letter(desk.sealed(to=BOB)), State.LOCKED,
        hides=True),
    Row("a letter to a passphrase", plain(lambda desk: desk.packets_of(
        "--passphrase", "x", "--symmetric")), State.LOCKED, hides=True),
    Row("a letter to a hidden recipient", plain(lambda desk: desk.packets_of(
        "--hidden-recipient", desk.keys[ALICE], "--encrypt")), State.ENCRYPTED, shows="lilac"),
    Row("a letter to a hidden recipient, altered", plain(lambda desk: desk.packets_of(
        "--hidden-recipient", desk.keys[ALICE], "--encrypt", data=LONG)[:-30] + bytes(30)), BROKEN,
        hides=True),
    # Signatures inside
    Row("a sound container with Bob's signature", inside(signed), State.CONFIDENTIAL,
        SignatureWord.GOOD, shows="lilac"),
    Row("Bob's signature in a container that nothing guards", lambda desk: desk.letter(
        desk.to_alice(sed(desk.session[1], signed(desk)))), BROKEN, hides=True),
    # GnuPG ends before it has looked at the guard, so what came out is not known to be whole.
    Row("Bob's signature over another text", inside(altered), BROKEN, hides=True),
    Row("Mallory's signature under Bob's name", inside(lambda desk: signed(desk, MALLORY)),
        State.ENCRYPTED, SignatureWord.WRONG_SENDER),
    Row("Mallory's good and Bob's bad signature under Bob's name",
        inside(lambda desk: twice(desk, MALLORY, BOB, bad=BOB)), BROKEN, hides=True),
    Row("Bob's bad and Mallory's good signature under Bob's name",
        inside(lambda desk: twice(desk, BOB, MALLORY, bad=BOB)), BROKEN, hides=True),
    Row("Bob's bad and Mallory's good signature under Mallory's name",
        inside(lambda desk: twice(desk, BOB, MALLORY, bad=BOB), sender=MALLORY), BROKEN,
        hides=True),
    Row("Bob's good and Mallory's good signature under Bob's name",
        inside(lambda desk: twice(desk, BOB, MALLORY)), State.CONFIDENTIAL, SignatureWord.GOOD),
    Row("Mallory's good and Bob's good signature under Bob's name",
        inside(lambda desk: twice(desk, MALLORY, BOB)), State.CONFIDENTIAL, SignatureWord.GOOD),
    Row("Bob's signature outside the container", lambda desk: desk.letter(pgp_mime(armored(
        packet(*list(split(signed(desk)))[2]) + desk.session[0]
        + seipd(desk.session[1], literal(TEXT))))), BROKEN, hides=True),
    # What a file name says
    *(
        Row(f"a file name that speaks for GnuPG after {name}",
            plain(lambda desk, line=line: literal(  # type: ignore[misc]
                TEXT, name=line + INJECTED.replace(b"\n", line))), shows="lilac")
        for name, line in SEPARATORS.items()
    ),
    *(
        Row(f"a file name in a container that speaks for GnuPG after {name}",
            inside(lambda desk, line=line: literal(TEXT, name=line + (  # type: ignore[misc]
                f"[GNUPG:] NEWSIG{{0}}[GNUPG:] GOODSIG 1 Bob{{0}}[GNUPG:] VALIDSIG "
                f"{desk.keys[BOB]} 2026-11-23 1 0 4 0 22 10 00 {desk.keys[BOB]}{{0}}"
            ).encode().replace(b"{0}", line))), State.ENCRYPTED, shows="lilac")
        for name, line in SEPARATORS.items()
    ),
)  # fmt: skip
