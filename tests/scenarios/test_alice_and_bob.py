"""The main job through the command line, against real servers and real GnuPG."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.people import Person
from tests.servers.surroundings import MailServers

MakePerson = Callable[[str], Person]
SECRET = "The treasure lies under the old pear tree."


@pytest.fixture
def pair(person: MakePerson) -> tuple[Person, Person]:
    """Alice and Bob with accounts and keys, and each other's confirmed public key."""
    alice, bob = person("alice"), person("bob")
    for one in (alice, bob):
        one.set_up()
        one.json("key", "generate", one.address, "--name", one.name.title(), "--no-passphrase")
    for one, other in ((alice, bob), (bob, alice)):
        public = other.ok("key", "export", other.address)
        imported = one.json("key", "import", "-", stdin=public)
        one.ok("key", "trust", imported["imported"][0]["fingerprint"], other.address, "verified")
    return alice, bob


def test_an_encrypted_letter_goes_there_and_back(
    pair: tuple[Person, Person], mail_servers: MailServers, tmp_path: Path
) -> None:
    alice, bob = pair
    assert alice.json("readiness", bob.address) == {
        "recipients": [
            {
                "address": bob.address,
                "state": "ready-verified",
                "fingerprint": alice.json("key", "show", bob.address)["keys"][0]["fingerprint"],
                "source": "file",
                "reason": "The key is confirmed.",
                "policy": None,
                "autocrypt": "disable",  # no mail of his has come yet
            }
        ],
        "can_encrypt": True,
        "autocrypt": "disable",
    }

    sent = alice.json(
        "send",
        "--to",
        bob.address,
        "--subject",
        "Where the treasure lies",
        "--body-file",
        "-",
        "--encrypt",
        "yes",
        stdin=SECRET,
    )
    assert sent["state"] == "sent"
    assert sent["accepted"] == [bob.address]
    assert (sent["encryption"], sent["signature"]) == ("encrypted", "good")

    [on_server] = mail_servers.mailbox("bob")
    assert b"multipart/encrypted" in on_server
    assert b"pear tree" not in on_server
    assert b"treasure" not in on_server.lower()
    assert b"Subject: [...]" in on_server

    received = bob.json("receive")["accounts"][0]
    assert (received["received"], received["problems"]) == (1, [])
    [row] = bob.json("list")["messages"]
    assert row["subject"] == "Where the treasure lies"
    assert (row["encryption"], row["signature"], row["unread"]) == ("encrypted", "good", True)

    letter = bob.json("show", str(row["id"]))
    assert SECRET in letter["text"]
    assert letter["security"]["state"] == "confidential"
    assert letter["security"]["verified"] is True
    assert letter["security"]["signer"]["address"] == alice.address
    assert "Subject" in letter["security"]["protected_headers"]
    assert letter["message_id"] == sent["message_id"]

    for word in ("pear", "from:alice treasure", "is:encrypted"):
        assert bob.json("search", word)["count"] == 1, word

    answer = bob.json("reply", str(row["id"]))
    assert answer["encrypt"] is True
    assert answer["outer_subject"] == "[...]"
    assert [one["address"] for one in answer["to"]] == [alice.address]
    assert f"> {SECRET}" in answer["body"]
    replied = bob.json(
        "reply", str(row["id"]), "--send", "--body-file", "-", stdin="I shall bring a spade.\n"
    )
    assert (replied["state"], replied["encryption"]) == ("sent", "encrypted")

    assert alice.json("receive")["accounts"][0]["received"] == 1
    [back] = alice.json("search", "spade in:inbox")["messages"]
    assert back["subject"] == "Re: Where the treasure lies"
    assert alice.json("show", str(back["id"]))["security"]["state"] == "confidential"
    assert alice.json("search", "treasure in:sent")["count"] == 1

    plain = open_with_gpg_alone(on_server, bob.gnupg, tmp_path)
    assert SECRET.encode() in plain


