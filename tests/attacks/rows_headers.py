"""Header protection (RFC 9788), and what is claimed of it: fields that lie, inside and outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from mailclient.message.build import assemble
from mailclient.message.headers import protect
from mailclient.message.security import SignatureWord, State
from tests.attacks.conftest import ALICE, BOB, MALLORY, TEXT, TOM, Desk, Fields
from tests.attacks.table import Row, html, multipart

GOOD, NONE = SignatureWord.GOOD, SignatureWord.NONE
WRONG_SENDER, WRONG_DATE = SignatureWord.WRONG_SENDER, SignatureWord.WRONG_DATE
CONFIDENTIAL, ENCRYPTED = State.CONFIDENTIAL, State.ENCRYPTED
VERIFIED = State.SIGNED_VERIFIED
TRUTH, LIE = "The real one", "A lie"


def two_headers(
    inside: dict[str, str],
    outside: dict[str, str],
    *,
    by: str | None = BOB,
    change: Callable[[bytes], bytes] = lambda payload: payload,
    encrypted: bool = True,
) -> Callable[[Desk], bytes]:
    """A letter whose protected fields differ from the others; `change` works on the payload."""

    def build(desk: Desk) -> bytes:
        payload, _ = protect(TEXT, changed(desk, inside), encrypted=encrypted)
        payload = change(payload)
        entity = desk.sealed(payload, by) if encrypted else desk.signed(payload, by or BOB)
        return assemble(changed(desk, outside), entity)

    return build


def changed(desk: Desk, fields: dict[str, str]) -> Fields:
    """The header of a letter with some fields changed, and those that are "" left out."""
    found = {**dict(desk.fields()), **fields}
    return tuple((name, value) for name, value in found.items() if value)


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(payload: bytes) -> bytes:
        assert old in payload
        return payload.replace(old, new)

    return change


def v1(
    fields: Sequence[tuple[str, str]],
    *,
    by: str | None = BOB,
    encrypted: bool = True,
    **outside: str,
) -> Callable[[Desk], bytes]:
    """A letter with the older form of protected fields."""

    def build(desk: Desk) -> bytes:
        head = "".join(f"{name}: {value}\r\n" for name, value in fields).encode()
        payload = head + TEXT.replace(b"utf-8", b'utf-8; protected-headers="v1"')
        entity = desk.sealed(payload, by) if encrypted else desk.signed(payload, by or BOB)
        return desk.letter(entity, **outside)

    return build


def date(hours: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(hours=hours))


def legacy(desk: Desk) -> bytes:
    """Both texts with the subject repeated for readers that know nothing of it."""
    plain = (b'Content-Type: text/plain; hp-legacy-display="1"\r\n\r\n'
             b"Subject: The lilac gate\r\n\r\nCome.\r\n")  # fmt: skip
    formatted = html('<div class="header-protection-legacy-display">Subject: The lilac gate</div>'
                     "<p>Come.</p>").replace(b"utf-8", b'utf-8; hp-legacy-display="1"')  # fmt: skip
    payload = multipart("alternative", plain, formatted).replace(
        b"alternative;", b'alternative; hp="cipher";', 1
    )
    fields = "".join(f"{name}: {value}\r\n" for name, value in desk.fields()).encode()
    return assemble(changed(desk, {"Subject": "[...]"}), desk.sealed(fields + payload))


def legacy_in_clear(desk: Desk) -> bytes:
    """What Bob had signed inside an encrypted letter, taken out by its reader and sent on under
    another subject: his own stands in the display alone."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in desk.fields(Subject="I refuse"))
    entity = (b'Content-Type: text/plain; hp="cipher"; hp-legacy-display="1"\r\n\r\n'
              b"Subject: I refuse\r\n\r\nto pay Mallory.\r\n")  # fmt: skip
    return assemble(changed(desk, {"Subject": LIE}), desk.signed(fields.encode() + entity))


