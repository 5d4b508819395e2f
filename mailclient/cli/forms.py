"""The JSON forms of the command line, one function each; `docs/command-line.md` shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from mailclient.message.excerpt import Excerpt
from mailclient.services.waiting import late, next_try, question

if TYPE_CHECKING:
    from mailclient.account import Account, Identity, Server
    from mailclient.message.address import Address
    from mailclient.message.body import Attachment
    from mailclient.message.security import Verdict
    from mailclient.services.accounts import StepResult
    from mailclient.services.autocrypt import Recommendation
    from mailclient.services.compose import Reply
    from mailclient.services.keyfinding import Search
    from mailclient.services.keys import KeyEntry
    from mailclient.services.read import MessageView
    from mailclient.services.readiness import Readiness
    from mailclient.services.receive import Receipt
    from mailclient.services.redirect import Redirection
    from mailclient.store.folders import Folder
    from mailclient.store.messages import MessageRow
    from mailclient.store.outbox import OutItem
    from mailclient.store.threads import Conversation
    from mailclient.transport.discover.values import Report


Json = dict[str, Any]


def time(value: datetime | None) -> str | None:
    """RFC 3339 with an offset."""
    return value.isoformat(timespec="seconds") if value is not None else None


def people(addresses: tuple[Address, ...]) -> list[Json]:
    """People with name and address."""
    return [{"name": one.name, "address": one.address} for one in addresses]


def security(verdict: Verdict) -> Json:
    """The verdict, in the words of message-security."""
    signer = verdict.signer
    return {
        "state": verdict.state.value,
        "encryption": verdict.encryption.value,
        "signature": verdict.signature.value,
        "verified": verdict.verified,
        "signer": signer
        and {
            "fingerprint": signer.fingerprint,
            "user_id": signer.user_id,
            "address": signer.address,
        },
        "summary": verdict.summary,
        "protected_headers": list(verdict.protected_headers),
        "warnings": list(verdict.warnings),
        "parts": [
            {
                "number": one.number,
                "encryption": one.encryption.value,
                "signature": one.signature.value,
            }
            for one in verdict.parts
        ],
        "reasons": list(verdict.reasons),
    }


def message(view: MessageView) -> Json:
    """`show --json`."""
    head = view.envelope
    return {
        "id": view.id or None,
        "message_id": head.message_id,
        "date": time(head.date),
        "from": people(head.from_),
        "to": people(head.to),
        "cc": people(head.cc),
        "bcc": people(head.bcc),
        "reply_to": people(head.reply_to),
        "subject": head.subject,
        "security": security(view.verdict),
        "text": view.body.text,
        "html": view.body.html,
        "remote_content": list(view.body.remote_content),
        "attachments": [
            {
                "name": one.name,
                "content_type": one.content_type,
                **_measured(one),
                "encrypted": view.encrypted,
            }
            for one in view.body.attachments
        ],
        "problems": list(view.problems),
    }


def _measured(attachment: Attachment) -> Json:
    """Size and hash of the content, of which only pieces are ever in memory."""
    size, digest = 0, sha256()
    for piece in attachment.chunks():
        size += len(piece)
        digest.update(piece)
    return {"size": size, "sha256": digest.hexdigest()}


def excerpt(one: Excerpt | None) -> Json:
    """The words around what was found, with the places of it as start and end; `attachment` is
    where they stand, null for the message itself."""
    if one is None:
        return {}
    marks = [list(mark) for mark in one.marks]
    return {"excerpt": {"text": one.text, "marks": marks, "attachment": one.source or None}}


def row(one: MessageRow, folders: dict[int, Folder]) -> Json:
    """A line of `list` and `search`."""
    return {
        "id": one.id,
        "message_id": one.message_id,
        "date": time(one.date),
        "from": people(one.from_),
        "to": people(one.to),
        "subject": one.subject,
        "folder": folders[one.folder_id].name if one.folder_id in folders else "",
        "unread": one.unread,
        "flagged": one.flagged,
        "tags": list(one.tags),
        "encryption": one.encryption,
        "signature": one.signature,
        "has_attachments": one.has_attachments,
        "size": one.size,
        "undelivered": one.undelivered,
        "snippet": one.snippet,
    }


def thread(head: MessageRow, state: Conversation | None, members: Sequence[int]) -> Json:
    """A line of `list --threads`; without a `state` it is a message by itself."""
    return {
        "id": head.id,
        "subject": head.subject,
        "date": time(head.date),
        "people": people(state.people if state else head.from_[:1]),
        "count": state.count if state else 1,
        "unread": state.unread if state else int(head.unread),
        "flagged": state.flagged if state else head.flagged,
        "messages": list(members) or [head.id],
    }


def receipt(one: Receipt) -> Json:
    """An account's part of `receive --json`."""
    return {
        "address": one.address,
        "received": one.received,
        "already_here": one.already_here,
        "left_on_server": one.left_on_server,
        "deleted_on_server": one.deleted_on_server,
        "seconds": round(one.seconds, 3),
        "problems": list(one.problems),
    }


def reply(one: Reply, outer_subject: str) -> Json:
    """`reply --json`."""
    draft = one.draft
    return {
        "to": people(draft.to),
        "cc": people(draft.cc),
        "subject": draft.subject,
        "outer_subject": outer_subject,
        "body": draft.text,
        "encrypt": draft.encrypt,
        "notes": list(one.notes),
        "from": people((draft.sender,)),
        "bcc": people(draft.bcc),
        "attachments": [
            {"name": one.name, "content_type": one.content_type, "size": one.size}
            for one in draft.attachments
        ],
    }


