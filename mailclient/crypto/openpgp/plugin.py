"""The OpenPGP plug-in: GnuPG behind the contract. It reports what it finds and judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version as package_version

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Finding, Host, KeySource, Published, Sighting
from mailclient.crypto.openpgp import second
from mailclient.crypto.openpgp.autocrypt import (
    FIELD,
    GOSSIP,
    Announcement,
    find_announcement,
    find_gossip,
    write_field,
)
from mailclient.crypto.openpgp.discover import Discovery
from mailclient.crypto.openpgp.engine import OLDEST, Engine
from mailclient.crypto.openpgp.newer_keys import BothRings, NewerKeys
from mailclient.crypto.openpgp.opening import Opening
from mailclient.crypto.openpgp.packets import certificates
from mailclient.crypto.openpgp.sealing import Sealing
from mailclient.crypto.openpgp.second_look import SecondLook
from mailclient.errors import MailError
from mailclient.message.facts import Layer, Opened

_SOUND = "2.2.51, 2.4.9, 2.5.16 or newer"
SEEN_KEYS = 256  # of 10 kB at most, as they came with mail


class OpenPgp:
    """OpenPGP by GnuPG: PGP/MIME both ways, inline messages to read."""

    name = "openpgp"
    protocols = frozenset({"application/pgp-encrypted", "application/pgp-signature", "inline-pgp"})

    def __init__(self, host: Host) -> None:
        self.version = package_version("mailclient")
        self._engine = Engine(host.gnupg_home)
        newer = NewerKeys(host.vault)
        self.keys = BothRings(self._engine, newer)
        ask = host.ask_passphrase
        look = SecondLook(self._engine, newer, self.keys.list, ask)
        self._opening = Opening(self._engine, self.keys.by_fingerprint, ask, look)
        self._sealing = Sealing(self._engine, self.keys.by_fingerprint, host.ask_passphrase)
        self._discovery = Discovery(self.keys, host.fetch, host.environment)
        self.sources = self._discovery.sources
        # The same key comes with each message of its owner, and GnuPG is asked twice about it.
        self._bound = lru_cache(maxsize=SEEN_KEYS)(self.keys.only)

    def open(self, layer: Layer, cancel: CancelToken, *, may_ask: bool = False) -> Opened:
        """Decrypt or verify one layer; raises Cancelled only."""
        return self._opening.open(layer, cancel, may_ask=may_ask)

    def seal(
        self,
        entity: bytes,
        *,
        sign_with: str | None,
        encrypt_to: Sequence[str],
        cancel: CancelToken,
    ) -> bytes:
        """Protect a MIME entity; raises SealFailed, KeyMissing, KeyLocked, EngineMissing."""
        return self._sealing.seal(entity, sign_with, encrypt_to, cancel)

    def announce(
        self, fingerprint: str, address: str, *, prefer_encrypt: bool
    ) -> tuple[tuple[str, str], ...]:
        """The Autocrypt field of a key of one's own."""
        key = self.keys.for_header(fingerprint, address)
        value = write_field(address, key, prefer_encrypt=prefer_encrypt) if key else ""
        return ((FIELD, value),) if value else ()

    def observe(
        self, headers: Sequence[tuple[str, str]], sender: str, date: datetime
    ) -> tuple[Sighting, ...]:
        """The key in the sender's Autocrypt field, with the sender's address and no other."""
        found = find_announcement(headers, sender)
        if found is None:
            return ()
        return tuple(self._sightings((found,), "Autocrypt", date))

    def introduce(self, people: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """The gossip fields of Autocrypt for these addresses and fingerprints."""
        values = [
            write_field(address, key, prefer_encrypt=False)
            for address, fingerprint in people
            if (key := self.keys.for_header(fingerprint, address))
        ]
        return tuple((GOSSIP, value) for value in values if value)

    def overhear(
        self, headers: Sequence[tuple[str, str]], people: Sequence[str], date: datetime
    ) -> tuple[Sighting, ...]:
        """The keys that gossip fields bring of these people."""
        return tuple(self._sightings(find_gossip(headers, people), "Autocrypt gossip", date))

    def _sightings(
        self, found: Sequence[Announcement], source: str, date: datetime
    ) -> Iterator[Sighting]:
        """The keys that are one whole key for exactly the address that is named with them."""
        for one in found:
            try:
                bound = self._bound(one.key, one.address)
            except MailError:
                continue
            if bound is not None and len(certificates(one.key)) == 1:
                yield Sighting(
                    address=one.address,
                    fingerprint=bound[0].fingerprint,
                    source=source,
                    seen=date,
                    data=bound[1],
                    prefer_encrypt=one.prefer_encrypt,
                )

    def discover(
        self, address: str, source: KeySource, cancel: CancelToken
    ) -> tuple[Sighting, ...]:
        """Ask the domain or the key server for the keys of an address."""
        return self._discovery.ask(address, source, cancel)

    def publish(self, fingerprint: str, address: str, cancel: CancelToken) -> Published:
        """Give a public key to the key server."""
        return self._discovery.publish(fingerprint, address, cancel)

    def close(self) -> None:
        """End the agent that was started for these keys."""
        self._engine.close()

    def check(self) -> tuple[Finding, ...]:
        """What of GnuPG works."""
        try:
            version = self._engine.version
            keys = self.keys.list()
        except MailError as problem:
            return (Finding("GnuPG", "problem", str(problem)),)
        words = ".".join(str(one) for one in version)
        if version < OLDEST:
            return (Finding("GnuPG", "problem", f"GnuPG {words} is too old; 2.2 is needed."),)
        findings = [Finding("GnuPG", "ok", f"GnuPG {words}, {len(keys)} keys.")]
        if cards := sum(key.on_card for key in keys):
            findings.append(
                Finding(
                    "Keys on cards",
                    "ok",
                    f"{cards} secret {'key lies' if cards == 1 else 'keys lie'} on a card. GnuPG's "
                    "agent asks for the card and its PIN; no copy of such a key can be saved here.",
                )
            )
        if self._engine.is_old:
            text = f"GnuPG {words} accepts some altered messages; stricter rules are applied here."
            findings.append(Finding("GnuPG faults", "warning", f"{text} Install {_SOUND}."))
        elif not self._engine.is_sound:
            text = (
                f"GnuPG {words} has faults in reading armor, if your system has not mended them; "
                "it is given none here that is not plain."
            )
            findings.append(Finding("GnuPG faults", "warning", f"{text} Install {_SOUND}."))
        if second.is_here():
            text = "pysequoia is here and reads the newer form of OpenPGP."
            findings.append(Finding("second engine", "ok", text))
        return tuple(findings)
