"""What a mail server found when it checked a message (Authentication-Results, RFC 8601). Pure.

Anybody can write such a field into a message. It counts only where the own provider must have
written it: above the place where the message came in from outside; or as the topmost one right
below that place, if the provider is known to remove what claims to be its own (section 5).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from mailclient.message.fields import Headers
from mailclient.message.route import belongs, first_unvouched
from mailclient.message.words import clean

FIELD = "authentication-results"
LONGEST_FIELD = 8000
MOST_RESULTS = 50
# A quoted text that does not end goes on to the end: to look for where else one may begin would
# cost the square of the length.
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|\\?\Z)|([^\s;="]+)|([;=])')
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_WORD = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True, slots=True)
class Result:
    """One check: its method and result in lower case, the reason, the properties it looked at."""

    method: str
    result: str
    reason: str = ""
    properties: tuple[tuple[str, str], ...] = ()

    def get(self, *names: str) -> str:
        """The value of the first of these properties that is there."""
        found = dict(reversed(self.properties))
        return next((found[name] for name in names if found.get(name)), "")


@dataclass(frozen=True, slots=True)
class Authentication:
    """What one server says; `server` is its authserv-id. Nothing is known where that is ""."""

    server: str = ""
    results: tuple[Result, ...] = ()

    def of(self, method: str) -> tuple[Result, ...]:
        """The results of one method."""
        return tuple(one for one in self.results if one.method == method)


NOTHING = Authentication()


def trusted_authentication(
    headers: Headers, own: Collection[str], authorities: Collection[str] = ()
) -> Authentication:
    """What the own provider found; NOTHING where no field is certainly its own. Never raises.

    `own` are the domains of its servers, `authorities` the authserv-ids of those servers that are
    known to remove fields in their own name from incoming mail.
    """
    last, first_outside = first_unvouched(headers, own)
    if last < 0:
        return NOTHING
    for at, (name, value) in enumerate(headers.items()):
        if at >= first_outside:
            break
        if name.lower() != FIELD:
            continue
        found = read_authentication(value)
        if at < last and belongs(found.server, (*own, *authorities)):
            return found
        if at > last:  # the topmost of those that a stranger might have written
            return found if belongs(found.server, authorities) else NOTHING
    return NOTHING


def read_authentication(value: str) -> Authentication:
    """The field's value as results (RFC 8601 section 2.2); what is none is passed over."""
    groups = _groups(_without_comments(clean(value[:LONGEST_FIELD])))
    if not groups or not groups[0] or not _NAME.fullmatch(groups[0][0]):
        return NOTHING
    found = (_result(group) for group in groups[1 : MOST_RESULTS + 1])
    return Authentication(groups[0][0].lower(), tuple(one for one in found if one is not None))


def _without_comments(value: str) -> str:
    out, depth, quoted, escaped = [], 0, False, False
    for sign in value:
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign == '"' and not depth:
            quoted = not quoted
        elif sign == "(" and not quoted:
            depth += 1
        elif sign == ")" and depth:
            depth -= 1
            out.append(" ")
            continue
        if not depth:
            out.append(sign)
    return "".join(out)


def _groups(value: str) -> list[list[str]]:
    """The tokens between semicolons; an equals sign is a token of its own."""
    groups: list[list[str]] = [[]]
    for match in _TOKEN.finditer(value):
        if match[3] == ";":
            groups.append([])
        else:
            groups[-1].append(match[2] or match[3] or match[1] or "")
    return groups


def _result(tokens: list[str]) -> Result | None:
    """method[/version] "=" result, then reason and properties as pairs."""
    pairs = [
        (tokens[at - 1].lower(), tokens[at + 1])
        for at, token in enumerate(tokens)
        if token == "=" and 0 < at < len(tokens) - 1
    ]
    if not pairs:
        return None
    method, result = pairs[0][0].partition("/")[0], pairs[0][1].lower()
    if not _WORD.fullmatch(method) or not _WORD.fullmatch(result):
        return None
    reason = next((text for name, text in pairs[1:] if name == "reason"), "")
    rest = tuple((name, text[:320]) for name, text in pairs[1:] if "." in name)
    return Result(method, result, reason[:200], rest)


# In words


def authentication_words(found: Authentication) -> str:
    """One sentence about who says what; "" where nothing is known.

    It tells which servers and which domain, never that a message is to be believed.
    """
    if not found.server:
        return ""
    said = [*_spf(found), *_dkim(found), *_dmarc(found)]
    if not said:
        return f"{found.server} says nothing about where it came from."
    return f"{found.server} says: {', '.join(said)}."


def _domain(value: str) -> str:
    return value.rpartition("@")[2].strip("<>").lower()


def _spf(found: Authentication) -> list[str]:
    for one in found.of("spf"):
        domain = _domain(one.get("smtp.mailfrom", "smtp.mail", "smtp.helo")) or "the sender"
        if one.result == "pass":
            return [f"sent by {domain}'s servers (SPF)"]
        if one.result in ("fail", "softfail"):
            return [f"not sent by {domain}'s servers (SPF)"]
    return []


def _dkim(found: Authentication) -> list[str]:
    results = found.of("dkim")
    signed = [_domain(one.get("header.d", "header.i")) for one in results if one.result == "pass"]
    domains = [one for one in dict.fromkeys(signed) if one][:3]
    if domains:
        return [f"signed by {' and '.join(domains)} (DKIM)"]
    if any(one.result in ("fail", "permerror") for one in results):
        return ["the signature of a sending server does not fit (DKIM)"]
    return []


def _dmarc(found: Authentication) -> list[str]:
    for one in found.of("dmarc"):
        domain = _domain(one.get("header.from")) or "the sender's domain"
        if one.result == "pass":
            return [f"by the rules of {domain} (DMARC)"]
        if one.result == "fail":
            return [f"against the rules of {domain} (DMARC)"]
    return []
