"""Learning keys from mail that arrives (Autocrypt), without ever trusting them by that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from mailclient.crypto.api import Introducing, Plugin, Sighting
from mailclient.message.facts import SignatureStatus
from mailclient.message.security import Encryption, State
from mailclient.services.assess import Assessment
from mailclient.services.autocrypt import gossiped, seen
from mailclient.services.tentative import Tentative
from mailclient.store.peers import Peer, PeerTable


class Observer:
    """Shows the plug-ins what came with a message, and keeps the state of its people."""

    def __init__(
        self,
        plugins: Callable[[], tuple[Plugin, ...]],
        tentative: Tentative,
        peers: PeerTable,
        clock: Callable[[], datetime],
    ) -> None:
        self._plugins = plugins
        self._tentative = tentative
        self._peers = peers
        self._clock = clock

    def observe(self, assessment: Assessment) -> bool:
        """Take in the keys that a message brings of its sender and, inside what was encrypted, of
        those whom it went to; whether one was new."""
        outer = assessment.outer
        senders = assessment.envelope.from_
        if outer.headers.count("from") != 1 or len(senders) != 1:
            return False
        if outer.content_type == "multipart/report" or assessment.verdict.state is State.BROKEN:
            return False
        if outer.headers.get("auto-submitted").strip().lower().startswith("auto-replied"):
            return False
        now = self._clock()
        date = min(assessment.envelope.date or now, now)  # the "effective date"
        new = self._of_sender(assessment, senders[0].key, date)
        if assessment.verdict.encryption is Encryption.ENCRYPTED:
            new |= self._of_others(assessment, senders[0].key, date)
        return new

    def _of_sender(self, assessment: Assessment, sender: str, date: datetime) -> bool:
        fields = tuple(assessment.outer.headers.items())
        new = False
        every: list[Sighting] = []
        for plugin in self._plugins():
            found = plugin.observe(fields, sender, date)
            new |= self._tentative.sighted(found, plugin.keys)
            every += found
            signed = tuple(_signed_with(assessment, sender, date, plugin))
            new |= self._tentative.sighted(signed, plugin.keys)
        self._note_sender(sender, date, every)
        return new

    def _note_sender(self, sender: str, date: datetime, found: Sequence[Sighting]) -> None:
        announced = next((one for one in found if one.source == "Autocrypt"), None)
        peer = self._peers.get(sender)
        if announced is None and peer is None:
            return  # who never sent a key is not kept: that would be a write for each message
        peer = peer or Peer(sender)
        after = seen(
            peer,
            date,
            announced.fingerprint if announced else "",
            prefer_encrypt=bool(announced and announced.prefer_encrypt),
        )
        if after != peer:
            self._peers.set(after)

    def _of_others(self, assessment: Assessment, sender: str, date: datetime) -> bool:
        if assessment.payload is None:
            return False
        envelope = assessment.envelope
        named = (*envelope.to, *envelope.cc, *envelope.reply_to)
        people = tuple(dict.fromkeys(one.key for one in named if one.key != sender))
        fields = tuple(assessment.payload.headers.items())
        new = False
        for plugin in self._plugins():
            if not isinstance(plugin, Introducing):
                continue
            found = plugin.overhear(fields, people, date)
            new |= self._tentative.sighted(found, plugin.keys)
            for one in found:
                peer = self._peers.get(one.address) or Peer(one.address)
                if (after := gossiped(peer, date, one.fingerprint)) != peer:
                    self._peers.set(after)
        return new


def _signed_with(
    assessment: Assessment, sender: str, date: datetime, plugin: Plugin
) -> Iterator[Sighting]:
    """The keys that came with sound signatures of the sender's and are of this plug-in's kind."""
    for fact in assessment.signatures:
        sound = fact.status is SignatureStatus.GOOD and sender in fact.addresses
        if fact.key and sound and plugin.keys.inspect(fact.key):
            yield Sighting(sender, fact.fingerprint, "a signature", date, fact.key)
