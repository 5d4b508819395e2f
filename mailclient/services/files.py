"""Files that go with a message: read in pieces when the message is built, not before."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mailclient.errors import BadInput
from mailclient.message.body import Attachment
from mailclient.message.draft import PIECE, AttachmentSource

LARGEST = 256 * 1024 * 1024
IN_MEMORY = 1024 * 1024  # smaller ones are read at once, whatever becomes of the file


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file as it was when it was attached."""

    path: Path
    size: int
    changed: int  # nanoseconds

    def __len__(self) -> int:
        return self.size

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file; raises BadInput where they are not those that were attached."""
        read = 0
        try:
            with self.path.open("rb") as file:
                while piece := file.read(PIECE):
                    read += len(piece)
                    yield piece
            same = read == self.size and self.path.stat().st_mtime_ns == self.changed
        except OSError as problem:
            raise BadInput(
                f"{self.path} cannot be read any more: {problem.strerror}.",
                "Take it out of the message, or attach it again.",
            ) from problem
        if not same:
            raise BadInput(
                f"{self.path} was changed after it was attached.",
                "Take it out of the message, and attach it again.",
            )


@dataclass(frozen=True, slots=True)
class PartContent:
    """An attachment of a message that lies in the store."""

    attachment: Attachment
    size: int

    def __len__(self) -> int:
        return self.size

    def chunks(self) -> Iterator[bytes]:
        """The decoded bytes."""
        return self.attachment.chunks()


def attached(path: Path) -> AttachmentSource:
    """A file to go with a message; raises BadInput if it cannot be read."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    try:
        found = path.stat()
        if path.is_dir():
            raise BadInput(f"{path.name} is a folder.", "Attach the files in it, or an archive.")
        if found.st_size > LARGEST:
            raise BadInput(f"{path.name} is too large for a message.", "Share it another way.")
        if found.st_size <= IN_MEMORY:
            return AttachmentSource(path.name, kind, path.read_bytes())
        with path.open("rb"):
            return AttachmentSource(
                path.name, kind, FileContent(path, found.st_size, found.st_mtime_ns)
            )
    except OSError as problem:
        raise BadInput(
            f"{path} cannot be read: {problem.strerror}.", "Look at its name and its rights."
        ) from problem


def passed_on(attachment: Attachment) -> AttachmentSource:
    """An attachment of one message, to go with another."""
    size = sum(len(piece) for piece in attachment.chunks())
    data = attachment.data() if size <= IN_MEMORY else PartContent(attachment, size)
    return AttachmentSource(attachment.name, attachment.content_type, data, quoted=True)