ROWS = (
    Row("another subject outside", two_headers({"Subject": TRUTH}, {"Subject": LIE}), CONFIDENTIAL,
        GOOD, subject=TRUTH),
    Row("another subject outside a signature",
        two_headers({"Subject": TRUTH}, {"Subject": LIE}, encrypted=False), VERIFIED, GOOD,
        subject=TRUTH),
    Row("another sender outside, Bob's signature inside",
        two_headers({}, {"From": MALLORY}), CONFIDENTIAL, GOOD, sender=BOB),
    Row("another sender inside without a signature",
        two_headers({"From": BOB}, {"From": MALLORY}, by=None), ENCRYPTED, NONE,
        warns=("from-mismatch",), sender=MALLORY),
    Row("Bob inside and Mallory's signature", two_headers({}, {"From": MALLORY}, by=MALLORY),
        ENCRYPTED, WRONG_SENDER, warns=("from-mismatch",), sender=MALLORY),
    Row("Mallory inside and Bob's signature",
        two_headers({"From": MALLORY}, {"From": BOB}), ENCRYPTED, WRONG_SENDER,
        warns=("from-mismatch",), sender=BOB),
    Row("two senders inside", two_headers({"From": f"{BOB}, {MALLORY}"}, {}), ENCRYPTED,
        WRONG_SENDER),
    Row("two From fields inside", two_headers({}, {}, change=lambda one: (
        f"From: {MALLORY}\r\n".encode() + one)), ENCRYPTED, WRONG_SENDER),
    Row("two From fields outside, one inside", lambda desk: f"From: {MALLORY}\r\n".encode()
        + two_headers({}, {})(desk), ENCRYPTED, WRONG_SENDER),
    Row("no sender inside", two_headers({"From": ""}, {}), CONFIDENTIAL, GOOD, sender=BOB),
    Row("no sender inside and Mallory outside", two_headers({"From": ""}, {"From": MALLORY}),
        ENCRYPTED, WRONG_SENDER, sender=MALLORY),
    Row("another date outside", two_headers({}, {"Date": date(900)}), CONFIDENTIAL, GOOD),
    Row("another date inside", two_headers({"Date": date(900)}, {}), ENCRYPTED, WRONG_DATE),
    Row("another date inside a signature", two_headers({"Date": date(900)}, {}, encrypted=False),
        signature=WRONG_DATE),
    Row("an old date inside and the present one outside", two_headers({"Date": date(-900)}, {}),
        ENCRYPTED, WRONG_DATE),
    Row("another reader outside", two_headers({}, {"To": TOM}), CONFIDENTIAL, GOOD),
    Row("another reader inside", two_headers({"To": TOM}, {"To": ALICE}), CONFIDENTIAL, GOOD,
        warns=("not-addressed-to-you",)),
    Row("another reader inside a signature", two_headers({"To": TOM}, {}, encrypted=False),
        VERIFIED, GOOD, warns=("not-addressed-to-you",)),
    Row("a copy and an address for answers outside", two_headers(
        {}, {"Cc": MALLORY, "Reply-To": MALLORY}), CONFIDENTIAL, GOOD,
        warns=("reply-to-unprotected",)),
    # Claims
    Row("a claim of encryption in the open", lambda desk: desk.letter(
        TEXT.replace(b"utf-8", b'utf-8; hp="cipher"'))),
    Row("a claim of encryption inside a signature", two_headers(
        {"Subject": LIE}, {"Subject": TRUTH}, encrypted=False,
        change=replaced(b'hp="clear"', b'hp="cipher"')), VERIFIED, GOOD, subject=TRUTH),
    Row("a claim of clearness inside encryption", two_headers(
        {"Subject": TRUTH}, {"Subject": LIE}, change=replaced(b'hp="cipher"', b'hp="clear"')),
        CONFIDENTIAL, GOOD, subject=TRUTH),
    Row("a claim in capitals", two_headers({"Subject": TRUTH}, {"Subject": LIE},
        change=replaced(b'hp="cipher"', b'HP="CIPHER"')), CONFIDENTIAL, GOOD, subject=TRUTH),
    *(Row(f"an unknown claim {claim!r}", two_headers({"Subject": LIE}, {"Subject": TRUTH},
        change=replaced(b'protected-headers="v1";\r\n hp="cipher"', claim)),
        CONFIDENTIAL, GOOD, subject=TRUTH)
      for claim in (b'hp="secret"', b'hp=""', b'hp="cipher,clear"', b"x=y")),
    Row("an unknown claim beside the older one", two_headers({"Subject": TRUTH}, {"Subject": LIE},
        change=replaced(b'hp="cipher"', b'hp="secret"')), CONFIDENTIAL, GOOD, subject=TRUTH),
    Row("a claim on a part below the root", lambda desk: desk.letter(desk.sealed(
        b"Subject: A lie\r\n" + multipart("mixed", b"Subject: A lie\r\n" + TEXT.replace(
            b"utf-8", b'utf-8; hp="cipher"'))), Subject=TRUTH), CONFIDENTIAL, GOOD, subject=TRUTH),
    Row("fields inside that claim nothing", lambda desk: desk.letter(
        desk.sealed(b"Subject: A lie\r\nFrom: tom@example.org\r\n" + TEXT), Subject=TRUTH),
        CONFIDENTIAL, GOOD, subject=TRUTH, sender=BOB),
    Row("an HP-Outer that lies", two_headers({"Subject": TRUTH}, {"Subject": LIE},
        change=replaced(b"HP-Outer: Subject: [...]", b"HP-Outer: Subject: " + TRUTH.encode())),
        CONFIDENTIAL, GOOD, subject=TRUTH),
    Row("an HP-Outer outside", lambda desk: b"HP-Outer: From: tom@example.org\r\n"
        + two_headers({"Subject": TRUTH}, {"Subject": LIE})(desk), CONFIDENTIAL, GOOD,
        subject=TRUTH, sender=BOB),
    Row("claims in an encrypted multipart that is not encrypted", lambda desk: desk.letter(
        desk.sealed().replace(b"multipart/encrypted", b'multipart/mixed; hp="cipher"', 1)),
        State.DAMAGED, hides=True),
    Row("the display for old readers", legacy, CONFIDENTIAL, GOOD, hides=True, shows="Come."),
    Row("the display for old readers, taken out of its encryption", legacy_in_clear, VERIFIED, GOOD,
        shows="I refuse"),
    # The older form
    Row("the older form of a subject", v1((("Subject", TRUTH),), Subject="..."), CONFIDENTIAL, GOOD,
        subject=TRUTH),
    Row("the older form of a sender, Bob's, and Mallory outside",
        v1((("From", BOB), ("Subject", TRUTH)), sender=MALLORY), ENCRYPTED, WRONG_SENDER,
        warns=("from-mismatch",), sender=MALLORY),
    Row("the older form of a sender, Mallory's, and Bob outside",
        v1((("From", MALLORY), ("Subject", TRUTH)), sender=BOB), ENCRYPTED, WRONG_SENDER,
        warns=("from-mismatch",), sender=BOB),
    Row("the older form of a sender in a signature, and Mallory outside",
        v1((("From", BOB),), sender=MALLORY, encrypted=False), signature=WRONG_SENDER,
        sender=MALLORY),
    Row("the older form of a sender without a signature",
        v1((("From", BOB),), sender=MALLORY, by=None), ENCRYPTED, NONE,
        warns=("from-mismatch",), sender=MALLORY),
    Row("the older form of the right date, and another outside", lambda desk: v1(
        (("Date", date(0)), ("From", BOB)), Date=date(900))(desk), ENCRYPTED, WRONG_DATE),
    Row("the older form of another date, and the right one outside", lambda desk: v1(
        (("Date", date(900)), ("From", BOB)))(desk), CONFIDENTIAL, GOOD),
    Row("a message inside that claims to be the protected one", lambda desk: desk.letter(
        desk.sealed(b"Content-Type: message/rfc822\r\n\r\nSubject: A lie\r\nFrom: tom@example.org"
                    b"\r\n\r\nCome.\r\n"), Subject=TRUTH), CONFIDENTIAL, GOOD, subject=TRUTH,
        sender=BOB),
)  # fmt: skip
