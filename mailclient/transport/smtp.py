"""Submission (RFC 6409): a session that hands over several messages, one after the other.

A session is opened once, logs in, and takes messages until it is closed or lost. `submit` hands one
over; `submit_each` many, and saves a round trip for each. Whatever happens, it is told about each
message: its recipients' results, or the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

from mailclient.account import Server
from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    LoginRefused,
    MailError,
    MessageRefused,
    RecipientRefused,
)
from mailclient.message.source import Source
from mailclient.transport.explain import FAULTS
from mailclient.transport.smtp_envelope import (
    Notify,
    Outgoing,
    Phase,
    RecipientResult,
    ReportRequest,
    Return,
    envelope,
)
from mailclient.transport.smtp_login import Connection
from mailclient.transport.smtp_replies import Capabilities
from mailclient.transport.smtp_transaction import PATIENCE, Transaction, Uncertain
from mailclient.transport.wire import Wire, connected

QUIT_PATIENCE = 5.0

PERMANENT = (MessageRefused, RecipientRefused, LoginRefused, BadInput)

__all__ = [
    "PERMANENT",
    "Capabilities",
    "Notify",
    "Outcome",
    "Outgoing",
    "Phase",
    "RecipientResult",
    "ReportRequest",
    "Return",
    "Submission",
    "Uncertain",
    "agree_on_tls",
    "check",
    "look",
    "submission",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message: the results of its recipients, or the fault that it met, with
    the results of those who were refused before.

    Uncertain: it may have been taken. One of PERMANENT: trying again as it is does not help.
    Anything else: it was not taken, and may be tried again.
    """

    outgoing: Outgoing
    results: tuple[RecipientResult, ...] = ()
    problem: MailError | None = None


@dataclass(slots=True)
class _Turn:
    """A message whose turn it is, or will be next."""

    outgoing: Outgoing
    transaction: Transaction | None = None
    problem: MailError | None = None

    def ahead(self) -> bytes:
        """Its envelope, if that may go out before its turn."""
        try:
            return self.transaction.ahead() if self.transaction else b""
        except MailError as problem:
            self.transaction, self.problem = None, problem
            return b""

    def outcome(self) -> Outcome:
        heard = self.transaction.results if self.transaction else ()
        if self.problem is not None:
            heard = tuple(one for one in heard if not one.accepted)
        return Outcome(self.outgoing, heard, self.problem)


class Submission:
    """A session with a submission server, logged in."""

    def __init__(self, connection: Connection, cancel: CancelToken) -> None:
        self._connection = connection
        self._cancel = cancel

    @property
    def capabilities(self) -> Capabilities:
        """What the server has announced."""
        return self._connection.capabilities

    @property
    def logged_in_by(self) -> str:
        """The mechanism of the log-in; "" where there was none."""
        return self._connection.logged_in_by

    @property
    def encryption(self) -> str:
        """By what the connection is encrypted; "" for one that is open."""
        return self._connection.wire.encryption

    @property
    def alive(self) -> bool:
        """Whether another message can be handed over; once it cannot, it never can again."""
        return self._connection.open and not self._cancel.cancelled

    @property
    def answers_ahead(self) -> bool:
        """Whether the next message is being answered already: nobody has to wait for that."""
        return self._connection.heard_more

    def submit(
        self,
        sender: str,
        recipients: Sequence[str],
        message: Source,
        *,
        on_phase: Callable[[Phase], None],
        reports: ReportRequest | None = None,
    ) -> tuple[RecipientResult, ...]:
        """Hand a message over; returns what became of each recipient.

        `on_phase` is told MAIL, RCPT, DATA, DOT_PENDING and DONE, each before it begins. Raises
        Uncertain after DOT_PENDING; what may be tried again (Unreachable, MailboxBusy,
        ProtocolFault, Cancelled) and what may not (PERMANENT).
        """
        one = Outgoing(sender, tuple(recipients), message, on_phase, reports)
        [outcome] = self.submit_each([one])
        if outcome.problem is not None:
            raise outcome.problem
        return outcome.results

    def submit_each(self, outgoing: Iterable[Outgoing]) -> Iterator[Outcome]:
        """Hand messages over, and tell of each in their order.

        Where the server takes commands ahead, the next message is asked for, and its envelope sent,
        before the outcome of the one before is told. Once the session is lost no other is asked
        for; each that was asked for has its outcome.
        """
        line = iter(outgoing)
        turn = self._next(line)
        following: _Turn | None = None
        try:
            while turn is not None:
                following = self._run(turn, line)
                yield turn.outcome()
                turn, following = following or self._next(line), None
        finally:
            if following is not None:  # its envelope was sent, and nobody waits for the answers
                self._connection.open = False

    def _next(self, line: Iterator[Outgoing]) -> _Turn | None:
        """The next message, looked through."""
        one = next(line, None) if self.alive else None
        if one is None:
            return None
        try:
            commands = envelope(one, self.capabilities, self._connection.wire.server.host)
        except MailError as problem:
            return _Turn(one, problem=problem)
        return _Turn(one, Transaction(self._connection, one, commands, self._cancel))

    def _run(self, turn: _Turn, line: Iterator[Outgoing]) -> _Turn | None:
        """Hand one over; returns the next one if it had to be asked for meanwhile."""
        following: _Turn | None = None

        def ahead() -> bytes:
            nonlocal following
            if self.capabilities.pipelining:
                following = self._next(line)
            return following.ahead() if following else b""

        try:
            if turn.transaction is not None:
                turn.transaction.open()
                if turn.transaction.anybody:
                    turn.transaction.hand_over(ahead)
        except MailError as problem:
            turn.problem = problem
        return following


@contextmanager
def submission(server: Server, password: str, cancel: CancelToken) -> Iterator[Submission]:
    """A session that ends with the block.

    Raises Unreachable, CertificateRejected, LoginRefused, MailboxBusy, ProtocolFault, BadInput,
    Cancelled; nothing was sent then.
    """
    _require_usable(server, password)
    with connected(server, cancel) as wire, closing(Connection(wire)) as connection:
        connection.set_up(password)
        wire.sock.settimeout(PATIENCE)
        yield Submission(connection, cancel)
        _quit(connection)


def agree_on_tls(wire: Wire) -> None:
    """Go over to TLS, and say nothing else."""
    with closing(Connection(wire)) as connection:
        connection.set_up(None)


def look(wire: Wire) -> frozenset[str]:
    """Greet, encrypt, and ask by which ways one can log in; no name and no password is said."""
    with closing(Connection(wire)) as connection:
        connection.set_up(None)
        _quit(connection)
        return frozenset(connection.capabilities.login_by)


def check(server: Server, password: str, cancel: CancelToken) -> str:
    """Log in; returns a sentence. Raises as `submission` does."""
    with submission(server, password, cancel) as session:
        limit = session.capabilities.size
    if limit:
        return f"Logged in; takes messages of up to {limit // 1_000_000} MB."
    return "Logged in."


def _require_usable(server: Server, password: str) -> None:
    if "\0" in password or "\0" in server.username:
        raise BadInput("The password holds a NUL.", "Type it again.")


def _quit(connection: Connection) -> None:
    """What counts has been said by now; how this ends does not matter."""
    if connection.open:
        with suppress(*FAULTS), connection.wire.within(QUIT_PATIENCE):
            connection.ask("QUIT")
