"""`mailclient account …`: add, list, show, set, remove, test and discover accounts."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from mailclient.account import (
    POP3_PORTS,
    SUBMISSION_PORTS,
    Account,
    Authentication,
    EncryptionPolicy,
    Retention,
    Security,
    Server,
)
from mailclient.cancel import CancelToken
from mailclient.cli import discovery, forms
from mailclient.cli.adding import add, both, host_port, sentence
from mailclient.cli.context import Context, first_line, print_json
from mailclient.cli.identities import identity
from mailclient.cli.signin import client, providers, sign_in, sign_out
from mailclient.errors import BadInput
from mailclient.services.accounts import INCOMING, OUTGOING
from mailclient.services.jobs import Job
from mailclient.services.journey import provider_domains
from mailclient.sizes import parse_size, size_words
from mailclient.transport.tls import context

E = TypeVar("E", Security, EncryptionPolicy, Authentication)
SECURITY = click.Choice([one.value for one in Security])
CERTIFICATES = {"pop3-certificate": INCOMING, "smtp-certificate": OUTGOING}
AUTH = click.Choice([one.value for one in Authentication])


@click.group()
def account() -> None:
    """Accounts: add, show, change, test and remove them."""


account.add_command(add)
account.add_command(identity)
account.add_command(sign_in)
account.add_command(sign_out)
account.add_command(providers)
account.add_command(client)


@account.command("list")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient account list --json"
)
@click.pass_obj
def list_(context: Context, as_json: bool) -> None:
    """List the accounts. Example: mailclient account list"""
    accounts = context.app.accounts.list()
    if as_json:
        print_json({"accounts": [forms.account(one) for one in accounts]})
        return
    for one in accounts:
        click.echo(f"{one.address}  {one.name}".rstrip())
    if not accounts:
        click.echo("There is no account yet. 'mailclient account add' makes one.")


@account.command("show")
@click.argument("address")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print JSON. Example: mailclient account show ann@example.org --json",
)
@click.pass_obj
def show(context: Context, address: str, as_json: bool) -> None:
    """Show the settings of an account. Example: mailclient account show ann@example.org"""
    one = context.app.accounts.get(address)
    form = forms.account(one)
    if as_json:
        print_json(form)
        return
    for what in ("incoming", "outgoing"):
        server = form.pop(what)
        if server:
            click.echo(
                f"{what}: {server['host']}:{server['port']} {server['security']}, "
                f"user {server['username']}, auth {server['auth']}"
                + (f", logged in over {server['encrypted']}" if server["encrypted"] else "")
                + (f", certificate {server['certificate']}" if server["certificate"] else "")
            )
    for name, value in form.items():
        if name != "identities":
            click.echo(f"{name.replace('_', ' ')}: {_told(name, value)}")


def _told(name: str, value: Any) -> str:
    """A setting as it is read."""
    nothing = {"minutes": "default", "largest": "any"}
    if value is None:
        return nothing.get(name, "-")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value) or "-"
    return size_words(value) if name == "largest" else str(value) or "-"


@account.command("set")
@click.argument("address")
@click.argument("changes", nargs=-1, required=True, metavar="KEY=VALUE…")
@click.pass_obj
def set_(context: Context, address: str, changes: tuple[str, ...]) -> None:
    """Change settings: name, signature, leave-on-server, encryption, paused, minutes, largest,
    pop3, pop3-security, pop3-certificate, pop3-in-clear, smtp, smtp-security, smtp-certificate,
    smtp-in-clear, username, auth, auth-mechanism, ca-file, client-file, password-file, provider,
    keep-decrypted.

    Example: mailclient account set ann@example.org name='Ann' leave-on-server=30
    """
    one = context.app.accounts.get(address)
    password = None
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise BadInput(f"'{change}' does not say what to set.", "Write KEY=VALUE.")
        if key == "password-file":
            password = first_line(Path(value))
        elif key in CERTIFICATES:
            one = context.app.accounts.accepting(one, CERTIFICATES[key], value)
        else:
            one = _changed(one, key, value)
    context.app.accounts.change(one)
    context.app.intake.run(Job(0))  # what is kept follows at once
    if password is not None:
        context.app.accounts.set_password(one, password)


def _changed(one: Account, key: str, value: str) -> Account:
    first, *others = one.identities
    match key:
        case "name":
            return replace(one, identities=(replace(first, name=value), *others))
        case "signature":
            return replace(one, identities=(replace(first, signature=value), *others))
        case "leave-on-server":
            return replace(one, retention=Retention.parse(value))
        case "encryption":
            return replace(one, encryption=_choice(EncryptionPolicy, value))
        case "paused":
            return replace(one, paused=_yes(value))
        case "keep-decrypted":
            return replace(one, keep_decrypted=None if value == "default" else _yes(value))
        case "minutes":
            return replace(one, minutes=_number(value))
        case "largest":
            return replace(one, largest=None if value in ("", "any") else parse_size(value))
        case "provider":
            return replace(one, provider=provider_domains(value))
        case "pop3" | "pop3-security":
            return replace(one, incoming=_server(one.incoming, key, value, POP3_PORTS))
        case "pop3-in-clear" | "smtp-in-clear":
            if value != "yes":
                raise BadInput(f"Write {key}=yes, if that is what you want.")
            return _in_clear(one, incoming=key == "pop3-in-clear")
        case "smtp" | "smtp-security":
            return replace(one, outgoing=_server(one.outgoing, key, value, SUBMISSION_PORTS))
        case "username" | "auth-mechanism":
            field = "username" if key == "username" else "mechanism"
            return both(one, **{field: value})
        case "ca-file":
            file = _file(value)
            context(file)  # raises where it holds no certificates
            return both(one, ca_file=file)
        case "client-file":
            file = _file(value)
            context("", file)  # raises where it holds no certificate with its key
            return both(one, client_file=file)
        case "auth":
            return both(one, authentication=_choice(Authentication, value))
    raise BadInput(f"There is no setting '{key}'.", "'mailclient account set --help' lists them.")


def _file(value: str) -> str:
    """A file by its whole name; "" for none."""
    return str(Path(value).expanduser().resolve()) if value else ""


def _in_clear(one: Account, *, incoming: bool) -> Account:
    """With a server that may be spoken to without encryption although it knows it."""
    if incoming:
        return replace(one, incoming=one.incoming and replace(one.incoming, encrypted=""))
    return replace(one, outgoing=one.outgoing and replace(one.outgoing, encrypted=""))


def _yes(value: str) -> bool:
    found = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if value.lower() not in found:
        raise BadInput(f"'{value}' is neither yes nor no.", "Write yes or no.")
    return found[value.lower()]


def _number(value: str) -> int | None:
    """Minutes; None for `default`."""
    if value == "default":
        return None
    if not value.isdigit():
        raise BadInput(f"'{value}' is no number of minutes.", "Write a number, or 'default'.")
    return int(value)


def _server(server: Server | None, key: str, value: str, ports: dict[Security, int]) -> Server:
    if key.endswith("-security"):
        if server is None:
            raise BadInput("Name the server first.")
        return replace(server, security=_choice(Security, value))
    security = server.security if server else Security.TLS
    host, port = host_port(value, ports[security])
    return server.at(host, port) if server else Server(host, port, security)


def _choice(kind: type[E], value: str) -> E:
    try:
        return kind(value)
    except ValueError as problem:
        words = ", ".join(one.value for one in kind)
        raise BadInput(f"'{value}' is not one of: {words}.") from problem


@account.command("remove")
@click.argument("address")
@click.option(
    "--keep-mail/--delete-mail",
    default=None,
    help="What happens to its mail on this computer. Example: --keep-mail",
)
@click.option(
    "--waiting",
    type=click.Choice(["drafts", "delete"]),
    help="What happens to messages of it that wait to be sent. Example: --waiting drafts",
)
@click.pass_obj
def remove(context: Context, address: str, keep_mail: bool | None, waiting: str | None) -> None:
    """Remove an account, its passwords and (without --keep-mail) its mail from this computer.

    At a terminal it is asked what happens to the mail, and to messages that wait to be sent; else
    nothing is removed while such wait, unless --waiting says what becomes of them. Nothing changes
    on the server.

    Example: mailclient account remove ann@example.org --keep-mail
    """
    holding = context.app.removing.holding(address)
    asking = sys.stdin.isatty()
    if keep_mail is None and asking:
        keep_mail = click.confirm(
            f"Keep its mail ({holding.messages:,}) on this computer, in local folders?",
            default=True,
            err=True,
        )
    drafts = None if waiting is None else waiting == "drafts"
    if drafts is None and asking and holding.waiting:
        drafts = click.confirm(
            f"Keep what waits to be sent ({holding.waiting:,}), as drafts?", default=True, err=True
        )
    removed = context.app.removing.remove(
        address, with_mail=not keep_mail, waiting_to_drafts=drafts
    )
    told = "Its mail is kept here." if keep_mail else "Its mail is gone from this computer."
    click.echo(f"Removed {address}. {told} On the server nothing has changed.")
    if removed.drafts:
        click.echo(f"In its folder Drafts: {removed.drafts} that waited to be sent.")
    for note in removed.notes:
        click.echo(note)


@account.command("test")
@click.argument("address")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print JSON. Example: mailclient account test ann@example.org --json",
)
@click.pass_obj
def test(context: Context, address: str, as_json: bool) -> None:
    """Log in to both servers of an account, and say how that went.

    Example: mailclient account test ann@example.org
    """
    steps = context.app.accounts.test_stored(address, CancelToken())
    if as_json:
        print_json({"address": address, "steps": [forms.step(one) for one in steps]})
    else:
        for one in steps:
            click.echo(sentence(one), err=not one.ok)
    if not all(one.ok for one in steps):
        click.get_current_context().exit(1)


account.add_command(discovery.discover)
