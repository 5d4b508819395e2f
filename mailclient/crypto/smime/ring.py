"""The certificates and the secret keys of S/MIME, kept in the encrypted store.

Four kinds: one's own, with their keys; people's; authorities that the user chose to trust; and
those in between, which prove nothing by themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from mailclient.crypto.api import Imported, KeyInfo
from mailclient.crypto.smime.abilities import Abilities
from mailclient.crypto.smime.certificate import (
    fingerprint_of,
    in_pem,
    info_of,
    is_authority,
    may_receive,
    may_sign,
)
from mailclient.crypto.smime.chain import LONGEST, Vouching, Way, issued
from mailclient.crypto.smime.elsewhere import ASK
from mailclient.crypto.smime.files import Own, copy_of, in_the_open, of_system, opened, reopened
from mailclient.crypto.smime.lists import Standing
from mailclient.crypto.smime.withdrawn import Withdrawals
from mailclient.errors import BadInput, KeyMissing, StoreLocked

SETTING = "MAILCLIENT_AUTHORITIES"
SYSTEM = Path("/etc/ssl/certs/ca-certificates.crt")
_OWN, _PERSON, _AUTHORITY, _BETWEEN = "own/", "person/", "authority/", "between/"
_KEY = "secret/"


class Certificates:
    """All certificates of a profile; safe for any thread."""

    def __init__(
        self,
        vault: MutableMapping[str, bytes],
        ask: Callable[[str], str | None],
        environment: Mapping[str, str],
    ) -> None:
        self._vault = vault
        self._ask = ask
        self._environment = environment
        self._lock = threading.RLock()
        self._listed: tuple[KeyInfo, ...] | None = None
        self._read: dict[str, tuple[x509.Certificate, ...]] = {}
        self._own: tuple[Own, ...] | None = None
        self._system: tuple[x509.Certificate, ...] | None = None
        self.abilities = Abilities(vault)
        self.withdrawals = Withdrawals(vault)

    # Looking

    def list(self) -> tuple[KeyInfo, ...]:
        """All certificates but those in between; the same tuple until something changes."""
        with self._lock:
            if self._listed is None:
                own = [self.info_of(one.certificate, has_secret=True) for one in self.own()]
                others = [
                    self.info_of(one, has_secret=False)
                    for kind in (_PERSON, _AUTHORITY)
                    for one in self._kept(kind)
                ]
                known = {one.fingerprint for one in own}
                self._listed = (*own, *(one for one in others if one.fingerprint not in known))
            return self._listed

    def info_of(self, certificate: x509.Certificate, *, has_secret: bool) -> KeyInfo:
        """A certificate as a key, with what its authority has said of it since."""
        revoked = self.withdrawals.has_withdrawn(certificate)
        return info_of(certificate, has_secret=has_secret, revoked=revoked)

    def own(self) -> tuple[Own, ...]:
        """One's own certificates with their secret keys."""
        with self._lock:
            if self._own is None:
                found = []
                for certificate in self._kept(_OWN):
                    data = self._vault.get(_KEY + fingerprint_of(certificate))
                    if data is not None:
                        key = serialization.load_der_private_key(data, password=None)
                        found.append(Own(certificate, key))
                self._own = tuple(found)
            return self._own

    def people(self) -> tuple[x509.Certificate, ...]:
        """Everybody's certificates, one's own too."""
        return (*self._kept(_OWN), *self._kept(_PERSON))

    def certificate(self, fingerprint: str) -> x509.Certificate | None:
        """The certificate with this fingerprint."""
        for kind in (_OWN, _PERSON, _AUTHORITY):
            data = self._vault.get(kind + fingerprint.upper())
            if data is not None:
                return x509.load_der_x509_certificate(data)
        return None

    def between(self) -> tuple[x509.Certificate, ...]:
        """Those that may stand between a person's and an authority's."""
        return self._kept(_BETWEEN)

    def vouching(
        self, came_along: Sequence[x509.Certificate] = (), *, on_hold: bool = False
    ) -> Vouching:
        """Finds who vouches now, with the help of those that came along; by ways over certificates
        that are `on_hold`, too, if one only wants to ask what became of them."""
        between = (*came_along, *self.between())
        known = self.withdrawals
        withdrawn = known.is_settled if on_hold else known.has_withdrawn
        return Vouching(between, self.authorities(), datetime.now(UTC), withdrawn)

    def met(self, way: Way) -> None:
        """Keep those in between of a way that ends at a trusted authority: without them nobody can
        be asked about the certificate later."""
        with self._lock, suppress(StoreLocked):
            for one in way[1:-1]:
                if one not in self.between():
                    self._take(_BETWEEN, one)
                    self._changed()

    def withdraws(self, certificate: x509.Certificate, said: Standing) -> bool:
        """Keep what its authority says of a certificate; whether that changes anything."""
        with self._lock:
            changed = self.withdrawals.note(certificate, said)
            if changed:
                self._changed()
            return changed

    def way_up(self, certificate: x509.Certificate) -> tuple[x509.Certificate, ...]:
        """Those that others need to find the authority of a certificate; not the authority."""
        found = [certificate]
        while len(found) < LONGEST:
            above = [one for one in self.between() if one not in found and issued(one, found[-1])]
            if not above:
                break
            found.append(above[0])
        return tuple(found[1:])

    def authorities(self) -> tuple[x509.Certificate, ...]:
        """Those that are trusted to vouch: the user's choice, and the system's."""
        if self._system is None:
            named = self._environment.get(SETTING)
            path = SYSTEM if named is None else Path(named) if named else None
            self._system = tuple(of_system(path)) if path else ()
        return (*self._kept(_AUTHORITY), *self._system)

    def in_mail(self, certificate: x509.Certificate) -> bytes:
        """A person's certificate as it is taken in; b"" for one that is here, or an authority's."""
        known = self.certificate(fingerprint_of(certificate)) is not None
        return b"" if known or is_authority(certificate) else in_pem(certificate)

    def _kept(self, kind: str) -> tuple[x509.Certificate, ...]:
        with self._lock:
            if kind not in self._read:
                self._read[kind] = tuple(
                    x509.load_der_x509_certificate(self._vault[name])
                    for name in self._vault
                    if name.startswith(kind)
                )
            return self._read[kind]

    def _changed(self) -> None:
        self._read.clear()
        self._listed = self._own = None

    # Taking in

    def inspect(self, data: bytes) -> tuple[KeyInfo, ...]:
        """The certificates in `data`; a closed PKCS#12 file shows nothing, an open one whose it
        is."""
        inside = in_the_open(data)
        if inside.own:
            return (info_of(inside.own.certificate, has_secret=True),)
        found = inside.certificates
        people = [one for one in found if not is_authority(one)]
        return tuple(info_of(one, has_secret=False) for one in people or found)

    def import_keys(self, data: bytes) -> tuple[Imported, ...]:
        """Take in a file: a person's certificate, an authority's by itself, or one's own (PKCS#12).

        Raises BadInput, KeyLocked.
        """
        found = opened(data, self._ask)
        taken: list[Imported] = []
        with self._lock:
            if found.own is not None:
                taken.append(self._take_own(found.own))
            known = {one.fingerprint for one in taken}
            rest = [one for one in found.certificates if fingerprint_of(one) not in known]
            people = [one for one in rest if not is_authority(one)]
            chosen = not people and found.own is None  # a file of authorities and nothing else
            for one in rest:
                if not is_authority(one):
                    taken.append(self._take(_PERSON, one))
                elif chosen:
                    taken.append(self._take(_AUTHORITY, one))
                else:
                    self._take(_BETWEEN, one)
            self._changed()
        return tuple(taken)

    def _take_own(self, own: Own) -> Imported:
        if not may_sign(own.certificate) and not may_receive(own.certificate):
            raise BadInput("This certificate is not for mail.", ASK)
        fingerprint = fingerprint_of(own.certificate)
        self._vault[_KEY + fingerprint] = own.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),  # the store that it lies in is encrypted
        )
        taken = self._take(_OWN, own.certificate)
        self._vault.pop(_PERSON + fingerprint, None)
        return Imported(taken.fingerprint, new=taken.new, secret=True)

    def _take(self, kind: str, one: x509.Certificate) -> Imported:
        fingerprint = fingerprint_of(one)
        known = any(place + fingerprint in self._vault for place in (_OWN, _PERSON, kind))
        if not known or kind == _OWN:  # one that came as somebody's becomes one's own
            self._vault[kind + fingerprint] = one.public_bytes(serialization.Encoding.DER)
        return Imported(fingerprint, new=not known, secret=False)

    # Giving out

    def export(self, fingerprint: str, *, secret: bool = False) -> bytes:
        """The certificate as text; the secret key leaves in a backup alone."""
        if secret:
            raise BadInput(
                "A secret key of S/MIME is not given out in clear.", "Make a backup of it."
            )
        return in_pem(self._one(fingerprint))

    def backup(self, fingerprint: str, code: str) -> bytes:
        """A PKCS#12 file that `code` opens."""
        for own in self.own():
            if fingerprint_of(own.certificate) == fingerprint.upper():
                return copy_of(own, self.between(), code)
        raise KeyMissing(f"There is no certificate of your own with the fingerprint {fingerprint}.")

    def restore(self, data: bytes, code: str) -> bytes:
        """The same file without a passphrase, as `import_keys` takes it; raises BadInput."""
        return reopened(data, code)

    def delete(self, fingerprint: str, *, secret: bool = False) -> None:
        """Remove a certificate; one's own only with its secret key."""
        name = fingerprint_of(self._one(fingerprint))
        with self._lock:
            if _OWN + name in self._vault and not secret:
                raise BadInput(
                    "This is a certificate of your own: without it, mail to you stays closed.",
                    "Delete it together with its secret part, if that is what you want.",
                )
            for kind in (_OWN, _KEY, _PERSON, _AUTHORITY):
                self._vault.pop(kind + name, None)
            self._changed()

    def _one(self, fingerprint: str) -> x509.Certificate:
        found = self.certificate(fingerprint)
        if found is None:
            raise KeyMissing(f"There is no such certificate: {fingerprint}.")
        return found
