"""The keys that GnuPG holds: list, generate, import, export, delete.

Lists are read from our own runner. For the rest python-gnupg drives GnuPG, with its reader of
status lines replaced: as it stands it breaks them where a stranger's User ID wants it to.
"""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mailclient.crypto.api import Imported, KeyInfo
from mailclient.crypto.openpgp import backup, cards, lifetime
from mailclient.crypto.openpgp.armor import keys_unarmored
from mailclient.crypto.openpgp.engine import Engine
from mailclient.crypto.openpgp.listing import (
    encrypting_subkey,
    read_grips,
    read_keys,
)
from mailclient.crypto.openpgp.status import read_status
from mailclient.errors import BadInput, EngineMissing, KeyLocked, KeyMissing, SealFailed
from mailclient.message.words import clean

if TYPE_CHECKING:
    from gnupg import GPG

log = logging.getLogger(__name__)

LARGEST_KEYS = 8 * 1024 * 1024
LIFETIME = "2y"
LONGEST = 60.0  # seconds for one task of python-gnupg
_WATCHED = ("pubring.kbx", "pubring.gpg", "private-keys-v1.d", "trustdb.gpg")
_NEVER = "none"  # GnuPG marks every secret key that it only shows as absent
_FILTERABLE = re.compile(r"[a-z0-9.!#$%'*+/=?^_`{}~-]+@[a-z0-9.-]+")  # no operator of a filter
_TRUST_OF_GNUPG = ("--trust-model", "pgp")  # for the list alone: what it thinks of each User ID


