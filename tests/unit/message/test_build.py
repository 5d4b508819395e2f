"""What is built is 7-bit, CRLF, foldable by nobody, and reads back as what was written."""

import email
import email.policy
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailclient.errors import BadInput
from mailclient.message import build
from mailclient.message.address import Address, normalise
from mailclient.message.body import body
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.message.entity import entity, pieces
from mailclient.message.envelope import Envelope, envelope
from mailclient.message.flowed import flow, unflow
from mailclient.message.quote import Whom, forward_text, own_text, reply_draft, without_words
from mailclient.message.resend import resent
from mailclient.message.tree import parse

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ANN = Address("Ann", "ann@example.org")
BOB = Address("Bob", "bob@example.org")
EVE = Address("", "eve@example.org")


def built(draft: Draft) -> bytes:
    message_id = build.new_message_id(draft.sender.domain)
    return build.assemble(build.fields(draft, message_id=message_id, date=NOW), entity(draft))


def on_the_wire(raw: bytes) -> bool:
    lines = raw.split(b"\r\n")
    return raw.isascii() and all(len(line) <= 998 and not set(line) & {0, 10, 13} for line in lines)


LINES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\x85")
)


@given(st.lists(LINES, max_size=8).map("\n".join), LINES)
def test_whatever_is_written_is_fit_for_the_wire(text: str, subject: str) -> None:
    raw = built(Draft(sender=ANN, to=(BOB,), subject=subject, text=text))
    assert on_the_wire(raw)
    assert not any(line.startswith(b"From ") for line in raw.split(b"\r\n"))
    assert not any(
        line.endswith((b" ", b"\t")) for line in raw.split(b"\r\n\r\n", 1)[1].split(b"\r\n")
    )


@given(st.lists(LINES.map(str.rstrip), max_size=8).map("\n".join))
def test_a_draft_comes_back_as_it_was_left(text: str) -> None:
    draft = Draft(
        sender=ANN, to=(BOB,), bcc=(EVE,), subject="Ä", text=text,
        attachments=(AttachmentSource("ü.bin", "application/octet-stream", bytes(range(256))),
                     AttachmentSource("a.txt", "text/plain", b"secret", quoted=True)),
        in_reply_to="<a@b>", references=("<a@b>",), encrypt=True, quotes_protected=True,
        decided=True,
    )  # fmt: skip
    stored = build.draft_bytes(draft, message_id="<x@y>", date=NOW)
    assert build.draft_from_message(parse(stored)) == draft


def test_a_draft_kept_without_its_files_finds_them_with_another_state_of_it() -> None:
    file = AttachmentSource("a.bin", "application/octet-stream", bytes(3000))
    image = AttachmentSource("p.png", "image/png", b"\x89PNG", content_id="p@x")
    html = '<p>before<img src="cid:p@x" alt="p"></p>'
    begun = Draft(sender=ANN, to=(BOB,), html=html, pictures=(image,), attachments=(file,))
    whole = build.draft_from_message(parse(build.draft_bytes(begun, message_id="<x@y>", date=NOW)))
    later = replace(whole, subject="New", html=whole.html.replace("before", "after"))
    words = build.words_bytes(later, message_id="<x@y>", date=NOW)
    assert len(words) < 2000
    assert build.has_files_apart(parse(words))
    again = build.with_files_of(build.draft_from_message(parse(words)), whole)
    assert replace(again, text="") == replace(later, text="")


def test_what_is_typed_halfway_is_kept_in_a_draft() -> None:
    draft = Draft(sender=ANN, to=(Address("", "bob"),))
    stored = build.draft_bytes(draft, message_id="<x@y>", date=NOW)
    assert build.draft_from_message(parse(stored)).to == (Address("", "bob"),)


def test_bcc_is_in_nothing_that_goes_out() -> None:
    raw = built(Draft(sender=ANN, to=(BOB,), bcc=(EVE,), text="x"))
    assert b"eve" not in raw
    assert b"\nbcc:" not in raw.lower()


def test_only_hidden_recipients_leave_a_group() -> None:
    assert (
        parse(built(Draft(sender=ANN, bcc=(EVE,)))).headers.get("To") == "undisclosed-recipients:;"
    )


def test_a_file_keeps_its_name_and_its_bytes() -> None:
    name = "Rechnung für Müller und Söhne, " * 3 + "2026.pdf"
    draft = Draft(
        sender=ANN, to=(BOB,), attachments=(AttachmentSource(name, "application/pdf", b"%PDF\n"),)
    )
    raw = built(draft)
    found = body(parse(raw)).attachments[0]
    assert (found.name, found.data(), found.content_type) == (name, b"%PDF\n", "application/pdf")
    assert on_the_wire(raw)


