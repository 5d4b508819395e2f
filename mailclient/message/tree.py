"""A message as a lazy tree of byte ranges (RFC 2045, 2046, 5322); the bytes are never changed.

Nothing in here raises, recurses or writes a message anew: a signature is verified over the bytes as
they were received. What is too deep, too many or too much work stays a leaf, and `problems` says
so. Of a large message only small ranges are in memory at a time.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Iterator
from functools import cached_property

from mailclient.message.envelope import Envelope, envelope
from mailclient.message.fields import Headers, read_headers
from mailclient.message.multipart import Limits, ranges
from mailclient.message.parameters import structured
from mailclient.message.source import PIECE, Source, pieces
from mailclient.message.words import base64_pieces, clean, lines_of

DEEPEST = 100
LONGEST_TEXT = 1024 * 1024
_LONGEST_NAME = 1000

_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+$")
_ENCODED = frozenset({"base64", "quoted-printable"})
EMBEDDED = frozenset({"message/rfc822", "message/global"})


class Part:
    """One entity: its header fields and its body, as ranges of the message's bytes.

    `number` is the path from the root: "" is the root, "1.2" the second child of its first child,
    "2.0" the message inside the message/rfc822 part "2".
    """

    def __init__(
        self, source: Source, start: int, end: int, parent: Part | None, number: str, tree: Limits
    ) -> None:
        self._source = source
        self._start = start
        self._end = end
        self._tree = tree
        self.parent = parent
        self.number = number
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.headers: Headers
        self.headers, self._body, problem = read_headers(source, start, end, tree.headers)
        tree.headers -= self._body - start
        if problem:
            tree.report(problem)

    # What the header says

    @cached_property
    def envelope(self) -> Envelope:
        """Who, to whom, when and about what, by the fields of this entity alone."""
        return envelope(self.headers)

    @cached_property
    def _type(self) -> tuple[str, dict[str, str]]:
        value = self.headers.text("content-type")
        token, params = structured(value)
        if value and _TYPE.match(token):
            return token, params
        if self.parent is not None and self.parent.content_type == "multipart/digest":
            return "message/rfc822", params
        return "text/plain", params  # RFC 2045 section 5.2

    @cached_property
    def _disposition(self) -> tuple[str, dict[str, str]]:
        token, params = structured(self.headers.text("content-disposition"))
        return ("" if not token else "inline" if token == "inline" else "attachment"), params

    @property
    def content_type(self) -> str:
        """The media type, lower case; text/plain where none or nonsense is given."""
        return self._type[0]

    @property
    def params(self) -> dict[str, str]:
        """The parameters of Content-Type, decoded (RFC 2231), with lower-case names."""
        return self._type[1]

    @property
    def charset(self) -> str:
        """The charset as given, lower case; "" where none is."""
        return self.params.get("charset", "").strip().lower()

    @cached_property
    def encoding(self) -> str:
        """The content transfer encoding, lower case; "7bit" where none is given."""
        return structured(self.headers.text("content-transfer-encoding"))[0] or "7bit"

    @property
    def disposition(self) -> str:
        """ "inline", "attachment" (anything unknown too, RFC 2183 section 2.8) or ""."""
        return self._disposition[0]

    @property
    def filename(self) -> str:
        """The name that the sender gave; not safe for a file system."""
        name = self._disposition[1].get("filename") or self.params.get("name", "")
        return clean(name[:_LONGEST_NAME]).strip()

    @cached_property
    def content_id(self) -> str:
        """The Content-ID without its angle brackets."""
        return self.headers.get("content-id").strip().strip("<>").strip()

    @property
    def is_multipart(self) -> bool:
        """Whether the type says so, even if no part was found inside."""
        return self.content_type.startswith("multipart/")

    # The bytes

    @property
    def raw(self) -> bytes:
        """Header and body exactly as received."""
        return self._source[self._start : self._end]

    def beginning(self, most: int) -> bytes:
        """The first `most` bytes of header and body, as received."""
        return self._source[self._start : min(self._end, self._start + most)]

    @property
    def place(self) -> tuple[int, int, int]:
        """Where it begins in its source, where its body does, and where it ends."""
        return self._start, self._body, self._end

    @property
    def head(self) -> bytes:
        """The header exactly as received, with the blank line that ends it."""
        return self._source[self._start : self._body]

    @property
    def body(self) -> bytes:
        """The body exactly as received, without the line break that belongs to the delimiter."""
        return self._source[self._body : self._end]

    def decoded(self) -> bytes:
        """The body without its transfer encoding; nothing is refused."""
        return b"".join(self.chunks())

    def chunks(self, size: int = PIECE, *, encoded: bool = False) -> Iterator[bytes]:
        """The decoded body in pieces of about `size` bytes; with `encoded`, as received."""
        received = pieces(self._source, self._body, self._end, size)
        if encoded or self.encoding not in _ENCODED:
            return received
        if self.encoding == "base64":
            return base64_pieces(received)
        return _quoted_printable(received)

    def start(self, most: int) -> bytes:
        """The first `most` bytes of the decoded body."""
        if self.encoding not in _ENCODED:
            return self._source[self._body : min(self._end, self._body + most)]
        found: list[bytes] = []
        size = 0
        for piece in self.chunks(min(PIECE, 2 * most)):
            found.append(piece)
            size += len(piece)
            if size >= most:
                break
        return b"".join(found)[:most]

    def text(self) -> str:
        """The decoded body as text with LF line ends; of a very long one the beginning."""
        data = self.start(LONGEST_TEXT + 1)
        cut = len(data) > LONGEST_TEXT
        return lines_of(data[:LONGEST_TEXT], self.charset, cut=cut)

    @property
    def length(self) -> int:
        """How many bytes header and body have, as received."""
        return self._end - self._start

    @property
    def size(self) -> int:
        """About how many bytes `decoded` gives, without decoding."""
        length = self._end - self._body
        return length * 57 // 78 if self.encoding == "base64" else length

    def alone(self) -> Part:
        """This part as the root of a tree of its own."""
        tree = Limits(self.length)
        return Part(self._source, self._start, self._end, None, "", tree)

    # The tree

    @cached_property
    def children(self) -> tuple[Part, ...]:
        """The parts of a multipart, or the message inside a message/rfc822."""
        embedded = self.content_type in EMBEDDED
        if not embedded and not self.is_multipart:
            return ()
        if self.depth >= DEEPEST:
            self._tree.report("Parts are nested too deep; the deepest are shown as they are.")
            return ()
        return self._embedded() if embedded else self._split()

    def _embedded(self) -> tuple[Part, ...]:
        tree, number = self._tree, f"{self.number}.0".lstrip(".")
        if not tree.take_part():
            return ()
        source, start, end = self._source, self._body, self._end
        if self.encoding in _ENCODED:  # RFC 2046 section 5.2.1 forbids it
            if end - start > tree.copies:
                tree.report("A message inside this one is encoded and very large; it stays closed.")
                return ()
            tree.copies -= end - start
            source = self.decoded()
            start, end = 0, len(source)
        return (Part(source, start, end, self, number, tree),)

    def _split(self) -> tuple[Part, ...]:
        parts: list[Part] = []
        tree = self._tree
        boundary = self.params.get("boundary", "").rstrip().encode("utf-8", "replace")
        for start, end in ranges(self._source, self._body, self._end, boundary, tree):
            if not tree.take_part():
                break
            number = f"{self.number}.{len(parts) + 1}".lstrip(".")
            parts.append(Part(self._source, start, end, self, number, tree))
        return tuple(parts)

    def walk(self, *, embedded: bool = False) -> Iterator[Part]:
        """This part and all below it, in order; embedded messages only when asked for."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            if embedded or part.content_type not in EMBEDDED:
                waiting.extend(reversed(part.children))

    def find(self, number: str) -> Part | None:
        """The part with this number, counted from this part as the root."""
        part = self
        for step in number.split(".") if number else ():
            found = next((one for one in part.children if one.number.split(".")[-1] == step), None)
            if found is None:
                return None
            part = found
        return part

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the parts that have been looked at so far, in plain sentences."""
        return tuple(self._tree.problems)


def parse(raw: Source) -> Part:
    """The root of a message or of an entity; never raises."""
    return Part(raw, 0, len(raw), None, "", Limits(len(raw)))


def _quoted_printable(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Decode quoted-printable that comes in pieces, cut anywhere (RFC 2045 section 6.7)."""
    held = b""
    for piece in pieces:
        data = held + piece
        whole = data.rfind(b"\n") + 1 or _before_escape(data)
        held = data[whole:]
        yield a2b_qp(data[:whole])
    if held:
        yield a2b_qp(held)


def _before_escape(data: bytes) -> int:
    """Where an escape may have been cut at the end of a long line."""
    at = data.rfind(b"=", max(0, len(data) - 2))
    return len(data) if at < 0 else at
