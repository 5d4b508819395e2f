"""Keys of version 6 (RFC 9580), which GnuPG does not take: kept in the encrypted store.

They open and check mail. Nothing is encrypted to them or signed with them.
"""

from __future__ import annotations

import threading
from collections.abc import MutableMapping
from datetime import UTC, datetime

from mailclient.crypto.api import Imported, KeyInfo
from mailclient.crypto.openpgp import second
from mailclient.crypto.openpgp.armor import PUBLIC_KEY, unarmored
from mailclient.crypto.openpgp.engine import Engine
from mailclient.crypto.openpgp.keys import KeyRing
from mailclient.crypto.openpgp.listing import address_of
from mailclient.crypto.openpgp.newer import SECRET_KEY, SECRET_SUBKEY, is_newer_key, seen
from mailclient.errors import BadInput
from mailclient.message.words import clean

LARGEST = 1024 * 1024
_PRIVATE = "PRIVATE KEY BLOCK"
_PUBLIC, _SECRET = "v6/", "v6-secret/"
_NEEDS = "This key is of a newer form."
_INSTALL = "Install the Python package 'pysequoia' (the extra 'sequoia') to use it."


class NewerKeys:
    """The keys of version 6; safe for any thread."""

    def __init__(self, vault: MutableMapping[str, bytes]) -> None:
        self._vault = vault
        self._lock = threading.Lock()
        self._listed: tuple[KeyInfo, ...] | None = None

    def list(self) -> tuple[KeyInfo, ...]:
        """All of them; the same tuple until something changes, () without the second engine."""
        with self._lock:
            if self._listed is None:
                names = [one for one in self._vault if one.startswith(_PUBLIC)]
                found = [
                    info_of(key, has_secret=_SECRET + key.fingerprint in self._vault)
                    for name in (names if second.is_here() else ())
                    for key in second.keys_in(self._vault[name], secret=False)
                ]
                self._listed = tuple(found)
            return self._listed

    def secrets(self) -> tuple[bytes, ...]:
        """The secret keys."""
        return tuple(self._vault[one] for one in self._vault if one.startswith(_SECRET))

    def public(self, fingerprint: str = "") -> tuple[bytes, ...]:
        """All public keys, or the one with this fingerprint."""
        wanted = _PUBLIC + fingerprint
        return tuple(self._vault[one] for one in self._vault if one.startswith(wanted))

    def inspect(self, data: bytes) -> tuple[KeyInfo, ...]:
        """The keys of version 6 in `data`; () where there are none."""
        found = _read(data) if second.is_here() else ()
        return tuple(info_of(one, has_secret=bool(one.secret)) for one in found)

    def import_keys(self, data: bytes) -> tuple[Imported, ...]:
        """Keep the keys in `data`; () where there are none. Raises BadInput."""
        packets, _ = _binary(data)
        if not is_newer_key(packets):
            return ()
        if not second.is_here():
            raise BadInput(_NEEDS, _INSTALL)
        taken = []
        with self._lock:
            for one in _read(data):
                name = _PUBLIC + one.fingerprint
                taken.append(
                    Imported(one.fingerprint, new=name not in self._vault, secret=bool(one.secret))
                )
                self._vault[name] = one.public
                if one.secret:
                    self._vault[_SECRET + one.fingerprint] = one.secret
            self._listed = None
        return tuple(taken)

    def has(self, fingerprint: str) -> bool:
        """Whether it is one of these."""
        return _PUBLIC + fingerprint.upper() in self._vault

    def delete(self, fingerprint: str) -> None:
        """Remove one with all that there is of it."""
        with self._lock:
            for kind in (_PUBLIC, _SECRET):
                self._vault.pop(kind + fingerprint.upper(), None)
            self._listed = None


def info_of(key: second.Key, *, has_secret: bool) -> KeyInfo:
    """The key as others see it."""
    now = datetime.now(UTC)
    addresses = dict.fromkeys(found for one in key.user_ids if (found := address_of(one)))
    return KeyInfo(
        fingerprint=key.fingerprint,
        user_ids=tuple(clean(one) for one in key.user_ids),
        addresses=tuple(addresses),
        created=key.created or datetime.fromtimestamp(0, UTC),
        expires=key.expires,
        algorithm="version 6",
        can_encrypt=False,
        can_sign=False,
        has_secret=has_secret,
        revoked=key.revoked,
        expired=key.expires is not None and key.expires < now,
        in_vault=True,
    )


def _binary(data: bytes) -> tuple[bytes, bool]:
    """The packets in `data`, and whether secret parts are among them."""
    if len(data) > LARGEST:
        return b"", False
    packets = unarmored(data, PUBLIC_KEY) or unarmored(data, _PRIVATE) or data
    tags = {one.tag for one in seen(packets) or ()}
    return packets, bool(tags & {SECRET_KEY, SECRET_SUBKEY})


def _read(data: bytes) -> tuple[second.Key, ...]:
    packets, secret = _binary(data)
    return second.keys_in(packets, secret=secret) if is_newer_key(packets) else ()


class BothRings(KeyRing):
    """GnuPG's keyring and the keys of version 6 beside it."""

    def __init__(self, engine: Engine, newer: NewerKeys) -> None:
        super().__init__(engine)
        self._newer = newer
        self._parts: tuple[tuple[KeyInfo, ...], tuple[KeyInfo, ...]] = ((), ())
        self._joined: tuple[KeyInfo, ...] = ()

    def list(self) -> tuple[KeyInfo, ...]:
        """All keys; the same tuple until something changes."""
        parts = super().list(), self._newer.list()
        if not parts[1]:
            return parts[0]
        if parts[0] is not self._parts[0] or parts[1] is not self._parts[1]:
            self._parts, self._joined = parts, (*parts[0], *parts[1])
        return self._joined

    def inspect(self, data: bytes) -> tuple[KeyInfo, ...]:
        """The keys in `data`, without importing them."""
        return self._newer.inspect(data) or super().inspect(data)

    def import_keys(self, data: bytes) -> tuple[Imported, ...]:
        """Take the keys in `data` to where their kind is kept; raises BadInput."""
        return self._newer.import_keys(data) or super().import_keys(data)

    def export(self, fingerprint: str, *, secret: bool = False) -> bytes:
        """The armored key; a secret one of version 6 stays where it is."""
        if not self._newer.has(fingerprint):
            return super().export(fingerprint, secret=secret)
        if secret:
            raise BadInput("A secret key of version 6 is not given out.")
        [public] = self._newer.public(fingerprint.upper())
        return second.armored(public)

    def delete(self, fingerprint: str, *, secret: bool = False) -> None:
        """Remove a key."""
        if not self._newer.has(fingerprint):
            super().delete(fingerprint, secret=secret)
            return
        owned = any(one.has_secret and one.fingerprint == fingerprint for one in self.list())
        if owned and not secret:
            raise BadInput(
                "This is a key of your own: without it, mail to you stays closed for ever.",
                "Delete it together with its secret part, if that is what you want.",
            )
        self._newer.delete(fingerprint)
