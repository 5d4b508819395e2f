"""Signatures that do not cover what is shown, or are not by whom, not when, or not as they say."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mailclient.message.security import SignatureWord, State
from tests.attacks.conftest import ALICE, BOB, MALLORY, PAST, TEXT, TOM, Desk
from tests.attacks.packets import SHA1, SHA256, armored, compressed, literal
from tests.attacks.packets import TEXT as TEXT_CLASS
from tests.attacks.table import EVIL, HEAD, Row, attached, html, multipart, signed_by

GOOD, WEAK, UNKNOWN = SignatureWord.GOOD, SignatureWord.WEAK, SignatureWord.UNKNOWN_KEY
BAD, WRONG_SENDER = SignatureWord.BAD, SignatureWord.WRONG_SENDER
WRONG_DATE = SignatureWord.WRONG_DATE
VERIFIED, MIXED = State.SIGNED_VERIFIED, State.MIXED
BEGIN, END = b"-----BEGIN PGP SIGNATURE-----", b"-----END PGP SIGNATURE-----"


def by_bob(desk: Desk, *options: str, entity: bytes = TEXT) -> bytes:
    """Bob's detached signature."""
    return desk.signature("--local-user", desk.keys[BOB], *options, entity=entity)


def detached(*options: str) -> Callable[[Desk], bytes]:
    """A letter that Bob has signed in some way."""
    return lambda desk: desk.letter(signed_by(by_bob(desk, *options), TEXT))


def by_key(name: str, *options: str, algorithm: str) -> Callable[[Desk], bytes]:
    """A letter signed by a confirmed key of some algorithm."""

    def build(desk: Desk) -> bytes:
        who = desk.made_by_gpg(name, "--allow-weak-key-signatures", algorithm=algorithm)
        made = desk.signature("--local-user", desk.keys[who], "--digest-algo", "SHA256", *options)
        return desk.letter(signed_by(made, TEXT), sender=who)

    return build


def of_class(kind: int, *, by_hash: int = SHA256) -> Callable[[Desk], bytes]:
    """A letter with a signature of some class by a hand-made key."""

    def build(desk: Desk) -> bytes:
        key = desk.hand_made("hanna")
        made = armored(key.sign(TEXT, kind, by_hash=by_hash), "SIGNATURE")
        return desk.letter(signed_by(made, TEXT), sender="hanna@example.org")

    return build


def adopted(desk: Desk) -> bytes:
    """A signature by a key that Zoe's claims for its own."""
    desk.hand_made("zoe", adopts=True)
    made = armored(desk.made["zoe's child"].sign(TEXT), "SIGNATURE")
    return desk.letter(signed_by(made, TEXT), sender="zoe@example.org")


def two(first: Callable[[Desk], bytes], second: Callable[[Desk], bytes]) -> Callable[..., bytes]:
    """Two signatures in one armor."""

    def both(desk: Desk) -> bytes:
        packets = b"".join(desk.gpg("--dearmor", data=make(desk)) for make in (first, second))
        return armored(packets, "SIGNATURE")

    return both


def by(who: str, entity: bytes = TEXT) -> Callable[[Desk], bytes]:
    return lambda desk: desk.signature("--local-user", desk.keys[who], entity=entity)


def confused(make: Callable[[Desk], bytes]) -> Callable[[Desk], bytes]:
    """A letter whose signature part holds something else."""
    return lambda desk: desk.letter(signed_by(make(desk), TEXT))


def inline(desk: Desk) -> bytes:
    return desk.packets_of("--local-user", desk.keys[BOB], "--sign")


def aged(hours: float) -> Callable[[Desk], bytes]:
    """A letter whose date is so many hours after its signature."""
    return lambda desk: desk.letter(desk.signed(), date=datetime.now(UTC) + timedelta(hours=hours))


def ended(desk: Desk) -> bytes:
    """A signature that was good for a day."""
    stamp = f"{PAST:%Y%m%dT%H%M%S}!"
    who = desk.made_by_gpg("enid", "--faked-system-time", stamp)
    made = desk.signature("--faked-system-time", stamp, "--default-sig-expire", "1d",
                          "--local-user", desk.keys[who])  # fmt: skip
    return desk.letter(signed_by(made, TEXT), sender=who, date=PAST)


