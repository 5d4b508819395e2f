"""What the tests of the store share: a clock that stands, a keyring that forgets, a box of mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mailclient.account import Account
from mailclient.message.address import Address
from mailclient.message.envelope import Envelope
from mailclient.store import Store
from mailclient.store.folders import Folder, Role
from mailclient.store.rows import Processed, Processing


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **span: float) -> None:
        self.time += timedelta(**span)


class MemoryKeyring:
    """Keeps secrets as long as the test."""

    def __init__(self) -> None:
        self.secrets: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.secrets.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.secrets[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.secrets[service, username]


class Box:
    """An account with its folders in an open store, and short ways to fill it."""

    def __init__(self, store: Store, clock: Clock, account: Account) -> None:
        self.store = store
        self.clock = clock
        self.account = account

    def folder(self, role: Role = Role.INBOX) -> Folder:
        return self.store.folders.by_role(self.account.id, role)

    def put(self, raw: bytes, role: Role = Role.INBOX, *, unread: bool = True) -> int:
        return self.store.messages.store_raw(
            self.account.id, self.folder(role).id, raw, unread=unread, received=self.clock()
        )

    def letter(
        self,
        text: str = "",
        *,
        role: Role = Role.INBOX,
        unread: bool = True,
        sender: str = "ann@example.org",
        name: str = "Ann",
        to: str = "me@example.org",
        cc: str = "",
        subject: str = "",
        date: datetime | None = None,
        attachments: tuple[str, ...] = (),
        encryption: str = "none",
        signature: str = "none",
        message_id: str = "",
    ) -> int:
        """Store a message and understand it."""
        id = self.put(f"Subject: {subject}\r\n\r\n{text}\r\n".encode(), role, unread=unread)
        seen = Envelope(
            message_id=message_id,
            date=date,
            from_=(Address(name, sender),),
            to=(Address("", to),),
            cc=(Address("", cc),) if cc else (),
            subject=subject,
        )
        self.store.messages.processed(
            {
                id: found(
                    envelope=seen,
                    text=text,
                    attachments=attachments,
                    encryption=encryption,
                    signature=signature,
                )
            }
        )
        return id


def found(
    *,
    envelope: Envelope | None,
    text: str = "",
    attachments: tuple[str, ...] = (),
    encryption: str = "none",
    signature: str = "none",
    opened: bytes | None = None,
    processing: Processing = Processing.READY,
    problems: tuple[str, ...] = (),
) -> Processed:
    """What was found out about a message."""
    return Processed(
        envelope=envelope,
        verdict='{"state": "plain"}',
        state="plain",
        encryption=encryption,
        signature=signature,
        snippet=text[:160],
        text=text,
        attachments=attachments,
        opened=opened,
        processing=processing,
        problems=problems,
    )