@pytest.mark.parametrize("address", ["x@y\r\nBcc: z@a", "x y@z", "nobody"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(BadInput):
        built(Draft(sender=ANN, to=(Address("", address),)))


def test_a_name_cannot_become_a_field() -> None:
    raw = built(Draft(sender=ANN, to=(Address("a\r\nBcc: z@a", "b@c.d"),), subject="s\r\nBcc: z@a"))
    assert "Bcc" not in parse(raw).headers


@given(st.lists(LINES.map(lambda line: line.rstrip(" ")), max_size=8))
def test_flowed_text_comes_back_joined(lines: list[str]) -> None:
    plain = [line for line in lines if not line.lstrip().startswith(">")]
    assert unflow(flow("\n".join(plain))) == "\n".join(plain)


def test_flowed_quotes_keep_their_depth() -> None:
    assert flow("> a\n> > b\n>> c") == "> a\n>> b\n>> c"
    assert all(line.startswith(">> ") for line in flow("> > " + "word " * 40).split("\n"))


def mine(address: str) -> bool:
    return normalise(address) == "ann@example.org"


def seen(**fields: object) -> Envelope:
    raw = "\r\n".join(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())
    return envelope(parse(raw.encode() + b"\r\n\r\n").headers)


def test_an_answer_to_all_leaves_oneself_out_and_nobody_twice() -> None:
    found = seen(From="bob@example.org", To="ann@example.org, eve@example.org",
                 Cc="Bob@example.org, fay@example.org", Subject="RE: Aw: hi",
                 Message_ID="<2@x>", References="<0@x> <1@x>")  # fmt: skip
    parts = reply_draft(found, "text\n-- \nBob", mine=mine, whom=Whom.EVERYONE)
    assert [one.address for one in parts.to] == ["bob@example.org"]
    assert [one.address for one in parts.cc] == ["eve@example.org", "fay@example.org"]
    assert parts.subject == "Re: hi"
    assert parts.references == ("<0@x>", "<1@x>", "<2@x>")
    assert parts.text == "\n\nbob@example.org wrote:\n> text\n"


def test_an_answer_to_an_own_message_goes_where_that_went() -> None:
    found = seen(From="ann@example.org", To="bob@example.org")
    parts = reply_draft(found, "", mine=mine, whom=Whom.AUTHOR)
    assert [one.address for one in parts.to] == ["bob@example.org"]


def test_a_forwarded_message_tells_where_it_comes_from() -> None:
    subject, text = forward_text(seen(From="Bob <bob@example.org>", Subject="hi"), "words")
    assert subject == "Fwd: hi"
    assert "From: Bob <bob@example.org>" in text
    assert text.endswith("words\n")


LISTED = {
    "From": "bob@example.org",
    "To": "People <list@example.org>, eve@example.org",
    "List_Post": "<mailto:list@example.org>",
}


def test_an_answer_to_the_list_goes_to_the_list_alone() -> None:
    parts = reply_draft(seen(**LISTED), "", mine=mine, whom=Whom.LIST)
    assert parts.to == (Address("People", "list@example.org"),)
    assert parts.cc == ()


def test_a_list_that_asks_for_answers_to_itself_does_not_get_those_to_the_author() -> None:
    found = seen(**LISTED, Reply_To="list@example.org")
    parts = reply_draft(found, "", mine=mine, whom=Whom.AUTHOR)
    assert [one.address for one in parts.to] == ["bob@example.org"]
    assert parts.past_list
    everyone = reply_draft(found, "", mine=mine, whom=Whom.EVERYONE)
    assert [one.address for one in everyone.to] == ["bob@example.org"]
    assert [one.address for one in everyone.cc] == ["list@example.org", "eve@example.org"]


def test_a_reply_address_of_the_author_is_kept_on_a_list() -> None:
    found = seen(**LISTED, Reply_To="bob@elsewhere.example")
    parts = reply_draft(found, "", mine=mine, whom=Whom.AUTHOR)
    assert [one.address for one in parts.to] == ["bob@elsewhere.example"]
    assert not parts.past_list


def test_there_is_no_answer_to_a_list_without_a_list() -> None:
    with pytest.raises(BadInput, match="mailing list"):
        reply_draft(seen(From="bob@example.org"), "", mine=mine, whom=Whom.LIST)


def test_what_is_left_without_quotes_is_what_the_writer_wrote() -> None:
    answer = reply_draft(seen(From="Bob <bob@example.org>"), "the secret", mine=mine,
                         whom=Whom.AUTHOR).text  # fmt: skip
    assert own_text(f"Dear Bob,\nyes.{answer}\n-- \nAnn") == "Dear Bob,\nyes.\n\n\n-- \nAnn\n"
    passed_on = forward_text(seen(From="bob@example.org"), "the secret")[1]
    assert own_text(f"Look:{passed_on}") == "Look:\n"
    assert without_words("Re: the secret") == "Re: [...]"


@pytest.mark.parametrize("length", [60, 76, 77, 200, 979])
def test_an_id_is_never_broken_nor_encoded(length: int) -> None:
    id = "<" + "a" * (length - 4) + "@b>"
    draft = Draft(sender=ANN, to=(BOB,), in_reply_to=id, references=("<0@x>", id, "<1@x>"))
    raw = built(draft)
    assert f" {id}\r\n".encode() in raw
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert found["References"].split() == ["<0@x>", id, "<1@x>"]
    assert found["In-Reply-To"] == id


def test_an_id_that_no_line_can_hold_is_left_out() -> None:
    draft = Draft(sender=ANN, to=(BOB,), references=("<0@x>", f"<{'a' * 990}@b>"))
    assert parse(built(draft)).headers.get("References") == "<0@x>"


def test_an_international_domain_travels_as_a_labels() -> None:
    raw = built(Draft(sender=ANN, to=(Address("Jürgen", "j@bücher.example"),)))
    assert b"<j@xn--bcher-kva.example>" in raw


def test_an_address_in_other_letters_is_written_as_it_is_and_nothing_else() -> None:
    jürgen = Address("Jürgen", "jürgen@bücher.example")
    raw = built(Draft(sender=ANN, to=(jürgen,), cc=(BOB,), subject="Bücher", text="Grüße"))
    assert "<jürgen@xn--bcher-kva.example>".encode() in raw
    assert raw.replace("jürgen".encode(), b"").isascii()
    assert envelope(parse(raw).headers).to[0].address == "jürgen@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "bad", ["\r\nX-Evil: y", "\nX-Evil: y", "\x00X-Evil: y", "\u2028X-Evil: y"]
)
@pytest.mark.parametrize(
    "field", ["subject", "text", "html", "name", "file", "type", "cid", "in_reply_to", "references"]
)
def test_no_field_of_a_draft_becomes_a_field_of_the_message(field: str, bad: str) -> None:
    words = f"a{bad}"
    picture = AttachmentSource(
        words if field == "file" else "p.png",
        words if field == "type" else "image/png",
        b"x",
        content_id=words if field == "cid" else "p@x",
    )
    draft = Draft(
        sender=Address(words if field == "name" else "Ann", "ann@example.org"),
        to=(BOB,),
        subject=words if field == "subject" else "",
        text=words if field == "text" else "",
        html=f'<p>{words if field == "html" else ""}</p><img src="cid:{picture.content_id}">',
        pictures=(picture,),
        attachments=(picture,),
        in_reply_to=words if field == "in_reply_to" else "",
        references=(words,) if field == "references" else (),
    )
    for raw in (
        built(draft),
        built(replace(draft, html="")),
        build.draft_bytes(draft, message_id="<a@b>", date=NOW),
    ):
        every = [email.message_from_bytes(raw), *email.message_from_bytes(raw).walk()]
        assert [part for part in every if "x-evil" in part] == []
        assert [part for part in parse(raw).walk() if "x-evil" in part.headers] == []


class Zeros:
    """A large file that takes no memory."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    def chunks(self) -> Iterator[bytes]:
        for _ in range(self._size // 65_536):
            yield bytes(65_536)


def test_a_large_file_is_in_memory_once_while_its_message_is_built() -> None:
    file = AttachmentSource("big.bin", "application/octet-stream", Zeros(16 * 1024 * 1024))
    draft = Draft(sender=ANN, to=(BOB,), attachments=(file,))
    tracemalloc.start()
    raw = build.assemble(build.fields(draft, message_id="<a@b>", date=NOW), pieces(draft))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.3 * len(raw)
    assert body(parse(raw)).attachments[0].data() == bytes(16 * 1024 * 1024)


def test_what_a_draft_says_to_this_program_alone_goes_to_nobody() -> None:
    everything = Draft(
        sender=ANN, to=(BOB,), bcc=(EVE,), encrypt=True, sign=True,
        quotes_protected=True, all_protected=True, ask_read=True, ask_delivered=True, decided=True,
        hidden=("carol@example.org",),
    )  # fmt: skip
    raw = build.words_bytes(everything, message_id="<x@y>", date=NOW)
    assert raw.count(b"X-Mailclient-") == len(build.MARKS)
    passed_on = resent(raw, [("Resent-From", "ann@example.org")])
    assert b"X-Mailclient-" not in passed_on
    assert b"eve@example.org" not in passed_on
    assert b"carol@example.org" not in passed_on
