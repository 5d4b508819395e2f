"""The text inside attached files, for the index: plain text, HTML, letters inside letters, and the
formats of office programs (OOXML, ISO/IEC 29500; ODF, ISO/IEC 26300). Pure.

Files come from strangers: what is read of one is limited, packed files too by what they unpack
to, and XML with entities is not read at all. What cannot be read has no text; nothing is raised.
PDF is for `pdf_text`, which runs apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from io import BytesIO
from typing import IO, TYPE_CHECKING

from mailclient.message.body import Attachment, body
from mailclient.message.html import html_to_text
from mailclient.message.tree import EMBEDDED
from mailclient.message.words import lines_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element
    from zipfile import ZipFile, ZipInfo

LARGEST_FILE = 20 * 1024 * 1024
LONGEST_TEXT = 500_000  # characters that are kept of one file
MOST_UNPACKED = 40 * 1024 * 1024  # bytes, of all members of one file together
MOST_MEMBERS = 300
_LARGEST_HTML = 1024 * 1024


class Kind(Enum):
    """How a file is read."""

    PLAIN = "plain"
    HTML = "html"
    LETTER = "letter"
    PDF = "pdf"
    PACKED = "packed"


_PACKED = ("docx", "docm", "xlsx", "xlsm", "pptx", "pptm", "odt", "ods", "odp", "ott")
_BY_ENDING = {
    **dict.fromkeys(("txt", "csv", "md", "log", "ics", "vcf", "json", "xml", "tex"), Kind.PLAIN),
    **dict.fromkeys(("htm", "html", "xhtml"), Kind.HTML),
    **dict.fromkeys(_PACKED, Kind.PACKED),
    "pdf": Kind.PDF,
}
_BY_TYPE = {
    "application/pdf": Kind.PDF,
    "text/html": Kind.HTML,
    "application/xhtml+xml": Kind.HTML,
    "application/json": Kind.PLAIN,
    **dict.fromkeys(EMBEDDED, Kind.LETTER),
}
_OFFICE_TYPES = (
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.",
)
# The members that hold what was written, in the order in which they are read.
_MEMBERS = re.compile(
    r"content\.xml|word/(?:document|footnotes|endnotes|comments|header\d*|footer\d*)\.xml"
    r"|xl/sharedStrings\.xml|xl/worksheets/sheet\d+\.xml"
    r"|ppt/(?:slides/slide|notesSlides/notesSlide)\d+\.xml"
)
_NUMBER = re.compile(r"\d+")
# Elements with text (OOXML: t, and is/t in sheets; ODF: all), and those that end a line or a cell.
_ENDS = frozenset({"p", "h", "tr", "row", "si", "table-row", "br", "line-break"})
_PARTS = frozenset({"tab", "tc", "c", "table-cell", "s"})
_BROKEN = (ValueError, LookupError, EOFError, OSError, RuntimeError)


def kind_of(file: Attachment) -> Kind | None:
    """How an attachment is read; None where it is not, or is too large."""
    if file.inline or file.size > LARGEST_FILE:
        return None
    by_type = _BY_TYPE.get(file.content_type)
    if by_type is not None:
        return by_type
    if file.content_type.startswith(_OFFICE_TYPES):
        return Kind.PACKED
    by_ending = _BY_ENDING.get(file.name.rpartition(".")[2].lower())
    if by_ending is None and file.content_type.startswith("text/"):
        return Kind.PLAIN
    return by_ending


def text_of(file: Attachment, kind: Kind) -> str:
    """The text of an attachment that is no PDF; "" where it cannot be read."""
    try:
        match kind:
            case Kind.PLAIN:
                return _decoded(file, 4 * LONGEST_TEXT)[:LONGEST_TEXT]
            case Kind.HTML:
                return html_to_text(_decoded(file, _LARGEST_HTML))[:LONGEST_TEXT]
            case Kind.LETTER:
                return _letter(file)[:LONGEST_TEXT]
            case Kind.PACKED:
                return packed_text(file.data())
            case Kind.PDF:
                return ""
    except _BROKEN:
        return ""


def _decoded(file: Attachment, most: int) -> str:
    data = file.part.start(most)
    return lines_of(data, file.part.charset, cut=len(data) == most)


def _letter(file: Attachment) -> str:
    """A letter inside a letter: who, what about, and its text."""
    for inner in file.part.children:
        seen = inner.envelope
        people = " ".join(f"{one.name} {one.address}" for one in (*seen.from_, *seen.to))
        return f"{people}\n{seen.subject}\n{body(inner, formatted=False).text}"
    return ""


def packed_text(data: bytes) -> str:
    """The text of a file of an office program; raises ValueError for a broken one."""
    import zipfile  # late, as the next: few messages carry such files
    import zlib
    from xml.etree.ElementTree import ParseError

    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _text_of_members(archive)
    except (zipfile.BadZipFile, zlib.error, ParseError) as problem:
        raise ValueError(str(problem)) from problem


def _text_of_members(archive: ZipFile) -> str:
    found: list[str] = []
    length, left = 0, MOST_UNPACKED
    for member in _members(archive):
        with archive.open(member) as file:
            limited = _Limited(file, left)
            for piece in _texts(limited):
                found.append(piece)
                length += len(piece)
                if length > LONGEST_TEXT:
                    return "".join(found)[:LONGEST_TEXT]
            left = limited.left
    return "".join(found)


def _members(archive: ZipFile) -> list[ZipInfo]:
    known = [one for one in archive.infolist() if _MEMBERS.fullmatch(one.filename)]
    known.sort(key=lambda one: (_NUMBER.sub("", one.filename), _number(one.filename)))
    return known[:MOST_MEMBERS]


def _number(name: str) -> int:
    found = _NUMBER.search(name)
    return int(found[0][:9]) if found else 0


class _Limited:
    """Reads so many bytes and says then that there are no more."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file = file
        self.left = most

    def read(self, size: int = 65536) -> bytes:
        """The next bytes; raises ValueError where there are more than may be read."""
        data = self._file.read(min(size, 65536))
        self.left -= len(data)
        if self.left < 0:
            raise ValueError("it unpacks to more than is read")
        return data


def _texts(file: _Limited) -> Iterator[str]:
    """The text in one member, in the order of the document, with its lines and cells apart.

    Text before the first child of an element is whole when that child begins, text behind an
    element at whatever comes next.
    """
    from defusedxml.ElementTree import iterparse  # what it refuses is a ValueError

    waiting: list[tuple[Element, bool]] = []  # and whether its text was given
    last: Element | None = None
    events: Iterator[tuple[str, Element]] = iterparse(file, ("start", "end"))
    for event, element in events:
        if last is not None:
            yield last.tail or ""
            last = None
        if event == "start":
            if waiting and not waiting[-1][1]:
                parent = waiting.pop()[0]
                waiting.append((parent, True))
                yield parent.text or ""
            waiting.append((element, False))
            continue
        _, given = waiting.pop()
        name = element.tag.rpartition("}")[2]
        parent = waiting[-1][0] if waiting else element
        if not given and not _is_internal(name, parent):
            yield element.text or ""
        yield "\n" if name in _ENDS else " " if name in _PARTS else ""
        behind = element.tail  # is there already, or still to come
        element.clear()
        element.tail = behind
        del parent[:]  # what was read takes no more room
        last = element


def _is_internal(name: str, parent: Element) -> bool:
    """Whether it is a formula, a command, or the number of a text that stands elsewhere."""
    return name in ("f", "instrText") or (name == "v" and parent.get("t") == "s")