def redirection(one: Redirection, subject: str) -> Json:
    """`redirect --json`."""
    return {
        "from": people((one.sender,)),
        "to": people(one.to),
        "cc": people(one.cc),
        "bcc": people(one.bcc),
        "subject": subject,
    }


def _reached(one: Server, protocol: str) -> Json:
    """How a server is reached and logged in to."""
    return {
        "protocol": protocol,
        "host": one.host,
        "port": one.port,
        "security": one.security.value,
        "auth": one.authentication.value,
        "username": one.username,
    }


def server(one: Server | None, protocol: str) -> Json | None:
    """A server's settings; never a password."""
    if one is None:
        return None
    return {
        **_reached(one, protocol),
        "ca_file": one.ca_file,
        "client_file": one.client_file,
        "certificate": one.pin or None,
        "mechanism": one.mechanism or None,
        "encrypted": one.encrypted or None,
    }


def account(one: Account) -> Json:
    """An account's settings."""
    return {
        "address": one.address,
        "name": one.name,
        "incoming": server(one.incoming, "pop3"),
        "outgoing": server(one.outgoing, "smtp"),
        "leave_on_server": one.retention.word(),
        "encryption": one.encryption.value,
        "paused": one.paused,
        "minutes": one.minutes,
        "largest": one.largest,
        "provider": list(one.provider),
        "keep_decrypted": one.keep_decrypted,
        "identities": [identity(who) for who in one.identities],
    }


def identity(one: Identity, account: str = "") -> Json:
    """An address that an account writes from."""
    found: Json = {
        "address": one.address,
        "name": one.name,
        "signature": one.signature,
        "signature_html": one.signature_html,
        "key": one.key or None,
        "reply_to": one.reply_to or None,
        "bcc_self": one.bcc_self,
        "sent": one.sent or None,
    }
    return {"account": account, **found} if account else found


def step(one: StepResult) -> Json:
    """A line of `account test --json`."""
    return {"server": one.what, "ok": one.ok, "text": one.text, "advice": one.advice}


def readiness(one: Readiness, each: Sequence[Recommendation], together: Recommendation) -> Json:
    """`readiness --json`, with what Autocrypt recommends for each recipient and for all."""
    return {
        "recipients": [
            {
                "address": who.address,
                "state": who.state.value,
                "fingerprint": who.fingerprint or None,
                "source": who.source or None,
                "reason": who.reason,
                "policy": who.policy.value if who.policy else None,
                "autocrypt": recommended.value,
            }
            for who, recommended in zip(one.recipients, each, strict=True)
        ],
        "can_encrypt": one.can_encrypt,
        "autocrypt": together.value,
    }


def key(one: KeyEntry) -> Json:
    """A line of `key list --json`."""
    return {
        "address": one.address,
        "fingerprint": one.key.fingerprint,
        "user_ids": list(one.key.user_ids),
        "addresses": list(one.key.addresses),
        "algorithm": one.key.algorithm,
        "kind": one.key.kind,
        "created": time(one.key.created),
        "expires": time(one.key.expires),
        "trust": one.trust.value,
        "source": one.source,
        "since": time(one.since),
        "changed": one.changed,
        "secret": one.key.has_secret,
        "on_card": one.key.on_card,
        "can_encrypt": one.key.can_encrypt,
        "can_sign": one.key.can_sign,
        "revoked": one.key.revoked,
        "expired": one.key.expired,
        "usable": one.key.usable,
    }


def key_search(one: Search) -> Json:
    """What `key discover --json` prints."""
    return {
        "address": one.address,
        "sources": [
            {
                "source": lookup.source.value,
                "outcome": lookup.outcome.value,
                "asked": time(lookup.asked),
                "reason": lookup.reason or None,
                "fingerprints": list(lookup.fingerprints),
            }
            for lookup in one.lookups
        ],
        "authority": one.renewal
        and {
            "outcome": one.renewal.outcome.value,
            "asked": time(one.renewal.asked),
            "reason": one.renewal.reason or None,
        },
        "keys": [key(entry) for entry in one.keys],
    }


def report(one: Report) -> Json:
    """What `account discover --json` prints."""
    found = one.found
    provider = found.provider if found else None
    return {
        "address": one.address,
        "incoming": _reached(found.incoming, "pop3") if found else None,
        "outgoing": _reached(found.outgoing, "smtp") if found else None,
        "source": found.source.value if found else None,
        "authenticated": found.source.authenticated if found else None,
        "to_confirm": list(found.foreign) if found else [],
        "provider": provider
        and {
            "name": provider.name,
            "step": provider.step.value,
            "text": provider.say,
            "page": provider.page or None,
            "checked": provider.checked.isoformat(),
        },
        "tried": [
            {
                "source": tried.source.value,
                "outcome": tried.outcome.value,
                "authenticated": tried.source.authenticated,
                "place": tried.place or None,
                "reason": tried.reason or None,
            }
            for tried in one.tried
        ],
    }


def out_item(one: OutItem, now: datetime) -> Json:
    """A line of `outbox --json`."""
    return {
        "id": one.id,
        "message_id": one.message_id,
        "subject": one.subject,
        "from": one.sender,
        "state": one.state.value,
        "recipients": [
            {
                "address": who.address,
                "state": who.state.value,
                "code": who.code,
                "reason": who.reason,
                "reply": who.reply,
            }
            for who in one.recipients
        ],
        "attempts": one.attempts,
        "unreached": one.misses,
        "needs_user": one.needs_user,
        "created": time(one.created),
        "not_before": time(one.not_before),
        "later": time(one.later),
        "next_try": time(next_try(one, now)),
        "late": late(one, now).value,
        "question": question(one, now).value,
        "encryption": one.encryption,
        "signature": one.signature,
        "problem": one.problem,
    }
