"""A message as a lazy tree of byte ranges (RFC 2045, 2046, 5322); the bytes are never changed.

Nothing in here raises, recurses or writes a message anew: a signature is verified over the bytes as
they were received. What is too deep, too many or too long stays a leaf, and `problems` says so.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Iterator
from functools import cached_property

from mailclient.message.fields import Headers, read_headers
from mailclient.message.parameters import structured
from mailclient.message.words import clean, decode_text, tolerant_base64

DEEPEST = 100
MOST_PARTS = 10_000

_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+$")
_AFTER_DELIMITER = re.compile(rb"(--)?[ \t]*(?:\r?\n|$)")
EMBEDDED = frozenset({"message/rfc822", "message/global"})


class _Tree:
    """What all parts of one message share."""

    __slots__ = ("parts", "problems")

    def __init__(self) -> None:
        self.parts = 1
        self.problems: list[str] = []

    def report(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


class Part:
    """One entity: its header fields and its body, as ranges of the message's bytes.

    `number` is the path from the root: "" is the root, "1.2" the second child of its first child,
    "2.0" the message inside the message/rfc822 part "2".
    """

    def __init__(
        self, source: bytes, start: int, end: int, *, parent: Part | None, number: str, tree: _Tree
    ) -> None:
        self._source = source
        self._start = start
        self._end = end
        self._tree = tree
        self.parent = parent
        self.number = number
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.headers: Headers
        self.headers, self._body, problem = read_headers(source, start, end)
        if problem:
            tree.report(problem)

    # What the header says

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
        return clean(self._disposition[1].get("filename") or self.params.get("name", "")).strip()

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

    @property
    def body(self) -> bytes:
        """The body exactly as received, without the line break that belongs to the delimiter."""
        return self._source[self._body : self._end]

    def decoded(self) -> bytes:
        """The body without its transfer encoding; nothing is refused."""
        if self.encoding == "base64":
            return tolerant_base64(self.body)
        if self.encoding == "quoted-printable":
            return a2b_qp(self.body)
        return self.body

    def chunks(self, size: int = 1 << 16) -> Iterator[bytes]:
        """The decoded body in pieces of about `size` bytes."""
        if self.encoding != "base64":
            data = self.decoded()
            for at in range(0, len(data), size):
                yield data[at : at + size]
            return
        rest = b""
        for at in range(self._body, self._end, size):
            piece = rest + self._source[at : min(at + size, self._end)].translate(None, b" \t\r\n")
            whole = len(piece) - len(piece) % 4
            rest = piece[whole:]
            if whole:
                yield tolerant_base64(piece[:whole])
        if rest:
            yield tolerant_base64(rest)

    def text(self) -> str:
        """The decoded body as text with LF line ends; any charset gives something."""
        return decode_text(self.decoded(), self.charset).replace("\r\n", "\n").replace("\r", "\n")

    @property
    def size(self) -> int:
        """About how many bytes `decoded` gives, without decoding."""
        length = self._end - self._body
        return length * 57 // 78 if self.encoding == "base64" else length

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
        return (self._embedded(),) if embedded else self._split()

    def _embedded(self) -> Part:
        number = f"{self.number}.0".lstrip(".")
        self._tree.parts += 1
        if self.encoding in ("base64", "quoted-printable"):  # RFC 2046 section 5.2.1 forbids it
            data = self.decoded()
            return Part(data, 0, len(data), parent=self, number=number, tree=self._tree)
        return Part(
            self._source, self._body, self._end, parent=self, number=number, tree=self._tree
        )

    def _split(self) -> tuple[Part, ...]:
        parts: list[Part] = []
        for start, end in self._ranges():
            if self._tree.parts >= MOST_PARTS:
                self._tree.report(
                    f"The message has more than {MOST_PARTS} parts; not all are read."
                )
                break
            self._tree.parts += 1
            number = f"{self.number}.{len(parts) + 1}".lstrip(".")
            parts.append(
                Part(self._source, start, end, parent=self, number=number, tree=self._tree)
            )
        return tuple(parts)

    def _ranges(self) -> Iterator[tuple[int, int]]:
        """The ranges between the delimiter lines (RFC 2046 section 5.1.1)."""
        boundary = self.params.get("boundary", "").rstrip().encode("utf-8", "replace")
        if not boundary:
            self._tree.report("A multipart has no boundary; it is shown as text.")
            return
        begun = -1
        for line_start, after, closing in self._delimiters(b"--" + boundary):
            if begun >= 0:
                yield begun, max(begun, self._without_line_end(line_start))
            begun = after
            if closing:
                return
        if begun < 0:
            self._tree.report("A multipart has no parts; it is shown as text.")
        else:
            self._tree.report("The end of a multipart is missing; the message may be cut off.")
            yield begun, self._end

    def _delimiters(self, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
        """Each delimiter line: where it starts, where the next line starts, whether it closes."""
        at = self._body
        while (at := self._source.find(delimiter, at, self._end)) >= 0:
            behind = at + len(delimiter)
            match = _AFTER_DELIMITER.match(self._source, behind, self._end)
            if match is not None and (at == self._body or self._source[at - 1] == 10):
                yield at, match.end(), match[1] is not None
            at = behind

    def _without_line_end(self, at: int) -> int:
        """Where the line before `at` ends: its line break belongs to the delimiter."""
        if self._source[at - 2 : at] == b"\r\n":
            return at - 2
        return at - 1

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


def parse(raw: bytes) -> Part:
    """The root of a message or of an entity; never raises."""
    return Part(raw, 0, len(raw), parent=None, number="", tree=_Tree())