def without_user_id(desk: Desk) -> bytes:
    """A letter from an address that its key has withdrawn."""
    who = "vera@example.org"
    if who not in desk.keys:
        desk.gpg("--quick-gen-key", f"<{who}>", "ed25519", "sign", "0")
        desk.gpg("--quick-add-uid", f"<{who}>", "Vera <new@example.org>")
        desk.gpg("--quick-revoke-uid", f"<{who}>", f"<{who}>")
        desk.take(who, "")
    made = desk.signature("--local-user", desk.keys[who])
    return desk.letter(signed_by(made, TEXT), sender=who)


def substitute(word: str) -> Callable[[Desk], bytes]:
    """A second key under Bob's name, of which Alice thinks `word`."""

    def build(desk: Desk) -> bytes:
        key = desk.hand_made(f"a false {word} Bob", address=BOB, word=word)
        return desk.letter(signed_by(armored(key.sign(TEXT), "SIGNATURE"), TEXT))

    return build


def beside(kind: str, at: int) -> Row:
    parts = (lambda desk: (desk.signed(), EVIL), lambda desk: (EVIL, desk.signed()))[at]
    return Row(
        f"a signed part {('above', 'below')[at]} another in multipart/{kind}",
        lambda desk: desk.letter(multipart(kind, *parts(desk))),
        MIXED,
        shows="Pay 900" if kind != "alternative" or at else "",
    )


def with_boundary(desk: Desk) -> tuple[bytes, bytes]:
    signed = desk.signed()
    return signed, signed[signed.index(b'boundary="') + 10 :].partition(b'"')[0]


def around(before: bytes, after: bytes) -> Callable[[Desk], bytes]:
    """An honest letter with text where no reader looks."""

    def build(desk: Desk) -> bytes:
        signed, _ = with_boundary(desk)
        head, blank, rest = signed.partition(b"\r\n\r\n")
        return desk.letter(head + blank + before + rest + after)

    return build


def third(desk: Desk) -> bytes:
    signed, line = with_boundary(desk)
    end = signed.rindex(b"--" + line + b"--")
    return desk.letter(signed[:end] + b"--" + line + b"\r\n" + EVIL + b"\r\n" + signed[end:])


def changed(old: bytes, new: bytes) -> Callable[[Desk], bytes]:
    return lambda desk: desk.letter(desk.signed().replace(old, new, 1))


CRLF_TEXT = TEXT.replace(b"gate.", b"gate. ")

