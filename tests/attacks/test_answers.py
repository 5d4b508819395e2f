"""What leaves with an answer to encrypted mail: nothing that was hidden (RFC 9788 section 6.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailclient.cancel import CancelToken
from mailclient.errors import BadInput
from mailclient.message import build
from mailclient.message.build import assemble, draft_bytes, draft_from_message
from mailclient.message.headers import HIDDEN_SUBJECT, protect
from mailclient.message.quote import Whom
from mailclient.message.tree import parse
from mailclient.services.sealing import Sealing, outer_subject
from mailclient.settings import PROTECT_SUBJECT
from tests.attacks.conftest import MALLORY, SECRET, TEXT, Desk


def test_a_hidden_subject_stays_hidden_in_the_answer_whatever_the_setting_says(desk: Desk) -> None:
    letter = desk.protected_letter(
        desk.fields(Subject="The lilac gate"), desk.fields(Subject=HIDDEN_SUBJECT)
    )
    draft = desk.app.compose.reply(desk.read(letter)).draft
    assert SECRET in draft.subject
    settings = desk.app.settings
    before = settings.get(PROTECT_SUBJECT)
    settings.set(PROTECT_SUBJECT, False)
    try:
        assert outer_subject(settings, draft) == HIDDEN_SUBJECT
        desk.app.keys.import_keys(desk.pen.keys.export(desk.keys[draft.to[0].address]))
        sealing = Sealing(desk.app.accounts, desk.app.keys, settings)
        ready = replace(draft, to=draft.sender and (draft.sender,))
        made = sealing.prepare(
            ready, message_id="<2@example.org>", date=datetime.now(UTC), cancel=CancelToken()
        )
    finally:
        settings.set(PROTECT_SUBJECT, before)
    for copy in made.copies:
        assert SECRET.encode() not in copy.raw
        assert parse(copy.raw).envelope.subject == HIDDEN_SUBJECT


@pytest.mark.parametrize("whom", [Whom.AUTHOR, Whom.EVERYONE])
def test_an_answer_goes_to_nobody_who_was_named_outside_alone(desk: Desk, whom: Whom) -> None:
    outside = (*desk.fields(), ("Cc", MALLORY), ("Reply-To", MALLORY))
    draft = desk.app.compose.reply(
        desk.read(desk.protected_letter(desk.fields(), outside)), whom
    ).draft
    assert MALLORY not in {one.address for one in (*draft.to, *draft.cc, *draft.bcc)}


def test_without_encryption_the_quoted_words_and_the_subject_are_gone(desk: Desk) -> None:
    letter = desk.protected_letter(desk.fields(Subject="The lilac gate"), desk.fields())
    draft = desk.app.compose.reply(desk.read(letter)).draft
    assert SECRET in draft.text
    assert draft.quotes_protected
    clear = desk.app.compose.without_protected(draft)
    assert SECRET not in clear.text + clear.subject


CAROL = "carol@example.org"


def test_who_was_named_inside_alone_is_named_inside_alone_in_the_answer(desk: Desk) -> None:
    payload, _ = protect(TEXT, (*desk.fields(), ("Cc", f"Carol <{CAROL}>")), encrypted=True,
                         hidden=[CAROL])  # fmt: skip
    draft = desk.app.compose.reply(
        desk.read(assemble(desk.fields(Subject="[...]"), desk.sealed(payload))), Whom.EVERYONE
    ).draft
    assert [one.address for one in draft.cc] == [CAROL]
    assert draft.hidden == (CAROL,)
    kept = draft_from_message(
        parse(draft_bytes(draft, message_id="<3@example.org>", date=datetime.now(UTC)))
    )
    assert kept.hidden == (CAROL,)
    fields = build.fields(kept, message_id="<3@example.org>", date=datetime.now(UTC))
    inside, outside = protect(TEXT, fields, encrypted=True, hidden=kept.hidden)
    assert CAROL not in repr(outside)
    head = parse(inside)
    assert CAROL in head.headers.get("cc")
    assert not [one for one in head.headers.all("hp-outer") if CAROL in one]
    clear = desk.app.compose.without_protected(draft)
    assert CAROL not in {one.address for one in (*clear.to, *clear.cc)}
    assert [one.address for one in clear.bcc] == [CAROL]


def test_an_answer_to_hidden_people_alone_names_nobody_outside() -> None:
    fields = (("From", "alice@example.org"), ("To", CAROL), ("Cc", f"Carol <{CAROL}>"))
    inside, outside = protect(TEXT, fields, encrypted=True, hidden=[CAROL])
    assert outside == (
        ("From", "alice@example.org"),
        ("To", "undisclosed-recipients:;"),
    )
    assert parse(inside).headers.get("to") == CAROL


HIDDEN = (
    b"Content-Type: text/html; charset=utf-8\r\n\r\n<html><head><style>.x{display:none}"
    b"</style></head><body><p>Dear Alice</p>"
    b'<p class="x" style="display:none;color:#fff;font-size:0">I owe Mallory a house</p>'
    b'<font color="white" size="1" face="Webdings">and a boat</font></body></html>\r\n'
)


@pytest.mark.parametrize("sealed", [True, False])
def test_what_is_quoted_has_no_style_that_could_hide_a_part_of_it(desk: Desk, sealed: bool) -> None:
    """What a style would hide in the letter stands in the answer for its writer to see, before it
    is signed or sent."""
    entity = HIDDEN if not sealed else desk.sealed(entity=HIDDEN)
    view = desk.read(desk.letter(entity))
    for text in ("I owe Mallory a house", "and a boat"):
        assert text in view.body.text
    for draft in (desk.app.compose.reply(view).draft, desk.app.compose.edit_as_new(view)):
        assert "I owe Mallory a house" in draft.text
        assert "and a boat" in draft.text
        written = draft.text + draft.html
        for trick in ("display", "color", "#fff", "Webdings", "size=", "class=", "style", "<font"):
            assert trick not in written


def test_what_is_made_of_an_encrypted_message_never_becomes_clear(desk: Desk) -> None:
    draft = desk.app.compose.edit_as_new(desk.read(desk.letter(desk.sealed())))
    with pytest.raises(BadInput, match="only go out encrypted"):
        desk.app.compose.without_protected(draft)
