"""What a reader sees of a message: its text, its sanitised HTML and its attachments.

Only the parts of one payload are looked at. Protected parts inside it stay closed, and messages
inside it are attachments: nothing that stands on its own is ever mixed into the text.
"""

from __future__ import annotations

import html as entities
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from mailclient.message.flowed import unflow
from mailclient.message.hints import hints
from mailclient.message.html import sanitise, text_of
from mailclient.message.tree import EMBEDDED, LONGEST_TEXT, Part
from mailclient.message.words import clean, lines_of

LONGEST_NAME = 150  # bytes
CLOSED = "[A protected part inside this message is not shown here. Open it by itself.]\n"
MALFORMED = (
    "[This message calls itself encrypted and is not made as such a message must be, so it cannot "
    "be opened. Its parts are among the attachments.]\n"
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LEGACY_HTML = re.compile(
    r"<div[^>]{0,500}class=[\"']?header-protection-legacy-display[\"']?[^>]{0,500}>"
    r".*?(?:</div>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_CUT = (
    "The text is very long: only its beginning is shown and can be searched. The whole of it is "
    "among the attachments."
)
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
# What the parts of a report are to who reads it (RFC 3462, RFC 6533, RFC 8098)
_IN_REPORTS = {
    "message/rfc822": "The message that came back.eml",
    "message/global": "The message that came back.eml",
    "text/rfc822-headers": "The head of the message that came back.txt",
    "message/global-headers": "The head of the message that came back.txt",
    "message/delivery-status": "Details of the report.txt",
    "message/global-delivery-status": "Details of the report.txt",
    "message/disposition-notification": "Details of the receipt.txt",
    "message/global-disposition-notification": "Details of the receipt.txt",
}
_EXTENSIONS = {
    "message/rfc822": ".eml",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
    "application/pgp-keys": ".asc",
    "application/pgp-signature": ".asc",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not text, or more text than is shown. `name` is the sender's, or one made up;
    `size` is about right."""

    part: Part
    number: str
    name: str
    content_type: str
    size: int
    inline: bool
    content_id: str

    def data(self) -> bytes:
        """The content, decoded."""
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        """The content, decoded, in pieces."""
        as_it_is = self.part.content_type in EMBEDDED and self.part.encoding != "base64"
        return self.part.chunks(encoded=as_it_is)


@dataclass(frozen=True, slots=True)
class Body:
    """The readable side of a message; `html` is sanitised, None where the message has none."""

    text: str
    html: str | None
    remote_content: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    problems: tuple[str, ...]


class _Reading:
    """Reads the texts of one message: of plain text and of HTML no more than LONGEST_TEXT each."""

    def __init__(self, root: Part, *, sealed: bool) -> None:
        # Elsewhere the subject that it repeats is not shown: what was signed would lose its words.
        self._legacy = sealed and root.params.get("hp", "").lower() == "cipher"
        self._room = {False: LONGEST_TEXT, True: LONGEST_TEXT}
        self.cut: list[Part] = []

    def plain(self, part: Part) -> str:
        """The text of a part that is plain text, or whose protection stays closed."""
        if part.content_type == "multipart/encrypted":
            return CLOSED if part.parent is not None else MALFORMED
        text = _CONTROLS.sub("\ufffd", self._text(part))
        if part.params.get("format", "").lower() == "flowed":
            text = unflow(text, delete_space=part.params.get("delsp", "").lower() == "yes")
        if self._has_legacy(part):
            text = text.partition("\n\n")[2]
        return text

    def html(self, part: Part) -> str:
        """The HTML of a part, as it came."""
        html = self._text(part)
        return _LEGACY_HTML.sub("", html, count=1) if self._has_legacy(part) else html

    def _text(self, part: Part) -> str:
        kind = part.content_type == "text/html"
        data = part.start(self._room[kind] + 1)
        cut = len(data) > self._room[kind]
        if cut:
            self.cut.append(part)
            data = data[:-1]
        self._room[kind] -= len(data)
        return lines_of(data, part.charset, cut=cut)

    def _has_legacy(self, part: Part) -> bool:
        return self._legacy and part.params.get("hp-legacy-display") == "1"


def body(
    root: Part, *, formatted: bool = True, pictures: bool = False, sealed: bool = False
) -> Body:
    """Read the body; never raises. The legacy display of protected headers (RFC 9788 section 5.2)
    is left out where the root says that there is one, and was `sealed`: came out of encryption.

    Without `formatted` there is no HTML, and none is looked at where there is plain text beside it.
    With `pictures` those that lie on the network have a place in it.
    """
    pieces, leaves = _sort(root)
    reading = _Reading(root, sealed=sealed)
    texts: list[str] = []
    seen: list[tuple[str, Part]] = []
    htmls: list[str] = []
    remote: dict[str, None] = {}
    for plain_part, alternative in pieces:
        html_part = alternative if formatted or plain_part is None else None
        harmless = (
            None if html_part is None else sanitise(reading.html(html_part), pictures=pictures)
        )
        if plain_part is not None:
            texts.append(reading.plain(plain_part))
        elif harmless is not None:
            texts.append(text_of(harmless))
        whole = texts[-1:] if harmless is None else [*texts[-1:], harmless.html]
        seen += [(text, plain_part or alternative or root) for text in whole]
        if harmless is None:
            htmls.append(f"<pre>{entities.escape(texts[-1])}</pre>")
        else:
            remote.update(dict.fromkeys(harmless.remote))
            htmls.append(harmless.html)
    cut = (_CUT,) if reading.cut else ()
    has_html = formatted and any(html_part is not None for _, html_part in pieces)
    return Body(
        text="\n".join(texts),
        html="<hr>".join(htmls) if has_html else None,
        remote_content=tuple(remote) if formatted else (),
        attachments=tuple(_attachment(part) for part in (*reading.cut, *leaves)),
        problems=(*root.problems, *cut, *hints(seen, leaves)),
    )


def _sort(root: Part) -> tuple[list[tuple[Part | None, Part | None]], list[Part]]:
    """The text parts in their order, (plain, HTML) where they are alternatives, and the rest."""
    pieces: list[tuple[Part | None, Part | None]] = []
    leaves: list[Part] = []
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if part.content_type == "multipart/alternative" and part.children:
            piece, others = _alternatives(part)
            if piece != (None, None):
                pieces.append(piece)
            leaves.extend(others)
        elif part.content_type == "multipart/encrypted":
            pieces.append((part, None))
            leaves.extend(part.children if part is root else ())
        elif part.content_type == "multipart/signed" and part.children:
            waiting.extend(reversed((part.children[0], *part.children[2:])))
        elif part.is_multipart and part.children:
            waiting.extend(reversed(part.children))
        elif _is_text(part):
            pieces.append((None, part) if part.content_type == "text/html" else (part, None))
        elif part.content_type != "text/rfc822-headers" or "protected-headers" not in part.params:
            leaves.append(part)
    return pieces, leaves


def _alternatives(part: Part) -> tuple[tuple[Part | None, Part | None], list[Part]]:
    """Of parts that say the same: the first plain text, the last HTML, and what is neither."""
    plain: Part | None = None
    html: Part | None = None
    others: list[Part] = []
    for one in part.walk():
        if one.children and one.content_type not in EMBEDDED:
            continue
        if _is_text(one) and one.content_type == "text/html":
            html = one
        elif _is_text(one):
            plain = plain or one
        else:
            others.append(one)
    return (plain, html), others


def _is_text(part: Part) -> bool:
    if part.is_multipart:
        return not part.children  # broken: shown as it is
    if part.disposition == "attachment":
        return False
    if part.content_type == "text/html":
        return True
    return part.content_type == "text/plain" and not (part.filename and part.disposition == "")


def _attachment(part: Part) -> Attachment:
    inline = bool(part.content_id) and part.disposition != "attachment"
    return Attachment(
        part=part,
        number=part.number,
        name=part.filename or _made_up(part),
        content_type=part.content_type,
        size=part.size,
        inline=inline and part.content_type.startswith("image/"),
        content_id=part.content_id,
    )


def _made_up(part: Part) -> str:
    in_report = part.parent is not None and part.parent.content_type == "multipart/report"
    if in_report and part.content_type in _IN_REPORTS:
        return _IN_REPORTS[part.content_type]
    extension = _EXTENSIONS.get(part.content_type, "")
    if part.content_type in EMBEDDED and part.children:
        subject = part.children[0].headers.get("subject")[:80]
        return f"{subject or 'message'}.eml"
    word = part.content_type.partition("/")[0]
    return f"{'part' if word == 'application' else word}-{part.number or '0'}{extension}"


def snippet(text: str, longest: int = 160) -> str:
    """The beginning of what the sender wrote: no quotes, no signature, no blank lines."""
    words: list[str] = []
    length = 0
    for line in text[:20_000].split("\n"):
        if line == "-- " or line == "--":
            break
        line = clean(line).strip()
        if not line or line.startswith((">", "|")) or line.endswith((" wrote:", " schrieb:")):
            continue
        words.append(line)
        length += len(line) + 1
        if length > longest:
            break
    whole = " ".join(" ".join(words).split())
    return whole if len(whole) <= longest else whole[: longest - 1].rstrip() + "…"


def safe_name(name: str) -> str:
    """A name that a file may have on any system: no folder, no control, nothing invisible."""
    base = re.split(r"[/\\]", name)[-1]
    kept = "".join(
        " " if one in '<>:"|?*' else one
        for one in unicodedata.normalize("NFC", base)
        if unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    )
    kept = " ".join(kept.split()).lstrip(".").strip(" .")
    if _RESERVED.match(kept):
        kept = f"_{kept}"
    stem, dot, extension = kept.rpartition(".")
    if not dot or len(extension.encode()) > 16:
        stem, dot, extension = kept, "", ""
    room = LONGEST_NAME - len(dot) - len(extension.encode())
    stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .")
    return f"{stem}{dot}{extension}" or "attachment"
