"""The contract of a protection plug-in, and its values.

A plug-in is found by the entry point group `mailclient.crypto`, built with a `Host`, and checked
against `Plugin` before it is registered. It reports facts (`message.facts`) and never judges; it
gets no store and no window. Faults that the user should know are raised as `mailclient.errors`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Protocol, runtime_checkable

from mailclient.cancel import CancelToken
from mailclient.errors import Unreachable
from mailclient.message.facts import Layer, Opened

ENTRY_POINT = "mailclient.crypto"
OPENPGP = "OpenPGP"  # the kind of key that comes first where there are several


class KeySource(Enum):
    """A kind of place where the key of an address can be looked up, in the order of asking.

    The user can switch each of them off; a plug-in is then not asked to look there.
    """

    DOMAIN = "wkd"
    KEY_SERVER = "vks"


class Fetch(Protocol):
    """How a plug-in reaches the network, over verified HTTPS alone."""

    def __call__(
        self, url: str, cancel: CancelToken, *, json: bytes = b"", proves_itself: bool = False
    ) -> bytes:
        """The document at `url`, or the answer to `json` that is sent there; at most 256 KiB.

        What `proves_itself` is signed, and its signature is checked by whoever fetched it: it may
        come over HTTP, too, and have 8 MiB. Raises NotFound (the server has nothing there),
        NoSuchHost (there is no such server), Busy, Unreachable, CertificateRejected, BadInput,
        Cancelled.
        """


def no_network(
    url: str, cancel: CancelToken, *, json: bytes = b"", proves_itself: bool = False
) -> bytes:
    """A `Fetch` that reaches nobody."""
    raise Unreachable("There is no network here.", "Try again where there is one.")


@dataclass(frozen=True, slots=True)
class Host:
    """What a plug-in is given: its own folder, a way to fetch a URL, a way to ask for a passphrase.

    `ask_passphrase(what)` returns None where nobody can be asked. `gnupg_home` is for plug-ins over
    GnuPG: None is the user's own. `environment` holds what a firm may have set. `vault` keeps small
    things inside the encrypted store, such as secret keys that no engine keeps: under names, for
    this plug-in alone, from any thread.
    """

    folder: Path
    fetch: Fetch
    ask_passphrase: Callable[[str], str | None]
    gnupg_home: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    vault: MutableMapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A public key as the engine knows it. `fingerprint` is upper-case hex, whatever its length.

    `addresses` are the addr-specs of the User IDs that have not ended before the key, lower case.
    `validity` is the engine's own word: "full", "ultimate" or "". `weak` are the fingerprints of
    those of its keys, primary and sub, whose method can be broken; what they sign counts for
    nothing, and where mail would rest on one of them `can_encrypt` is False. A message is protected
    by keys of one `kind`. `in_vault`: it is kept in the store and goes wherever the profile goes.
    `vouches`: it is an authority that the user took in, and speaks for the keys of others.
    `on_card`: a secret part of it lies on a smartcard, so that no copy of it can be made.
    """

    fingerprint: str
    user_ids: tuple[str, ...]
    addresses: tuple[str, ...]
    created: datetime
    expires: datetime | None
    algorithm: str
    can_encrypt: bool
    can_sign: bool
    has_secret: bool = False
    revoked: bool = False
    expired: bool = False
    disabled: bool = False
    validity: str = ""
    weak: tuple[str, ...] = ()
    kind: str = OPENPGP
    in_vault: bool = False
    vouches: bool = False
    on_card: bool = False

    @property
    def usable(self) -> bool:
        """Whether mail can be encrypted to it now."""
        return self.can_encrypt and not (self.revoked or self.expired or self.disabled)


