"""Foreign mail made fit for servers that do not take it as it is (RFC 6152 section 3): parts are
encoded anew, every other byte stays as it was. Pure.

What a signature covers is left alone: better not sent than sent with a signature that is broken.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailclient.message.encodings import as_base64, is_sendable, quoted_printable
from mailclient.message.fields import without_fields
from mailclient.message.tree import EMBEDDED, Part, parse

ENCODING = "content-transfer-encoding"
_WIDE = frozenset({"8bit", "binary"})
_KNOWN = frozenset({"", "7bit", "base64", "quoted-printable", *_WIDE})


def seven_bit(raw: bytes) -> bytes | None:
    """The message in ASCII, with lines that every server takes; None where that cannot be had
    without breaking a signature, or where its header is not ASCII."""
    made = b"".join(_spliced(raw, sorted(_edits(parse(raw)))))
    return made if made.isascii() and is_sendable(made) else None


def _spliced(raw: bytes, edits: list[tuple[int, int, bytes]]) -> Iterator[bytes]:
    at = 0
    for start, end, new in edits:
        yield raw[at:start]
        yield new
        at = end
    yield raw[at:]


def _edits(root: Part) -> Iterator[tuple[int, int, bytes]]:
    """What to put in the place of which bytes."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if part.content_type == "multipart/signed":
            continue
        whole = part.content_type in EMBEDDED and part.encoding in ("base64", "quoted-printable")
        inside = () if whole else part.children
        waiting.extend(inside)
        start, body, end = part.place
        if inside:
            if part.encoding in _WIDE:
                yield start, body, _head(part, "7bit")
        elif part.encoding in _KNOWN and not (part.body.isascii() and is_sendable(part.body)):
            encoding, data = _encoded(part)
            yield start, body, _head(part, encoding)
            yield body, end, data


def _encoded(part: Part) -> tuple[str, bytes]:
    """Text so that it can be read as it is (RFC 2045 section 6.7), anything else in base64."""
    data = part.decoded()
    if part.content_type.startswith("text/") and b"\0" not in data:
        lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return "quoted-printable", quoted_printable(lines)
    return "base64", b"".join(as_base64([data]))


def _head(part: Part, encoding: str) -> bytes:
    """The header of a part, with another encoding; a message of before MIME becomes one."""
    fields = without_fields(part.head, {ENCODING}).removesuffix(b"\n").removesuffix(b"\r")
    is_message = part.parent is None or part.parent.content_type in EMBEDDED
    mime = b"MIME-Version: 1.0\r\n" if is_message and "mime-version" not in part.headers else b""
    name = b"Content-Transfer-Encoding: " + encoding.encode("ascii")
    return fields + mime + name + b"\r\n\r\n"
