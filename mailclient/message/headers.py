"""Header protection (RFC 9788): fields that travel inside the protected payload, both ways. Pure.

`hp` counts on the payload root only, and "cipher" only inside a real encrypting layer. The older
form (protected-headers="v1") is read, too, and written beside it: Thunderbird 153 looks for nothing
else, and shows the subject outside without it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from html import escape

from mailclient.message.address import Address, encode_address, parse_addresses
from mailclient.message.envelope import Envelope, envelope
from mailclient.message.fields import Headers, fold
from mailclient.message.tree import Part, parse
from mailclient.message.words import decode_words

HIDDEN_SUBJECT = "[...]"
# Fields that describe the entity or the transport, and are no part of what is protected.
_NOT_PROTECTED = frozenset(
    {"hp-outer", "mime-version", "received", "return-path", "bcc", "dkim-signature", "autocrypt",
     "autocrypt-gossip"}
)  # fmt: skip
_LEGACY = "hp-legacy-display"
_LEGACY_START = '<div class="header-protection-legacy-display">'

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Protected:
    """The protected fields of a payload; `headers` is None where there are none.

    `names` are the protected fields' names, `confidential` those of them that were hidden outside,
    `mode` is "cipher", "clear", "v1" or "".
    """

    headers: Headers | None = None
    names: tuple[str, ...] = ()
    confidential: tuple[str, ...] = ()
    mode: str = ""


def protect(
    entity: bytes,
    fields: Sequence[tuple[str, str]],
    *,
    encrypted: bool,
    hide_subject: bool = True,
    hidden: Collection[str] = (),
) -> tuple[bytes, Fields]:
    """Copy `fields` onto the payload root; returns the payload and the fields to put outside.

    The Subject is hidden outside where the payload is going to be encrypted (the baseline policy of
    section 3.2.1), and shown once more in the text for readers that know nothing of this; so are
    `hidden` people, who were named to readers alone before.
    """
    hide = encrypted and hide_subject
    outside = tuple(
        (name, HIDDEN_SUBJECT if hide and name.lower() == "subject" else value)
        for name, value in fields
        if not (hide and name.lower() in ("comments", "keywords"))
    )
    if encrypted and hidden:
        outside = _without(outside, hidden)
    if hide:
        entity = _with_legacy_display(entity, fields)
    inner = "".join(fold(name, value) for name, value in fields if name.lower() != "bcc")
    if encrypted:
        inner += "".join(fold("HP-Outer", f"{name}: {value}") for name, value in outside)
    mode = "cipher" if encrypted else "clear"
    marked = _mark(entity, f'; protected-headers="v1"; hp="{mode}"')
    return inner.encode("utf-8") + marked, outside


def _mark(entity: bytes, parameter: str) -> bytes:
    """Add a parameter to the Content-Type of an entity that we have built."""
    end = entity.index(b"\r\n\r\n")
    fields = entity[:end].split(b"\r\n")
    at = next(i for i, line in enumerate(fields) if line.lower().startswith(b"content-type:"))
    while at + 1 < len(fields) and fields[at + 1][:1] in (b" ", b"\t"):
        at += 1
    fields[at] += parameter.replace("; ", ";\r\n ").encode("ascii")
    return b"".join((b"\r\n".join(fields), memoryview(entity)[end:]))  # the files only once more


def _with_legacy_display(entity: bytes, fields: Sequence[tuple[str, str]]) -> bytes:
    """Repeat the hidden subject at the top of the text, plain and HTML (section 5.2)."""
    value = next((value for name, value in fields if name.lower() == "subject"), "")
    subject = f"Subject: {decode_words(value)}"
    if not value:
        return entity
    texts: dict[str, Part] = {}
    root = parse(entity)
    for part in root.walk():
        if part.content_type in ("text/plain", "text/html") and part.disposition != "attachment":
            texts.setdefault(part.content_type, part)
    for kind, part in texts.items():
        line = (
            f"{subject}\n\n" if kind == "text/plain" else f"{_LEGACY_START}{escape(subject)}</div>"
        )
        before = part.raw
        after = _mark(_prefixed(before, line, part.encoding), f'; {_LEGACY}="1"')
        entity = after if part is root else entity.replace(before, after, 1)
    return entity


def _prefixed(part: bytes, line: str, encoding: str) -> bytes:
    head, line_end, body = part.partition(b"\r\n\r\n")
    if b"<body>\r\n" in body[:200]:  # HTML of our own: inside the body
        start, body_tag, body = body.partition(b"<body>\r\n")
        line_end += start + body_tag
    if encoding == "quoted-printable":
        code = "".join(_escape(byte) for byte in line.encode("utf-8"))
        return head + line_end + _wrapped(code) + body
    if line.isascii() and len(line) < 80:
        return head + line_end + line.replace("\n", "\r\n").encode("ascii") + body
    head = head.replace(b"Encoding: 7bit", b"Encoding: quoted-printable")
    code = "".join(_escape(byte) for byte in line.encode("utf-8"))
    return head + line_end + _wrapped(code) + body.replace(b"=", b"=3D")


def _escape(byte: int) -> str:
    if byte == 10:
        return "\n"
    return chr(byte) if 32 <= byte < 127 and byte != 61 else f"={byte:02X}"


def _wrapped(code: str) -> bytes:
    """Quoted-printable lines of at most 76 characters."""
    lines: list[str] = []
    for line in code.split("\n"):
        while len(line) > 75:
            cut = 75
            while "=" in line[cut - 2 : cut]:
                cut -= 1
            lines.append(line[:cut] + "=")
            line = line[cut:]
        lines.append(line)
    return "\r\n".join(lines).encode("ascii")


def protected(payload: Part, *, encrypted: bool) -> Protected:
    """The protected fields on a payload root; `encrypted` says that it came out of encryption."""
    mode = payload.params.get("hp", "").lower()
    if mode not in ("cipher", "clear"):
        mode = "v1" if payload.params.get("protected-headers", "").lower() == "v1" else ""
    if not mode or (mode == "cipher" and not encrypted):
        return Protected()
    names = tuple(
        dict.fromkeys(
            name
            for name in payload.headers.names()
            if not name.lower().startswith("content-") and name.lower() not in _NOT_PROTECTED
            if mode != "v1" or name.lower() == "subject"
        )
    )
    hidden = _hidden(payload.headers, names, mode) if encrypted else ()
    return Protected(payload.headers, names, hidden, mode)


def _hidden(headers: Headers, names: Sequence[str], mode: str) -> tuple[str, ...]:
    """What was not left outside as it is inside (section 4.2); computed from the payload alone."""
    if mode == "v1":
        return tuple(name for name in names if name.lower() == "subject")
    left: dict[str, str] = {}
    for value in headers.all("hp-outer"):
        name, _, text = value.partition(":")
        left.setdefault(name.strip().lower(), text.strip())
    return tuple(name for name in names if left.get(name.lower()) != headers.get(name))


def hidden_people(payload: Part, *, encrypted: bool) -> tuple[str, ...]:
    """The addresses that a message names to its readers alone: an answer must not name them outside
    either (section 6.1, ReferenceHCP)."""
    found = protected(payload, encrypted=encrypted)
    if found.headers is None or found.mode != "cipher":
        return ()
    split = [one.partition(b":") for one in found.headers.raw("hp-outer")]
    left = envelope(Headers(tuple((n.decode("ascii", "replace").strip(), v) for n, _, v in split)))
    seen = {one.key for one in _named(left)}
    return tuple(dict.fromkeys(one.key for one in _named(envelope(found.headers))
                               if one.key not in seen))  # fmt: skip


def _named(one: Envelope) -> tuple[Address, ...]:
    return (*one.from_, *one.to, *one.cc, *one.reply_to)


def _without(fields: Fields, hidden: Collection[str]) -> Fields:
    """The outer fields without some people; a field in which nobody is left goes."""
    made: list[tuple[str, str]] = []
    for name, value in fields:
        people = parse_addresses(value) if name.lower() in ("to", "cc", "reply-to") else ()
        left = [one for one in people if one.key not in hidden]
        if len(left) == len(people):
            made.append((name, value))
        elif left:
            made.append((name, ", ".join(encode_address(one) for one in left)))
    if not any(name.lower() in ("to", "cc") for name, _ in made):
        made.append(("To", "undisclosed-recipients:;"))
    return tuple(made)


def effective_envelope(outer: Part, payload: Part, found: Protected) -> Envelope:
    """The envelope to show: protected fields win, and where there are any (RFC 9788), recipients
    and reply addresses come from nowhere else."""
    outside = outer.envelope
    if found.headers is None:
        return outside
    inside = payload.envelope
    names = {name.lower() for name in found.names}
    if found.mode == "v1":
        return replace(outside, subject=inside.subject) if "subject" in names else outside
    return Envelope(
        message_id=inside.message_id or outside.message_id,
        date=inside.date or outside.date,
        from_=inside.from_ or outside.from_,
        sender=inside.sender,
        to=inside.to,
        cc=inside.cc,
        bcc=outside.bcc,
        reply_to=inside.reply_to,
        subject=inside.subject if "subject" in names else outside.subject,
        in_reply_to=inside.in_reply_to or outside.in_reply_to,
        references=inside.references or outside.references,
        list_post=outside.list_post,
    )
