"""A message sent on as it is: new fields above it, its bytes below unchanged. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from mailclient.message.build import MARKS
from mailclient.message.fields import fold, without_fields

# What our own copies hold and nobody else may see.
PRIVATE = frozenset({"bcc", *(name.lower() for name in MARKS)})


def resent(raw: bytes, fields: Sequence[tuple[str, str]]) -> bytes:
    """The message below a block of Resent-* fields (RFC 5322 section 3.6.6); raises BadInput."""
    block = "".join(fold(name, value) for name, value in fields).encode("ascii")
    return block + without_fields(raw, PRIVATE)
