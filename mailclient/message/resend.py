"""A message sent on as it is: new fields above it, its bytes below unchanged. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from mailclient.message.build import MARKS
from mailclient.message.fields import fold

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
# What our own copies hold and nobody else may see.
PRIVATE = frozenset({"bcc", *(name.lower() for name in MARKS)})


def resent(raw: bytes, fields: Sequence[tuple[str, str]]) -> bytes:
    """The message below a block of Resent-* fields (RFC 5322 section 3.6.6); raises BadInput."""
    block = "".join(fold(name, value) for name, value in fields).encode("ascii")
    return block + without_fields(raw, PRIVATE)


def without_fields(raw: bytes, names: Collection[str]) -> bytes:
    """The message without these fields of its header; every other byte is as it was."""
    kept: list[bytes] = []
    at, dropped = 0, False
    while at < len(raw):
        end = raw.find(b"\n", at) + 1 or len(raw)
        line = raw[at:end]
        if line in (b"\r\n", b"\n"):
            break
        if line[:1] not in b" \t":
            field = _FIELD.match(line)
            dropped = field is not None and field[1].decode("ascii").lower() in names
        if not dropped:
            kept.append(line)
        at = end
    return b"".join((*kept, memoryview(raw)[at:]))
