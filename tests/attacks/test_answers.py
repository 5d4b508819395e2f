"""What leaves with an answer to encrypted mail: nothing that was hidden (RFC 9788 section 6.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailclient.cancel import CancelToken
from mailclient.errors import BadInput
from mailclient.message.headers import HIDDEN_SUBJECT
from mailclient.message.quote import Whom
from mailclient.message.tree import parse
from mailclient.services.sealing import Sealing, outer_subject
from mailclient.settings import PROTECT_SUBJECT
from tests.attacks.conftest import MALLORY, SECRET, Desk


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


def test_what_is_made_of_an_encrypted_message_never_becomes_clear(desk: Desk) -> None:
    draft = desk.app.compose.edit_as_new(desk.read(desk.letter(desk.sealed())))
    with pytest.raises(BadInput, match="only go out encrypted"):
        desk.app.compose.without_protected(draft)
