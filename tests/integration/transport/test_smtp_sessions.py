"""Several messages over one connection, and every combination of answers that a server can give."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    Cancelled,
    MailboxBusy,
    MailError,
    MessageRefused,
    ProtocolFault,
    StoreFull,
    Unreachable,
)
from mailclient.transport import smtp, smtp_transaction
from mailclient.transport.smtp import Outcome, Outgoing, Phase, Submission
from tests.servers.scripted import Conversation, Script, Scripted, scripted

ANN, BOB, EVE = "ann@example.org", "bob@example.org", "eve@example.org"
TEXT = b"Subject: hi\r\n\r\nHello.\r\n"
PIPELINING, CHUNKING = b"PIPELINING", b"CHUNKING"
KINDS = {"one by one": (), "ahead": (PIPELINING,)}


@contextmanager
def session_with(running: Scripted, cancel: CancelToken | None = None) -> Iterator[Submission]:
    with smtp.submission(running.server(), "secret", cancel or CancelToken()) as session:
        yield session


@dataclass(slots=True)
class Told:
    """What was told of one message."""

    phases: list[Phase] = field(default_factory=list)

    def message(self, *recipients: str, text: bytes = TEXT) -> Outgoing:
        return Outgoing(ANN, recipients or (BOB,), text, self.phases.append)


def submit(session: Submission, *recipients: str, text: bytes = TEXT) -> Outcome:
    [outcome] = session.submit_each([Told().message(*recipients, text=text)])
    return outcome


def handed_over(*names: str) -> list[Outgoing]:
    return [Told().message(name) for name in names]


# Several messages


@pytest.mark.parametrize("features", KINDS.values(), ids=KINDS.keys())
def test_three_messages_go_over_one_connection(features: tuple[bytes, ...]) -> None:
    def script(client: Conversation) -> None:
        client.smtp_log_in(*features)
        for _ in range(3):
            client.answer(b"MAIL FROM:<ANN@", b"250 ok\r\n")
            client.answer(b"RCPT TO:<BOB@", b"250 ok\r\n")
            client.answer(b"DATA", b"354 go on\r\n")
            assert client.hear_message() == TEXT
            client.say(b"250 taken\r\n")
        client.answer(b"QUIT", b"221 bye\r\n")

    told = [Told(), Told(), Told()]
    with scripted(script) as running, session_with(running) as session:
        outcomes = list(session.submit_each(one.message() for one in told))
        assert session.alive
    assert [one.results[0].accepted for one in outcomes] == [True, True, True]
    for one in told:
        assert one.phases == [Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT_PENDING, Phase.DONE]


def test_the_next_envelope_goes_out_with_the_end_of_the_message_before() -> None:
    def script(client: Conversation) -> None:
        client.smtp_log_in(PIPELINING)
        client.hear(b"MAIL")
        client.hear(b"RCPT")
        client.hear(b"DATA")
        client.say(b"250 ok\r\n250 ok\r\n354 go on\r\n")
        client.hear_message()
        client.hear(b"MAIL")  # before the server has said what became of the first
        client.hear(b"RCPT TO:<EVE@")
        client.hear(b"DATA")
        client.say(b"250 taken\r\n250 ok\r\n250 ok\r\n354 go on\r\n")
        client.hear_message()
        client.say(b"250 taken\r\n")
        client.answer(b"QUIT", b"221 bye\r\n")

    with scripted(script) as running, session_with(running) as session:
        outcomes = list(session.submit_each(handed_over(BOB, EVE)))
    assert [one.problem for one in outcomes] == [None, None]


def test_a_refused_message_does_not_keep_the_next_from_being_sent() -> None:
    def script(client: Conversation) -> None:
        client.smtp_log_in()
        client.answer(b"MAIL", b"550 5.7.1 not you\r\n")
        client.answer(b"RSET", b"250 ok\r\n")
        client.answer(b"MAIL", b"250 ok\r\n")
        client.answer(b"RCPT", b"550 5.1.1 unknown\r\n")
        client.answer(b"RSET", b"250 ok\r\n")
        client.answer(b"MAIL", b"250 ok\r\n")
        client.answer(b"RCPT", b"250 ok\r\n")
        client.answer(b"DATA", b"354 go on\r\n")
        client.hear_message()
        client.say(b"554 5.6.0 not this one\r\n")
        client.answer(b"MAIL", b"250 ok\r\n")
        client.answer(b"RCPT", b"250 ok\r\n")
        client.answer(b"DATA", b"354 go on\r\n")
        client.hear_message()
        client.say(b"250 taken\r\n")
        client.answer(b"QUIT", b"221 bye\r\n")

    with scripted(script) as running, session_with(running) as session:
        outcomes = list(session.submit_each(handed_over(BOB, BOB, BOB, BOB)))
    assert [type(one.problem) for one in outcomes] == [
        MessageRefused,
        type(None),
        MessageRefused,
        type(None),
    ]
    assert not outcomes[1].results[0].accepted
    assert outcomes[3].results[0].accepted


def test_what_nobody_may_send_is_told_in_its_turn_and_the_others_are_sent() -> None:
    def script(client: Conversation) -> None:
        client.smtp_log_in(PIPELINING)
        for _ in range(2):
            client.answer(b"MAIL", b"250 ok\r\n")
            client.answer(b"RCPT", b"250 ok\r\n")
            client.answer(b"DATA", b"354 go on\r\n")
            client.hear_message()
            client.say(b"250 taken\r\n")
        client.answer(b"QUIT", b"221 bye\r\n")

    bad = Told().message(text=b"Subject: a\n.\n\r\n")
    one, other = handed_over(BOB, EVE)
    with scripted(script) as running, session_with(running) as session:
        outcomes = list(session.submit_each([one, bad, other]))
    assert [type(found.problem) for found in outcomes] == [type(None), BadInput, type(None)]


def test_who_does_not_wait_for_all_outcomes_ends_the_session() -> None:
    def script(client: Conversation) -> None:
        client.smtp_log_in(PIPELINING)
        client.answer(b"MAIL", b"250 ok\r\n")
        client.answer(b"RCPT", b"250 ok\r\n")
        client.answer(b"DATA", b"354 go on\r\n")
        client.hear_message()
        client.say(b"250 taken\r\n")
        client.wait_until_gone()

    with scripted(script) as running, session_with(running) as session:
        outcomes = session.submit_each(handed_over(BOB, EVE))
        assert next(outcomes).problem is None
        outcomes.close()  # type: ignore[attr-defined]
        assert not session.alive
    assert b"QUIT" not in running.heard


# Answers to what was sent ahead


def together(*replies: bytes, then: bytes = b"") -> Script:
    """A server that takes MAIL, two RCPT and DATA at once, answers so, and hears `then`."""

    def script(client: Conversation) -> None:
        client.smtp_log_in(PIPELINING)
        for command in (b"MAIL", b"RCPT", b"RCPT", b"DATA"):
            client.hear(command)
        client.say(b"".join(reply + b"\r\n" for reply in replies))
        if then == b".":
            assert client.hear_message() == b""
            client.say(b"554 no valid recipients\r\n")
        elif then:
            client.hear_message()
            client.say(then + b"\r\n")
        client.answer(b"QUIT", b"221 bye\r\n")

    return script


OK, NO, LATER, GO = b"250 ok", b"550 5.1.1 unknown", b"450 4.2.0 later", b"354 go on"
BAD_ORDER = b"503 5.5.1 bad sequence"
FOUR: dict[str, tuple[tuple[bytes, ...], bytes, object]] = {
    "both are taken": ((OK, OK, OK, GO), b"250 taken", (250, 250)),
    "one is refused": ((OK, NO, OK, GO), b"250 taken", (550, 250)),
    "one is put off": ((OK, OK, LATER, GO), b"250 taken", (250, 450)),
    "both are refused, DATA too": ((OK, NO, NO, BAD_ORDER), b"", (550, 550)),
    "both are refused, DATA is not": ((OK, NO, LATER, GO), b".", (550, 450)),
    "MAIL is refused, and all else": ((NO, BAD_ORDER, BAD_ORDER, BAD_ORDER), b"", MessageRefused),
    "MAIL is refused, but DATA is not": ((NO, BAD_ORDER, BAD_ORDER, GO), b".", MessageRefused),
    "MAIL is put off": ((LATER, BAD_ORDER, BAD_ORDER, BAD_ORDER), b"", MailboxBusy),
    "MAIL is refused, RCPT is not": ((NO, OK, OK, GO), b".", MessageRefused),
    "DATA is refused": ((OK, OK, OK, b"554 5.7.1 no"), b"", MessageRefused),
    "DATA is put off": ((OK, OK, OK, b"451 4.3.0 later"), b"", MailboxBusy),
    "the end is refused": ((OK, OK, OK, GO), b"552 5.3.4 too large", MessageRefused),
    "the end is put off": ((OK, OK, NO, GO), b"451 4.7.1 greylisted", MailboxBusy),
}


@pytest.mark.parametrize(("replies", "then", "wanted"), FOUR.values(), ids=FOUR.keys())
def test_each_combination_of_answers_is_understood(
    replies: tuple[bytes, ...], then: bytes, wanted: object
) -> None:
    with scripted(together(*replies, then=then)) as running, session_with(running) as session:
        outcome = submit(session, BOB, EVE)
        assert session.alive
    if isinstance(wanted, tuple):
        assert outcome.problem is None
        assert tuple(one.code for one in outcome.results) == wanted
    else:
        assert type(outcome.problem) is wanted


def test_more_recipients_than_go_ahead_at_once_are_all_asked_for() -> None:
    def script(client: Conversation) -> None:
        client.smtp_log_in(PIPELINING)
        client.answer(b"MAIL", b"250 ok\r\n")
        for _ in people:
            client.answer(b"RCPT", b"250 ok\r\n")
        client.answer(b"DATA", b"354 go on\r\n")
        client.hear_message()
        client.say(b"250 taken\r\n")
        client.answer(b"QUIT", b"221 bye\r\n")

    people = [f"p{number}@example.org" for number in range(350)]
    with scripted(script) as running, session_with(running) as session:
        outcome = submit(session, *people)
    assert [one.address for one in outcome.results if one.accepted] == people


# BDAT


def test_a_message_goes_in_chunks_and_only_the_last_one_is_uncertain() -> None:
    text = TEXT + b"..dotted\r\n" * 200_000
    seen: list[tuple[bytes, list[Phase]]] = []
    told = Told()

    def script(client: Conversation) -> None:
        client.smtp_log_in(PIPELINING, CHUNKING)
        client.answer(b"MAIL", b"250 ok\r\n")
        client.answer(b"RCPT", b"250 ok\r\n")
        content = b""
        last = b""
        while last != b"LAST":
            _, size, *rest = client.hear(b"BDAT ").split()
            last = b"".join(rest)
            seen.append((last, list(told.phases)))
            content += client.hear_bytes(int(size))
            client.say(b"250 ok\r\n")
        assert content == text
        client.answer(b"QUIT", b"221 bye\r\n")

    with scripted(script) as running, session_with(running) as session:
        [outcome] = session.submit_each([told.message(text=text)])
    assert outcome.problem is None
    assert len(seen) > 2
    before = [phases for last, phases in seen if not last]
    assert all(Phase.DOT_PENDING not in phases for phases in before)
    assert seen[-1][1][-1] is Phase.DOT_PENDING


def test_after_a_refused_last_chunk_the_next_message_begins_again() -> None:
    def script(client: Conversation) -> None:
        client.smtp_log_in(PIPELINING, CHUNKING)
        client.answer(b"MAIL", b"250 ok\r\n")
        client.answer(b"RCPT", b"250 ok\r\n")
        client.hear_bytes(int(client.hear(b"BDAT ").split()[1]))
        client.hear(b"MAIL")
        client.hear(b"RCPT")
        client.say(b"554 5.6.0 no\r\n503 bad sequence\r\n503 bad sequence\r\n")
        client.answer(b"RSET", b"250 ok\r\n")
        client.answer(b"MAIL", b"250 ok\r\n")
        client.answer(b"RCPT", b"250 ok\r\n")
        client.hear_bytes(int(client.hear(b"BDAT ").split()[1]))
        client.say(b"250 taken\r\n")
        client.answer(b"QUIT", b"221 bye\r\n")

    with scripted(script) as running, session_with(running) as session:
        refused, taken = session.submit_each(handed_over(BOB, EVE))
    assert isinstance(refused.problem, MessageRefused)
    assert taken.problem is None
    assert taken.results[0].accepted


# Cuts


def cut_at(command: bytes, *features: bytes) -> Script:
    """A server that drops the connection on hearing this, in place of an answer."""

    def script(client: Conversation) -> None:
        client.smtp_log_in(*features)
        for verb, reply in ((b"MAIL", OK), (b"RCPT", OK), (b"DATA", GO)):
            client.hear(verb)
            if verb == command:
                client.cut()
            client.say(reply + b"\r\n")
        client.hear_message()
        if command == b".":
            client.cut()
        client.say(b"250 taken\r\n")
        client.hear(b"QUIT")
        client.cut()

    return script


@pytest.mark.parametrize("features", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("command", [b"MAIL", b"RCPT", b"DATA"])
def test_a_cut_before_the_end_may_be_tried_again(
    command: bytes, features: tuple[bytes, ...]
) -> None:
    told = Told()
    with scripted(cut_at(command, *features)) as running, session_with(running) as session:
        [outcome] = session.submit_each([told.message()])
        assert not session.alive
    assert isinstance(outcome.problem, Unreachable)
    assert Phase.DOT_PENDING not in told.phases


@pytest.mark.parametrize("features", KINDS.values(), ids=KINDS.keys())
def test_a_cut_after_the_end_is_uncertain_and_a_cut_at_quit_is_nothing(
    features: tuple[bytes, ...],
) -> None:
    told = Told()
    with scripted(cut_at(b".", *features)) as running, session_with(running) as session:
        [outcome] = session.submit_each([told.message()])
    assert isinstance(outcome.problem, smtp.Uncertain)
    assert told.phases[-1] is Phase.DOT_PENDING
    with scripted(cut_at(b"QUIT", *features)) as running, session_with(running) as session:
        outcome = submit(session)
    assert outcome.problem is None


def test_a_cut_makes_one_message_uncertain_and_the_one_behind_it_may_be_tried_again() -> None:
    told = [Told(), Told(), Told()]
    with (
        scripted(cut_at(b".", PIPELINING)) as running,
        session_with(running) as session,
    ):
        outcomes = list(session.submit_each(one.message() for one in told))
    assert [type(one.problem) for one in outcomes] == [smtp.Uncertain, Unreachable]
    assert told[1].phases == [Phase.MAIL, Phase.RCPT, Phase.DATA]
    assert told[2].phases == []


@pytest.mark.parametrize("at", [b"MAIL", b"RCPT", b"DATA", b"."])
def test_a_server_that_says_good_bye_is_left(at: bytes) -> None:
    def script(client: Conversation) -> None:
        client.smtp_log_in()
        for verb, reply in ((b"MAIL", OK), (b"RCPT", OK), (b"DATA", GO)):
            client.hear(verb)
            if verb == at:
                client.say(b"421 4.3.2 shutting down\r\n")
                client.wait_until_gone()
            client.say(reply + b"\r\n")
        client.hear_message()
        client.say(b"421 4.3.2 shutting down\r\n")
        client.wait_until_gone()

    with scripted(script) as running, session_with(running) as session:
        outcomes = list(session.submit_each(handed_over(BOB, EVE)))
        assert not session.alive
    assert [type(one.problem) for one in outcomes] == [MailboxBusy]


def test_an_answer_that_is_none_after_the_end_is_uncertain_and_before_it_a_fault() -> None:
    for reply in (b"+OK taken", b"199 what", b"354 go on", b"2", b"nonsense"):
        with (
            scripted(together(OK, OK, OK, GO, then=reply)) as running,
            session_with(running) as session,
        ):
            assert isinstance(submit(session, BOB, EVE).problem, smtp.Uncertain), reply
        for replies in ((reply, OK, OK, GO), (OK, reply, OK, GO)):
            with scripted(together(*replies)) as running, session_with(running) as session:
                assert isinstance(submit(session, BOB, EVE).problem, ProtocolFault), reply


# Servers without end


def drip(client: Conversation) -> None:
    """A byte now and then, and never a whole line, until the client has had enough."""
    pause = threading.Event()
    while True:
        client.say(b"2")
        pause.wait(0.02)


@pytest.mark.parametrize("features", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("at", [b"MAIL", b"RCPT", b"DATA", b"."])
def test_a_server_that_drips_is_given_up_when_its_time_is_up(
    at: bytes, features: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def script(client: Conversation) -> None:
        client.smtp_log_in(*features)
        for verb, reply in ((b"MAIL", OK), (b"RCPT", OK), (b"DATA", GO)):
            client.hear(verb)
            if verb == at:
                drip(client)
            client.say(reply + b"\r\n")
        client.hear_message()
        drip(client)

    monkeypatch.setattr(smtp_transaction, "FINAL_PATIENCE", 0.5)
    if at != b".":
        monkeypatch.setattr(smtp_transaction, "PATIENCE", 0.5)
    with scripted(script) as running, session_with(running) as session:
        problem = submit(session).problem
    if at == b".":
        assert isinstance(problem, smtp.Uncertain)
    else:
        assert isinstance(problem, Unreachable)
        assert "too slow" in problem.text


def test_a_server_that_reads_no_further_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(client: Conversation) -> None:
        client.smtp_log_in()
        for verb, reply in ((b"MAIL", OK), (b"RCPT", OK), (b"DATA", GO)):
            client.answer(verb, reply + b"\r\n")
        given_up.wait()

    monkeypatch.setattr(smtp_transaction, "PATIENCE", 0.5)
    monkeypatch.setattr(smtp_transaction, "LEAST_RATE", 1 << 40)
    given_up = threading.Event()
    with scripted(script) as running, session_with(running) as session:
        problem = submit(session, text=TEXT + b"x\r\n" * 8_000_000).problem
        given_up.set()
    assert isinstance(problem, Unreachable)


# What goes wrong on our side


def test_a_store_that_cannot_note_the_end_keeps_the_message_from_being_sent() -> None:
    def script(client: Conversation) -> None:
        client.smtp_log_in()
        for verb, reply in ((b"MAIL", OK), (b"RCPT", OK), (b"DATA", GO)):
            client.answer(verb, reply + b"\r\n")
        client.hear_message()  # never comes to its end

    def full(phase: Phase) -> None:
        if phase is Phase.DOT_PENDING:
            raise StoreFull("There is no room.")

    with scripted(script) as running, session_with(running) as session:
        [outcome] = session.submit_each([Outgoing(ANN, (BOB,), TEXT, full)])
        assert not session.alive
    assert isinstance(outcome.problem, StoreFull)
    assert b"\r\n.\r\n" not in running.heard


def test_a_job_that_is_stopped_before_the_end_is_not_uncertain() -> None:
    def script(client: Conversation) -> None:
        client.smtp_log_in()
        client.answer(b"MAIL", b"250 ok\r\n")
        client.hear(b"RCPT")
        cancel.cancel()
        client.wait_until_gone()

    cancel = CancelToken()
    with scripted(script) as running, session_with(running, cancel) as session:
        problem: MailError | None = submit(session).problem
        assert not session.alive
    assert isinstance(problem, Cancelled)