ROWS = (
    Row("an honest signature", lambda desk: desk.letter(desk.signed()), VERIFIED, GOOD),
    Row("an accepted key", lambda desk: desk.letter(desk.signed(by=MALLORY), sender=MALLORY),
        State.SIGNED, GOOD),
    Row("a key that came by mail", lambda desk: desk.letter(desk.signed(by=TOM), sender=TOM),
        signature=UNKNOWN),
    # How it is made
    *(
        Row(f"a signature with {name}",
            detached("--allow-weak-digest-algos", "--digest-algo", name), signature=WEAK)
        for name in ("SHA1", "MD5", "RIPEMD160", "SHA224")
    ),
    *(Row(f"a signature with {name}", detached("--digest-algo", name), VERIFIED, GOOD)
      for name in ("SHA256", "SHA384", "SHA512")),
    Row("a signature by RSA of 1024 bits", by_key("rosa", algorithm="rsa1024"), signature=WEAK),
    Row("a signature by RSA of 2048 bits", by_key("ruth", algorithm="rsa2048"), VERIFIED, GOOD),
    Row("a signature by DSA", by_key("dora", algorithm="dsa2048"), signature=WEAK),
    Row("a signature by ECDSA", by_key("ella", algorithm="nistp256"), VERIFIED, GOOD),
    Row("a hand-made signature", of_class(0), State.SIGNED_VERIFIED, GOOD),
    Row("a hand-made signature with SHA-1", of_class(0, by_hash=SHA1), signature=WEAK),
    Row("a signature of a text document", of_class(TEXT_CLASS), State.SIGNED_VERIFIED, GOOD),
    *(
        Row(f"a signature of class {kind:02x}", of_class(kind), signature=UNKNOWN)
        for kind in (0x02, 0x10, 0x13, 0x18, 0x1F, 0x20, 0x40, 0x50)
    ),
    Row("a signature by a subkey that never agreed", adopted, signature=UNKNOWN),
    Row("a signature that has ended", ended, signature=SignatureWord.EXPIRED_KEY),
    Row("an address that its key has withdrawn", without_user_id, signature=WRONG_SENDER),
    Row("a rejected key under Bob's name", substitute("rejected"), signature=UNKNOWN),
    Row("a key that came by mail under Bob's name", substitute("tentative"), signature=UNKNOWN,
        warns=("key-changed",)),
    # When it was made
    *(Row(f"a date {hours} hours after the signature", aged(hours), signature=WRONG_DATE)
      for hours in (1.1, 24, 24 * 365)),
    *(Row(f"a date {-hours} hours before the signature", aged(hours), signature=WRONG_DATE)
      for hours in (-1.1, -24, -24 * 365)),
    Row("a date half an hour after the signature", aged(0.5), VERIFIED, GOOD),
    Row("a date half an hour before the signature", aged(-0.5), VERIFIED, GOOD),
    # Several
    Row("Bob's and Mallory's signature", confused(two(by(BOB), by(MALLORY))), VERIFIED, GOOD),
    Row("Mallory's and Bob's signature", confused(two(by(MALLORY), by(BOB))), VERIFIED, GOOD),
    Row("Mallory's signature and one of Bob's over another text",
        confused(two(by(MALLORY), by(BOB, EVIL))), signature=WRONG_SENDER),
    Row("one of Bob's over another text and Mallory's signature",
        confused(two(by(BOB, EVIL), by(MALLORY))), signature=BAD),
    Row("Bob's signature and another of his over another text",
        confused(two(by(BOB), by(BOB, EVIL))), VERIFIED, GOOD),
    # What is no detached signature
    Row("a whole signed message for a signature", confused(lambda desk: armored(inline(desk))),
        signature=UNKNOWN),
    Row("a whole signed message under the name of a signature",
        confused(lambda desk: armored(inline(desk), "SIGNATURE")), signature=UNKNOWN),
    Row("a compressed signed message under the name of a signature",
        confused(lambda desk: armored(compressed(inline(desk)), "SIGNATURE")), signature=UNKNOWN),
    Row("a text before a signature under its name", confused(lambda desk: armored(
        literal(TEXT) + desk.gpg("--dearmor", data=by_bob(desk)), "SIGNATURE")),
        signature=UNKNOWN),
    Row("a text behind a signature under its name", confused(lambda desk: armored(
        desk.gpg("--dearmor", data=by_bob(desk)) + literal(TEXT), "SIGNATURE")),
        signature=UNKNOWN),
    Row("a signed text for a signature", confused(lambda desk: desk.gpg(
        "--local-user", desk.keys[BOB], "--clear-sign", data=TEXT)), signature=UNKNOWN),
    Row("a signature and a message behind it", confused(lambda desk: by_bob(desk).strip() + b"\n"
        + armored(inline(desk))), signature=UNKNOWN),
    Row("a message and a signature behind it", confused(lambda desk: armored(inline(desk)) + b"\n"
        + by_bob(desk)), signature=UNKNOWN),
    Row("two armors of signatures", confused(lambda desk: by_bob(desk, entity=EVIL).strip() + b"\n"
        + by_bob(desk)), signature=UNKNOWN),
    Row("a public key for a signature", confused(lambda desk: desk.gpg(
        "--armor", "--export", desk.keys[BOB])), signature=UNKNOWN),
    Row("nothing for a signature", confused(lambda desk: b""), signature=UNKNOWN),
    Row("a signature without armor", confused(lambda desk: desk.gpg(
        "--local-user", desk.keys[BOB], "--detach-sign", data=TEXT).replace(b"\n", b"")),
        signature=UNKNOWN),
    Row("a signature of nothing", lambda desk: desk.letter(signed_by(
        by_bob(desk, entity=b""), TEXT)), signature=BAD),
    # What it covers
    *(beside(kind, at) for kind in ("mixed", "alternative", "related", "digest") for at in (0, 1)),
    Row("a signed part that CSS hides", lambda desk: desk.letter(multipart(
        "related", html('<div>Pay 900.</div><div hidden><img src="cid:x"></div>'),
        b"Content-ID: <x>\r\n" + desk.signed())), MIXED),
    Row("a signed part above the footer of a list", lambda desk: desk.letter(multipart(
        "mixed", desk.signed(), HEAD + b"-- \r\nThe list of gates\r\n")), MIXED, shows="lilac"),
    Row("a signed message as an attachment", lambda desk: desk.letter(multipart(
        "mixed", EVIL, attached(desk.letter(desk.signed())))), MIXED, shows="Pay 900"),
    Row("a signed message that is all of another", lambda desk: desk.letter(
        attached(desk.letter(desk.signed()))), MIXED),
    Row("a third part in a signed multipart", third, shows="Pay 900"),
    Row("text before the first and behind the last part", around(EVIL, EVIL), VERIFIED, GOOD),
    Row("a signature around an encrypted text", lambda desk: desk.letter(
        desk.signed(desk.sealed(by=None))), State.ENCRYPTED, SignatureWord.UNCOVERED),
    Row("Mallory's signature around what Bob has signed", lambda desk: desk.letter(
        desk.signed(desk.signed(), by=MALLORY)), VERIFIED, GOOD),
    Row("Mallory's signature around what Bob has signed, with a header of hers",
        lambda desk: desk.letter(desk.signed(
            f"From: {MALLORY}\r\nSubject: A lie\r\nTo: {ALICE}\r\n".encode()
            + desk.signed().replace(b"multipart/signed;", b'multipart/signed; hp="clear";', 1),
            by=MALLORY)), VERIFIED, GOOD, subject="The gate", sender=BOB),
    Row("Bob's signature around what Mallory has signed", lambda desk: desk.letter(
        desk.signed(desk.signed(EVIL, by=MALLORY))), VERIFIED, GOOD),
    Row("a changed text", changed(b"lilac gate", b"lilac wall"), signature=BAD),
    Row("a changed charset", changed(b"charset=utf-8", b"charset=utf-7"), signature=BAD),
    Row("a changed type", changed(b"text/plain; charset", b"text/html;  charset"), signature=BAD),
    Row("a field added to what is signed", changed(
        b"Content-Type: text/plain", b"Subject: A lie\r\nContent-Type: text/plain"),
        signature=BAD),
    Row("a signature under the name of another method", lambda desk: desk.letter(signed_by(
        by_bob(desk), TEXT, more="micalg=pgp-md5")), VERIFIED, GOOD),
    Row("a signature that names no method", lambda desk: desk.letter(signed_by(
        by_bob(desk), TEXT, more="x=y")), VERIFIED, GOOD),
    Row("a signature that names two protocols", lambda desk: desk.letter(signed_by(
        by_bob(desk), TEXT).replace(b"protocol=", b'protocol="x/y"; protocol=', 1))),
    Row("a signature in base64", lambda desk: desk.letter(signed_by(
        b"", TEXT).replace(b"application/pgp-signature\r\n\r\n",
        b"application/pgp-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + encodebytes(by_bob(desk)))), VERIFIED, GOOD),
    Row("a multipart/signed without a protocol", lambda desk: desk.letter(signed_by(
        by_bob(desk), TEXT).replace(b'protocol="application/pgp-signature"; ', b"", 1)),
        shows="lilac"),
    # Other plug-ins
    Row("a signature of S/MIME", lambda desk: desk.letter(signed_by(
        by_bob(desk), TEXT).replace(b"pgp-signature", b"pkcs7-signature")),
        signature=SignatureWord.UNKNOWN_KEY, shows="lilac"),
    Row("a signature of OpenPGP that calls itself S/MIME", lambda desk: desk.letter(signed_by(
        by_bob(desk), TEXT).replace(b"pgp-signature", b"x-pkcs7-signature", 1)), shows="lilac"),
    Row("an envelope of S/MIME", lambda desk: desk.letter(
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nMIIB\r\n"), State.BROKEN),
    Row("an opaque signature of S/MIME", lambda desk: desk.letter(
        b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nMIIB\r\n"), State.BROKEN),
)  # fmt: skip
