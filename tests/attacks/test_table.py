"""Each mail of the table gets its verdict, from a file and from the store, and gives nothing away.

What is asked of every row: no seal that it does not deserve, no byte that is not shown in an answer
or a forward, nothing to be loaded, and the same again when the message is read from the store.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from mailclient.message.quote import Whom
from mailclient.message.security import SignatureWord, State
from mailclient.services.read import MessageView
from tests.attacks import (
    rows_containers,
    rows_covert,
    rows_headers,
    rows_inline,
    rows_senders,
    rows_signatures,
    rows_smime,
)
from tests.attacks.conftest import SECRET, Desk
from tests.attacks.table import Row

TABLE = (
    *rows_covert.ROWS,
    *rows_containers.ROWS,
    *rows_signatures.ROWS,
    *rows_senders.ROWS,
    *rows_headers.ROWS,
    *rows_inline.ROWS,
    *rows_smime.ROWS,
)
NAMING = {
    SignatureWord.GOOD,
    SignatureWord.WRONG_SENDER,
    SignatureWord.WRONG_DATE,
    SignatureWord.UNCOVERED,
}
SEALED = {State.SIGNED, State.SIGNED_VERIFIED, State.ENCRYPTED_SIGNED, State.CONFIDENTIAL}
CONFIRMED = {State.SIGNED_VERIFIED, State.CONFIDENTIAL}
LOADS = re.compile(
    r"(?:src|srcset|background|poster|data)\s*=\s*(?![\"']?cid:)|url\(|@import", re.I
)
PAINTS = re.compile(r"\b(?:style|class|id|on\w+)\s*=", re.I)


def everything_that_leaves(desk: Desk, view: MessageView) -> str:
    """All text that is shown, that can be searched, and that an answer or a forward takes along."""
    found = [view.body.text, view.body.html or "", view.envelope.subject, *view.verdict.reasons]
    found += [one.data().decode("utf-8", "replace") for one in view.body.attachments]
    for whom in (Whom.AUTHOR, Whom.EVERYONE):
        found.append(desk.app.compose.reply(view, whom).draft.text)
    found.append(desk.app.compose.forward(view).text)
    found.append(desk.app.compose.edit_as_new(view).text)
    return "\n".join(found)


def from_the_store(desk: Desk, raw: bytes) -> MessageView:
    """The message as it is read a second time, from what its arrival left."""
    account = desk.app.accounts.list()[0]
    store = desk.app._store
    inbox = store.folders.find("inbox", account.id)[0]
    with store.database.write():
        id = store.messages.store_raw(
            account.id, inbox.id, raw, unread=True, received=datetime.now(UTC)
        )
    desk.app.read.view(id)
    view = desk.app.read.view(id)
    with store.database.write():
        store.messages.delete([id])
    return view


def essence(view: MessageView) -> tuple[object, ...]:
    """What must be the same whenever a message is read."""
    verdict, seen = view.verdict, view.envelope
    return (
        verdict.state, verdict.encryption, verdict.signature, verdict.verified, verdict.signer,
        verdict.protected_headers, verdict.parts, set(verdict.warnings) - {"usually-signs"},
        seen.from_, seen.to, seen.cc, seen.reply_to, seen.subject, seen.date, view.body.text,
        [one.name for one in view.body.attachments],
    )  # fmt: skip


def test_the_table_is_large_and_names_no_mail_twice() -> None:
    names = [row.name for row in TABLE]
    assert len(names) >= 120
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_it_gets_the_verdict_that_it_deserves(desk: Desk, row: Row) -> None:
    raw = row.build(desk)
    view = desk.read(raw)
    verdict = view.verdict
    assert (verdict.state, verdict.signature) == (row.state, row.signature), verdict
    assert verdict.verified is (verdict.state in CONFIRMED)
    assert (verdict.signer is None) or verdict.signature in NAMING
    assert set(row.warns) <= set(verdict.warnings)
    assert row.shows in view.body.text
    if verdict.state in SEALED:
        assert verdict.signer is not None
        assert [one.key for one in view.envelope.from_] == [verdict.signer.address]
    if row.subject:
        assert view.envelope.subject == row.subject
    if row.sender:
        assert [one.address for one in view.envelope.from_] == [row.sender]
    if row.hides:
        assert SECRET not in everything_that_leaves(desk, view)
    shown = view.body.html or ""
    assert not LOADS.search(shown)
    assert not PAINTS.search(shown)
    answer = desk.app.compose.reply(view).draft
    assert answer.encrypt is view.encrypted is answer.quotes_protected
    assert essence(from_the_store(desk, raw)) == essence(view)
