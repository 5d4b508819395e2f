"""Alice has our program, Carol has Thunderbird: each reads and answers what the other writes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.interop.conftest import Neighbour, Street
from tests.interop.thunderbird import Letter, Thunderbird, thunderbird_running

CAROL, ALICE = "carol@example.org", "alice@example.org"
SUBJECT = "Größe des Schatzes"
TEXT = "Er liegt unter dem alten Birnbaum – grüß Jürgen."
PLACE = "Räume & Pläne"
FILE = "Übersicht für Jürgen.txt"


@pytest.fixture(scope="module")
def carol(street: Street) -> Thunderbird:
    """Carol, who has made a key in Thunderbird."""
    street.thunderbird.do("newKey", "Carol")
    return street.thunderbird


@pytest.fixture(scope="module")
def alice(street: Street, carol: Thunderbird) -> Neighbour:
    """Alice with a key; she and Carol have confirmed each other's."""
    one = street.people("alice")
    one.set_up()
    one.json("key", "generate", ALICE, "--name", "Alice", "--no-passphrase")
    carol.do("theirKey", one.ok("key", "export", ALICE), ALICE)
    key = carol.do("exportPublic", carol.do("ownFingerprint"))
    [taken] = one.json("key", "import", "-", stdin=key)["imported"]
    one.ok("key", "trust", taken["fingerprint"], CAROL, "verified")
    return one


@pytest.fixture(scope="module")
def enclosed(street: Street) -> str:
    """A file with letters in its name that are not ASCII."""
    path = street.folder / FILE
    path.write_text("Drei Kisten.\n", encoding="utf-8")
    return str(path)


def sent(alice: Neighbour, *options: str, subject: str = SUBJECT) -> str:
    """Alice writes to Carol; the Message-ID."""
    words = ["send", "--to", CAROL, "--subject", subject, "--body-file", "-", *options]
    found = alice.json(*words, stdin=TEXT + "\n")
    assert found["state"] == "sent"
    return str(found["message_id"])


def newest(alice: Neighbour) -> dict[str, Any]:
    """Alice collects one letter and opens it."""
    [account] = alice.json("receive")["accounts"]
    assert (account["received"], account["problems"]) == (1, [])
    row = alice.json("list")["messages"][0]
    shown = alice.json("show", str(row["id"]))
    assert isinstance(shown, dict)
    assert row["subject"] == shown["subject"]
    return shown


def test_thunderbird_opens_and_verifies_what_we_encrypt(
    alice: Neighbour, carol: Thunderbird, enclosed: str
) -> None:
    letter = sent(alice, "--encrypt", "yes", "--attach", enclosed)
    carol.do("collect")
    shown = carol.read(letter)
    assert (shown["encrypted"], shown["signed"]) == ("ok", "verified")
    assert shown["subject"].endswith(SUBJECT)
    assert shown["listed"] == SUBJECT
    assert TEXT in shown["text"]
    assert FILE in shown["attachments"]


def test_thunderbird_verifies_what_we_only_sign(alice: Neighbour, carol: Thunderbird) -> None:
    letter = sent(alice, "--encrypt", "no", "--sign", "yes")
    carol.do("collect")
    shown = carol.read(letter)
    assert (shown["encrypted"], shown["signed"]) == ("", "verified")
    assert shown["listed"] == SUBJECT
    assert shown["text"].strip() == TEXT


def test_we_open_and_verify_what_thunderbird_encrypts(
    alice: Neighbour, carol: Thunderbird, enclosed: str, tmp_path: Path
) -> None:
    carol.write(
        Letter(TEXT, ALICE, SUBJECT, html=f"<p><b>{TEXT}</b></p>", encrypt=True, sign=True,
               files=(enclosed,))
    )  # fmt: skip
    shown = newest(alice)
    security = shown["security"]
    assert (security["state"], security["warnings"]) == ("confidential", [])
    assert "Subject" in security["protected_headers"]
    assert shown["subject"] == SUBJECT
    assert TEXT in shown["text"]
    assert FILE in [one["name"] for one in shown["attachments"]]
    assert "<b>" in alice.ok("show", str(shown["id"]), "--html")
    alice.ok("show", str(shown["id"]), "--save-attachments", str(tmp_path))
    assert (tmp_path / FILE).read_text(encoding="utf-8") == "Drei Kisten.\n"


def test_we_verify_what_thunderbird_only_signs(alice: Neighbour, carol: Thunderbird) -> None:
    carol.write(Letter(TEXT, ALICE, SUBJECT, sign=True))
    shown = newest(alice)
    assert shown["security"]["state"] == "signed-verified"
    assert (shown["subject"], shown["text"].strip()) == (SUBJECT, TEXT)


