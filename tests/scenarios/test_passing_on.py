"""What is made of a message that is there: passed on, redirected, begun anew, answered on a list.

On none of these ways does anything go out in clear that was encrypted.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.scenarios.people import Person
from tests.servers.surroundings import MailServers

MakePerson = Callable[[str], Person]
SECRET = "the treasure lies under the pear tree"
TITLE = "Where the treasure lies"


@pytest.fixture
def pair(person: MakePerson) -> tuple[Person, Person]:
    """Alice and Bob with accounts and keys, each knowing the other's."""
    alice, bob = person("alice"), person("bob")
    for one in (alice, bob):
        one.set_up()
        one.json("key", "generate", one.address, "--no-passphrase")
    befriend(alice, bob)
    return alice, bob


def befriend(one: Person, other: Person) -> None:
    for here, there in ((one, other), (other, one)):
        here.json("key", "import", "-", stdin=there.ok("key", "export", there.address))
        fingerprint = there.json("key", "show", there.address)["keys"][0]["fingerprint"]
        here.ok("key", "trust", fingerprint, there.address, "verified")


def write(one: Person, other: Person, *options: str, text: str = SECRET) -> str:
    """One writes to the other, who collects it; its id there."""
    one.json(
        "send", "--to", other.address, "--subject", TITLE, "--body-file", "-", *options, stdin=text
    )
    other.json("receive")
    return str(other.json("list")["messages"][0]["id"])


