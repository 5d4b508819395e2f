"""The values of a message that is being written. No bytes are made of them here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from mailclient.message.address import Address

PIECE = 256 * 1024
LARGE = 1024 * 1024


class Content(Protocol):
    """Bytes that lie somewhere else and are read in pieces when they are needed."""

    def __len__(self) -> int: ...

    def chunks(self) -> Iterator[bytes]:
        """The bytes in their order; raises BadInput where they cannot be read any more."""
        ...


@dataclass(frozen=True, slots=True)
class AttachmentSource:
    """A file that goes with a message. `quoted` says that it comes from the message answered or
    passed on; `content_id` that the text shows it (RFC 2392)."""

    name: str
    content_type: str
    data: bytes | Content
    quoted: bool = False
    content_id: str = ""

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.data)

    def chunks(self) -> Iterator[bytes]:
        """The content in pieces."""
        if not isinstance(self.data, bytes):
            yield from self.data.chunks()
            return
        for start in range(0, len(self.data), PIECE):
            yield self.data[start : start + PIECE]


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as it is being written. `quotes_protected` says that it quotes encrypted mail,
    `all_protected` that all of it comes from there, `hidden` whom that mail named inside alone.
    `key` stays the same however often the draft is kept, so that it is sent once. `ask_read` asks
    for read receipts, `ask_delivered` for reports of delivery. `decided`: whether it is to be
    encrypted was chosen by the writer.

    Where there is `html` (of our own kind, see `rich`), the text that goes beside it is made from
    it, and `text` does not count; `pictures` are the files that it shows.
    """

    sender: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    pictures: tuple[AttachmentSource, ...] = ()
    attachments: tuple[AttachmentSource, ...] = ()
    reply_to: tuple[Address, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    encrypt: bool = False
    sign: bool = False
    quotes_protected: bool = False
    hidden: tuple[str, ...] = ()
    all_protected: bool = False
    ask_read: bool = False
    ask_delivered: bool = False
    decided: bool = False
    key: str = ""

    @property
    def files(self) -> tuple[AttachmentSource, ...]:
        """Everything that goes along: the pictures in the text, and the attachments."""
        return (*self.pictures, *self.attachments)

    @property
    def is_large(self) -> bool:
        """Whether its files are too large to be kept again with each word."""
        return sum(one.size for one in self.files) > LARGE
