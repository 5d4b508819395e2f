"""Whose letter it is: a seal needs one sender, and his own address in the key that signed."""

from __future__ import annotations

from collections.abc import Callable

from mailclient.message.security import SignatureWord, State
from tests.attacks.conftest import BOB, MALLORY, TOM, Desk
from tests.attacks.table import Row

GOOD, WRONG = SignatureWord.GOOD, SignatureWord.WRONG_SENDER
VERIFIED = State.SIGNED_VERIFIED
LETTER = b"From: " + BOB.encode()

IN_WORDS = BOB.replace("@", "=40")  # as it stands in an encoded word

# What stands in From while Bob's signature is good: no seal for any of these.
STRANGE = {
    "two people": f"{BOB}, {MALLORY}",
    "two people, the other first": f"{MALLORY}, {BOB}",
    "Bob twice": f"{BOB}, {BOB}",
    "Bob in a group beside another": f"nobody: {BOB};, {MALLORY}",
    "another in a group beside Bob": f"nobody: {MALLORY};, {BOB}",
    "a group without anybody": "undisclosed-recipients:;",
    "a name alone": "Bob",
    "nothing": "",
    "Bob's address as the name of another": f'"{BOB}" <{MALLORY}>',
    "Bob's address and a long gap as the name of another": f'"{BOB}{" " * 200}" <{MALLORY}>',
    "Bob's address in a comment": f"{MALLORY} ({BOB})",
    "Bob's address in an encoded name": f"=?utf-8?q?{IN_WORDS}?= <{MALLORY}>",
    "Bob's address and brackets in an encoded name": f"=?utf-8?q?=3C{IN_WORDS}=3E?= <{MALLORY}>",
    "Bob's address and a comma in an encoded name": f"=?utf-8?q?{IN_WORDS}=2C?= <{MALLORY}>",
    "Bob's address behind a route": f"<@evil.example:{MALLORY}>",
    "Bob's address inside a longer domain": f"{BOB}.evil.example",
    "Bob's address inside a longer local part": f"x{BOB}",
    "Bob's address percent-routed": f"{BOB.replace('@', '%')}@evil.example",
    "Bob's address with a second at sign": f"{BOB}@evil.example",
    "Bob's address with a source quoted": f'"{BOB}"@evil.example',
    "Bob's address at a subdomain": BOB.replace("@", "@mail."),
    "Bob's address with a tag": BOB.replace("@", "+x@"),
    "Bob's address with a dot more": BOB + ".",
    "a Cyrillic letter in the local part": BOB.replace("o", "\u043e", 1),
    "a Cyrillic letter in the domain": BOB.replace("example", "ex\u0430mple"),
    "the same as A-labels": BOB.replace("example", "xn--exmple-4nf"),
    "a full-width letter in the local part": BOB.replace("b", "\uff42", 1),
    "an accent behind a letter": BOB.replace("o", "o\u0301", 1),
    "an invisible letter in the local part": BOB.replace("o", "o\u200b", 1),
    "a mark that turns the direction": BOB.replace("o", "\u202eo", 1),
    "a NUL and another domain": f"{BOB}\x00@evil.example",
    "a NUL in the local part": BOB.replace("o", "o\x00", 1),
    "a tab in the name and another address": f"{BOB}\t<{MALLORY}>",
    "an opening bracket that nothing closes": f"{MALLORY} <{MALLORY}",
    "brackets in brackets": f"<{MALLORY} <{BOB}>>",
}

# What stands in From and is Bob's address all the same.
PLAIN = {
    "his address": BOB,
    "his name and address": f"Bob B. <{BOB}>",
    "his address in capitals": BOB.upper(),
    "his address in a comment too": f"{BOB} (Bob, {MALLORY})",
    "another address as his name": f'"{MALLORY}" <{BOB}>',
    "his address in a group alone": f"we: {BOB};",
    "his address with a quoted local part": '"bob"@example.org',
    "his address over two lines": f"Bob\r\n <{BOB}>",
    "his address and a comma": f"{BOB},",
}


def signed_from(sender: str) -> Callable[[Desk], bytes]:
    """A letter that Bob has signed, with something else in From."""
    field = b"From: " + sender.encode("utf-8", "surrogateescape")
    return lambda desk: desk.letter(desk.signed()).replace(LETTER, field, 1)