class KeyRing:
    """The keyring of one GnuPG home; its list is kept until something in it changes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._known: tuple[KeyInfo, ...] | None = None
        self._stamp: tuple[int, ...] = ()

    def list(self) -> tuple[KeyInfo, ...]:
        """All public keys, those with a secret key marked; raises EngineMissing."""
        with self._lock:
            stamp = self._stamped()
            if self._known is None or stamp != self._stamp:
                public = read_keys(self._engine.run([*_TRUST_OF_GNUPG, "--list-keys"]).out)
                secret = read_keys(self._engine.run(["--list-secret-keys"]).out)
                own = {key.fingerprint: key for key in secret if key.has_secret}
                self._known = tuple(_marked(key, own.get(key.fingerprint)) for key in public)
                self._stamp = self._stamped()
            return self._known

    def _stamped(self) -> tuple[int, ...]:
        stamps: list[int] = []
        for name in _WATCHED:
            try:
                found = (self._engine.home / name).stat()
                stamps += [found.st_mtime_ns, found.st_size]
            except OSError:
                stamps.append(0)
        return tuple(stamps)

    def _changed(self) -> None:
        with self._lock:
            self._known = None

    def by_fingerprint(self, fingerprint: str) -> KeyInfo | None:
        """The key with this primary fingerprint."""
        wanted = fingerprint.upper()
        return next((key for key in self.list() if key.fingerprint == wanted), None)

    def inspect(self, data: bytes) -> tuple[KeyInfo, ...]:
        """The keys in `data` (binary or armored), without importing them."""
        if len(data) > LARGEST_KEYS:
            return ()
        options = ["--import-options", "show-only", "--dry-run", "--import"]
        return read_keys(self._engine.run(options, keys_unarmored(data)).out, absent=_NEVER)

    def only(self, data: bytes, address: str) -> tuple[KeyInfo, bytes] | None:
        """The one public key in `data`, bound to `address` alone; None if there is no such key.

        Whoever makes a key may write anybody's address into it.
        """
        if len(data) > LARGEST_KEYS or not can_be_filtered(address):
            return None
        options = ["--import-filter", f"keep-uid=mbox = {address}", "--import-options"]
        done = self._engine.run([*options, "import-export,import-minimal", "--import"], data)
        keys = self.inspect(done.out)
        one = len(keys) == 1 and keys[0].addresses == (address,) and not keys[0].has_secret
        return (keys[0], done.out) if one else None

    def generate(self, address: str, name: str, passphrase: str | None) -> KeyInfo:
        """Make an Ed25519 key with a Cv25519 subkey, valid two years."""
        if any(sign in address for sign in " <>\r\n\t"):
            raise BadInput(f"'{clean(address)}' is not an e-mail address.")
        if passphrase is not None and (not passphrase or not passphrase.isprintable()):
            raise BadInput("The passphrase is empty or holds a control character.")
        lines = [
            "Key-Type: EDDSA", "Key-Curve: ed25519", "Key-Usage: sign", "Subkey-Type: ECDH",
            "Subkey-Curve: cv25519", "Subkey-Usage: encrypt", f"Expire-Date: {LIFETIME}",
            f"Name-Email: {address}",
        ]  # fmt: skip
        real = clean(name).translate({ord(sign): None for sign in "<>()%"}).strip()
        lines += [f"Name-Real: {real}"] if len(real) >= 5 or real[:1].isalpha() else []
        lines.append("%no-protection" if passphrase is None else f"Passphrase: {passphrase}")
        gpg = self._gpg()
        made = gpg.gen_key("\n".join([*lines, "%commit", ""]))
        self._changed()
        _require_in_time(gpg)
        key = self.by_fingerprint(str(made.fingerprint or ""))
        if key is None:
            raise SealFailed(
                "GnuPG could not make a key.", "See 'mailclient doctor'.", _last_line(made.stderr)
            )
        return key

    def import_keys(self, data: bytes) -> tuple[Imported, ...]:
        """Take the keys in `data` into GnuPG; raises BadInput if there is none."""
        if len(data) > LARGEST_KEYS:
            raise BadInput("This is too large for a file of keys.")
        before = {key.fingerprint for key in self.list()}
        gpg = self._gpg()
        found = gpg.import_keys(keys_unarmored(data))
        self._changed()
        _require_in_time(gpg)
        fingerprints = dict.fromkeys(str(one).upper() for one in found.fingerprints if one)
        if not fingerprints:
            raise BadInput(
                "There is no key in it that GnuPG can take.", "Ask for the key as a file again."
            )
        secret = {
            str(one["fingerprint"]).upper()
            for one in found.results
            if one.get("fingerprint") and int(one.get("ok") or 0) & 16
        }
        return tuple(
            Imported(one, new=one not in before, secret=one in secret) for one in fingerprints
        )

    def export(self, fingerprint: str, *, secret: bool = False) -> bytes:
        """The armored key; raises KeyMissing, BadInput for the secret part of a key on a card, or
        KeyLocked if its passphrase was not given."""
        key = self.by_fingerprint(fingerprint)
        if key is None or (secret and not key.has_secret):
            raise KeyMissing(f"There is no such key: {fingerprint}.")
        if secret and key.on_card:  # GnuPG would write a note of where the key lies
            raise BadInput(cards.NO_COPY, "Keep the copy that was made before it went there.")
        command = "--export-secret-keys" if secret else "--export"
        done = self._engine.run(["--armor", command, key.fingerprint])
        if done.code != 0 or not done.out:
            raise KeyLocked("The key could not be taken out of GnuPG.", "Its passphrase is needed.")
        return done.out

    def backup(self, fingerprint: str, code: str) -> bytes:
        """The secret key and its revocation in a file that `code` opens."""
        secret = self.export(fingerprint, secret=True)
        revocation = lifetime.revocation(self._engine, fingerprint.upper())
        return backup.close_up(self._engine, secret, revocation, code)

    def setup_file(self, fingerprint: str, code: str, *, prefer_encrypt: bool) -> bytes:
        """The file of a setup message with a key of one's own, as small as others need it."""
        if self._own(fingerprint).on_card:
            raise BadInput(cards.NO_COPY, "Use the card itself with the other program.")
        options = ["--armor", "--export-options", "export-minimal", "--export-secret-keys"]
        done = self._engine.run([*options, fingerprint.upper()])
        if done.code != 0 or not done.out:
            raise KeyLocked("The key could not be taken out of GnuPG.", "Its passphrase is needed.")
        return backup.setup_file(self._engine, done.out, code, prefer_encrypt=prefer_encrypt)

    def extend(self, fingerprint: str) -> KeyInfo:
        """Let a key of one's own go on for two years from today."""
        self._own(fingerprint)
        lifetime.extend(self._engine, fingerprint.upper(), LIFETIME)
        self._changed()
        return self._own(fingerprint)

    def add_subkey(self, fingerprint: str, passphrase: str = "") -> KeyInfo:
        """Give a key of one's own a new part to encrypt to, and two years from today."""
        if self._own(fingerprint).on_card:
            raise BadInput("A key on a card gets no new part here.", cards.IN_GNUPG)
        lifetime.add_subkey(self._engine, fingerprint.upper(), LIFETIME, passphrase)
        lifetime.extend(self._engine, fingerprint.upper(), LIFETIME, passphrase)
        self._changed()
        return self._own(fingerprint)

    def change_passphrase(self, fingerprint: str, old: str, new: str) -> None:
        """Guard a key of one's own by another passphrase; "" is none."""
        self._own(fingerprint)
        if any(not one.isprintable() for one in (old, new)):
            raise BadInput("The passphrase holds a control character.")
        options = ["--with-keygrip", "--list-secret-keys", fingerprint.upper()]
        grips = read_grips(self._engine.run(options).out)
        lifetime.change_passphrase(self._engine, fingerprint.upper(), grips, old, new)

    def revoke(self, fingerprint: str) -> None:
        """End a key of one's own for ever."""
        self._own(fingerprint)
        self._engine.run(["--import"], lifetime.revocation(self._engine, fingerprint.upper()))
        self._changed()
        if not self._own(fingerprint).revoked:
            raise SealFailed("GnuPG did not end the key.", "See 'mailclient doctor'.")

    def _own(self, fingerprint: str) -> KeyInfo:
        key = self.by_fingerprint(fingerprint)
        if key is None or not key.has_secret:
            raise KeyMissing(f"There is no key of your own with the fingerprint {fingerprint}.")
        return key

    def restore(self, data: bytes, code: str) -> bytes:
        """The armored secret key in such a file; raises BadInput."""
        return backup.open_up(self._engine, data, code)

    def minimal(self, fingerprint: str) -> bytes:
        """The binary public key with as little as others need."""
        options = ["--export-options", "export-minimal", "--export", fingerprint]
        return self._engine.run(options).out

    def for_header(self, fingerprint: str, address: str) -> bytes:
        """A key as small as Autocrypt wants it: one User ID, and the subkey that mail is encrypted
        to; b"" where it does not carry the address."""
        subkey = encrypting_subkey(self._engine.run(["--list-keys", fingerprint]).out)
        found = self.only(self.minimal(f"{subkey}!" if subkey else fingerprint), address)
        return found[1] if found is not None else b""

    def delete(self, fingerprint: str, *, secret: bool = False) -> None:
        """Remove the public key; with `secret` the secret one too."""
        key = self.by_fingerprint(fingerprint)
        if key is None:
            raise KeyMissing(f"There is no such key: {fingerprint}.")
        if key.has_secret and not secret:
            raise BadInput(
                "This is a key of your own: without it, mail to you stays closed for ever.",
                "Delete it together with its secret part, if that is what you want.",
            )
        gpg = self._gpg()
        if key.has_secret:
            gpg.delete_keys(key.fingerprint, secret=True, expect_passphrase=False)
        gpg.delete_keys(key.fingerprint)
        self._changed()
        _require_in_time(gpg)
        if self.by_fingerprint(fingerprint) is not None:
            raise KeyLocked("GnuPG did not delete the key.", "See 'mailclient doctor'.")

    def _gpg(self) -> GPG:
        """python-gnupg over the same home, with a sound reader."""
        self._engine.version  # noqa: B018  # raises EngineMissing in words
        try:
            return _gpg_class()(
                gnupghome=str(self._engine.short_home) if self._engine.short_home else None,
                options=["--no-options", "--trust-model", "always", "--disable-dirmngr"],
                encoding="utf-8",
            )
        except (OSError, ValueError) as refused:
            raise EngineMissing(
                "GnuPG could not be started.", "See 'mailclient doctor'.", str(refused)
            ) from refused


