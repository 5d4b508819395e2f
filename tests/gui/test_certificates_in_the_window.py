"""Certificates and authorities of S/MIME among the keys: said in words, and offered what can be
done with them."""

from __future__ import annotations

from datetime import UTC, datetime

from mailclient.crypto.smime.certificate import info_of
from mailclient.gui.keys.card import KeyVerb, offered
from mailclient.gui.keys.words import about, person_name, seen_as
from mailclient.gui.reader.wording import explanation
from mailclient.message.judge import OLD_CIPHER, UNGUARDED
from mailclient.message.security import Encryption, State, Trust, Verdict
from mailclient.services.keys import KeyEntry
from mailclient.services.people import Person
from tests.attacks.certificates import Wish, made, rsa_key

ROOT = made(Wish("Root of Example", authority=True))
ANNA = made(Wish("Anna", ("anna@example.org",)), ROOT, rsa_key())


def test_an_authority_is_called_one_and_nobody_is_asked_to_confirm_it() -> None:
    key = info_of(ROOT.certificate, has_secret=False)
    entry = KeyEntry("", key, Trust.UNKNOWN, "", None)
    assert seen_as(entry) == "Root of Example: an authority that you trust"
    assert about(entry).startswith("You took it in. It vouches for the certificates of others.")
    assert person_name(Person("", (entry,))) == "Authorities that you trust"
    assert offered(entry, can_refresh=True) == (
        (), (KeyVerb.SAVE, KeyVerb.DETAILS, KeyVerb.DELETE),
    )  # fmt: skip


def test_a_certificate_of_ones_own_offers_nothing_that_only_its_authority_can_do() -> None:
    key = info_of(ANNA.certificate, has_secret=True)
    shown, more = offered(
        KeyEntry("anna@example.org", key, Trust.OWN, "backup", datetime.now(UTC)), can_refresh=True
    )
    assert shown == (KeyVerb.BACKUP, KeyVerb.SHOW)
    assert not {KeyVerb.EXTEND, KeyVerb.RENEW, KeyVerb.END, KeyVerb.PUBLISH} & {*shown, *more}


def test_a_certificate_that_came_with_mail_waits_for_a_decision() -> None:
    key = info_of(ANNA.certificate, has_secret=False)
    entry = KeyEntry("anna@example.org", key, Trust.TENTATIVE, "a signature", datetime.now(UTC))
    assert "with a signature of theirs" in about(entry)
    assert KeyVerb.ACCEPT in offered(entry, can_refresh=True)[0]


def test_about_a_withdrawn_certificate_there_is_nothing_to_decide() -> None:
    key = info_of(ANNA.certificate, has_secret=False, revoked=True)
    entry = KeyEntry("anna@example.org", key, Trust.TENTATIVE, "a signature", datetime.now(UTC))
    assert seen_as(entry).endswith("withdrawn by its authority")
    assert offered(entry, can_refresh=True) == (
        (KeyVerb.FIND,), (KeyVerb.SAVE, KeyVerb.DETAILS, KeyVerb.DELETE),
    )  # fmt: skip


def test_the_account_of_unguarded_mail_does_not_say_that_it_arrived_unaltered() -> None:
    verdict = Verdict(State.ENCRYPTED, Encryption.ENCRYPTED, warnings=(UNGUARDED,))
    told = " ".join(line for section in explanation(verdict, "now") for line in section.lines)
    assert "cannot be told" in told
    assert "It arrived unaltered" not in told


def test_the_account_of_a_letter_of_old_says_that_its_cipher_is_one() -> None:
    verdict = Verdict(State.ENCRYPTED_SIGNED, Encryption.ENCRYPTED, warnings=(OLD_CIPHER,))
    told = " ".join(line for section in explanation(verdict, "now") for line in section.lines)
    assert "by a cipher of old" in told
    assert "It arrived unaltered" in told
