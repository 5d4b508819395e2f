"""What the window says of each mail of the table: only what was seen, with the true reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailclient.gui.reader.strips import strips_for
from mailclient.gui.reader.wording import SealText, explanation, seal_text
from mailclient.message.security import Encryption, SignatureWord, State
from mailclient.services.read import MessageView
from tests.attacks.conftest import Desk
from tests.attacks.table import Row
from tests.attacks.test_table import TABLE

ROWS = {row.name: row for row in TABLE}
CLOSED = {State.LOCKED, State.BROKEN, State.DAMAGED}

# What the seal line says of a mail, and what its two halves say.
SAID = {
    "a letter to somebody else": (
        "Encrypted and locked. There is no secret key here that opens it.",
        "Locked", "Signature unknown"),
    "a container with a wrong guard": (
        "It calls itself encrypted, and was altered or damaged.",
        "Altered or damaged", "Signature unknown"),
    "a public key": (
        "It calls itself encrypted, and was altered or damaged.",
        "Altered or damaged", "Signature unknown"),
    "an opaque signature of S/MIME": (
        "Signed, and cannot be shown. The signed message is damaged.",
        "Not encrypted", "Signature unknown"),
    "an encrypted part that a server has taken apart": (
        "Encrypted mail that a server has taken apart: it cannot be opened as it is.",
        "Taken apart on its way", "Signature unknown"),
    "a text that is not encrypted": (
        "It calls itself encrypted, and is not.", "Not encrypted", "Not signed"),
    "multipart/encrypted with its data as HTML": (
        "It calls itself encrypted, and is not made as such mail must be.",
        "Not encrypted", "Not signed"),
    "a third part in a signed multipart": (
        "It calls itself signed, and is not made as such mail must be.",
        "Not encrypted", "Not signed"),
    "a signature of OpenPGP that calls itself S/MIME": (
        "It calls itself signed, and is not made as such mail must be.",
        "Not encrypted", "Not signed"),
    "a changed text": (
        "No valid signature: the text was changed after signing.",
        "Not encrypted", "Changed after signing"),
    "a date 24 hours after the signature": (
        "No valid signature: it was made at another time.",
        "Not encrypted", "Signing time does not fit"),
    "nothing for a signature": (
        "Its signature is not confirmed. The signature part holds none.",
        "Not encrypted", "Signature not confirmed"),
    "a signature of class 10": (
        "Its signature is not confirmed. The signature could not be checked.",
        "Not encrypted", "Signature not confirmed"),
    "a key that came by mail": (
        "Its signature is not confirmed yet: its key came by mail, and you have not accepted it.",
        "Not encrypted", "Signature not confirmed"),
    "a rejected key under Bob's name": (
        "Its signature is not confirmed: you have rejected its key.",
        "Not encrypted", "Signature not confirmed"),
    "a signature that has ended": (
        "No valid signature: it has ended.", "Not encrypted", "Signature has ended"),
    "from Bob twice": (
        "Signed, but it does not name exactly one sender, so the signature fits nobody for sure.",
        "Not encrypted", "Signature fits no sender"),
    "two From fields, both Bob's": (
        "Signed, but it does not name exactly one sender, so the signature fits nobody for sure.",
        "Not encrypted", "Signature fits no sender"),
    "Mallory's signature under Bob's name": (
        "Encrypted. Signed by somebody else than the sender.",
        "Encrypted", "Signature fits no sender"),
    "a signature around an encrypted text": (
        "Encrypted. Its signature is around the encrypted text, not of the text itself.",
        "Encrypted", "Signature of something else"),
    "armor that is the whole text": (
        "Encrypted. Nothing confirms the sender.", "Encrypted", "Not signed"),
    "an encrypted message as an attachment": (
        "What is shown is not protected. It holds an encrypted part, which opens by itself.",
        "Not encrypted", "Not signed"),
    "a signed message as an attachment": (
        "What is shown is not protected. It holds a signed part, which opens by itself.",
        "Not encrypted", "Not signed"),
    "HTML that paints a seal of its own": (
        "Neither encrypted nor signed, like a postcard.", "Not encrypted", "Not signed"),
}  # fmt: skip

# What is told above the text of a mail: what stays closed in it, and for whom it was signed.
TOLD = {
    "another reader inside": "It was not signed for you by name:",
    "another reader inside a signature": "It was not signed for you by name:",
    "armor in HTML": "There is encrypted text in this message.",
    "armor below some text": "There is encrypted text in this message.",
    "armor that is quoted": "There is encrypted text in this message.",
    "a signed text in HTML": "There is signed text in this message.",
    "text above a signed text": "There is signed text in this message.",
    "armor as a file": "A file that is attached is encrypted.",
    "an encrypted part beside text inside an honest signature":
        "An encrypted part inside this message is not shown with it.",
    "an encrypted part as a file to be saved": "An encrypted part of this message opens by itself.",
    "a signed part above another in multipart/mixed":
        "A signed part of this message opens by itself.",
}  # fmt: skip


def read(desk: Desk, row: Row) -> tuple[MessageView, SealText]:
    view = desk.read(row.build(desk))
    return view, seal_text(view.verdict)


@pytest.mark.parametrize("name", SAID)
def test_the_seal_line_says_what_was_seen_and_why(desk: Desk, name: str) -> None:
    _, text = read(desk, ROWS[name])
    sentence, encryption, signature = SAID[name]
    assert text.sentence.startswith(sentence)
    assert (text.encryption.words, text.signature.words) == (encryption, signature)


@pytest.mark.parametrize("name", TOLD)
def test_it_is_told_above_the_text(desk: Desk, name: str) -> None:
    view, _ = read(desk, ROWS[name])
    assert [one.text for one in strips_for(view) if one.text.startswith(TOLD[name])] != []


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_no_words_say_more_than_the_verdict(desk: Desk, row: Row) -> None:
    view, text = read(desk, row)
    verdict = view.verdict
    good = verdict.signature is SignatureWord.GOOD
    assert ("Signed by" in text.sentence or "signed by" in text.sentence) <= (
        good or verdict.signature is SignatureWord.WRONG_SENDER
    )
    assert text.signature.words.startswith("Signed") is good
    assert (text.encryption.words == "Encrypted") is (verdict.encryption is Encryption.ENCRYPTED)
    assert (text.signature.words == "Signature unknown") is (verdict.state in CLOSED)
    assert text.role != "good" or verdict.verified
    assert text.quiet is (not verdict.summary and not set(verdict.warnings))
    assert text.sentence
    told = " ".join(words(view))
    assert ("not signed" in told.lower()) <= (verdict.signature is SignatureWord.NONE)


def words(view: MessageView) -> Iterator[str]:
    """All that is explained."""
    for section in explanation(view.verdict, "Today."):
        yield section.title
        yield from section.lines
