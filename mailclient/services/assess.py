"""From the bytes of a message to what may be shown of it, with its verdict.

The one way by which a message is understood: on arrival, from a file, and again from the store,
where the verdict and the opened payload of its arrival are kept and no engine is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Plugin
from mailclient.message.address import normalise
from mailclient.message.body import Body, body
from mailclient.message.envelope import Envelope
from mailclient.message.facts import SignatureFact
from mailclient.message.headers import Protected, effective_envelope, hidden_people, protected
from mailclient.message.judge import UNGUARDED, judge
from mailclient.message.security import (
    UNPROTECTED,
    Encryption,
    KnownSender,
    SignatureWord,
    State,
    Trust,
    Verdict,
)
from mailclient.message.tree import Part, parse
from mailclient.services.unwrap import Unwrapped, signed_inside, unwrap
from mailclient.store.messages import MessageRow

NOTHING = Body("", None, (), (), ())


@dataclass(frozen=True, slots=True)
class Assessment:
    """A message understood. `payload` is what was protected (or the message), `opened` its bytes
    where they were decrypted; both None where nothing may be shown. `signatures` are what was found
    in its layers, as long as it has just been opened."""

    outer: Part
    payload: Part | None
    opened: bytes | None
    envelope: Envelope
    verdict: Verdict
    body: Body
    signatures: tuple[SignatureFact, ...] = ()

    @property
    def hidden_people(self) -> tuple[str, ...]:
        """Whom it names inside its encryption alone."""
        encrypted = self.verdict.encryption is Encryption.ENCRYPTED
        if self.payload is None or not encrypted or self.payload is self.outer:
            return ()
        return hidden_people(self.payload, encrypted=True)

    @property
    def problems(self) -> tuple[str, ...]:
        """Each defect that was tolerated."""
        return tuple(dict.fromkeys((*self.outer.problems, *self.body.problems)))


class Assessor:
    """Understands messages with the plug-ins, the trust table and the own addresses at hand."""

    def __init__(
        self,
        plugin_for: Callable[[str], Plugin | None],
        trust: Callable[[str, str], Trust],
        own_addresses: Callable[[], Collection[str]],
        known_sender: Callable[[str], KnownSender | None],
    ) -> None:
        self._plugin_for = plugin_for
        self._trust = trust
        self._own_addresses = own_addresses
        self._known_sender = known_sender

    def assess(
        self,
        outer: Part,
        arrived: datetime,
        cancel: CancelToken,
        *,
        may_ask: bool = False,
        formatted: bool = True,
    ) -> Assessment:
        """Open, judge and read a message, with a question for a passphrase if the user is there.

        Its HTML is left alone unless it is to be shown (`formatted`). Raises Cancelled.
        """
        return self.judge(self.open(outer, cancel, may_ask=may_ask), arrived, formatted=formatted)

    def open(self, outer: Part, cancel: CancelToken, *, may_ask: bool = False) -> Unwrapped:
        """Take the layers off a message; from any thread. Raises Cancelled."""
        return unwrap(outer, self._plugin_for, cancel, may_ask=may_ask)

    def judge(
        self,
        unwrapped: Unwrapped,
        arrived: datetime,
        *,
        formatted: bool = True,
        signed: Collection[str] = (),
    ) -> Assessment:
        """Judge and read what came out of a message; `signed` are senders of signed mail that the
        store does not know yet."""
        outer = unwrapped.outer
        verdict = judge(
            outer=outer,
            layers=unwrapped.layers,
            payload=unwrapped.payload,
            trust=self._trust,
            arrived=arrived,
            own_addresses=self._own_addresses(),
            known=lambda sender: self._known(sender, signed),
        )
        opened = _opened(unwrapped)
        found = _assessment(outer, unwrapped.payload, opened, verdict, formatted=formatted)
        return replace(
            found,
            signatures=tuple(fact for one in unwrapped.layers for fact in one.opened.signatures),
        )

    def _known(self, sender: str, signed: Collection[str]) -> KnownSender | None:
        found = self._known_sender(sender)
        return replace(found, usually_signs=True) if found and sender in signed else found


def restore(
    outer: Part, opened: bytes | None, verdict: Verdict, *, formatted: bool = True
) -> Assessment:
    """The assessment of a stored message, from what its arrival left; asks no engine. Its HTML is
    left alone unless it is to be shown (`formatted`)."""
    payload: Part | None = outer
    if opened is not None:
        payload = parse(opened)
    elif verdict.encryption is not Encryption.NONE:
        payload = None
    else:
        payload = signed_inside(outer)
    return _assessment(outer, payload, opened, verdict, formatted=formatted)


def set_aside(row: MessageRow) -> Assessment:
    """What the list knows of a message that could not be understood; its bytes are not looked at
    again."""
    known = Envelope(row.message_id, row.date, row.from_, to=row.to, subject=row.subject)
    return Assessment(parse(b""), None, None, known, UNPROTECTED, NOTHING)


def _opened(unwrapped: Unwrapped) -> bytes | None:
    """The decrypted bytes of the innermost payload, to be kept; None where nothing was opened."""
    if unwrapped.payload is None or unwrapped.payload is unwrapped.outer:
        return None
    if all(one.opened.content is None for one in unwrapped.layers):
        return None
    return unwrapped.payload.raw


def _answerable(seen: Envelope, fields: Protected, verdict: Verdict) -> Envelope:
    """The envelope of what was encrypted without addresses for answers that anybody on the way may
    have put there: an answer would bring them what was sealed (RFC 9788 section 6.1)."""
    inside = fields.headers is not None and fields.mode != "v1"
    if "reply-to-unprotected" in verdict.warnings and not inside:
        seen = replace(seen, reply_to=())
    named = {one.key for one in (*seen.to, *seen.cc, *seen.reply_to)}
    return seen if normalise(seen.list_post) in named else replace(seen, list_post="")


def _assessment(
    outer: Part,
    payload: Part | None,
    opened: bytes | None,
    verdict: Verdict,
    *,
    formatted: bool = True,
) -> Assessment:
    closed = verdict.state in (State.LOCKED, State.BROKEN)
    if closed or payload is None:
        return Assessment(outer, None, None, outer.envelope, verdict, NOTHING)
    # Of what anybody may have put together only the text is shown: HTML makes a trap of it (EFAIL).
    encrypted = verdict.encryption is Encryption.ENCRYPTED
    formatted = formatted and UNGUARDED not in verdict.warnings
    shown = body(payload, formatted=formatted, sealed=encrypted)
    found = outer.envelope
    if payload is not outer and (encrypted or verdict.signature is SignatureWord.GOOD):
        fields = protected(payload, encrypted=encrypted)
        seen = effective_envelope(outer, payload, fields)
        seen = _answerable(seen, fields, verdict) if encrypted else seen
        found = replace(seen, from_=found.from_) if "from-mismatch" in verdict.warnings else seen
    return Assessment(outer, payload, opened, found, verdict, shown)
