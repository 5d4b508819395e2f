"""From a draft to the bytes that go out: MIME entities and header fields, all of them 7-bit.

Composed once and never again: what is queued, signed and kept in Sent are these bytes. No field can
become another field, and Bcc is in none of them but a stored draft.
"""

from __future__ import annotations

import re
import secrets
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote

from mailclient.errors import BadInput
from mailclient.message.address import Address, ascii_domain, encode_address, format_address
from mailclient.message.body import body, safe_name
from mailclient.message.envelope import envelope, ids
from mailclient.message.fields import fold
from mailclient.message.flowed import flow
from mailclient.message.tree import EMBEDDED, Part
from mailclient.message.words import clean, encode_words

LONGEST_LINE = 76  # RFC 2045 section 6.7
MOST_REFERENCES = 20
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$&+.,@^_`{}~()\[\]-]{1,60}")
MARK_ENCRYPT = "X-Mailclient-Encrypt"
MARK_SIGN = "X-Mailclient-Sign"
MARK_QUOTES = "X-Mailclient-Quotes-Protected"


@dataclass(frozen=True, slots=True)
class AttachmentSource:
    """A file that goes with a message."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as it is being written. `quotes_protected` says that it quotes encrypted mail."""

    sender: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    attachments: tuple[AttachmentSource, ...] = ()
    reply_to: tuple[Address, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    encrypt: bool = False
    sign: bool = False
    quotes_protected: bool = False


def new_message_id(domain: str) -> str:
    """A Message-ID that tells nothing of the machine (RFC 5322 section 3.6.4)."""
    name = ascii_domain(clean(domain).strip())
    return f"<{secrets.token_hex(16)}@{name if re.fullmatch(r'[a-z0-9.-]+', name) else 'invalid'}>"


# The body


def entity(draft: Draft) -> bytes:
    """The MIME entity of the draft: Content-* fields and body, CRLF lines, 7-bit."""
    return _entity(_text_part(draft.text, flowed=True), draft.attachments)


def _entity(text: bytes, attachments: Sequence[AttachmentSource]) -> bytes:
    if not attachments:
        return text
    boundary = f"=_{secrets.token_hex(16)}"
    head = f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    line = f"--{boundary}".encode("ascii")
    parts = [text, *(_attachment_part(one) for one in attachments)]
    return head + b"".join(line + b"\r\n" + one + b"\r\n" for one in parts) + line + b"--\r\n"


def _text_part(text: str, *, flowed: bool) -> bytes:
    text = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    content = flow(text) if flowed else text
    ending = "; format=flowed" if flowed else ""
    if all(_is_plain(line) for line in content.split("\n")):
        data, encoding = content.encode("ascii").replace(b"\n", b"\r\n"), "7bit"
    else:
        data, encoding = _quoted_printable(content.encode("utf-8")), "quoted-printable"
    head = (
        f"Content-Type: text/plain; charset=utf-8{ending}\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return head.encode("ascii") + data


def _is_plain(line: str) -> bool:
    """Whether a line survives every relay, and a signature over it (RFC 3156 section 5)."""
    if not line.isascii() or len(line) > LONGEST_LINE or line.startswith("From "):
        return False
    return not line.endswith((" ", "\t")) and clean(line) == line.replace("\t", " ")


def _quoted_printable(data: bytes) -> bytes:
    """Quoted-printable with trailing blanks, "From " and lone dots encoded too."""
    lines = []
    for line in data.split(b"\n"):
        code = b2a_qp(line, quotetabs=False, istext=True).replace(b"=\n", b"=\r\n")
        if code.startswith((b"From ", b".")):
            code = b"=%02X" % code[0] + code[1:]
        lines.append(code)
    return b"\r\n".join(lines)


def _attachment_part(source: AttachmentSource) -> bytes:
    kind = source.content_type.strip().lower()
    if not _TYPE.fullmatch(kind) or kind.startswith("multipart/"):
        kind = "application/octet-stream"
    embedded = kind in EMBEDDED and _is_seven_bit(source.data)
    if kind.startswith("message/") and not embedded:  # RFC 2046 section 5.2.1: never base64
        kind = "application/octet-stream"
    head = f"Content-Type: {kind}\r\n"
    head += f"Content-Disposition: attachment{_filename(source.name)}\r\n"
    if embedded:
        return head.encode("ascii") + b"\r\n" + source.data
    head += "Content-Transfer-Encoding: base64\r\n\r\n"
    return head.encode("ascii") + encodebytes(source.data).replace(b"\n", b"\r\n").rstrip()


def _is_seven_bit(data: bytes) -> bool:
    lines = data.split(b"\r\n")
    return (
        data.isascii()
        and b"\0" not in data
        and all(len(line) <= 998 and b"\r" not in line and b"\n" not in line for line in lines)
    )


def _filename(name: str) -> str:
    """The filename parameter, in pieces where it is long or not ASCII (RFC 2231)."""
    name = safe_name(name)
    if _PLAIN_NAME.fullmatch(name):
        return f';\r\n filename="{name}"'
    code = f"utf-8''{quote(name, safe='')}"
    pieces: list[str] = []
    while code:
        cut = 60
        while cut < len(code) and "%" in code[cut - 2 : cut]:
            cut -= 1
        pieces.append(code[:cut])
        code = code[cut:]
    if len(pieces) == 1:
        return f";\r\n filename*={pieces[0]}"
    return "".join(f";\r\n filename*{at}*={piece}" for at, piece in enumerate(pieces))


# The header


def fields(draft: Draft, *, message_id: str, date: datetime) -> tuple[tuple[str, str], ...]:
    """The header fields in their order, ready for the wire, without Bcc; raises BadInput."""
    found = [("From", encode_address(draft.sender))]
    for name, people in (("To", draft.to), ("Cc", draft.cc), ("Reply-To", draft.reply_to)):
        if people:
            found.append((name, ", ".join(encode_address(one) for one in people)))
    if not draft.to and not draft.cc:
        found.append(("To", "undisclosed-recipients:;"))
    return (*found, *_description(draft, message_id, date))


def _description(draft: Draft, message_id: str, date: datetime) -> list[tuple[str, str]]:
    found = [
        ("Subject", encode_words(draft.subject).strip()),
        ("Date", format_datetime(date)),
        ("Message-ID", message_id),
    ]
    replied = [one for one in ids(draft.in_reply_to) if one.isascii()][:1]
    references = [one for one in draft.references if one.isascii() and ids(one) == (one,)]
    if len(references) > MOST_REFERENCES:
        references = [references[0], *references[1 - MOST_REFERENCES :]]
    if replied:
        found.append(("In-Reply-To", replied[0]))
    if references:
        found.append(("References", " ".join(references)))
    return found


def assemble(fields: Sequence[tuple[str, str]], entity: bytes) -> bytes:
    """The complete message; raises BadInput for a field that cannot be written."""
    lines = "".join(fold(name, value) for name, value in (*fields, ("MIME-Version", "1.0")))
    return lines.encode("ascii") + entity


# Drafts


def draft_bytes(draft: Draft, *, message_id: str, date: datetime) -> bytes:
    """A draft as it is stored: with Bcc, with what is unfinished, and with its switches."""
    people = [("From", (draft.sender,)), ("To", draft.to), ("Cc", draft.cc), ("Bcc", draft.bcc)]
    people.append(("Reply-To", draft.reply_to))
    marks = {
        MARK_ENCRYPT: draft.encrypt,
        MARK_SIGN: draft.sign,
        MARK_QUOTES: draft.quotes_protected,
    }
    lines = [
        f"{name}: {', '.join(_unfinished(one) for one in found)}" for name, found in people if found
    ]
    lines += [f"{name}: {value}" for name, value in _description(draft, message_id, date)]
    lines += [f"{name}: yes" for name, is_set in marks.items() if is_set]
    head = "\r\n".join([*lines, "MIME-Version: 1.0", ""]).encode("utf-8", "replace")
    return head + _entity(_text_part(draft.text, flowed=False), draft.attachments)


def _unfinished(person: Address) -> str:
    try:
        return encode_address(person)
    except BadInput:
        name = format_address(Address(encode_words(person.name), "")).partition("<")[0]
        return f"{name}<{re.sub(r'[<>,;]', '', clean(person.address))}>"


def draft_from_message(part: Part) -> Draft:
    """The draft that a stored draft, or a message from a file, amounts to."""
    seen = envelope(part.headers)
    read = body(part)
    return Draft(
        sender=seen.from_[0] if seen.from_ else Address("", ""),
        to=seen.to,
        cc=seen.cc,
        bcc=seen.bcc,
        subject=seen.subject,
        text=read.text,
        attachments=tuple(
            AttachmentSource(one.name, one.content_type, one.data()) for one in read.attachments
        ),
        reply_to=seen.reply_to,
        in_reply_to=seen.in_reply_to,
        references=seen.references,
        encrypt=MARK_ENCRYPT in part.headers,
        sign=MARK_SIGN in part.headers,
        quotes_protected=MARK_QUOTES in part.headers,
    )
