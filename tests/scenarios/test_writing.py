"""What is written comes to the other side as it was meant, over real servers."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from mailclient.message.rich import Line, ListKind, Run, from_html, to_html
from tests.scenarios.people import Person
from tests.servers.surroundings import MailServers

MakePerson = Callable[[str], Person]
PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
NAME = "Übersicht der Gärten, " * 5 + "2026.pdf"
LINES = (
    Line((Run("Dear "), Run("Bob", bold=True), Run(","))),
    Line(),
    Line((Run("one"),), list=ListKind.BULLETS),
    Line((Run("ein Gärtchen  mit Abstand"),), quote=1),
    Line((Run("here", link="https://example.org/?a=1&b=2"),)),
    Line((Run("the garden", picture="garden@x"),)),
    Line((Run("From here on. " * 20),)),
    Line((Run("."),)),
    Line((Run("-- "),)),
    Line((Run("Alice"),)),
)


def eml(folder: Path) -> Path:
    """A message with rich text, a picture in it, and a file with a long name."""
    made = EmailMessage(policy=email.policy.SMTP)
    made["Subject"] = "Gärten"
    made.set_content("in plain words")
    made.add_alternative(to_html(LINES), subtype="html")
    html = made.get_payload()[1]  # type: ignore[index]
    html.add_related(PIXEL, "image", "png", cid="<garden@x>", filename="Gärtchen.png")  # type: ignore[union-attr]
    made.add_attachment(b"%PDF-1.7\n\xff", "application", "pdf", filename=NAME)
    path = folder / "rich.eml"
    path.write_bytes(made.as_bytes())
    return path


def test_rich_text_its_pictures_and_its_files_arrive(
    person: MakePerson, mail_servers: MailServers, tmp_path: Path
) -> None:
    alice, bob = person("alice"), person("bob")
    for one in (alice, bob):
        one.set_up()
    sent = alice.json("send", "--to", bob.address, "--eml", str(eml(tmp_path)), "--encrypt", "no")
    assert sent["state"] == "sent"

    [on_server] = mail_servers.mailbox("bob")
    theirs = email.message_from_bytes(on_server, policy=email.policy.default)
    assert isinstance(theirs, EmailMessage)
    assert theirs.defects == []
    html, plain = theirs.get_body(("html",)), theirs.get_body(("plain",))
    assert html is not None
    assert plain is not None
    assert from_html(html.get_content()) == LINES
    text = plain.get_content().replace("\r\n", "\n").rstrip()
    assert text.startswith("Dear Bob,\n\n* one\n> ein Gärtchen  mit Abstand\n")
    assert text.endswith("\n-- \nAlice")
    [file] = theirs.iter_attachments()
    assert (file.get_filename(), file.get_content()) == (NAME, b"%PDF-1.7\n\xff")
    picture = next(part for part in theirs.walk() if part.get_content_type() == "image/png")
    assert (picture["Content-ID"], picture.get_content()) == ("<garden@x>", PIXEL)
    assert picture.get_filename() == "Gärtchen.png"

    bob.json("receive")
    [row] = bob.json("list")["messages"]
    letter = bob.json("show", str(row["id"]))
    assert "Dear Bob," in letter["text"]
    assert "cid:garden@x" in letter["html"]
    assert letter["remote_content"] == []
    assert sorted(one["name"] for one in letter["attachments"]) == ["Gärtchen.png", NAME]


def test_mail_from_another_address_carries_what_belongs_to_it(
    person: MakePerson, mail_servers: MailServers
) -> None:
    alice, bob = person("alice"), person("bob")
    for one in (alice, bob):
        one.set_up()
    shop = f"alice+shop@{mail_servers.domain}"
    alice.ok(
        "account", "identity", "add", alice.address, shop, "name=The shop", "signature=Best wishes",
        f"reply-to={alice.address}", "sent=Shop",
    )  # fmt: skip
    found = alice.json("account", "identity", "list", alice.address)["identities"]
    assert [one["address"] for one in found] == [alice.address, shop]
    assert found[1] == {
        "account": alice.address, "address": shop, "name": "The shop",
        "signature": "Best wishes", "signature_html": "", "key": None,
        "reply_to": alice.address, "bcc_self": False, "sent": "Shop",
    }  # fmt: skip
    alice.json("send", "--account", shop, "--to", bob.address, "--subject", "Offer",
               "--body-file", "-", stdin="Pears.\n")  # fmt: skip
    [on_server] = mail_servers.mailbox("bob")
    theirs = email.message_from_bytes(on_server, policy=email.policy.default)
    assert theirs["From"] == f"The shop <{shop}>"
    assert theirs["Reply-To"] == f"The shop <{alice.address}>"
    assert "\n-- \nBest wishes" in on_server.decode().replace("\r\n", "\n").replace("=20\n", " \n")
    assert alice.json("list", "--folder", "Shop")["count"] == 1
    assert alice.json("list", "--folder", "Sent")["count"] == 0
    alice.ok("account", "identity", "set", shop, "name=Shop")
    alice.ok("account", "identity", "remove", shop)
    done = alice.run("account", "identity", "remove", alice.address)
    assert done.returncode == 1
    assert "only address" in done.stderr


def test_an_answer_comes_from_the_tagged_address_that_was_written_to(
    person: MakePerson, mail_servers: MailServers
) -> None:
    bob = person("bob")
    bob.set_up()
    tagged = f"bob+shop@{mail_servers.domain}"
    mail_servers.deliver(
        "bob", f"From: eve@x.example\r\nTo: {tagged}\r\nSubject: hi\r\n\r\nwords\r\n".encode()
    )
    bob.json("receive")
    [row] = bob.json("list")["messages"]
    answer = bob.json("reply", str(row["id"]), "--all")
    assert answer["from"] == [{"name": "Bob", "address": tagged}]
    assert [one["address"] for one in answer["to"] + answer["cc"]] == ["eve@x.example"]


def test_a_message_that_was_answered_shows_it(
    person: MakePerson, mail_servers: MailServers
) -> None:
    bob = person("bob")
    bob.set_up()
    mail_servers.deliver(
        "bob",
        f"From: alice@{mail_servers.domain}\r\nTo: {bob.address}\r\nMessage-ID: <1@x>\r\n"
        "Subject: hi\r\n\r\nwords\r\n".encode(),
    )
    bob.json("receive")
    assert bob.json("search", "is:answered")["count"] == 0
    [row] = bob.json("list")["messages"]
    bob.json("reply", str(row["id"]), "--send")
    assert [one["id"] for one in bob.json("search", "is:answered")["messages"]] == [row["id"]]
