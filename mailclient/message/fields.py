"""Header fields as they stand in the bytes (RFC 5322 section 2.2): read with tolerance, folded.

A block of more than 256 KiB is cut there; a line between fields that is none is passed over.
Reading raises nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from mailclient.errors import BadInput
from mailclient.message.source import Source
from mailclient.message.words import clean, decode_words

LARGEST_HEADER = 256 * 1024
_FIRST_LOOK = 8 * 1024  # longer than nearly all headers
_END = re.compile(rb"\n\r?\n")
_FIELD = re.compile(rb"([!-9;-~]{1,256})[ \t]*:((?:[^\n]*\n?)(?:[ \t][^\n]*\n?)*)")
_NAMED = re.compile(rb"([!-9;-~]+)[ \t]*:")
_NAME = re.compile(r"[!-9;-~]+")
LONGEST_LINE = 78
WITH_ADDRESSES = frozenset(
    (
        *("from", "to", "cc", "bcc", "reply-to", "hp-outer"),
        *("resent-from", "resent-to", "resent-cc", "resent-bcc"),
    )
)


class Headers:
    """The fields of one entity in their order; names are compared without case."""

    __slots__ = ("_decoded", "_fields", "_index")

    def __init__(self, fields: tuple[tuple[str, bytes], ...]) -> None:
        self._fields = fields
        self._decoded: dict[str, str] = {}  # a long value takes its time
        self._index: dict[str, list[bytes]] = {}
        for name, value in fields:
            self._index.setdefault(name.lower(), []).append(value)

    def raw(self, name: str) -> tuple[bytes, ...]:
        """The unfolded values of every field with this name, else as received."""
        return tuple(self._index.get(name.lower(), ()))

    def text(self, name: str) -> str:
        """The first value, unfolded, its encoded words left alone; "" if there is none."""
        values = self._index.get(name.lower())
        return _as_text(values[0]) if values else ""

    def get(self, name: str) -> str:
        """The first value decoded and clean; "" if there is none."""
        key = name.lower()
        values = self._index.get(key)
        if not values:
            return ""
        if key not in self._decoded:
            self._decoded[key] = decode_words(values[0]).strip()
        return self._decoded[key]

    def all(self, name: str) -> tuple[str, ...]:
        """Every value with this name, decoded and clean."""
        return tuple(decode_words(value).strip() for value in self.raw(name))

    def count(self, name: str) -> int:
        """How many fields have this name."""
        return len(self._index.get(name.lower(), ()))

    def names(self) -> tuple[str, ...]:
        """The names in their order, as written."""
        return tuple(name for name, _ in self._fields)

    def items(self) -> Iterator[tuple[str, str]]:
        """Names and unfolded values; encoded words are left alone."""
        for name, value in self._fields:
            yield name, _as_text(value)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._index

    def __len__(self) -> int:
        return len(self._fields)


def _as_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def read_headers(
    source: Source, start: int, end: int, most: int = LARGEST_HEADER
) -> tuple[Headers, int, str]:
    """The fields of the entity in `source[start:end]`, where its body starts, and a problem; where
    `most` bytes are none, nothing is read."""
    if most <= 0:
        return Headers(()), start, "The headers of its parts are very long; not all are read."
    block = source[start : min(end, start + _FIRST_LOOK)]
    if block.startswith((b"\r\n", b"\n")):
        return Headers(()), start + (2 if block[0] == 13 else 1), ""
    found = _END.search(block)
    while found is None and len(block) < min(end - start, LARGEST_HEADER):
        block = source[start : min(end, start + min(8 * len(block), LARGEST_HEADER))]
        found = _END.search(block)
    stop = len(block) if found is None else found.start() + 1
    fields, behind = _fields(block, stop)
    if found is not None or end - start <= LARGEST_HEADER:
        if behind == stop and found is not None:
            behind = found.end()
        return Headers(fields), start + behind, ""
    problem = "The header is longer than 256 KiB; only its beginning is read."
    return Headers(fields), _header_end(source, start, end), problem


def _header_end(source: Source, start: int, end: int) -> int:
    """Where the body begins, however far that is."""
    bare = source.find(b"\n\n", start, end)
    full = source.find(b"\n\r\n", start, end if bare < 0 else bare)
    return full + 3 if full >= 0 else bare + 2 if bare >= 0 else end


def _fields(block: bytes, end: int) -> tuple[tuple[tuple[str, bytes], ...], int]:
    """The fields, and where the last one ends: lines behind it are of a body whose blank line is
    missing."""
    found: list[tuple[str, bytes]] = []
    at = behind = 0
    while at < end:
        match = _FIELD.match(block, at, end)
        if match is None:
            line = block.find(b"\n", at, end)
            at = end if line < 0 else line + 1
            continue
        value = match[2].replace(b"\r\n", b"").replace(b"\n", b"").replace(b"\r", b" ")
        found.append((match[1].decode("ascii"), value.strip()))
        at = behind = match.end()
    return tuple(found), behind


def fold(name: str, value: str) -> str:
    """A field for the wire, folded only where a space is (RFC 5322 section 2.2.3), with its CRLF.

    Raises BadInput for what could become another field: a line break, and a character beyond ASCII
    but in addresses, which cannot be written in another way (RFC 6532).
    """
    fits = value.isascii() or name.lower() in WITH_ADDRESSES
    if not _NAME.fullmatch(name) or not fits or clean(value) != value:
        raise BadInput(f"The field {clean(name)[:40]} cannot be written: {clean(value)[:80]!r}.")
    lines: list[str] = []
    line = f"{name}:"
    for word in value.split(" "):
        if len(line) + 1 + len(word) > LONGEST_LINE and line.strip() and not line.endswith(":"):
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line]) + "\r\n"


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
            field = _NAMED.match(line)
            dropped = field is not None and field[1].decode("ascii").lower() in names
        if not dropped:
            kept.append(line)
        at = end
    return b"".join((*kept, memoryview(raw)[at:]))