def test_an_encrypted_conversation_goes_to_thunderbird_and_back_and_there_again(
    alice: Neighbour, carol: Thunderbird
) -> None:
    first = sent(alice, "--encrypt", "yes", subject="Wohin damit?")
    carol.do("collect")
    carol.read(first)
    begun = carol.answer(first, Letter("Unter den Birnbaum.", encrypt=True, sign=True))
    assert begun["subject"] == "Re: Wohin damit?"
    assert TEXT.partition(" ")[0] in begun["text"]

    second = newest(alice)
    assert second["security"]["state"] == "confidential"
    assert second["subject"] == "Re: Wohin damit?"
    assert "Unter den Birnbaum." in second["text"]
    thread = alice.json("show", str(second["id"]), "--thread")
    assert first.strip("<>") in json.dumps(thread)

    words = ("reply", str(second["id"]), "--send", "--body-file", "-")
    third = alice.json(*words, stdin="Gut.\n")
    assert third["encryption"] == "encrypted"
    carol.do("collect")
    shown = carol.read(third["message_id"])
    assert (shown["encrypted"], shown["signed"]) == ("ok", "verified")
    assert shown["subject"].endswith("Re: Wohin damit?")
    assert shown["thread"] >= 2


def test_thunderbird_learns_our_key_from_mail_and_we_learn_its(
    street: Street, carol: Thunderbird
) -> None:
    bob = street.people("bob")
    bob.set_up()
    bob.json("key", "generate", bob.address, "--name", "Bob", "--no-passphrase")
    letter = bob.json(
        "send", "--to", CAROL, "--subject", "Hallo", "--body-file", "-", stdin="Hier bin ich.\n"
    )
    carol.do("collect")
    carol.read(letter["message_id"], secured=False)
    [own] = bob.json("key", "show", bob.address)["keys"]
    assert carol.do("collected", bob.address) == [own["fingerprint"].lower()]

    carol.write(Letter("Willkommen.", bob.address, "Re: Hallo"))
    assert newest(bob)["security"]["state"] == "unprotected"
    [ready] = bob.json("readiness", CAROL)["recipients"]
    assert ready["fingerprint"] == carol.do("ownFingerprint")
    assert (ready["state"], ready["source"]) == ("ready", "Autocrypt")


def test_the_secret_key_of_thunderbird_can_be_taken_over(
    street: Street, carol: Thunderbird, tmp_path: Path
) -> None:
    fingerprint = carol.do("ownFingerprint")
    armored = tmp_path / "carol.asc"
    armored.write_text(carol.do("exportSecret", fingerprint, "Grüner Tee"), encoding="ascii")
    moved = street.people("carol")
    moved.set_up()
    moved.json("key", "import", str(armored))
    [own] = moved.json("key", "show", CAROL)["keys"]
    assert (own["fingerprint"], own["secret"]) == (fingerprint, True)


def test_thunderbird_takes_over_the_key_in_our_backup(
    street: Street, alice: Neighbour, tmp_path: Path
) -> None:
    copy = tmp_path / "alice.asc"
    code = alice.json("key", "backup", ALICE, str(copy))["code"]
    opened = subprocess.run(
        ["gpg", "--homedir", str(alice.gnupg), "--batch", "--pinentry-mode", "loopback",
         "--passphrase-fd", "0", "--decrypt", str(copy)],
        input=code + "\n", capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    with thunderbird_running(tmp_path / "other", street.network) as other:
        other.set_up(street.servers, "alice")
        end = "-----END PGP PRIVATE KEY BLOCK-----\n"
        taken = other.do("ownKey", opened.partition(end)[0] + end, "")  # as the sheet says
        [own] = alice.json("key", "show", ALICE)["keys"]
        assert taken == own["fingerprint"]


def test_a_profile_of_thunderbird_is_taken_over(street: Street, tmp_path: Path) -> None:
    bob = street.people("bob")
    raw = b"From: bob@example.org\r\nTo: carol@example.org\r\nSubject: Plan\r\n"
    raw += b"Message-ID: <plan@example.org>\r\n"
    raw += b"Date: Wed, 25 Nov 2026 10:00:00 +0000\r\n\r\nHier.\r\n"
    with thunderbird_running(tmp_path / "other", street.network) as other:
        other.set_up(street.servers, "carol")
        street.servers.deliver("carol", raw)
        other.do("collect")
        other.do("arrange", "plan@example.org", "Dringend für uns", PLACE)
        other.do("befriend", "Jürgen Müller", "juergen@example.org")
    report = bob.json("import", str(other.profile))
    assert (report["accounts"], report["problems"], report["people"]) == ([CAROL], [], 1)
    account = bob.json("account", "show", CAROL)
    assert account["incoming"]["port"] == street.servers.pop3.pop3s
    assert account["outgoing"]["port"] == street.servers.smtp.smtps
    [row] = bob.json("search", "Plan")["messages"]
    assert (row["folder"], row["tags"]) == (PLACE, ["Dringend für uns"])
    assert (row["flagged"], row["unread"]) == (True, False)
