"""The queue: every step is kept, nothing is sent twice, and an end is left only by the user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from mailclient.errors import BadInput, NotFound, StoreDamaged
from mailclient.message.source import Source
from mailclient.store import Store
from mailclient.store.outbox import Answer, NewCopy, NewOut, Outbox, OutItem, OutState
from tests.unit.store.box import Box

ANN, BOB, DAN = "ann@example.org", "bob@example.org", "dan@example.org"


def new(box: Box, *copies: tuple[str, ...], key: str = "") -> NewOut:
    return NewOut(
        account_id=box.account.id,
        message_id="<out@example.org>",
        subject="Hello \ud800",
        sender="me@example.org",
        copies=tuple(
            NewCopy(b"the bytes %d" % at, people)
            for at, people in enumerate(copies or ((ANN, BOB),))
        ),
        sent_copy=b"copy",
        encryption="encrypted",
        signature="good",
        created=box.clock(),
        not_before=box.clock(),
        key=key,
        draft=b"the draft",
    )


def queued(box: Box, *recipients: str) -> int:
    return box.store.outbox.queue(new(box, recipients or (ANN, BOB)))


def sending(box: Box, *recipients: str) -> int:
    id = queued(box, *recipients)
    box.store.outbox.steps.begin(id)
    return id


def taken(*people: str) -> list[Answer]:
    return [Answer(one, True, 250, "ok") for one in people]


def sent(outbox: Outbox, id: int) -> bytes:
    """The copy for Sent."""
    return b"".join(outbox.sent_copy(id))


def whole(source: Source) -> bytes:
    return source[: len(source)]


def states(item: OutItem) -> list[str]:
    return [one.state.value for one in item.recipients]


def test_what_is_queued_is_whole_after_opening_again(box: Box, reopen: Callable[[], Store]) -> None:
    id = box.store.outbox.queue(new(box, (ANN, BOB), (DAN,), key="<key@example.org>"))
    again = reopen().outbox
    (item,) = again.all()
    assert (item.id, item.state, item.attempts, item.misses) == (id, OutState.QUEUED, 0, 0)
    assert (item.subject, item.sender) == ("Hello ?", "me@example.org")
    assert (item.encryption, item.signature, item.problem) == ("encrypted", "good", "")
    assert [(one.address, one.copy) for one in item.recipients] == [(ANN, 0), (BOB, 0), (DAN, 1)]
    assert item.created == item.not_before == item.since == box.clock()
    assert (again.raw(id), again.raw(id, 1)) == (b"the bytes 0", b"the bytes 1")
    assert (sent(again, id), again.draft(id)) == (b"copy", b"the draft")
    assert again.by_key("<key@example.org>") == item
    assert again.by_key("") is None
    assert again.by_message_id("<out@example.org>") == (item,)


def test_a_message_to_nobody_is_refused(box: Box) -> None:
    with pytest.raises(BadInput, match="no recipient"):
        new(box, ())


def test_a_try_is_counted_before_it_is_made(box: Box) -> None:
    id = sending(box)
    item = box.store.outbox.get(id)
    assert (item.state, item.attempts, states(item)) == (OutState.SENDING, 1, ["sending"] * 2)
    assert box.store.outbox.due(box.account.id, None) == ()
    with pytest.raises(NotFound):
        box.store.outbox.steps.begin(id)


def test_two_copies_of_a_message_are_one_try(box: Box) -> None:
    outbox = box.store.outbox
    id = outbox.queue(new(box, (ANN,), (DAN,)))
    assert outbox.steps.begin(id, 0) == (ANN,)
    assert states(outbox.get(id)) == ["sending", "queued"]
    outbox.steps.answered(id, taken(ANN))
    assert outbox.get(id).state is OutState.QUEUED
    assert outbox.steps.begin(id, 1, first=False) == (DAN,)
    outbox.steps.answered(id, taken(DAN))
    assert (outbox.get(id).attempts, outbox.get(id).state) == (1, OutState.SENT)


def test_a_message_taken_out_meanwhile_is_not_begun(box: Box) -> None:
    outbox, id = box.store.outbox, queued(box)
    outbox.remove(id)
    with pytest.raises(NotFound):
        outbox.steps.begin(id)
    for ask in (outbox.get, outbox.raw, lambda id: sent(outbox, id), outbox.draft):
        with pytest.raises(NotFound):
            ask(id)


def test_a_message_that_everyone_got_is_sent_and_its_bytes_are_let_go(box: Box) -> None:
    outbox, id = box.store.outbox, sending(box)
    outbox.steps.answered(id, taken(ANN, BOB))
    item = outbox.get(id)
    assert (item.state, states(item), item.problem) == (OutState.SENT, ["sent", "sent"], "")
    assert (outbox.raw(id), outbox.draft(id)) == (b"", b"")
    assert (outbox.unsent(), len(outbox.all())) == ((), 1)
    for act in (outbox.remove, outbox.retry):
        with pytest.raises(BadInput):
            act(id)


def test_who_was_refused_is_named_and_can_be_tried_again_alone(box: Box) -> None:
    outbox, id = box.store.outbox, sending(box)
    outbox.steps.answered(id, [*taken(ANN), Answer(BOB, False, 550, "no such user")])
    item = outbox.get(id)
    assert (item.state, states(item)) == (OutState.FAILED, ["sent", "failed"])
    assert item.problem == "bob@example.org: no such user"
    outbox.retry(id)
    item = outbox.get(id)
    assert (item.state, states(item), item.problem) == (OutState.QUEUED, ["sent", "queued"], "")
    assert item.waiting(0) == (BOB,)
    assert (outbox.raw(id), outbox.draft(id)) == (b"the bytes 0", b"the draft")


def test_one_message_can_end_differently_for_each(box: Box) -> None:
    outbox = box.store.outbox
    id = outbox.queue(new(box, (ANN, BOB), (DAN,)))
    outbox.steps.begin(id)
    outbox.steps.answered(id, [Answer(BOB, False, 550, "no")])  # before the dot
    outbox.steps.phase(id, 0, "DOT_PENDING")
    outbox.steps.doubt(id, 0, "The line was cut.")
    outbox.steps.begin(id, 1, first=False)
    outbox.steps.put_off(id, 1, box.clock() + timedelta(minutes=1), "Come back later.")
    item = outbox.get(id)
    assert states(item) == ["uncertain", "failed", "deferred"]
    assert item.state is OutState.DEFERRED
    assert item.waiting(0) == ()
    assert item.problem == (
        "ann@example.org: The line was cut. bob@example.org: no dan@example.org: Come back later."
    )
    box.clock.forward(minutes=2)
    outbox.steps.begin(id, 1)
    outbox.steps.answered(id, taken(DAN))
    assert outbox.get(id).state is OutState.UNCERTAIN


def test_who_was_put_off_gets_it_later_and_the_copy_is_kept_once(box: Box) -> None:
    outbox, id = box.store.outbox, sending(box)
    outbox.steps.answered(id, [*taken(ANN), Answer(BOB, False, 451, "grey-listed")])
    outbox.steps.pause(id, box.clock() + timedelta(minutes=15))
    item = outbox.get(id)
    assert (item.state, states(item)) == (OutState.DEFERRED, ["sent", "deferred"])
    assert item.problem == "bob@example.org: grey-listed"
    assert sent(outbox, id) == b""
    assert outbox.due(box.account.id, box.clock()) == ()
    box.clock.forward(minutes=15)
    assert [one.id for one in outbox.due(box.account.id, box.clock())] == [id]
    assert outbox.steps.begin(id) == (BOB,)
    outbox.steps.answered(id, taken(BOB))
    assert outbox.get(id).state is OutState.SENT


def test_a_copy_for_sent_is_kept_while_nobody_has_got_it(box: Box) -> None:
    id = sending(box)
    box.store.outbox.steps.answered(id, [Answer(one, False, 550, "no") for one in (ANN, BOB)])
    assert sent(box.store.outbox, id) == b"copy"


def test_what_is_deferred_is_due_when_its_time_comes_or_when_asked_for(box: Box) -> None:
    id = sending(box)
    box.store.outbox.steps.put_off(id, 0, box.clock() + timedelta(minutes=2), "Busy.")
    due = box.store.outbox.due
    assert due(box.account.id, box.clock()) == ()
    assert [one.id for one in due(box.account.id, None)] == [id]
    assert due(box.account.id + 1, None) == ()
    assert box.store.outbox.next_time() == box.clock() + timedelta(minutes=2)
    box.clock.forward(minutes=2)
    assert [one.problem for one in due(box.account.id, box.clock())] == ["Busy."]


def test_a_server_that_is_not_reached_does_not_count_as_a_try(box: Box) -> None:
    outbox, id, other = box.store.outbox, queued(box), queued(box, DAN)
    for one in (id, other):
        outbox.steps.missed(one, box.clock() + timedelta(minutes=1), "No network.")
        item = outbox.get(one)
        assert (item.attempts, item.misses, item.problem) == (0, 1, "No network.")
        assert item.tried
    assert outbox.due(box.account.id, box.clock()) == ()
    outbox.steps.wake(box.clock())
    assert [one.id for one in outbox.due(box.account.id, box.clock())] == [id, other]
    outbox.steps.begin(id)
    outbox.steps.answered(id, taken(ANN, BOB))
    assert (outbox.get(id).attempts, outbox.get(id).misses) == (1, 0)


def test_what_the_user_has_to_mend_waits_for_the_user(box: Box) -> None:
    outbox, id = box.store.outbox, queued(box)
    outbox.steps.leave_to_user(id, "The password is refused.")
    box.clock.forward(days=1)
    assert outbox.due(box.account.id, box.clock()) == ()
    assert outbox.next_time() is None
    assert [one.id for one in outbox.due(box.account.id, None)] == [id]
    assert outbox.get(id).attempts == 0
    outbox.steps.user_was_here(box.clock())
    assert [one.id for one in outbox.due(box.account.id, box.clock())] == [id]


def test_of_two_copies_on_their_way_only_the_one_past_the_dot_is_in_doubt(box: Box) -> None:
    outbox = box.store.outbox
    id = outbox.queue(new(box, (ANN,), (DAN,)))
    outbox.steps.begin(id, 0)
    outbox.steps.phase(id, 0, "DOT_PENDING")
    outbox.steps.begin(id, 1, first=False)  # its envelope goes with the end of the first
    outbox.steps.phase(id, 1, "DATA")
    outbox.steps.recover(box.clock())
    assert states(outbox.get(id)) == ["uncertain", "queued"]


def test_what_is_kept_for_later_goes_out_at_its_time_and_not_with_the_others(box: Box) -> None:
    outbox, id = box.store.outbox, queued(box)
    when = box.clock() + timedelta(days=3)
    outbox.postpone(id, when)
    assert outbox.due(box.account.id, box.clock()) == outbox.due(box.account.id, None) == ()
    assert outbox.next_time() == outbox.get(id).later == outbox.get(id).since == when
    box.clock.forward(days=3)
    assert [one.id for one in outbox.due(box.account.id, box.clock())] == [id]
    assert [one.id for one in outbox.due(box.account.id, None)] == [id]


def test_what_is_kept_for_later_can_be_sent_now(box: Box) -> None:
    outbox, id = box.store.outbox, queued(box)
    outbox.postpone(id, box.clock() + timedelta(days=3))
    outbox.retry(id)
    assert outbox.get(id).later is None
    assert [one.id for one in outbox.due(box.account.id, box.clock())] == [id]


def test_bytes_that_were_on_their_way_are_never_changed(box: Box) -> None:
    outbox = box.store.outbox
    fresh, tried = outbox.queue(new(box, (ANN,), (DAN,))), sending(box)
    outbox.renew(fresh, [NewCopy(b"a", (ANN,)), NewCopy(b"b", (DAN,))], b"c")
    assert (outbox.raw(fresh), outbox.raw(fresh, 1), sent(outbox, fresh)) == (b"a", b"b", b"c")
    outbox.steps.put_off(tried, 0, box.clock(), "Busy.")
    with pytest.raises(BadInput, match="stays as it is"):
        outbox.renew(tried, [NewCopy(b"a", (ANN, BOB))], b"c")
    assert outbox.raw(tried) == b"the bytes 0"


def test_a_clock_that_was_set_back_keeps_nothing_waiting(box: Box) -> None:
    outbox, id, later = box.store.outbox, sending(box), queued(box)
    outbox.postpone(later, box.clock() + timedelta(hours=3))
    outbox.steps.put_off(id, 0, box.clock() + timedelta(minutes=30), "Busy.")
    box.clock.forward(days=-400)
    assert [one.id for one in outbox.due(box.account.id, box.clock())] == [id]


def test_what_failed_or_is_uncertain_waits_for_the_user(box: Box) -> None:
    outbox, failed, uncertain = box.store.outbox, sending(box), sending(box)
    outbox.steps.fail(failed, 0, "The message was refused.")
    outbox.steps.doubt(uncertain, 0, "The line was cut.")
    assert outbox.due(box.account.id, None) == ()
    assert states(outbox.get(failed)) == ["failed", "failed"]
    assert outbox.get(uncertain).problem == "The line was cut."
    outbox.retry(failed)
    with pytest.raises(BadInput, match="not known whether"):
        outbox.retry(uncertain)
    assert [one.id for one in outbox.due(box.account.id, box.clock())] == [failed]
    outbox.retry(uncertain, doubtful=True)
    assert [one.id for one in outbox.due(box.account.id, box.clock())] == [failed, uncertain]


def test_who_may_have_got_it_is_not_sent_it_again_with_those_who_have_not(box: Box) -> None:
    outbox = box.store.outbox
    id = outbox.queue(new(box, (ANN,), (DAN,)))
    outbox.steps.begin(id)
    outbox.steps.doubt(id, 0, "Cut.")
    outbox.steps.begin(id, 1, first=False)
    outbox.steps.fail(id, 1, "Refused.")
    outbox.retry(id)
    assert states(outbox.get(id)) == ["uncertain", "queued"]


def test_what_is_in_doubt_is_settled_once(box: Box) -> None:
    outbox, id = box.store.outbox, sending(box)
    outbox.steps.doubt(id, 0, "Cut.")
    assert [one.id for one in outbox.uncertain()] == [id]
    assert outbox.settle(id, [Answer(ANN, True, 250, "It has come back.")])
    assert states(outbox.get(id)) == ["sent", "uncertain"]
    assert not outbox.settle(id, [Answer(ANN, False, 550, "A forged report.")])
    assert outbox.settle(id, [Answer(BOB, False, 550, "no such user")])
    assert states(outbox.get(id)) == ["sent", "failed"]
    assert outbox.uncertain() == ()


def test_what_is_on_its_way_is_not_held_back(box: Box) -> None:
    outbox, id = box.store.outbox, sending(box)
    for act in (outbox.remove, outbox.retry):
        with pytest.raises(BadInput, match="on its way"):
            act(id)
    with pytest.raises(BadInput, match="does not wait"):
        outbox.postpone(id, box.clock() + timedelta(days=1))


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
    id = box.store.outbox.queue(new(box, (ANN,), (DAN,)))
    box.store.outbox.steps.begin(id)
    if phase:
        box.store.outbox.steps.phase(id, 0, phase)
    again = reopen().outbox
    again.steps.recover(box.clock())
    item = again.get(id)
    assert states(item) == [state.value, "queued"]
    assert item.attempts == 1
    assert bool(item.problem) == (state is OutState.UNCERTAIN)
    assert item.copies == ((1,) if state is OutState.UNCERTAIN else (0, 1))


def test_a_phase_of_an_earlier_try_is_forgotten(box: Box) -> None:
    outbox, id = box.store.outbox, sending(box)
    outbox.steps.phase(id, 0, "DOT_PENDING")
    outbox.steps.put_off(id, 0, box.clock(), "421")
    outbox.steps.begin(id)
    outbox.steps.recover(box.clock())
    assert outbox.get(id).state is OutState.QUEUED


def test_what_was_sent_is_listed_for_a_month(box: Box) -> None:
    outbox, sent, failed = box.store.outbox, sending(box, ANN), sending(box, BOB)
    outbox.steps.answered(sent, taken(ANN))
    outbox.steps.fail(failed, 0, "no")
    box.clock.forward(days=29)
    outbox.steps.recover(box.clock())
    assert len(outbox.all()) == 2
    box.clock.forward(days=2)
    outbox.steps.recover(box.clock())
    assert [one.id for one in outbox.all()] == [failed]


LARGE = bytes(range(256)) * 8192  # 2 MiB, and not a whole number of pieces more
PIECES = "SELECT count(*) FROM outbox_pieces"


def large(box: Box) -> NewOut:
    whole = new(box, (ANN, BOB), (DAN,))
    copies = (NewCopy(LARGE + b"raw", (ANN, BOB)), NewCopy(LARGE + b"bcc", (DAN,)))
    return replace(whole, copies=copies, sent_copy=LARGE + b"sent", draft=LARGE + b"draft")


def test_a_large_message_lies_in_pieces_and_comes_back_whole(
    box: Box, reopen: Callable[[], Store]
) -> None:
    id = box.store.outbox.queue(large(box))
    again = reopen().outbox
    assert whole(again.raw(id)) == LARGE + b"raw"
    assert whole(again.raw(id, 1)) == LARGE + b"bcc"
    assert sent(again, id) == LARGE + b"sent"
    assert again.draft(id) == LARGE + b"draft"
    columns = "length(raw), length(sent_copy), length(draft)"
    assert again.database.row(f"SELECT {columns} FROM outbox_bytes") == (0, 0, 0)


def test_the_pieces_of_a_large_message_go_when_everyone_has_it(box: Box) -> None:
    outbox = box.store.outbox
    id = outbox.queue(large(box))
    outbox.steps.begin(id)
    outbox.steps.begin(id, 1, first=False)
    outbox.steps.answered(id, taken(ANN, BOB))
    assert sent(outbox, id) == b""
    assert whole(outbox.raw(id, 1)) == LARGE + b"bcc"
    outbox.steps.answered(id, taken(DAN))
    assert outbox.database.row(PIECES) == (0,)


@pytest.mark.parametrize("lost", ["start = 0", "start = 262144", "start > 2000000"])
def test_half_of_a_large_message_is_never_sent(box: Box, lost: str) -> None:
    outbox = box.store.outbox
    id = outbox.queue(large(box))
    outbox.database.run(f"DELETE FROM outbox_pieces WHERE kind = 'raw' AND {lost}")
    with pytest.raises(StoreDamaged, match="not whole"):
        outbox.to_send(id)


def test_a_message_whose_bytes_are_all_lost_is_never_sent_empty(box: Box) -> None:
    outbox = box.store.outbox
    id = outbox.queue(large(box))
    outbox.database.run("DELETE FROM outbox_pieces WHERE kind = 'raw'")
    with pytest.raises(StoreDamaged):
        outbox.to_send(id)
