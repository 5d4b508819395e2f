"""What the wizard says of sources and servers. Pure: values in, words out."""

from __future__ import annotations

from datetime import date
from typing import assert_never

from mailclient.account import Security, Server
from mailclient.message.days import MONTHS
from mailclient.services.discovery import Situation
from mailclient.transport.discover.values import Found, Outcome, Report, Source, Step, Tried

SECURITY = {
    Security.TLS: "encrypted",
    Security.STARTTLS: "encrypted (STARTTLS)",
    Security.NONE: "NOT encrypted",
}
_SOURCES = {
    Source.TABLE: "The list that comes with the program",
    Source.AUTOCONFIG: "Your provider",
    Source.WELL_KNOWN: "Your provider, second place",
    Source.DATABASE: "The public list of providers",
    Source.SRV: "DNS: the servers that the domain names",
    Source.MX: "DNS: who takes in the domain's mail",
    Source.PROBE: "Servers with the usual names",
}
_OUTCOMES = {
    Outcome.ASKING: "asking…",
    Outcome.FOUND: "found",
    Outcome.NOT_FOUND: "nothing there",
    Outcome.REFUSED: "not usable",
    Outcome.SILENT: "no answer",
    Outcome.NOT_ASKED: "not asked",
    Outcome.NOT_AWAITED: "no longer needed",
}


def source_line(tried: Tried) -> str:
    """Who is asked."""
    return _SOURCES[tried.source] + (f" ({tried.place})" if tried.place else "")


def outcome_line(tried: Tried) -> str:
    """What came of it; what was found also says whether it was proved."""
    words = _OUTCOMES[tried.outcome]
    if tried.outcome is Outcome.FOUND:
        return words if tried.source.authenticated else f"{words}, but not signed"
    return words


def server_line(what: str, server: Server) -> str:
    """A server in words: 'Incoming: pop.example.org, encrypted'."""
    return f"{what}: {server.host}, {SECURITY[server.security]}"


def origin(found: Found) -> str:
    """Where the servers are known from, and what that is worth."""
    match found.source:
        case Source.TABLE:
            provider = found.provider
            name = f"{provider.name}, from" if provider else "From"
            when = f" (looked at on {_day(provider.checked)})" if provider else ""
            return f"{name} the list that comes with the program{when}."
        case Source.AUTOCONFIG | Source.WELL_KNOWN:
            return f"Your provider says so itself, at {found.place}, which has proved its name."
        case Source.DATABASE:
            return f"From the public list of mail providers at {found.place}."
        case Source.SRV:
            return "Named by DNS for your domain. DNS is not signed; the servers prove their names."
        case Source.MX:
            name = f", which belongs to {found.provider.name}" if found.provider else ""
            return f"Your domain's mail is taken in by {found.place}{name}."
        case Source.PROBE:
            return (
                "Found under their usual names; both servers have proved that the names are theirs."
            )
        case _:
            assert_never(found.source)


def _day(when: date) -> str:
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def explanation(what: Situation, report: Report, domain: str, *, can_sign_in: bool = False) -> str:
    """What the user has to know before going on; "" where nothing is in the way."""
    found = report.found
    match what:
        case Situation.READY:
            return ""
        case Situation.STEP:
            return found.note if found else ""
        case Situation.UNSIGNED:
            names = " and ".join(found.foreign) if found else ""
            note = f"\n\n{found.note}" if found and found.note else ""
            return (
                f"{names} lie outside of {domain}. Only DNS says that they are yours, and that can "
                f"be forged on the way. Compare the names with what your provider tells you.{note}"
            )
        case Situation.OAUTH2:
            return _signing_in(found, can_sign_in=can_sign_in)
        case Situation.UNENCRYPTED:
            return (
                "The only servers that were found are not encrypted: everybody on the way could "
                "read your password and your mail. Ask your provider for encrypted ones."
            )
        case Situation.OFFLINE if _nobody_asked(report):
            return (
                "Nobody was asked, because the program was started without network or all sources "
                "are switched off. Fill in the servers by hand."
            )
        case Situation.OFFLINE:
            return (
                "Nobody answered: is this computer connected to the network? You can look again, "
                "or fill in the servers by hand."
            )
        case Situation.NOT_FOUND:
            return (
                f"The servers of {domain} were not found. Their names are in your provider's help "
                "pages, often under 'POP3' or 'mail program'."
            )
        case _:
            assert_never(what)


def _signing_in(found: Found | None, *, can_sign_in: bool) -> str:
    provider = found.provider if found else None
    said = (
        provider.say
        if provider and provider.step is Step.OAUTH2
        else "You sign in on the web page of your provider (OAuth 2)."
    )
    if can_sign_in:
        return f"{said} Your browser opens; the password that you type there is not seen here."
    return (
        f"{said} Where its page is, this program does not know: 'Signing in' in the documentation "
        "says how to name it."
    )


def _nobody_asked(report: Report) -> bool:
    return all(one.outcome is Outcome.NOT_ASKED for one in report.tried[1:])


def password_name(found: Found | None) -> str:
    """What the password is called here: some providers have one for mail programs alone."""
    step = found.provider.step if found and found.provider else Step.NONE
    if step is Step.APP_PASSWORD:
        return "App password"
    return "Mail password" if step is Step.MAIL_PASSWORD else "Password"