def _require_in_time(gpg: GPG) -> None:
    """Raise EngineMissing where python-gnupg's GnuPG had to be stopped."""
    if gpg.cut:
        raise EngineMissing(
            "GnuPG did not answer: another program may hold its list of keys.",
            "Close other programs that work with keys, and try again.",
        )


def can_be_filtered(address: str) -> bool:
    """Whether GnuPG's filter can be asked for this address and no other."""
    return _FILTERABLE.fullmatch(address) is not None


def _gpg_class() -> type[GPG]:
    import gnupg  # late: only the work with keys needs it

    logging.getLogger("gnupg").setLevel(logging.CRITICAL)

    class SoundGpg(gnupg.GPG):  # type: ignore[misc]
        """python-gnupg, reading status lines as bytes that end at LF alone, and not waiting for
        ever: GnuPG waits without an end for a keyring that another program has locked."""

        cut = False

        def _open_subprocess(self, *arguments: Any, **named: Any) -> Any:
            process = super()._open_subprocess(*arguments, **named)
            self._watch = threading.Timer(LONGEST, self._stop, (process,))
            self._watch.daemon = True
            self._watch.start()
            return process

        def _stop(self, process: Any) -> None:
            self.cut = True
            process.kill()

        def _collect_output(self, *arguments: Any, **named: Any) -> None:
            try:
                super()._collect_output(*arguments, **named)
            finally:
                self._watch.cancel()

        def _read_response(self, stream: Any, result: Any) -> None:
            data: bytes = stream.stream.read()
            for line in read_status(data):
                result.handle_status(line.keyword, " ".join(line.arguments))
            result.stderr = data.decode("utf-8", "replace")

    return SoundGpg


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if not line.startswith("[GNUPG:]")]
    return lines[-1][:200] if lines else ""


def _marked(key: KeyInfo, own: KeyInfo | None) -> KeyInfo:
    return replace(key, has_secret=own is not None, on_card=own is not None and own.on_card)
