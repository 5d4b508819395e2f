"""Mail that came back in the words of one server alone, without the form of RFC 3464. Pure.

Who could not be reached is found by flufl.bounce, which knows the texts of some twenty kinds of
server. It is asked late and seldom: only for what a mail system has sent.
"""

from __future__ import annotations

import re
from email import message_from_bytes

from mailclient.message.envelope import ids
from mailclient.message.report import (
    MOST_RECIPIENTS,
    Action,
    DeliveryReport,
    RecipientReport,
    Returned,
    returned,
)
from mailclient.message.tree import Part
from mailclient.message.words import clean, decode_text

LARGEST = 256 * 1024
# The library takes the square of a text's length for some; who failed stands at its beginning.
READ = 32 * 1024
LONGEST_LINE = 1000
_SYSTEMS = frozenset(
    {"mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "mdaemon", "mailsystem"}
)
_SUBJECT = re.compile(
    r"undeliver|not deliver|delivery (?:fail|status|problem|notif|error)"
    r"|returned? (?:mail|to sender)|failure notice|mail (?:failure|system error|delivery fail)"
    r"|could not (?:be )?sen[dt]"
    r"|unzustellbar",
    re.IGNORECASE,
)
_ID = re.compile(r"^[ \t>]*message-id:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
_REPLY = re.compile(r"\b[45]\d\d[ -](?:#?([45]\.\d{1,3}\.\d{1,3}))?[^\n]{0,300}")
# What may go wrong in a library over a text that it does not expect.
_BUGS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


def read_bounce(root: Part) -> DeliveryReport | None:
    """Who could not be reached, where a mail system says it in its own words; else None.

    Never raises.
    """
    if not _from_a_mail_system(root):
        return None
    temporary, permanent = _failures(_cut(root.beginning(READ)))
    text = "\n".join(part.text() for part in root.walk() if part.content_type == "text/plain")
    reply = _REPLY.search(text[:LARGEST])
    people = tuple(
        RecipientReport(
            address=address,
            action=action,
            status=(reply[1] or "") if reply else "",
            diagnostic=clean(reply[0]).strip() if reply else "",
        )
        for action, found in ((Action.FAILED, permanent), (Action.DELAYED, temporary))
        for address in found
    )
    if not people:
        return None
    return DeliveryReport(people[:MOST_RECIPIENTS], _named(root, text), structured=False)


def _from_a_mail_system(root: Part) -> bool:
    """Whether a program, not a person, has sent it: RFC 5321 section 4.5.5 wants no return path."""
    if "list-id" in root.headers or "list-post" in root.headers:
        return False
    sender = root.envelope.from_
    local = sender[0].address.rpartition("@")[0].lower() if sender else ""
    if local in _SYSTEMS:
        return True
    empty = root.headers.text("return-path").strip() == "<>"
    return empty and _SUBJECT.search(root.headers.get("subject")) is not None


def _cut(raw: bytes) -> bytes:
    return b"\n".join(line[:LONGEST_LINE].rstrip(b"\r") for line in raw.split(b"\n"))


def _failures(raw: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The addresses that a library finds: put off, and failed."""
    from flufl.bounce import all_failures  # 30 ms, and few messages need it

    try:
        temporary, permanent = all_failures(message_from_bytes(raw))
    except _BUGS:
        return (), ()
    return _addresses(temporary - permanent), _addresses(permanent)


def _addresses(found: frozenset[bytes]) -> tuple[str, ...]:
    texts = sorted(clean(decode_text(one, "utf-8")).strip("<> ") for one in found)
    return tuple(one for one in texts if re.fullmatch(r"[^\s@<>]{1,64}@[^\s@<>]{1,255}", one))


def _named(root: Part, text: str) -> Returned:
    """The message that it is about, by what was given back or by the text below the words."""
    found = returned(root)
    if found.message_id:
        return found
    match = _ID.search(text[:LARGEST])
    named = ids(match[1]) if match else ()
    return Returned(named[0]) if named else found
