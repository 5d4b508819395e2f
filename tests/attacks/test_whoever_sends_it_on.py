"""Somebody else's letter, or a field put outside by somebody on the way: what is shown and what an
answer does go by whom the reader sees, and by nothing that nobody protects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from mailclient.cancel import CancelToken
from mailclient.gui.printing import page_of
from mailclient.message.build import assemble
from mailclient.message.headers import protect
from mailclient.message.quote import Whom
from mailclient.message.security import SignatureWord, State
from mailclient.services.jobs import Job
from tests.attacks.certificates import Wish
from tests.attacks.conftest import ALICE, BOB, MALLORY, SECRET, TEXT, Desk
from tests.attacks.rows_smime import SUE, detached, safe
from tests.attacks.table import signed_by

STRANGER = "stranger@example.net"


def signed_inside(
    desk: Desk, *, inside: str, outside: str, by: str | None, encrypted: bool
) -> bytes:
    """A letter whose protected fields name somebody, and whose outside names another."""
    fields = desk.fields(sender=inside)
    payload, _ = protect(TEXT, fields, encrypted=encrypted)
    entity = desk.sealed(payload, by) if encrypted else desk.signed(payload, by or "")
    return assemble(desk.fields(sender=outside), entity)


# Whom the judge asks about


@pytest.fixture
def another_key(desk: Desk) -> Iterator[str]:
    """A key with Bob's address that is not his."""
    made = desk.pen.keys.generate(BOB, "Bob", None).fingerprint
    desk.app.keys.import_keys(desk.pen.keys.export(made))
    yield made
    desk.app.keys.delete(made)
    desk.pen.keys.delete(made, secret=True)


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_new_key_for_somebody_known_is_told_whoever_stands_outside(
    desk: Desk, another_key: str, encrypted: bool
) -> None:
    payload, _ = protect(TEXT, desk.fields(), encrypted=encrypted)
    entity = desk.pen.seal(
        payload,
        sign_with=another_key,
        encrypt_to=(desk.keys[ALICE],) if encrypted else (),
        cancel=CancelToken(),
    )
    verdict = desk.read(assemble(desk.fields(sender=STRANGER), entity)).verdict
    assert verdict.signature is SignatureWord.UNKNOWN_KEY
    assert {"key-changed", "from-mismatch"} <= set(verdict.warnings)


def test_no_authority_speaks_for_somebody_who_is_known_by_another_key(desk: Desk) -> None:
    """Bob's own key is confirmed; a certificate for his address, which an authority vouches for, is
    no seal of his, whatever address the letter has outside."""
    holder = safe(desk).person(Wish("Bob by an authority", (BOB,)))
    payload, _ = protect(TEXT, desk.fields(), encrypted=False)
    raw = assemble(desk.fields(sender=STRANGER), detached(desk, holder, entity=payload))
    verdict = desk.read(raw).verdict
    assert (verdict.state, verdict.signature) == (State.UNPROTECTED, SignatureWord.UNKNOWN_KEY)


def test_a_letter_signed_in_the_future_has_no_seal(desk: Desk) -> None:
    """GnuPG refuses such a signature by itself; what reads certificates does not."""
    later = datetime.now(UTC) + timedelta(days=3)
    signature = desk.gpg(
        "--faked-system-time", f"{later:%Y%m%dT%H%M%S}!", "--armor", "--local-user", desk.keys[BOB],
        "--detach-sign", data=TEXT)  # fmt: skip
    raw = desk.letter(signed_by(signature, TEXT), Date=format_datetime(later))
    assert desk.read(raw).verdict.state is State.UNPROTECTED
    entity = detached(desk, safe(desk).sue, at=later)
    raw = desk.letter(entity, From=SUE, Date=format_datetime(later))
    verdict = desk.read(raw).verdict
    assert (verdict.state, verdict.signature) == (State.UNPROTECTED, SignatureWord.WRONG_DATE)
    assert any("it was here before that" in one for one in verdict.reasons)


# What is printed


