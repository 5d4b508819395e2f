"""The queue: every step is kept, nothing is sent twice, and an end is left only by the user."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from mailclient.errors import BadInput, NotFound
from mailclient.store import Store
from mailclient.store.outbox import NewOut, OutItem, OutState
from tests.unit.store.box import Box

ANN, BOB = "ann@example.org", "bob@example.org"


def new(box: Box, *recipients: str, sent_copy: bytes = b"copy") -> NewOut:
    return NewOut(
        account_id=box.account.id,
        message_id="<out@example.org>",
        subject="Hello \ud800",
        sender="me@example.org",
        recipients=recipients or (ANN, BOB),
        raw=b"the bytes",
        sent_copy=sent_copy,
        encryption="encrypted",
        signature="good",
        created=box.clock(),
        not_before=box.clock(),
    )


def queued(box: Box, *recipients: str) -> int:
    return box.store.outbox.queue(new(box, *recipients))


def sending(box: Box, *recipients: str) -> int:
    id = queued(box, *recipients)
    box.store.outbox.begin(id)
    return id


def states(item: OutItem) -> list[str]:
    return [one.state.value for one in item.recipients]


def test_what_is_queued_is_whole_after_opening_again(box: Box, reopen: Callable[[], Store]) -> None:
    id = queued(box)
    again = reopen().outbox
    (item,) = again.all()
    assert (item.id, item.state, item.attempts) == (id, OutState.QUEUED, 0)
    assert (item.subject, item.sender) == ("Hello ?", "me@example.org")
    assert (item.encryption, item.signature, item.problem) == ("encrypted", "good", "")
    assert [(one.address, one.waiting) for one in item.recipients] == [(ANN, True), (BOB, True)]
    assert item.created == item.not_before == box.clock()
    assert again.raw(id) == b"the bytes"
    assert again.sent_copy(id) == b"copy"


def test_a_message_to_nobody_is_refused(box: Box) -> None:
    with pytest.raises(BadInput, match="no recipient"):
        NewOut(1, "", "", "me@example.org", (), b"", b"", "", "", box.clock(), box.clock())


def test_a_try_is_counted_before_it_is_made(box: Box) -> None:
    id = sending(box)
    item = box.store.outbox.get(id)
    assert (item.state, item.attempts) == (OutState.SENDING, 1)
    assert box.store.outbox.due(box.account.id, None) == ()
    with pytest.raises(NotFound):
        box.store.outbox.begin(id)


def test_a_message_taken_out_meanwhile_is_not_begun(box: Box) -> None:
    id = queued(box)
    box.store.outbox.cancel(id)
    with pytest.raises(NotFound):
        box.store.outbox.begin(id)
    for ask in (box.store.outbox.get, box.store.outbox.raw, box.store.outbox.sent_copy):
        with pytest.raises(NotFound):
            ask(id)


def test_a_message_that_everyone_got_is_sent(box: Box) -> None:
    id = sending(box)
    box.store.outbox.finish(id, [(ANN, True, 250, "ok"), (BOB, True, 250, "ok")])
    item = box.store.outbox.get(id)
    assert (item.state, states(item), item.problem) == (OutState.SENT, ["sent", "sent"], "")
    assert box.store.outbox.raw(id) == b""
    with pytest.raises(BadInput):
        box.store.outbox.cancel(id)
    with pytest.raises(BadInput):
        box.store.outbox.retry(id, box.clock())


def test_who_was_refused_is_named_and_can_be_tried_again_alone(box: Box) -> None:
    id = sending(box)
    box.store.outbox.finish(id, [(ANN, True, 250, "ok"), (BOB, False, 550, "no such user")])
    item = box.store.outbox.get(id)
    assert (item.state, states(item)) == (OutState.FAILED, ["sent", "failed"])
    assert item.problem == "bob@example.org was refused: 550 no such user."
    assert (item.recipients[1].code, item.recipients[1].reason) == (550, "no such user")
    box.store.outbox.retry(id, box.clock())
    item = box.store.outbox.get(id)
    assert (item.state, states(item)) == (OutState.QUEUED, ["sent", "queued"])
    assert [one.address for one in item.recipients if one.waiting] == [BOB]
    assert box.store.outbox.raw(id) == b"the bytes"


def test_who_was_put_off_gets_it_later_and_the_copy_is_kept_once(box: Box) -> None:
    id = sending(box)
    box.store.outbox.finish(id, [(ANN, True, 250, "ok"), (BOB, False, 451, "grey-listed")])
    item = box.store.outbox.get(id)
    assert (item.state, states(item)) == (OutState.DEFERRED, ["sent", "deferred"])
    assert item.not_before > box.clock()
    assert box.store.outbox.sent_copy(id) == b""
    assert box.store.outbox.due(box.account.id, box.clock()) == ()
    box.clock.forward(hours=1)
    assert [one.id for one in box.store.outbox.due(box.account.id, box.clock())] == [id]
    box.store.outbox.begin(id)
    box.store.outbox.finish(id, [(BOB, True, 250, "ok")])
    assert box.store.outbox.get(id).state is OutState.SENT


def test_a_copy_for_sent_is_kept_while_nobody_has_got_it(box: Box) -> None:
    id = sending(box)
    box.store.outbox.finish(id, [(ANN, False, 550, "no"), (BOB, False, 550, "no")])
    assert box.store.outbox.sent_copy(id) == b"copy"


def test_what_is_deferred_is_due_when_its_time_comes_or_when_asked_for(box: Box) -> None:
    id = sending(box)
    box.store.outbox.defer(id, box.clock() + timedelta(minutes=2), "No network.")
    due = box.store.outbox.due
    assert due(box.account.id, box.clock()) == ()
    assert [one.id for one in due(box.account.id, None)] == [id]
    assert due(box.account.id + 1, None) == ()
    box.clock.forward(minutes=2)
    assert [one.problem for one in due(box.account.id, box.clock())] == ["No network."]


def test_what_failed_or_is_uncertain_waits_for_the_user(box: Box) -> None:
    failed, uncertain = sending(box), sending(box)
    box.store.outbox.fail(failed, "The message was refused.")
    box.store.outbox.uncertain(uncertain, "The line was cut.")
    assert box.store.outbox.due(box.account.id, None) == ()
    assert states(box.store.outbox.get(failed)) == ["failed", "failed"]
    assert box.store.outbox.get(uncertain).problem == "The line was cut."
    box.store.outbox.retry(failed, box.clock())
    box.store.outbox.retry(uncertain, box.clock())
    due = box.store.outbox.due(box.account.id, box.clock())
    assert [one.id for one in due] == [failed, uncertain]
    assert all(one.waiting for item in due for one in item.recipients)


def test_what_is_on_its_way_is_not_held_back(box: Box) -> None:
    id = sending(box)
    with pytest.raises(BadInput, match="on its way"):
        box.store.outbox.cancel(id)
    with pytest.raises(BadInput, match="on its way"):
        box.store.outbox.retry(id, box.clock())


@pytest.mark.parametrize(
    ("phase", "state"),
    [
        ("", OutState.QUEUED),
        ("CONNECT", OutState.QUEUED),
        ("MAIL", OutState.QUEUED),
        ("RCPT", OutState.QUEUED),
        ("DATA", OutState.QUEUED),
        ("DOT_PENDING", OutState.UNCERTAIN),
        ("DONE", OutState.UNCERTAIN),
    ],
)
def test_a_crash_past_the_final_dot_is_asked_about_an_earlier_one_is_tried_again(
    box: Box, reopen: Callable[[], Store], phase: str, state: OutState
) -> None:
    id = sending(box)
    if phase:
        box.store.outbox.phase(id, phase)
    again = reopen().outbox
    again.recover(box.clock())
    item = again.get(id)
    assert item.state is state
    assert item.attempts == 1
    assert bool(item.problem) == (state is OutState.UNCERTAIN)
    assert len(again.due(box.account.id, box.clock())) == (state is OutState.QUEUED)


def test_a_phase_of_an_earlier_try_is_forgotten(box: Box) -> None:
    id = sending(box)
    box.store.outbox.phase(id, "DOT_PENDING")
    box.store.outbox.defer(id, box.clock(), "421")
    box.store.outbox.begin(id)
    box.store.outbox.recover(box.clock())
    assert box.store.outbox.get(id).state is OutState.QUEUED


def test_what_was_sent_is_listed_for_a_month(box: Box) -> None:
    sent, failed = sending(box, ANN), sending(box, BOB)
    box.store.outbox.finish(sent, [(ANN, True, 250, "ok")])
    box.store.outbox.fail(failed, "no")
    box.clock.forward(days=29)
    box.store.outbox.recover(box.clock())
    assert len(box.store.outbox.all()) == 2
    box.clock.forward(days=2)
    box.store.outbox.recover(box.clock())
    assert [one.id for one in box.store.outbox.all()] == [failed]