def with_field(line: str, *, signer: str = BOB, sender: str = BOB) -> Callable[[Desk], bytes]:
    """A letter with a field more at its head."""
    return lambda desk: line.encode() + b"\r\n" + desk.letter(desk.signed(by=signer), sender=sender)


def kelvin(sign: str) -> Callable[[Desk], bytes]:
    """A letter by the owner of kk@example.org, from an address with another sign in it."""

    def build(desk: Desk) -> bytes:
        who = desk.made_by_gpg("kk")
        raw = desk.letter(desk.signed(by=who), sender=who)
        return raw.replace(b"From: kk@", f"From: k{sign}@".encode(), 1)

    return build


def uid_holding_bob(user_id: str) -> Callable[[Desk], bytes]:
    """A letter from Bob's address, signed by Eve's key, whose User ID holds it somewhere."""

    def build(desk: Desk) -> bytes:
        if user_id not in desk.keys:
            desk.gpg("--allow-freeform-uid", "--quick-gen-key", user_id, "ed25519", "sign", "0")
            listed = [one for one in desk.pen.keys.list() if user_id in one.user_ids]
            desk.keys[user_id] = listed[0].fingerprint
            desk.app.keys.import_keys(desk.pen.keys.export(desk.keys[user_id]))
        return desk.letter(desk.signed(by=user_id))

    return build


ROWS = (
    *(Row(f"from {name}", signed_from(sender), signature=WRONG) for name, sender in
      STRANGE.items()),
    *(Row(f"from Bob by {name}", signed_from(sender), VERIFIED, GOOD) for name, sender in
      PLAIN.items()),
    Row("from the Kelvin sign", kelvin("\u212a"), signature=WRONG),
    Row("from a capital K", kelvin("K"), VERIFIED, GOOD),
    Row("two From fields, Bob's second", with_field(f"From: {MALLORY}"), signature=WRONG),
    Row("two From fields, both Bob's", with_field(f"From: {BOB}"), signature=WRONG),
    Row("two From fields, one in other letters", with_field(f"fROM: {MALLORY}"), signature=WRONG),
    Row("two From fields, one with a blank before its colon", with_field(f"From : {MALLORY}"),
        signature=WRONG),
    Row("two From fields, one empty", with_field("From:"), signature=WRONG),
    Row("no From field", lambda desk: desk.letter(desk.signed()).replace(LETTER, b"X: " + LETTER),
        signature=WRONG),
    Row("Bob as Sender of Mallory's letter", with_field(f"Sender: {BOB}", sender=MALLORY),
        signature=WRONG),
    Row("Bob in Reply-To of Mallory's letter", with_field(f"Reply-To: {BOB}", sender=MALLORY),
        signature=WRONG),
    Row("Bob in Resent-From of Mallory's letter", with_field(f"Resent-From: {BOB}", sender=MALLORY),
        signature=WRONG),
    Row("Bob in an address that a relay has put in", with_field(
        f"X-Original-From: {BOB}", sender=MALLORY), signature=WRONG),
    Row("Mallory as Sender of Bob's letter", with_field(f"Sender: {MALLORY}"), VERIFIED, GOOD,
        sender=BOB),
    Row("Mallory in Reply-To of Bob's letter", with_field(f"Reply-To: {MALLORY}"), VERIFIED, GOOD,
        warns=("reply-to-unprotected",)),
    Row("Mallory's signature under Bob's name in the open", lambda desk: desk.letter(
        desk.signed(by=MALLORY)), signature=WRONG),
    Row("Bob's signature under Tom's name", lambda desk: desk.letter(
        desk.signed(), sender=TOM), signature=WRONG),
    *(Row(f"from Bob, by the key of {user_id!r}", uid_holding_bob(user_id), signature=word)
      for user_id, word in (
          (f"Eve <{BOB}.evil.example>", WRONG),
          (f'"{BOB}" <eve@evil.example>', WRONG),
          (f"Eve {BOB} <eve@evil.example>", WRONG),
          (f"<{BOB}> Eve <eve@evil.example>", WRONG),
          (f"Eve <{BOB}", WRONG),
          (f"Eve {BOB}", WRONG),
          (f"Eve <{BOB}> (mine)", WRONG),
          (f"Eve (<{BOB}>)", WRONG),
          (f"Eve <x{BOB}>", WRONG),
          (f"Eve <{BOB}>", SignatureWord.UNKNOWN_KEY),
      )),
)  # fmt: skip
