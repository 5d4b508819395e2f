"""What keeps the window alive whatever was sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailclient.gui.message_list.rows import (
    ALL_ENCRYPTED,
    LONGEST,
    SEALS,
    Seal,
    as_conversation,
    prepare,
)
from mailclient.message.address import Address
from mailclient.store.messages import MessageRow, Processing
from mailclient.store.threads import Conversation

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LONG = "long " * 100_000
EVE = Address(LONG, "eve@example.org")
ROW = MessageRow(
    id=1,
    account_id=1,
    folder_id=1,
    message_id="1@example.org",
    date=NOW,
    from_=(EVE, EVE),
    to=(EVE,),
    subject=LONG,
    snippet=LONG,
    unread=True,
    flagged=False,
    answered=False,
    forwarded=False,
    tags=(),
    encryption="none",
    signature="none",
    state="",
    has_attachments=False,
    size=500_000,
    processing=Processing.READY,
)


def test_a_row_of_the_list_holds_no_more_than_can_be_seen() -> None:
    for outgoing in (False, True):
        row = prepare(ROW, NOW, outgoing=outgoing)
        for text in (row.people, row.subject, row.snippet):
            assert LONGEST <= len(text) <= LONGEST + 10
        assert len(row.spoken) < 3 * LONGEST


def test_the_row_of_a_conversation_holds_no_more_either() -> None:
    together = Conversation(1, 1, 3, 2, flagged=False, newest=NOW, people=(EVE, EVE),
                            states=frozenset({"confidential"}))  # fmt: skip
    row = prepare(ROW, NOW, outgoing=False)
    shown = as_conversation(row, together, opened=False, outgoing=False)
    assert len(shown.people) < LONGEST + 10
    assert len(shown.spoken) < 3 * LONGEST


@pytest.mark.parametrize(
    ("states", "mark"),
    [
        ({"confidential"}, SEALS["confidential"]),
        ({"confidential", "encrypted"}, ALL_ENCRYPTED),
        ({"confidential", "encrypted-signed", "locked"}, ALL_ENCRYPTED),
        ({"signed-verified", "unprotected"}, None),
        ({"signed-verified", "signed"}, None),
        ({"confidential", "broken"}, None),
        ({"unprotected"}, None),
    ],
)
def test_nobody_in_a_closed_conversation_is_seen_under_the_seal_of_another(
    states: set[str], mark: Seal | None
) -> None:
    """Mallory answers Bob's unsigned letter, signed by herself: the row names both."""
    row = prepare(replace(ROW, state="signed-verified"), NOW, outgoing=False)
    together = Conversation(1, 1, 3, 2, flagged=False, newest=NOW, people=(EVE,),
                            states=frozenset(states))  # fmt: skip
    assert as_conversation(row, together, opened=False, outgoing=False).seal == mark
    assert as_conversation(row, together, opened=True, outgoing=False).seal == row.seal


def test_a_row_of_usual_words_is_shown_whole() -> None:
    short = replace(ROW, subject="Lunch?", snippet="At one", from_=(Address("Ann", "a@b.example"),))
    row = prepare(short, NOW, outgoing=False)
    assert (row.people, row.subject, row.snippet) == ("Ann", "Lunch?", "At one")