@dataclass(frozen=True, slots=True)
class Imported:
    """One key that an import brought in or brought up to date."""

    fingerprint: str
    new: bool
    secret: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """A key that came with a message or was looked up; `data` is what to import.

    `source` is told to the user. The engine does not hold the key yet: what is thought of it is
    noted first. `data` binds the key to `address` and to no other.
    """

    address: str
    fingerprint: str
    source: str
    seen: datetime
    data: bytes
    prefer_encrypt: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """What a key server made of a key: `state` is "published" where others find it by its address
    from now on, "pending" where a letter of the server has to be answered first."""

    place: str
    state: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `mailclient doctor`: level is "ok", "warning" or "problem"."""

    name: str
    level: str
    text: str


class Keys(Protocol):
    """The keys that a plug-in's engine holds."""

    def list(self) -> tuple[KeyInfo, ...]:
        """All public keys, those with a secret key marked."""

    def inspect(self, data: bytes) -> tuple[KeyInfo, ...]:
        """The keys in `data` (binary or armored), without importing them."""

    def generate(self, address: str, name: str, passphrase: str | None) -> KeyInfo:
        """Make a key for `address`, valid two years; None asks for no passphrase ever."""

    def import_keys(self, data: bytes) -> tuple[Imported, ...]:
        """Take the keys in `data` into the engine; raises BadInput if there is none."""

    def export(self, fingerprint: str, *, secret: bool = False) -> bytes:
        """The armored key; raises KeyMissing."""

    def backup(self, fingerprint: str, code: str) -> bytes:
        """A file with the secret key, and what ends it, that only `code` opens.

        Raises KeyMissing, KeyLocked, SealFailed.
        """

    def setup_file(self, fingerprint: str, code: str, *, prefer_encrypt: bool) -> bytes:
        """The file of a setup message, by which another program takes over a key of one's own.

        Raises KeyMissing, KeyLocked, SealFailed.
        """

    def restore(self, data: bytes, code: str) -> bytes:
        """The secret key in a file of either kind, as `import_keys` takes it; raises BadInput."""

    def extend(self, fingerprint: str) -> KeyInfo:
        """Let a key of one's own go on for two years from now; raises KeyMissing, KeyLocked."""

    def add_subkey(self, fingerprint: str, passphrase: str = "") -> KeyInfo:
        """Give a key of one's own a new part that others encrypt to; old mail still opens.

        `passphrase` is the one that guards the key. Raises KeyMissing, KeyLocked, SealFailed.
        """

    def change_passphrase(self, fingerprint: str, old: str, new: str) -> None:
        """Guard a key of one's own by another passphrase; "" stands for none.

        Raises KeyMissing, KeyLocked if `old` does not fit, BadInput, SealFailed.
        """

    def revoke(self, fingerprint: str) -> None:
        """End a key of one's own for ever, as far as others hear of it; it still opens old mail.

        Raises KeyMissing, KeyLocked, SealFailed.
        """

    def delete(self, fingerprint: str, *, secret: bool = False) -> None:
        """Remove the public key; with `secret` the secret one too; raises KeyMissing, BadInput."""


@runtime_checkable
class Plugin(Protocol):
    """One kind of protection. `protocols` are the layers' protocols that it alone answers for,
    `sources` the places where it can look for keys."""

    name: str
    version: str
    protocols: frozenset[str]
    sources: frozenset[KeySource]
    keys: Keys

    def open(self, layer: Layer, cancel: CancelToken, *, may_ask: bool = False) -> Opened:
        """Decrypt or verify one layer. Reports every failure as facts; raises Cancelled only.

        Without `may_ask` nobody is asked for a passphrase: mail arrives while nobody is there.
        """

    def seal(
        self,
        entity: bytes,
        *,
        sign_with: str | None,
        encrypt_to: Sequence[str],
        cancel: CancelToken,
    ) -> bytes:
        """Protect a MIME entity; returns the entity that takes its place.

        `sign_with` and `encrypt_to` are full fingerprints; an empty `encrypt_to` only signs. Raises
        SealFailed, KeyMissing, KeyLocked, EngineMissing; never returns anything less protected.
        """

    def announce(
        self, fingerprint: str, address: str, *, prefer_encrypt: bool
    ) -> tuple[tuple[str, str], ...]:
        """Header fields by which others learn this key (Autocrypt); may be empty."""

    def observe(
        self, headers: Sequence[tuple[str, str]], sender: str, date: datetime
    ) -> tuple[Sighting, ...]:
        """Find the keys that came with a message from `sender`, importing none; never raises."""

    def discover(
        self, address: str, source: KeySource, cancel: CancelToken
    ) -> tuple[Sighting, ...]:
        """Ask one source for the keys of an address, importing none; () if it has none.

        Called only when the user writes to that address or asks for its key, never for mail that
        arrives. Raises Unreachable and its kin, CertificateRejected, BadInput, Cancelled.
        """

    def publish(self, fingerprint: str, address: str, cancel: CancelToken) -> Published:
        """Give a public key with this one address to the key server, because the user wants it.

        Raises KeyMissing, BadInput, Unreachable and its kin, Cancelled.
        """

    def check(self) -> tuple[Finding, ...]:
        """What of the engine works; never raises."""

    def close(self) -> None:
        """End what was started; nothing is asked of the plug-in afterwards."""


@runtime_checkable
class Introducing(Protocol):
    """What a plug-in can do besides: pass the keys of all recipients on to each of them, inside
    what is encrypted, and take such keys from there (gossip)."""

    def introduce(self, people: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Header fields for the root of what is going to be encrypted, from address and fingerprint
        of each recipient; raises EngineMissing."""

    def overhear(
        self, headers: Sequence[tuple[str, str]], people: Sequence[str], date: datetime
    ) -> tuple[Sighting, ...]:
        """Find the keys of these people that such fields bring, importing none; never raises."""


@runtime_checkable
class Renewing(Protocol):
    """What a plug-in can do besides: ask those who vouch for keys whether they still do."""

    def renewable(self, address: str) -> bool:
        """Whether somebody could be asked about a key of this address that is here."""

    def renew(self, address: str, cancel: CancelToken) -> bool:
        """Ask about all of them, and keep what is said; whether that changed any key.

        Called only when the user writes to that address or asks for its key, never for mail that
        arrives. Raises Unreachable and its kin, CertificateRejected, BadInput, Cancelled.
        """