def test_paper_names_whom_the_window_names(desk: Desk) -> None:
    view = desk.read(signed_inside(desk, inside=MALLORY, outside=BOB, by=MALLORY, encrypted=False))
    assert view.verdict.state is State.SIGNED
    assert [one.address for one in view.envelope.from_] == [MALLORY]
    page = page_of(view, formatted=False)
    assert MALLORY in page
    assert BOB not in page


# Where an answer goes, and what it takes along


@pytest.mark.parametrize("whom", [Whom.AUTHOR, Whom.EVERYONE])
def test_the_answer_to_a_sealed_letter_goes_to_its_sender_not_where_anybody_wrote(
    desk: Desk, whom: Whom
) -> None:
    raw = desk.letter(desk.sealed(), Reply_To=MALLORY)
    view = desk.read(raw)
    assert "reply-to-unprotected" in view.verdict.warnings
    answer = desk.app.compose.reply(view, whom)
    assert [one.address for one in answer.draft.to] == [BOB]
    assert MALLORY not in {one.address for one in answer.draft.cc}
    assert any("nothing protects" in one for one in answer.notes)
    assert SECRET in answer.draft.text


def test_a_signed_letter_in_clear_is_answered_where_it_asks_for(desk: Desk) -> None:
    draft = desk.app.compose.reply(desk.read(desk.letter(desk.signed(), Reply_To=MALLORY))).draft
    assert [one.address for one in draft.to] == [MALLORY]


def test_no_list_that_was_put_outside_gets_the_answer_to_a_sealed_letter(desk: Desk) -> None:
    raw = desk.letter(desk.sealed(), List_Post=f"<mailto:{MALLORY}>")
    assert desk.read(raw).envelope.list_post == ""
    clear = desk.letter(desk.signed(), List_Post=f"<mailto:{MALLORY}>")
    assert desk.read(clear).envelope.list_post == MALLORY


@pytest.mark.parametrize("protected", [True, False])
def test_a_sealed_letter_that_was_taken_from_another_is_not_quoted_to_who_sent_it_on(
    desk: Desk, protected: bool
) -> None:
    """Mallory sends on what Bob wrote to Alice and waits for her answer (the reply attack)."""
    if protected:
        raw = signed_inside(desk, inside=BOB, outside=MALLORY, by=None, encrypted=True)
    else:
        raw = desk.letter(desk.sealed(), sender=MALLORY, Subject="Can you read this?")
    view = desk.read(raw)
    assert SECRET in view.body.text
    answer = desk.app.compose.reply(view)
    assert [one.address for one in answer.draft.to] == [MALLORY]
    assert SECRET not in answer.draft.text + answer.draft.html + answer.draft.subject
    assert any("not quoted" in one for one in answer.notes)


# What is told to others


def _received(desk: Desk, folder: Path, raw: bytes) -> int:
    path = folder / "letter.eml"
    path.write_bytes(raw)
    before = set(desk.app.search.find("to:alice").ids)
    transfer = desk.app.transfer
    desk.app.jobs.submit("in", lambda job: transfer.import_paths([path], None, job)).result()
    desk.app.intake.run(Job(0))
    desk.app.indexing.run(Job(0))
    [id] = set(desk.app.search.find("to:alice").ids) - before
    return int(id)


def test_no_receipt_tells_a_third_that_a_sealed_letter_was_opened(
    desk: Desk, tmp_path: Path
) -> None:
    wish = {"Disposition_Notification_To": MALLORY}
    sealed = _received(desk, tmp_path, desk.letter(desk.sealed(), Message_ID="<r1@x.y>", **wish))
    clear = _received(desk, tmp_path, desk.letter(desk.signed(), Message_ID="<r2@x.y>", **wish))
    own = {"Disposition_Notification_To": BOB}
    honest = _received(desk, tmp_path, desk.letter(desk.sealed(), Message_ID="<r3@x.y>", **own))
    assert desk.app.read.view(sealed).receipt is None
    request = desk.app.read.view(clear).receipt
    assert request is not None
    assert (request.to.address, request.differs) == (MALLORY, True)
    assert desk.app.read.view(honest).receipt is not None
