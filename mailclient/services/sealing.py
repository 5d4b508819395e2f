"""From a draft to what goes out: composed once, protected once, before it is queued.

There is no path from a failed seal to clear text: `prepare` raises and nothing is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailclient.account import EncryptionPolicy
from mailclient.cancel import CancelToken
from mailclient.crypto.api import KeyInfo
from mailclient.errors import KeyMissing
from mailclient.message import build
from mailclient.message.address import Address, encode_address, normalise, wire_address
from mailclient.message.draft import Draft
from mailclient.message.entity import entity as mime_entity
from mailclient.message.entity import pieces
from mailclient.message.fields import fold
from mailclient.message.headers import HIDDEN_SUBJECT, protect
from mailclient.services.accounts import Accounts
from mailclient.services.keys import Keys
from mailclient.services.readiness import Readiness
from mailclient.settings import PROTECT_SUBJECT, SEND_AUTOCRYPT
from mailclient.store.outbox import NewCopy
from mailclient.store.settings import Settings

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message ready to be queued: what goes to whom, and the copy for Sent."""

    message_id: str
    copies: tuple[NewCopy, ...]
    sent_copy: bytes


class Sealing:
    """Composes messages, and seals and signs them as their drafts say."""

    def __init__(self, accounts: Accounts, keys: Keys, settings: Settings) -> None:
        self._accounts = accounts
        self._keys = keys
        self._settings = settings

    def prepare(
        self, draft: Draft, *, message_id: str, date: datetime, cancel: CancelToken
    ) -> Prepared:
        """Compose once: the same bytes, Message-ID and date whatever happens later.

        Raises BadInput, KeyMissing, KeyLocked, SealFailed.
        """
        fields = build.fields(draft, message_id=message_id, date=date)
        extra: Fields = ()
        if self._settings.get(SEND_AUTOCRYPT):
            account, identity = self._accounts.identity(draft.sender.address)
            mutual = account.encryption is not EncryptionPolicy.WHEN_I_SAY
            extra = self._keys.announce(draft.sender.key, identity.key, prefer_encrypt=mutual)
        visible = _delivery((*draft.to, *draft.cc))
        hidden = {key: one for key, one in _delivery(draft.bcc).items() if key not in visible}
        if draft.encrypt:
            return self._sealed(draft, message_id, (fields, extra), visible, hidden, cancel)
        if draft.sign:
            own = self._own(draft.sender)
            entity, fields = protect(mime_entity(draft), fields, encrypted=False)
            entity = self._keys.seal(entity, sign_with=own, encrypt_to=(), cancel=cancel)
            raw = build.assemble((*fields, *extra), entity)
        else:
            raw = build.assemble((*fields, *extra), pieces(draft))
        everybody = (*visible.values(), *hidden.values())
        return Prepared(message_id, (NewCopy(raw, everybody),), _with_bcc(raw, draft.bcc))

    def _sealed(
        self,
        draft: Draft,
        message_id: str,
        parts: tuple[Fields, Fields],
        visible: Mapping[str, str],
        hidden: Mapping[str, str],
        cancel: CancelToken,
    ) -> Prepared:
        """One copy for To, Cc and oneself, and one for each Bcc, so that no key ID tells of it."""
        fields, extra = parts
        ready = self._keys.readiness([*visible, *hidden])
        _require_all(ready)
        to = {one.address: one.fingerprint for one in ready.recipients}
        own = self._own(draft.sender, ready.kind)
        hide = outer_subject(self._settings, draft) == HIDDEN_SUBJECT
        payload, outside = protect(
            mime_entity(draft), fields, encrypted=True, hide_subject=hide, hidden=draft.hidden
        )
        if len(visible) > 1 and self._settings.get(SEND_AUTOCRYPT):
            gossip = self._keys.introduce([(one, to[one]) for one in visible])
            payload = b"".join(fold(name, value).encode() for name, value in gossip) + payload

        def sealed(*fingerprints: str) -> bytes:
            unique = tuple(dict.fromkeys(fingerprints))
            body = self._keys.seal(payload, sign_with=own, encrypt_to=unique, cancel=cancel)
            return build.assemble((*outside, *extra), body)

        main = sealed(*(to[one] for one in visible), own)
        copies = [NewCopy(main, tuple(visible.values()))] if visible else []
        copies += [NewCopy(sealed(to[key]), (one,)) for key, one in hidden.items()]
        return Prepared(message_id, tuple(copies), _with_bcc(main, draft.bcc))

    def _own(self, sender: Address, kind: str = "") -> str:
        own = own_key(self._accounts, self._keys, sender.address, kind)
        if own is None:
            raise KeyMissing(
                f"There is no key of your own for {sender.address}.",
                "Make one in Keys and people, or send the message unencrypted and unsigned.",
            )
        return own.fingerprint


def own_key(accounts: Accounts, keys: Keys, sender: str, kind: str = "") -> KeyInfo | None:
    """The key that mail from this address is signed with, of any kind or of this one."""
    identity = accounts.identity(sender)[1]
    return keys.own_key(normalise(identity.address), identity.key, kind)


def outer_subject(settings: Settings, draft: Draft) -> str:
    """The subject that everyone on the way will see; one that came out of encrypted mail is hidden
    whatever the setting says (RFC 9788 section 6.1)."""
    hide = draft.quotes_protected or settings.get(PROTECT_SUBJECT)
    return HIDDEN_SUBJECT if draft.encrypt and hide else draft.subject


def _delivery(people: Sequence[Address]) -> dict[str, str]:
    """Each person once: the form to look up by, and the address as it goes on the wire.

    The part before the @ is the recipient's server's business (RFC 5321 section 2.4), so it keeps
    the letters that it was written with.
    """
    found: dict[str, str] = {}
    for one in people:
        found.setdefault(one.key, wire_address(one.address))
    return found


def _with_bcc(raw: bytes, bcc: Sequence[Address]) -> bytes:
    """The copy for Sent, which alone shows whom the author wrote to in secret."""
    if not bcc:
        return raw
    line = ", ".join(encode_address(one) for one in bcc)
    return f"Bcc: {line}\r\n".encode() + raw


def _require_all(ready: Readiness) -> None:
    missing = [one for one in ready.recipients if not one.ready]
    if missing:
        raise KeyMissing(
            " ".join(one.reason for one in missing) + " Nothing was sent.",
            "Find a key for them, leave them out, or send the message unencrypted.",
        )