WAYS = {
    "forward": ("forward", "--to"),
    "forward as attachment": ("forward", "--as-attachment", "--to"),
    "edit as new": ("edit", "--to"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_what_was_encrypted_is_not_passed_on_to_somebody_without_a_key(
    pair: tuple[Person, Person], mail_servers: MailServers, way: tuple[str, ...]
) -> None:
    alice, bob = pair
    id = write(alice, bob, "--encrypt", "yes")
    command, *options = way
    begun = bob.json(command, id, *options, f"carol@{mail_servers.domain}")
    assert begun["encrypt"] is True
    assert begun["outer_subject"] == "[...]"
    done = bob.run(command, id, *options, f"carol@{mail_servers.domain}", "--send")
    assert done.returncode == 1
    assert "No key is known for carol@" in done.stderr
    refused = bob.run(command, id, *options, alice.address, "--encrypt", "no", "--send")
    assert refused.returncode == 1
    assert "would itself go out in clear" in refused.stderr
    assert mail_servers.mailbox("carol") == mail_servers.mailbox("alice") == []
    assert bob.json("outbox")["count"] == 0


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_what_was_encrypted_is_passed_on_encrypted(
    pair: tuple[Person, Person],
    person: MakePerson,
    mail_servers: MailServers,
    tmp_path: Path,
    way: tuple[str, ...],
) -> None:
    alice, bob = pair
    file = tmp_path / "map.txt"
    file.write_text("a cross at the pear tree")
    carol = person("carol")
    carol.set_up()
    carol.json("key", "generate", carol.address, "--no-passphrase")
    befriend(bob, carol)
    id = write(alice, bob, "--encrypt", "yes", "--attach", str(file))
    command, *options = way
    sent = bob.json(command, id, *options, carol.address, "--send")
    assert (sent["state"], sent["encryption"]) == ("sent", "encrypted")
    [on_server] = mail_servers.mailbox("carol")
    assert b"pear" not in on_server
    assert TITLE.encode() not in on_server
    carol.json("receive")
    [row] = carol.json("list")["messages"]
    letter = carol.json("show", str(row["id"]))
    assert letter["security"]["state"] == "confidential"
    assert TITLE in letter["subject"]
    [attached] = letter["attachments"]
    assert attached["encrypted"] is True
    if "--as-attachment" not in options:
        assert SECRET in letter["text"]
        assert attached["name"] == "map.txt"
        return
    assert attached["content_type"] == "message/rfc822"
    folder = tmp_path / "saved"
    carol.ok("show", str(row["id"]), "--save-attachments", str(folder))
    inside = email.message_from_bytes(
        (folder / attached["name"]).read_bytes(), policy=email.policy.default
    )
    assert isinstance(inside, EmailMessage)
    assert inside["Subject"] == TITLE
    assert inside["From"].addresses[0].addr_spec == alice.address
    body = inside.get_body(("plain",))
    assert body is not None
    assert SECRET in body.get_content()
    assert [part.get_content() for part in inside.iter_attachments()] == [
        "a cross at the pear tree"
    ]


def test_a_redirected_message_stays_encrypted_for_whom_it_was(
    pair: tuple[Person, Person], mail_servers: MailServers
) -> None:
    alice, bob = pair
    id = write(alice, bob, "--encrypt", "yes")
    [received] = mail_servers.mailbox("bob")
    done = bob.json("redirect", id, "--to", f"carol@{mail_servers.domain}", "--send")
    assert done["state"] == "sent"
    [redirected] = mail_servers.mailbox("carol")
    assert b"pear" not in redirected
    assert received.partition(b"\nFrom:")[2] in redirected


def test_a_redirected_message_is_the_same_below_its_new_fields(
    pair: tuple[Person, Person], mail_servers: MailServers
) -> None:
    alice, bob = pair
    id = write(alice, bob, "--encrypt", "no", "--sign", "yes")
    shown = bob.json("redirect", id, "--to", f"carol@{mail_servers.domain}")
    assert [one["address"] for one in shown["to"]] == [f"carol@{mail_servers.domain}"]
    assert mail_servers.mailbox("carol") == []
    bob.json("redirect", id, "--bcc", f"carol@{mail_servers.domain}", "--send")
    [original], [redirected] = mail_servers.mailbox("bob"), mail_servers.mailbox("carol")
    whole = email.message_from_bytes(redirected)
    assert whole["Resent-From"] == f"Bob <{bob.address}>"
    assert whole["Resent-To"] == "undisclosed-recipients:;"
    assert len(whole.get_all("Resent-Message-ID", [])) == 1
    assert whole["Message-ID"] == email.message_from_bytes(original)["Message-ID"]
    assert redirected.endswith(original.partition(b"Return-Path:")[2].partition(b"\n")[2])
    assert b"carol" not in redirected.partition(b"Resent-Date")[2]
    [copy] = bob.json("list", "--folder", "Sent")["messages"]
    assert bob.json("show", str(copy["id"]))["security"]["state"] == "signed-verified"


def test_a_message_passed_on_as_a_file_is_the_same_byte_for_byte(
    pair: tuple[Person, Person], tmp_path: Path
) -> None:
    alice, bob = pair
    odd = (
        b"From: Eve <eve@elsewhere.example>\r\nSubject: =?utf-8?q?=C3=A4?=\r\n"
        b"X-Odd:  two\tspaces \r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\n.\r\nFrom here \xc3\xa4\r\n--=_\r\n"
    )
    file = tmp_path / "odd.eml"
    file.write_bytes(odd)
    for encrypt in ("no", "yes"):
        bob.json("forward", str(file), "--as-attachment", "--to", alice.address, "--encrypt",
                 encrypt, "--send")  # fmt: skip
    alice.json("receive")
    for row in alice.json("list")["messages"]:
        letter = alice.json("show", str(row["id"]))
        [attached] = letter["attachments"]
        assert attached["content_type"] == "message/rfc822"
        folder = tmp_path / f"saved {row['id']}"
        alice.ok("show", str(row["id"]), "--save-attachments", str(folder))
        assert (folder / attached["name"]).read_bytes() == odd


def test_who_got_a_blind_copy_is_told_to_nobody_by_passing_on(
    pair: tuple[Person, Person], mail_servers: MailServers
) -> None:
    alice, bob = pair
    alice.json("send", "--to", bob.address, "--bcc", f"carol@{mail_servers.domain}", "--subject",
               "x", "--encrypt", "no", "--body-file", "-", stdin="hello")  # fmt: skip
    [copy] = alice.json("list", "--folder", "Sent")["messages"]
    assert alice.json("show", str(copy["id"]))["bcc"] != []
    for way in (("redirect",), ("forward", "--as-attachment"), ("forward",)):
        alice.json(way[0], str(copy["id"]), *way[1:], "--to", bob.address, "--send")
    assert [b"carol@" in one for one in mail_servers.mailbox("bob")] == [False] * 4


def test_an_answer_to_a_list_goes_to_the_list(pair: tuple[Person, Person], tmp_path: Path) -> None:
    _, bob = pair
    file = tmp_path / "list.eml"
    file.write_bytes(
        b"From: Eve <eve@elsewhere.example>\r\nTo: People <people@list.example>\r\n"
        b"Reply-To: people@list.example\r\nList-Post: <mailto:people@list.example>\r\n"
        b"Subject: hi\r\n\r\nwords\r\n"
    )
    answer = bob.json("reply", str(file), "--list")
    assert answer["to"] == [{"name": "People", "address": "people@list.example"}]
    assert bob.json("reply", str(file))["to"][0]["address"] == "eve@elsewhere.example"
    done = bob.run("reply", str(file), "--list", "--all")
    assert done.returncode == 1
    assert "list" in done.stderr
