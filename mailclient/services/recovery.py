"""One's own keys: copies with a code of digits that opens them, and how the keys go on or end.

The code is not kept anywhere: whoever has file and code has the key.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailclient.crypto.api import Imported, KeyInfo, Plugin
from mailclient.errors import BadInput, KeyMissing
from mailclient.services.events import Events, KeysChanged
from mailclient.services.keys import Keys
from mailclient.store import Store

GROUPS, DIGITS = 9, 4
_PKCS12 = re.compile(rb"\x30.{1,5}?\x02\x01\x03", re.DOTALL)
ASKED_BEFORE = timedelta(days=30)  # of its end one asks whether a key goes on
ASKED_AFTER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of a key: the file's bytes, the code that opens it, and the text of the sheet."""

    fingerprint: str
    data: bytes
    code: str
    sheet: str


class Recovery:
    """Makes copies and takes them back; lets a key go on, or ends it."""

    def __init__(
        self,
        store: Store,
        keys: Keys,
        plugin: Callable[[], Plugin],
        events: Events,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._keys = keys
        self._plugin = plugin
        self._events = events
        self._clock = clock

    def copy(self, address_or_fingerprint: str) -> Copy:
        """Make a copy of the newest key of one's own; raises KeyMissing, KeyLocked, SealFailed.

        `kept` is to be called once it lies in a safe place.
        """
        found = [one for one in self._keys.find(address_or_fingerprint) if one.has_secret]
        if not found:
            raise KeyMissing(
                f"There is no key of your own for {address_or_fingerprint}.",
                "'mailclient key generate ADDRESS' makes one.",
            )
        key = max(found, key=lambda one: (one.usable, one.created))
        code = new_code()
        data = self._plugin().keys.backup(key.fingerprint, code)
        return Copy(key.fingerprint, data, code, sheet(key, code, self._clock()))

    def kept(self, fingerprint: str) -> None:
        """The copy was written; nobody needs to be reminded any more."""
        self._store.keys.copied(fingerprint, self._clock())
        self._events.publish(KeysChanged())

    def restore(self, data: bytes, code: str) -> tuple[Imported, ...]:
        """Take back the key in a copy as one's own, or take in the one in a file that was made by
        somebody else and has a passphrase of its own; raises BadInput.

        Mail that waits for it is understood anew by the next run of the intake.
        """
        typed = code.strip() if is_certificate_file(data) else ""
        digits = sum(one.isdigit() for one in code)
        plain = typed if typed and digits != GROUPS * DIGITS else read_code(code)
        armored = self._plugin().keys.restore(data, plain)
        inside = self._plugin().keys.inspect(armored)
        if len(inside) != 1 or not inside[0].has_secret:
            raise BadInput("There is not exactly one secret key in this file.")
        imported = self._keys.import_keys(armored, "backup")
        self.kept(inside[0].fingerprint)
        return imported

    def extend(self, which: str) -> KeyInfo:
        """Let one's own key go on for two years from now; raises KeyMissing, KeyLocked."""
        key = self._plugin().keys.extend(self.own(which).fingerprint)
        self._keys.changed(key.addresses)
        return key

    def revoke(self, which: str) -> KeyInfo:
        """End one's own key; it still opens old mail. Raises KeyMissing, KeyLocked, SealFailed."""
        key = self.own(which)
        self._plugin().keys.revoke(key.fingerprint)
        self._keys.changed(key.addresses)
        return key

    def renew(self, which: str, passphrase: str = "") -> KeyInfo:
        """Give one's own key a new part that others encrypt to from now on, and two years; old
        mail still opens. Raises KeyMissing, KeyLocked, SealFailed."""
        key = self._plugin().keys.add_subkey(self.own(which).fingerprint, passphrase)
        self._keys.changed(key.addresses)
        return key

    def change_passphrase(self, which: str, old: str, new: str) -> None:
        """Guard one's own key by another passphrase; "" is none. Raises KeyMissing, KeyLocked,
        BadInput, SealFailed."""
        self._plugin().keys.change_passphrase(self.own(which).fingerprint, old, new)

    def own(self, which: str) -> KeyInfo:
        """The one key of one's own that is meant; raises KeyMissing, BadInput."""
        found = [one for one in self._keys.find(which) if one.has_secret and not one.revoked]
        if len(found) == 1:
            return found[0]
        if found:
            raise BadInput(
                f"There are {len(found)} keys of your own for {which}.",
                "Name one by its fingerprint: 'mailclient key list' shows them.",
            )
        raise KeyMissing(
            f"There is no key of your own for {which}.",
            "'mailclient key generate ADDRESS' makes one.",
        )

    def wanting(self) -> tuple[KeyInfo, ...]:
        """The keys of one's own that can be used and of which there could be a copy and is none."""
        copies = self._store.keys.copies()
        own = {one.key.fingerprint: one.key for one in self._keys.list() if one.key.has_secret}
        return tuple(
            key
            for key in own.values()
            if key.usable and not key.on_card and key.fingerprint not in copies
        )

    def ending(self) -> tuple[KeyInfo, ...]:
        """The keys of one's own that are in use and end within 30 days, or have ended lately,
        with no newer one for the same address."""
        own = {one.key.fingerprint: one.key for one in self._keys.list() if one.key.has_secret}
        alive = [key for key in own.values() if not (key.revoked or key.disabled)]
        return tuple(key for key in alive if self._is_ending(key, alive))

    def _is_ending(self, key: KeyInfo, among: Sequence[KeyInfo]) -> bool:
        left = None if key.expires is None else key.expires - self._clock()
        if left is None or not -ASKED_AFTER < left < ASKED_BEFORE:
            return False
        better = (one for one in among if one.created > key.created and one.usable)
        return not any(set(one.addresses) & set(key.addresses) for one in better)


def new_code() -> str:
    """Nine groups of four digits (119 bits), as in a setup message of Autocrypt 1.1."""
    return "-".join(f"{secrets.randbelow(10**DIGITS):0{DIGITS}}" for _ in range(GROUPS))


def is_certificate_file(data: bytes) -> bool:
    """Whether this is a PKCS#12 file (RFC 7292 section 4: a sequence that begins with a 3)."""
    return _PKCS12.match(data) is not None


def read_code(text: str) -> str:
    """A code as somebody typed it, in the form in which it opens the file; raises BadInput."""
    digits = "".join(one for one in text if one in "0123456789")
    other = [one for one in text if one not in "0123456789-–—. \t\r\n"]
    if len(digits) != GROUPS * DIGITS or other:
        raise BadInput(
            f"A recovery code has {GROUPS * DIGITS} digits; this one has {len(digits)}.",
            "Type the nine groups as they stand on your recovery sheet.",
        )
    return "-".join(digits[at : at + DIGITS] for at in range(0, len(digits), DIGITS))


def sheet(key: KeyInfo, code: str, now: datetime) -> str:
    """The text of a recovery sheet."""
    third = (len(code) + 1) // 3
    lines = "\n".join("    " + code[at : at + third] for at in range(0, len(code), third))
    fingerprint = " ".join(key.fingerprint[at : at + 4] for at in range(0, len(key.fingerprint), 4))
    return f"""RECOVERY SHEET FOR A MAIL KEY

For         {", ".join(key.addresses)}
Key         {fingerprint}
Made on     {now:%d %B %Y}

RECOVERY CODE

{lines}

With this code and the backup file your encrypted mail can be read again when the
computer is lost. Keep this sheet where you would keep a passport, and not beside
the file: whoever has both can read your mail and sign in your name.
If the key has a passphrase, you need that as well.

TO RESTORE

In mailclient: Keys and people, Restore; or  mailclient key restore FILE
With GnuPG:    gpg --decrypt FILE > key.asc, typing the code in one line,
               then  gpg --import key.asc
In Thunderbird: decrypt it with GnuPG as above, delete what stands below
               END PGP PRIVATE KEY BLOCK in key.asc, then import that file
"""
