"""Mail links (RFC 6068): what may fill in a draft. Pure.

A link comes from a stranger. What could attach a file or add a field is dropped, and its text is
never more than text.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit

from mailclient.errors import BadInput
from mailclient.message.address import Address, parse_addresses
from mailclient.message.draft import Draft
from mailclient.message.words import clean

MAILTO_FIELDS = frozenset({"to", "cc", "bcc", "subject", "body", "in-reply-to"})
LONGEST = 64 * 1024  # a link is no place for more
MOST_FIELDS = 100


def fill_from_mailto(draft: Draft, uri: str) -> Draft:
    """Fill a draft from a mailto: URI; raises BadInput for what is none, or too long."""
    if len(uri) > LONGEST:
        raise BadInput("This mail link is too long.", "Write the message by hand.")
    try:
        parts = urlsplit(uri)
        query = parse_qsl(
            parts.query.replace("+", "%2B"), keep_blank_values=True, max_num_fields=MOST_FIELDS
        )
    except ValueError as problem:
        raise BadInput(f"'{clean(uri)[:80]}' is not a mail link.") from problem
    if parts.scheme.lower() != "mailto":
        raise BadInput(f"'{clean(uri)[:80]}' is not a mail link.", "It begins with mailto:.")
    fields: dict[str, list[str]] = {"to": [unquote(parts.path)]} if parts.path else {}
    for name, value in query:
        if name.lower() in MAILTO_FIELDS:
            fields.setdefault(name.lower(), []).append(value)

    def people(name: str) -> tuple[Address, ...]:
        return parse_addresses(clean(", ".join(fields.get(name, ()))))

    body = "\n".join(fields.get("body", ())).replace("\r\n", "\n").replace("\r", "\n")
    return replace(
        draft,
        to=people("to"),
        cc=people("cc"),
        bcc=(*draft.bcc, *people("bcc")),
        subject=clean(" ".join(fields.get("subject", ()))),
        in_reply_to=clean(" ".join(fields.get("in-reply-to", ()))).strip(),
        text="\n".join(clean(line) for line in body.split("\n")) + draft.text,
    )
