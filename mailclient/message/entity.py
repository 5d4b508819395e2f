"""From a draft to its MIME entity (RFC 2045 to 2049), in pieces, so that no file is held twice.

All of it is 7-bit, with CRLF lines, and survives every relay and a signature over it; but for a
message passed on as it is, which nobody may encode anew (RFC 2046 section 5.2.1).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from io import BytesIO
from urllib.parse import quote

from mailclient.message.body import safe_name
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.message.encodings import as_base64, is_sendable, quoted_printable
from mailclient.message.flowed import flow
from mailclient.message.rich import from_html, pictures_in, to_html, to_plain
from mailclient.message.seven_bit import seven_bit
from mailclient.message.tree import EMBEDDED
from mailclient.message.words import clean

LONGEST_LINE = 76  # RFC 2045 section 6.7
MARK_QUOTED = "X-Mailclient-Quoted"
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_CONTENT_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]{1,200}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$&+.,@^_`{}~()\[\]-]{1,60}")


def entity(draft: Draft) -> bytes:
    """The MIME entity of the draft: Content-* fields and body."""
    return joined(pieces(draft))


def joined(parts: Iterable[bytes]) -> bytes:
    """The pieces as one, each dropped as soon as it is taken: the whole is in memory but once."""
    whole = BytesIO()
    for part in parts:
        whole.write(part)
    return whole.getvalue()


def pieces(draft: Draft, *, kept: bool = False) -> Iterator[bytes]:
    """The MIME entity of the draft, piece by piece; raises BadInput for a file that is gone.

    One that is `kept` to be written on says which files came from another message.
    """
    text = _rich(draft, kept=kept) if draft.html else _text(draft.text, flowed=not kept)
    if not draft.attachments:
        return text
    return _multipart(
        "mixed", (text, *(_attachment(one, draft, kept=kept) for one in draft.attachments))
    )


def _multipart(kind: str, parts: Iterable[Iterator[bytes]]) -> Iterator[bytes]:
    boundary = f"=_{secrets.token_hex(16)}"
    start = f'; type="{kind.partition(" ")[2]}"' if " " in kind else ""
    name = kind.partition(" ")[0]
    head = f'Content-Type: multipart/{name};\r\n boundary="{boundary}"{start}\r\n\r\n'
    yield head.encode("ascii")
    line = f"--{boundary}".encode("ascii")
    for part in parts:
        yield line + b"\r\n"
        yield from part
        yield b"\r\n"
    yield line + b"--\r\n"


# Text


def _rich(draft: Draft, *, kept: bool) -> Iterator[bytes]:
    """The text twice, as plain text and as HTML, the latter with its pictures (RFC 2387)."""
    lines = from_html(draft.html)
    shown = {one for one in pictures_in(lines) if _CONTENT_ID.fullmatch(one)}
    pictures = [one for one in draft.pictures if one.content_id in shown]
    html = _encoded("text/html; charset=utf-8", to_html(lines))
    if pictures:
        html = _multipart(
            "related text/html", (html, *(_picture(one, kept=kept) for one in pictures))
        )
    return _multipart("alternative", (_text(to_plain(lines), flowed=not kept), html))


def _text(text: str, *, flowed: bool) -> Iterator[bytes]:
    text = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    kind = "text/plain; charset=utf-8"
    return _encoded(f"{kind}; format=flowed", flow(text)) if flowed else _encoded(kind, text)


def _encoded(kind: str, content: str) -> Iterator[bytes]:
    if all(_is_plain(line) for line in content.split("\n")):
        data, encoding = content.encode("ascii").replace(b"\n", b"\r\n"), "7bit"
    else:
        data, encoding = quoted_printable(content.encode("utf-8")), "quoted-printable"
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    yield head.encode("ascii")
    yield data


def _is_plain(line: str) -> bool:
    """Whether a line survives every relay, and a signature over it (RFC 3156 section 5)."""
    if not line.isascii() or len(line) > LONGEST_LINE or line.startswith("From "):
        return False
    return not line.endswith((" ", "\t")) and clean(line) == line.replace("\t", " ")


# Files


def _picture(source: AttachmentSource, *, kept: bool) -> Iterator[bytes]:
    head = _mark(source, kept=kept)
    head += f"Content-Type: {_kind(source)}\r\nContent-ID: <{source.content_id}>\r\n"
    head += f"Content-Disposition: inline{_filename(source.name)}\r\n"
    yield f"{head}Content-Transfer-Encoding: base64\r\n\r\n".encode("ascii")
    yield from as_base64(source.chunks())


def _attachment(source: AttachmentSource, draft: Draft, *, kept: bool) -> Iterator[bytes]:
    kind = _kind(source)
    embedded = _embeddable(source, draft) if kind in EMBEDDED else ""
    if kind.startswith("message/") and not embedded:
        kind = "application/octet-stream"
    encoding = embedded or "base64"
    head = _mark(source, kept=kept)
    head += f"Content-Type: {kind}\r\nContent-Disposition: attachment{_filename(source.name)}\r\n"
    head += "" if encoding == "7bit" else f"Content-Transfer-Encoding: {encoding}\r\n"
    yield f"{head}\r\n".encode("ascii")
    yield from source.chunks() if embedded else as_base64(source.chunks())


def _mark(source: AttachmentSource, *, kept: bool) -> str:
    return f"{MARK_QUOTED}: yes\r\n" if kept and source.quoted else ""


def _kind(source: AttachmentSource) -> str:
    kind = source.content_type.strip().lower()
    if not _TYPE.fullmatch(kind) or kind.startswith("multipart/"):
        return "application/octet-stream"
    return kind


def _embeddable(source: AttachmentSource, draft: Draft) -> str:
    """The encoding in which a message can go as it is; "" where it has to go as a file.

    What is signed and not encrypted has to be 7-bit (RFC 3156 section 5); and what a server without
    8BITMIME could never get goes as a file.
    """
    data = b"".join(source.chunks())
    if not is_sendable(data):
        return ""
    if data.isascii():
        return "7bit"
    if draft.sign and not draft.encrypt:
        return ""
    return "" if seven_bit(data) is None else "8bit"


def _filename(name: str) -> str:
    """The filename parameter, in pieces where it is long or not ASCII (RFC 2231).

    There is no encoded word beside it for readers from before 1997: RFC 2047 section 5 forbids one
    inside a parameter, and such readers then show the name as a riddle.
    """
    name = safe_name(name)
    if _PLAIN_NAME.fullmatch(name):
        return f';\r\n filename="{name}"'
    code = f"utf-8''{quote(name, safe='')}"
    found: list[str] = []
    while code:
        cut = 60
        while cut < len(code) and "%" in code[cut - 2 : cut]:
            cut -= 1
        found.append(code[:cut])
        code = code[cut:]
    if len(found) == 1:
        return f";\r\n filename*={found[0]}"
    return "".join(f";\r\n filename*{at}*={piece}" for at, piece in enumerate(found))
