"""Handing one's own key on to another program of one's own: the setup message of Autocrypt 1.1.

It goes by mail to oneself. The code that opens it is shown and kept nowhere, and never mailed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailclient.account import EncryptionPolicy, Identity
from mailclient.crypto.api import Imported, Plugin
from mailclient.errors import BadInput, KeyMissing
from mailclient.message.address import Address
from mailclient.message.body import Attachment, body
from mailclient.message.build import SETUP
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.message.tree import parse
from mailclient.services.accounts import Accounts
from mailclient.services.identities import identity_of
from mailclient.services.keys import Keys
from mailclient.services.recovery import Recovery, is_certificate_file, new_code

PUBLIC = "application/pgp-keys"  # RFC 3156 section 7
FILE = "autocrypt-setup-message.html"
_TEXT = """This letter carries the key of your mail account to another mail program of yours.

Open it there, and type the code of 36 digits that was shown where this letter was made. It begins
with {begin}. Without the code nobody can use this letter; you may delete it afterwards.
"""


@dataclass(frozen=True, slots=True)
class Setup:
    """A setup message, ready to be sent to oneself, and the code to be shown."""

    draft: Draft
    code: str


class HandingOn:
    """Makes such letters and takes them in."""

    def __init__(
        self,
        accounts: Accounts,
        keys: Keys,
        recovery: Recovery,
        plugin: Callable[[], Plugin],
    ) -> None:
        self._accounts = accounts
        self._keys = keys
        self._recovery = recovery
        self._plugin = plugin

    def letter(self, address: str) -> Setup:
        """Make the letter for one of one's own addresses, or one that only a key is for.

        Raises KeyMissing, KeyLocked, SealFailed.
        """
        found = identity_of(self._accounts.list(), address)
        identity = found[1] if found else Identity(address)
        key = self._keys.own_key(identity.address, identity.key)
        if key is None:
            raise KeyMissing(
                f"There is no key of your own for {address}.",
                "'mailclient key generate ADDRESS' makes one.",
            )
        code = new_code()
        mutual = found is None or found[0].encryption is not EncryptionPolicy.WHEN_I_SAY
        data = self._plugin().keys.setup_file(key.fingerprint, code, prefer_encrypt=mutual)
        me = Address(identity.name, identity.address)
        draft = Draft(
            sender=me,
            to=(me,),
            subject="Autocrypt Setup Message",
            text=_TEXT.format(begin=code[:2]),
            attachments=(AttachmentSource(FILE, SETUP, data),),
        )
        return Setup(draft, code)

    def public_key(self, address: str) -> AttachmentSource:
        """One's own key as a file to attach, for who is to encrypt; raises KeyMissing."""
        found = identity_of(self._accounts.list(), address)
        identity = found[1] if found else Identity(address)
        key = self._keys.own_key(identity.address, identity.key)
        if key is None:
            raise KeyMissing(
                f"There is no key of your own for {address}.", "Make one in Keys and people."
            )
        name = f"{identity.address}-key.asc"
        return AttachmentSource(name, PUBLIC, self._keys.export(key.fingerprint))

    def take_in(self, data: bytes, code: str) -> tuple[Imported, ...]:
        """Take a key of one's own in, from such a letter, from its file or from a copy.

        Raises BadInput.
        """
        return self._recovery.restore(file_in(data), code)


def needs_code(data: bytes) -> bool:
    """Whether a file is a copy of a key or a setup message, which a code opens, or a file with a
    certificate, which a passphrase opens; raises BadInput."""
    inside = file_in(data)
    return is_certificate_file(inside) or (
        b"-----BEGIN PGP MESSAGE-----" in inside and b"KEY BLOCK-----" not in inside
    )


def file_in(data: bytes) -> bytes:
    """The file in a setup message; other data as they are. Raises BadInput for a malformed one."""
    if b"autocrypt-setup-message:" not in data[:65536].lower():
        return data
    part = parse(data)
    if part.headers.get("autocrypt-setup-message").strip().lower() != "v1":
        return data
    found = setup_attachment(body(part).attachments)
    if found is None:
        raise BadInput(
            "This setup message is not made as it should be, and is not taken in.",
            "Make a new one in the program that has your key.",
        )
    return found.data()


def setup_attachment(attachments: tuple[Attachment, ...]) -> Attachment | None:
    """The attachment that is the file of a setup message."""
    found = [one for one in attachments if one.content_type == SETUP]
    return found[0] if len(found) == 1 else None
