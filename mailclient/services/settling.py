"""What settles a message of which nobody knows whether it has arrived.

A copy of it that comes back, or an answer to it, proves that the server has taken it; so does, or
disproves, a delivery report. Only those who stand in the same transaction are settled by that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

from mailclient.errors import NotFound
from mailclient.message.address import normalise
from mailclient.message.envelope import Envelope, envelope
from mailclient.message.fields import Headers
from mailclient.message.report import Action, Disposition
from mailclient.message.tree import parse
from mailclient.services.events import Event, Events, MessagesChanged
from mailclient.services.outcomes import Outcomes
from mailclient.services.returned import Returns
from mailclient.store import Store
from mailclient.store.folders import Role
from mailclient.store.outbox import Answer, OutItem, OutState

OWN = (Role.SENT, Role.DRAFTS)
RETURNED = "It has come back."
ANSWERED = "It was answered."
ARRIVED = frozenset(
    one.value for one in (Action.DELIVERED, Action.RELAYED, Action.EXPANDED, Disposition.DISPLAYED)
)
_CODES = {True: 550, False: 250}
DAEMONS = frozenset({"mailer-daemon", "postmaster"})


class Settling:
    """Looks at what arrives while there is a message in doubt."""

    def __init__(
        self,
        store: Store,
        outcomes: Outcomes,
        returns: Returns,
        own_addresses: Callable[[], Collection[str]],
        events: Events,
    ) -> None:
        self._store = store
        self._outcomes = outcomes
        self._returns = returns
        self._own_addresses = own_addresses
        events.subscribe(self._take)

    def look_back(self) -> None:
        """Settle what has come back already."""
        for item in self._store.outbox.uncertain():
            self._look(self._store.messages.by_message_id(item.message_id))
        self._ask_reports()

    def _ask_reports(self) -> None:
        """Settle what delivery reports have told of. What a server has accepted is left as it is:
        whoever shows reports tells of a later refusal."""
        for item in self._store.outbox.uncertain():
            known = {normalise(one.address): one.address for one in item.recipients}
            answers = [
                Answer(known[who], one.kind in ARRIVED, _CODES[one.failed], one.text)
                for one in self._returns.of_sent(item.message_id)
                if (who := normalise(one.recipient)) in known
                and (one.failed or one.kind in ARRIVED)
            ]
            self._settle(item, answers)

    def _take(self, event: Event) -> None:
        if isinstance(event, MessagesChanged) and self._store.outbox.uncertain():
            self._look(event.ids)
            self._ask_reports()

    def _look(self, ids: Sequence[int]) -> None:
        roles = {folder.id: folder.role for folder in self._store.folders.all()}
        for id in ids:
            try:
                row = self._store.messages.get(id)
                if roles.get(row.folder_id) not in OWN:
                    self._settle_by(parse(self._store.bodies.open(id)).headers)
            except NotFound:  # deleted meanwhile
                continue

    def _settle_by(self, headers: Headers) -> None:
        seen = envelope(headers)
        named = {seen.in_reply_to, *seen.references}
        for item in self._store.outbox.uncertain():
            if seen.message_id == item.message_id:
                self._proven(item, _copy_for(item, self._own_addresses()), RETURNED)
            elif item.message_id in named and _by_a_person(headers, seen):
                self._proven(item, _copy_for(item, [one.key for one in seen.from_]), ANSWERED)

    def _proven(self, item: OutItem, copy: int, why: str) -> None:
        people = [one.address for one in item.those(OutState.UNCERTAIN) if one.copy == copy]
        self._settle(item, [Answer(one, True, 250, why) for one in people])

    def _settle(self, item: OutItem, answers: Sequence[Answer]) -> None:
        with suppress(NotFound):  # it was taken out meanwhile
            self._outcomes.settled(item, answers)


def _copy_for(item: OutItem, people: Collection[str]) -> int:
    """The copy that one of these people got; the open one if it was a list, say, that passed it
    on."""
    known = {normalise(one) for one in people}
    return next((one.copy for one in item.recipients if normalise(one.address) in known), 0)


def _by_a_person(headers: Headers, seen: Envelope) -> bool:
    """Whether an answer was written by somebody, and is not a report that it could not be delivered
    (RFC 3464, RFC 3834 section 2)."""
    if headers.text("content-type").strip().lower().startswith("multipart/report"):
        return False
    if headers.text("return-path").strip() == "<>":
        return False
    if headers.text("auto-submitted").strip().lower() not in ("", "no"):
        return False
    return not any(one.key.partition("@")[0] in DAEMONS for one in seen.from_)
