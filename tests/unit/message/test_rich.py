"""Rich text of our own comes back as it was, and of others' only what it can say."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailclient.message import build
from mailclient.message.address import Address
from mailclient.message.body import body
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.message.entity import entity
from mailclient.message.headers import protect
from mailclient.message.rich import (
    Line,
    ListKind,
    Run,
    from_html,
    from_plain,
    to_html,
    to_plain,
)
from mailclient.message.tree import parse

ANN, BOB = Address("Ann", "ann@example.org"), Address("Bob", "bob@example.org")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PIXEL = AttachmentSource("Bild ü.png", "image/png", b"\x89PNG\r\n\x1a\n", content_id="p1@x")

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\u00a0"),
    min_size=1,
    max_size=12,
)
RUN = st.builds(
    Run,
    TEXT,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "https://example.org/a?b=c&d"]),
    st.sampled_from(["", "p1@x"]),
)


def together(runs: list[Run]) -> tuple[Run, ...]:
    """Neighbours of one look as one run: nothing tells them apart."""
    out: list[Run] = []
    for run in runs:
        if out and not run.picture and replace(out[-1], text=run.text) == run:
            out[-1] = replace(run, text=out[-1].text + run.text)
        else:
            out.append(run)
    return tuple(out)


LINES = st.lists(
    st.builds(
        Line, st.lists(RUN, max_size=4).map(together), st.integers(0, 3), st.sampled_from(ListKind)
    ),
    max_size=6,
)


@given(LINES)
def test_rich_text_comes_back_as_it_was(lines: list[Line]) -> None:
    assert from_html(to_html(lines)) == tuple(lines)


def built(draft: Draft) -> bytes:
    return build.assemble(build.fields(draft, message_id="<a@b>", date=NOW), entity(draft))


@given(LINES)
def test_what_is_built_is_read_alike_by_us_and_by_the_standard_library(lines: list[Line]) -> None:
    draft = Draft(ANN, (BOB,), subject="ä", html=to_html(lines), pictures=(PIXEL,))
    raw = built(replace(draft, attachments=(AttachmentSource("é.txt", "text/plain", b"\xff\n"),)))
    theirs = email.message_from_bytes(raw, policy=email.policy.default)
    ours = body(parse(raw))
    html = theirs.get_body(("html",))
    assert html is not None
    assert from_html(html.get_content()) == tuple(lines)
    plain = theirs.get_body(("plain",))
    assert plain is not None
    assert plain["Content-Type"].params["format"] == "flowed"
    names = [part.get_filename() for part in theirs.iter_attachments()]
    assert names == ["é.txt"]
    assert "é.txt" in [one.name for one in ours.attachments]
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.isascii()


def test_a_picture_goes_with_the_text_that_shows_it_and_no_other_does() -> None:
    lines = (Line((Run("Look: "), Run("a cat", picture="p1@x"))),)
    unused = replace(PIXEL, content_id="p2@x")
    raw = built(Draft(ANN, (BOB,), html=to_html(lines), pictures=(PIXEL, unused)))
    theirs = email.message_from_bytes(raw, policy=email.policy.default)
    assert [part.get_content_type() for part in theirs.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    picture = list(theirs.walk())[-1]
    assert picture["Content-ID"] == "<p1@x>"
    assert picture.get_filename() == "Bild ü.png"
    assert picture.get_content() == PIXEL.data
    assert body(parse(raw)).text == "Look: [a cat]"


def test_a_rich_draft_comes_back_with_its_pictures_and_its_files() -> None:
    lines = (Line((Run("Look: ", bold=True), Run("a cat", picture="p1@x"))), Line())
    draft = Draft(ANN, (BOB,), html=to_html(lines), pictures=(PIXEL,),
                  attachments=(AttachmentSource("a.pdf", "application/pdf", b"%PDF"),))  # fmt: skip
    again = build.draft_from_message(parse(build.draft_bytes(draft, message_id="<a@b>", date=NOW)))
    assert from_html(again.html) == lines
    assert again.pictures == draft.pictures
    assert again.attachments == draft.attachments


def test_the_text_beside_rich_text_says_the_same() -> None:
    lines = (
        Line((Run("Dear "), Run("Bob", bold=True), Run(","))),
        Line((Run("one"),), list=ListKind.NUMBERS),
        Line((Run("two"),), list=ListKind.NUMBERS),
        Line((Run("dot"),), list=ListKind.BULLETS),
        Line((Run("said"),), quote=2),
        Line((Run("here", link="https://example.org/"),)),
    )
    assert to_plain(lines) == (
        "Dear Bob,\n1. one\n2. two\n* dot\n>> said\nhere <https://example.org/>"
    )


def test_plain_text_becomes_rich_text_with_its_quotes_and_links() -> None:
    lines = from_plain("see https://example.org/x, please\n> > so\n")
    assert [run.link for run in lines[0].runs] == ["", "https://example.org/x", ""]
    assert lines[1] == Line((Run("so"),), quote=2)
    assert to_plain(lines) == "see https://example.org/x, please\n>> so\n"


FOREIGN = (
    '<style>p{color:red}</style><script>alert(1)</script><p style="display:none" onclick="x()">'
    'a <a href="javascript:x()">b</a> <img src="http://evil.example/p.png" alt="c">'
    '<img src="data:image/png;base64,AAAA"><iframe src="https://evil.example"></iframe></p>'
    "<table><tr><td>d</td></tr></table><svg onload=x()><form action=//evil.example><h1>e</h1>"
)


def test_nothing_that_runs_or_loads_or_restyles_survives() -> None:
    html = to_html(from_html(FOREIGN))
    assert set(re.findall(r"<([a-z1-6]+)", html)) <= {
        "html", "head", "meta", "body", "div", "b", "br",
    }  # fmt: skip
    assert not re.search(r"style|script|onclick|onload|evil|javascript|data:", html)


@given(st.text(max_size=200))
def test_any_text_can_be_read_as_html(html: str) -> None:
    assert isinstance(to_html(from_html(html)), str)


@pytest.mark.parametrize("subject", ["Plans", "Pläne für <morgen> & danach", "long " * 30])
def test_the_hidden_subject_is_shown_to_old_readers_in_both_texts(subject: str) -> None:
    draft = Draft(ANN, (BOB,), subject=subject, html=to_html((Line((Run("words = ä"),)),)))
    fields = build.fields(draft, message_id="<a@b>", date=NOW)
    payload, outside = protect(entity(draft), fields, encrypted=True)
    assert dict(outside)["Subject"] == "[...]"
    theirs = email.message_from_bytes(payload, policy=email.policy.default)
    for kind in ("plain", "html"):
        part = theirs.get_body((kind,))
        assert part is not None
        assert part.get_param("hp-legacy-display") == "1"
        assert "Subject: " in part.get_content()
    seen = body(parse(payload), sealed=True)
    assert seen.text == "words = ä"
    assert seen.html is not None
    assert "Subject:" not in seen.html
