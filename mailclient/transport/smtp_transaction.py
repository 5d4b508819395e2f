"""One message over a connection: MAIL, RCPT, DATA or BDAT, and the end that counts.

What happens before the end is sent may be tried again; after it and without an answer nobody
knows, and that is said (Uncertain). The next message's envelope may go out with the end of this
one (RFC 2920 section 3.1): so never more than one message is uncertain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mailclient.account import Server
from mailclient.cancel import CancelToken
from mailclient.errors import MailError, Unreachable
from mailclient.transport.explain import FAULTS, reply_text
from mailclient.transport.smtp_envelope import Envelope, Outgoing, Phase, RecipientResult
from mailclient.transport.smtp_login import Connection, line
from mailclient.transport.smtp_replies import CLOSING, NotAReply, Reply, refusal

# Seconds, as RFC 5321 section 4.5.3.2 has them.
PATIENCE = 300.0  # for the answer to a command
FINAL_PATIENCE = 600.0  # for the answer to the end
LEAST_RATE = 500  # bytes a second while the message is sent
MOST_AHEAD = 100  # commands: neither side can block on a full buffer while the other writes
CHUNK = 1 << 20  # octets in one BDAT
LAST_CHUNK = 1 << 16  # so that it is not long uncertain
GO_ON = 354
SENDING, HANDING_OVER = "sending", "handing it over"

Step = tuple[bytes, Callable[[Reply], None]]


class Uncertain(MailError):
    """The connection was lost after the end was sent: the message may have been taken, or not."""


class Transaction:
    """MAIL, RCPT and the content of one message: `open`, then `hand_over` if `anybody` is to get
    it."""

    def __init__(
        self, connection: Connection, outgoing: Outgoing, envelope: Envelope, cancel: CancelToken
    ) -> None:
        self._connection = connection
        self._outgoing = outgoing
        self._envelope = envelope
        self._cancel = cancel
        self._heard: dict[str, RecipientResult] = {one.address: one for one in envelope.refused}
        self._refused: MailError | None = None
        self._data: Reply | None = None
        self._is_ahead = False

    @property
    def _server(self) -> Server:
        return self._connection.wire.server

    @property
    def anybody(self) -> bool:
        """Whether the server takes the message for anybody."""
        return any(one.accepted for one in self._heard.values())

    @property
    def results(self) -> tuple[RecipientResult, ...]:
        """What was said about each recipient, in their order, as far as it was heard."""
        heard = self._heard
        return tuple(heard[one] for one in self._outgoing.recipients if one in heard)

    # The envelope

    def ahead(self) -> bytes:
        """The envelope, if it may go out before it is this message's turn; else nothing."""
        steps = self._steps()
        if not self._connection.capabilities.pipelining or not 1 < len(steps) <= MOST_AHEAD:
            return b""
        self._tell(Phase.MAIL, Phase.RCPT)
        self._tell_data()
        self._is_ahead = True
        return b"".join(command for command, _ in steps)

    def open(self) -> None:
        """Give the envelope and hear about each recipient.

        Raises MessageRefused or MailboxBusy if nobody can get the message, Unreachable,
        ProtocolFault or Cancelled if the connection is lost.
        """
        if not self._envelope.recipients:
            return
        if not self._connection.open:
            raise Unreachable(
                f"The connection to {self._server.host} was lost before this message.", "Try again."
            )
        if self._is_ahead and self._connection.unsettled:
            self._forget()
        if self._connection.capabilities.pipelining:
            self._together()
        else:
            self._one_by_one()
        self._settle()

    def _steps(self) -> list[Step]:
        """The commands, and what becomes of the answers."""
        people = self._envelope.recipients
        steps: list[Step] = [(self._envelope.mail, self._mail_heard)] if people else []
        steps += [(command, self._recipient_heard(address)) for address, command in people]
        if people and not self._connection.capabilities.chunking:
            steps.append((line("DATA"), self._data_heard))
        return steps

    def _together(self) -> None:
        """All at once, some hundred commands at a time (RFC 2920)."""
        steps = self._steps()
        if self._connection.unsettled and not self._is_ahead:
            steps.insert(0, (line("RSET"), _any_answer))
        if not self._is_ahead:
            self._tell(Phase.MAIL, Phase.RCPT)
            self._tell_data()
        self._connection.unsettled = True
        for at in range(0, len(steps), MOST_AHEAD):
            window = steps[at : at + MOST_AHEAD]
            if self._refused is not None:
                return
            self._cancel.check()
            with self._connection.within(PATIENCE, SENDING):
                if not self._is_ahead:
                    self._connection.write(b"".join(command for command, _ in window))
                for _, heard in window:
                    heard(self._read())

    def _one_by_one(self) -> None:
        if self._connection.unsettled:
            self._ask(line("RSET"), _any_answer)
        self._connection.unsettled = True
        mail, *others = self._steps()
        self._tell(Phase.MAIL)
        self._ask(*mail)
        self._tell(Phase.RCPT)
        for command, heard in others:
            if self._refused is not None:
                return
            if heard == self._data_heard:
                if not self.anybody:
                    return
                self._tell_data()
            self._ask(command, heard)

    def _settle(self) -> None:
        """What the answers come to, whichever combination of them there is."""
        to_go_on = self._data is not None and self._data.code == GO_ON
        if to_go_on and (self._refused is not None or not self.anybody):
            # DATA was taken although nobody can get anything (RFC 2920 section 3.1)
            self._ask(line("."), _any_answer)
            self._connection.unsettled = False
        if self._refused is not None:
            raise self._refused
        if self.anybody and self._data is not None and not to_go_on:
            raise refusal(self._data, self._server, SENDING)

    def _forget(self) -> None:
        """The message before failed in a way that takes this envelope with it; begin again."""
        with self._connection.within(PATIENCE, SENDING):
            for _ in self._steps():
                self._read()
        self._is_ahead = False

    def _tell_data(self) -> None:
        if not self._connection.capabilities.chunking:
            self._tell(Phase.DATA)

    def _mail_heard(self, reply: Reply) -> None:
        _require_answer(reply)
        if not reply.done:
            self._refused = refusal(reply, self._server, SENDING)

    def _recipient_heard(self, address: str) -> Callable[[Reply], None]:
        def heard(reply: Reply) -> None:
            _require_answer(reply)
            self._heard[address] = RecipientResult.of(address, reply, self._server.host)

        return heard

    def _data_heard(self, reply: Reply) -> None:
        self._data = reply

    def _ask(self, command: bytes, heard: Callable[[Reply], None]) -> None:
        self._cancel.check()
        with self._connection.within(PATIENCE, SENDING):
            self._connection.write(command)
            heard(self._read())

    def _read(self) -> Reply:
        reply = self._connection.read()
        if reply.code == CLOSING:
            raise refusal(reply, self._server, SENDING)
        return reply

    # The content

    def hand_over(self, ahead: Callable[[], bytes]) -> None:
        """Send the content, and its end with what is to go ahead behind it; from there on only an
        answer tells.

        Raises Uncertain, what the server says instead of taking the message, or as `open`.
        """
        reply: Reply | None = None
        try:
            self._content()
            end = self._last() + ahead()
            self._tell(Phase.DOT_PENDING)
            self._cancel.check()
            reply = self._final_reply(end)
        finally:
            if reply is None:  # in the middle of a message a connection is of no other use
                self._connection.open = False
        self._judge(reply)

    def _content(self) -> None:
        message = self._envelope.message
        with self._connection.within(PATIENCE + message.size / LEAST_RATE, SENDING):
            if self._connection.capabilities.chunking:
                self._tell(Phase.DATA)
                until = max(message.size - LAST_CHUNK, 0)
                for at in range(0, until, CHUNK):
                    self._chunk(at, min(at + CHUNK, until))
            else:
                self._write(message.stuffed())

    def _chunk(self, start: int, end: int) -> None:
        self._connection.write(line(f"BDAT {end - start}"))
        self._write(self._envelope.message.pieces(start, end))
        reply = self._read()
        if not reply.done:
            raise refusal(reply, self._server, SENDING)

    def _write(self, pieces: Iterator[bytes]) -> None:
        for piece in pieces:
            self._cancel.check()
            self._connection.write(piece)

    def _last(self) -> bytes:
        if not self._connection.capabilities.chunking:
            return line(".")
        message = self._envelope.message
        start = max(message.size - LAST_CHUNK, 0)
        rest = b"".join(message.pieces(start, message.size))
        return line(f"BDAT {len(rest)} LAST") + rest

    def _final_reply(self, end: bytes) -> Reply:
        wire = self._connection.wire
        try:
            with wire.within(FINAL_PATIENCE):
                wire.sock.settimeout(FINAL_PATIENCE)
                self._connection.write(end)
                reply = self._connection.read()
                wire.sock.settimeout(PATIENCE)
        except FAULTS as error:
            raise self._uncertain(reply_text(error)) from error
        if 300 <= reply.code < 400:
            raise self._uncertain(f"{reply.code} {reply.text}")
        return reply

    def _judge(self, reply: Reply) -> None:
        """What the answer to the end means."""
        chunking = self._connection.capabilities.chunking
        self._connection.unsettled = chunking and not reply.done  # RFC 3030 section 2
        if not reply.done:
            raise refusal(reply, self._server, HANDING_OVER)
        try:
            self._tell(Phase.DONE)
        except MailError as problem:
            raise self._uncertain(str(problem)) from problem

    def _tell(self, *phases: Phase) -> None:
        for one in phases:
            self._outgoing.on_phase(one)

    def _uncertain(self, detail: str) -> Uncertain:
        host = self._server.host
        return Uncertain(
            f"The connection to {host} was lost just before it could confirm the message. "
            "It may have been sent, or not.",
            "Look whether it has arrived before you send it again.",
            detail,
        )


def _any_answer(reply: Reply) -> None:
    """For commands that cannot fail in a way that matters."""


def _require_answer(reply: Reply) -> None:
    """Raise NotAReply for a reply that asks to go on where there is nothing to go on with."""
    if 300 <= reply.code < 400:
        raise NotAReply(f"{reply.code} {reply.text}")