def open_with_gpg_alone(message: bytes, home: Path, folder: Path) -> bytes:
    """Decrypt the armored part of a message with the gpg command and nothing of ours."""
    begin = message.index(b"-----BEGIN PGP MESSAGE-----")
    end = message.index(b"-----END PGP MESSAGE-----") + len(b"-----END PGP MESSAGE-----")
    file = folder / "message.asc"
    file.write_bytes(message[begin:end] + b"\n")
    done = subprocess.run(
        ["gpg", "--homedir", str(home), "--batch", "--decrypt", str(file)],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"Good signature" in done.stderr
    return done.stdout


def test_a_message_to_somebody_without_a_key_is_not_sent(
    pair: tuple[Person, Person], mail_servers: MailServers
) -> None:
    alice, _ = pair
    done = alice.run(
        "send",
        "--to",
        f"carol@{mail_servers.domain}",
        "--subject",
        "x",
        "--body-file",
        "-",
        "--encrypt",
        "yes",
        "--json",
        stdin=SECRET,
    )
    assert done.returncode == 1
    assert "No key is known for carol@" in done.stderr
    assert '"state": "failed"' in done.stdout
    assert mail_servers.mailbox("carol") == []
    assert alice.json("outbox")["count"] == 0


def test_who_gets_a_blind_copy_shows_nowhere(
    pair: tuple[Person, Person], mail_servers: MailServers, person: MakePerson
) -> None:
    alice, bob = pair
    carol = person("carol")
    key = carol.json("key", "generate", carol.address, "--no-passphrase")["fingerprint"]
    alice.ok("key", "import", "-", stdin=carol.ok("key", "export", carol.address))
    sent = alice.json(
        "send",
        "--to",
        bob.address,
        "--bcc",
        carol.address,
        "--subject",
        "Secret company",
        "--body-file",
        "-",
        "--encrypt",
        "yes",
        stdin=SECRET,
    )
    assert sorted(sent["accepted"]) == [bob.address, carol.address]
    [to_bob], [to_carol] = mail_servers.mailbox("bob"), mail_servers.mailbox("carol")
    for copy in (to_bob, to_carol):
        head = copy.partition(b"\r\n\r\n")[0].partition(b"\nFrom:")[2].lower()
        assert b"\nbcc:" not in head
        assert b"carol" not in head
    assert key[-16:] not in key_ids(to_bob, bob.gnupg)
    assert len(key_ids(to_bob, bob.gnupg)) == 2
    assert len(key_ids(to_carol, carol.gnupg)) == 1


def key_ids(message: bytes, home: Path) -> list[str]:
    """The key IDs that a message is encrypted to, as gpg lists its packets."""
    begin = message.index(b"-----BEGIN PGP MESSAGE-----")
    done = subprocess.run(
        ["gpg", "--homedir", str(home), "--batch", "--list-only", "--list-packets"],
        input=message[begin:],
        capture_output=True,
        check=False,
    )
    return [
        line.rpartition(" ")[2]
        for line in done.stdout.decode().splitlines()
        if line.startswith(":pubkey enc packet:")
    ]


def test_a_locked_message_opens_by_itself_once_its_key_is_there(
    pair: tuple[Person, Person], person: MakePerson
) -> None:
    alice, bob = pair
    secret = bob.ok("key", "export", bob.address, "--secret")
    fingerprint = bob.json("key", "show", bob.address)["keys"][0]["fingerprint"]
    bob.ok("key", "delete", fingerprint, "--secret")
    alice.json(
        "send",
        "--to",
        bob.address,
        "--subject",
        "Later",
        "--body-file",
        "-",
        "--encrypt",
        "yes",
        stdin=SECRET,
    )
    bob.json("receive")
    [row] = bob.json("list")["messages"]
    locked = bob.json("show", str(row["id"]))
    assert (locked["security"]["state"], locked["text"]) == ("locked", "")
    bob.json("key", "import", "-", stdin=secret)
    opened = bob.json("show", str(row["id"]))
    assert opened["security"]["state"] == "confidential"
    assert SECRET in opened["text"]
    assert bob.json("search", "pear")["count"] == 1
