"""`mailclient account discover`, and what `account add` takes from discovery by itself."""

from __future__ import annotations

import sys

import click

from mailclient.account import Authentication, Server
from mailclient.cancel import CancelToken
from mailclient.cli import forms
from mailclient.cli.context import Context, print_json
from mailclient.errors import BadInput
from mailclient.services.discovery import Situation, situation
from mailclient.transport.discover.values import Found, Report

BY_HAND = "Name them with --pop3 and --smtp."


@click.command("discover")
@click.argument("address")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print JSON. Example: mailclient account discover ann@example.org --json",
)
@click.pass_obj
def discover(context: Context, address: str, as_json: bool) -> None:
    """Show what automatic set-up finds for an address, and from where.

    Example: mailclient account discover ann@example.org
    """
    report = context.app.discovery.find(address, CancelToken())
    if as_json:
        print_json(forms.report(report))
    else:
        _tell(report)
    if report.found is None:
        raise _nothing(context, report)


def usable(context: Context, address: str, ca_file: str, given: Authentication | None) -> Found:
    """The servers of an address, where they can be used without a doubt; raises BadInput."""
    report = context.app.discovery.find(address, CancelToken(), ca_file=ca_file)
    found = report.found
    if found is None:
        raise _nothing(context, report)
    match situation(report, offline=context.offline):
        case Situation.UNENCRYPTED:
            raise BadInput(
                f"The servers of {address} that were found take passwords only in clear.",
                "Ask the provider for encrypted ones; else name them with --pop3 and "
                "--pop3-security none, --smtp and --smtp-security none.",
            )
        case Situation.OAUTH2 if given is None and not _registered(context, found):
            raise BadInput(found.note or _OAUTH2, _OAUTH2_NEXT)
        case _ if found.foreign and not _agreed(found):
            raise BadInput(
                f"Only DNS, which anybody on the way could have forged, names "
                f"{' and '.join(found.foreign)} for {address}.",
                "If your provider names them too, give them with --pop3 and --smtp.",
            )
    if found.note:
        click.echo(found.note, err=True)
    return found


_OAUTH2 = "This provider wants you to sign in on its web page (OAuth 2)."
_OAUTH2_NEXT = (
    "This program has to be registered there first: 'mailclient account client --help', and the "
    "page 'Signing in' of the documentation."
)


def _registered(context: Context, found: Found) -> bool:
    """Whether the user can sign in at the provider that was found."""
    signin = context.app.signin
    issuer = signin.issuer(found.incoming, found.outgoing)
    return issuer is not None and signin.client(issuer) is not None


def _agreed(found: Found) -> bool:
    """Ask about servers that only unsigned DNS has named, where somebody can be asked."""
    if not sys.stdin.isatty():
        return False
    return click.confirm(
        f"Unsigned DNS names {' and '.join(found.foreign)}. Are these your provider's servers?",
        err=True,
    )


def _nothing(context: Context, report: Report) -> BadInput:
    if situation(report, offline=context.offline) is Situation.OFFLINE:
        return BadInput(
            f"The mail servers of {report.address} are not in the list of providers, and nobody "
            "else could be asked.",
            f"Look at the network, or {BY_HAND[0].lower()}{BY_HAND[1:]}",
        )
    return BadInput(f"Nothing is known about the mail servers of {report.address}.", BY_HAND)


def _tell(report: Report) -> None:
    found = report.found
    if found is not None:
        for what, server in (("Incoming", found.incoming), ("Outgoing", found.outgoing)):
            click.echo(f"{what}: {_server(server)}")
        where = f" ({found.place})" if found.place else ""
        proved = "authenticated" if found.source.authenticated else "not authenticated"
        click.echo(f"Source: {found.source.value}{where}, {proved}")
        if found.foreign:
            click.echo(f"To confirm: {', '.join(found.foreign)}")
        if found.note:
            click.echo(found.note)
    for tried in report.tried:
        words = " ".join(one for one in (tried.place, tried.reason) if one)
        click.echo(f"  {tried.source.value}: {tried.outcome.value}  {words}".rstrip())


def _server(server: Server) -> str:
    return (
        f"{server.host}:{server.port} {server.security.value}, user {server.username}, "
        f"auth {server.authentication.value}"
    )
