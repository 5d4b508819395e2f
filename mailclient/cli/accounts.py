"""`mailclient account …`: add, list, show, set, remove, test and discover accounts."""

from __future__ import annotations

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
    Identity,
    Retention,
    Security,
    Server,
)
from mailclient.cancel import CancelToken
from mailclient.cli import discovery, forms
from mailclient.cli.context import Context, first_line, print_json
from mailclient.cli.identities import identity
from mailclient.cli.signin import client, granted, providers, sign_in
from mailclient.errors import BadInput, MailError
from mailclient.services.accounts import INCOMING, OUTGOING, StepResult
from mailclient.services.journey import provider_domains
from mailclient.services.signin import by_token
from mailclient.sizes import parse_size, size_words

E = TypeVar("E", Security, EncryptionPolicy, Authentication)
SECURITY = click.Choice([one.value for one in Security])
CERTIFICATES = {"pop3-certificate": INCOMING, "smtp-certificate": OUTGOING}
AUTH = click.Choice([one.value for one in Authentication])


@click.group()
def account() -> None:
    """Accounts: add, show, change, test and remove them."""


account.add_command(identity)
account.add_command(sign_in)
account.add_command(providers)
account.add_command(client)


@account.command("add")
@click.option("--address", required=True, help="Your address. Example: --address ann@example.org")
@click.option("--name", default="", help="Your name. Example: --name 'Ann Example'")
@click.option("--pop3", help="The incoming server. Example: --pop3 pop.example.org:995")
@click.option(
    "--pop3-security",
    type=SECURITY,
    default="tls",
    show_default=True,
    help="How its connection is protected. Example: --pop3-security starttls",
)
@click.option("--smtp", help="The outgoing server. Example: --smtp smtp.example.org:465")
@click.option(
    "--smtp-security",
    type=SECURITY,
    default="tls",
    show_default=True,
    help="How its connection is protected. Example: --smtp-security starttls",
)
@click.option(
    "--username", help="The name to log in with, if it is not your address. Example: --username ann"
)
@click.option(
    "--auth",
    type=AUTH,
    default="password",
    show_default=True,
    help="How you log in. Example: --auth none",
)
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file whose first line is the password. Example: --password-file pw.txt",
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Certificates (PEM) to trust for these servers. Example: --ca-file ca.pem",
)
@click.option(
    "--leave-on-server",
    default="14",
    show_default=True,
    help="yes, no, a number of days, count:N, size:200MB, deleted. Example: --leave-on-server yes",
)
@click.option(
    "--no-test", is_flag=True, help="Add the account without logging in. Example: --no-test"
)
@click.option(
    "--device",
    is_flag=True,
    help="Where you have to sign in: on another device, with a code. Example: --device",
)
@click.pass_obj
def add(
    context: Context,
    address: str,
    name: str,
    pop3: str | None,
    pop3_security: str,
    smtp: str | None,
    smtp_security: str,
    username: str | None,
    auth: str,
    password_file: Path | None,
    ca_file: Path | None,
    leave_on_server: str,
    no_test: bool,
    device: bool,
) -> None:
    """Add an account; servers that are left out are looked up.

    Example: mailclient account add --address ann@example.org --password-file pw.txt
    """
    identity = Identity(address, name)
    wanted = Account((identity,), retention=Retention.parse(leave_on_server))
    trusted = str(ca_file.resolve()) if ca_file else ""
    if pop3 is None or smtp is None:
        given = Authentication(auth) if _was_given("auth") else None
        found = discovery.usable(context, address, trusted, given)
        changes: dict[str, Any] = {"username": username} if username else {}
        if given is not None:
            changes["authentication"] = given
        wanted = _both(replace(wanted, incoming=found.incoming, outgoing=found.outgoing), **changes)
    common = {
        "authentication": Authentication(auth),
        "username": username or address,
        "ca_file": trusted,
    }
    if pop3 is not None:
        security = Security(pop3_security)
        host, port = host_port(pop3, POP3_PORTS[security])
        wanted = replace(wanted, incoming=Server(host, port, security, **common))  # type: ignore[arg-type]
    if smtp is not None:
        security = Security(smtp_security)
        host, port = host_port(smtp, SUBMISSION_PORTS[security])
        wanted = replace(wanted, outgoing=Server(host, port, security, **common))  # type: ignore[arg-type]
    grant = None
    if password_file is None and (by_token(wanted.incoming) or by_token(wanted.outgoing)):
        grant = granted(context, wanted, device=device, browser=True)
    password = grant.access if grant else _password(password_file, Authentication(auth))
    if not no_test:
        steps = context.app.accounts.test(wanted, password, None, CancelToken())
        for step in steps:
            click.echo(_sentence(step), err=not step.ok)
        if not all(step.ok for step in steps):
            raise MailError("The account was not added.", "Mend the settings, or use --no-test.")
    added = context.app.accounts.add(wanted, "" if grant else password)
    if grant:
        context.app.accounts.signed_in(added, grant)
    click.echo(f"Added {address}.")


def _was_given(parameter: str) -> bool:
    """Whether an option stands on the command line."""
    source = click.get_current_context().get_parameter_source(parameter)
    return source is click.core.ParameterSource.COMMANDLINE


def host_port(text: str, default: int) -> tuple[str, int]:
    """Read HOST, HOST:PORT or [IPv6]:PORT."""
    host, _, port = text.rpartition(":") if "]" not in text or text[-1:] != "]" else (text, "", "")
    if not host:
        host, port = text, ""
    if port and not port.isdigit():
        raise BadInput(f"'{text}' does not name a server.", "Write it as HOST:PORT.")
    return host.strip("[]"), int(port) if port else default


def _password(path: Path | None, authentication: Authentication) -> str:
    if authentication is Authentication.NONE:
        return ""
    if path is not None:
        return first_line(path)
    return str(click.prompt("Password", hide_input=True, err=True))


def _sentence(step: StepResult) -> str:
    return f"{step.what.capitalize()}: {step.text} {step.advice}".rstrip()


@account.command("list")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient account list --json"
)
@click.pass_obj
def list_(context: Context, as_json: bool) -> None:
    """List the accounts."""
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
    """Show the settings of an account."""
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
    smtp-in-clear, username, auth, auth-mechanism, ca-file, password-file, provider.

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
            return _both(one, **{field: value})
        case "ca-file":
            return _both(one, ca_file=str(Path(value).resolve()) if value else "")
        case "auth":
            return _both(one, authentication=_choice(Authentication, value))
    raise BadInput(f"There is no setting '{key}'.", "'mailclient account set --help' lists them.")


def _in_clear(one: Account, *, incoming: bool) -> Account:
    """With a server that may be spoken to without encryption although it knows it."""
    if incoming:
        return replace(one, incoming=one.incoming and replace(one.incoming, encrypted=""))
    return replace(one, outgoing=one.outgoing and replace(one.outgoing, encrypted=""))


def _both(one: Account, **changes: Any) -> Account:
    """A change of both servers."""
    return replace(
        one,
        incoming=one.incoming and replace(one.incoming, **changes),
        outgoing=one.outgoing and replace(one.outgoing, **changes),
    )


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
    "--keep-mail", is_flag=True, help="Keep its mail on this computer. Example: --keep-mail"
)
@click.pass_obj
def remove(context: Context, address: str, keep_mail: bool) -> None:
    """Remove an account, its passwords and (without --keep-mail) its mail from this computer."""
    context.app.accounts.remove(address, with_mail=not keep_mail)
    click.echo(f"Removed {address}.")


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
    """Log in to both servers of an account."""
    steps = context.app.accounts.test_stored(address, CancelToken())
    if as_json:
        print_json({"address": address, "steps": [forms.step(one) for one in steps]})
    else:
        for one in steps:
            click.echo(_sentence(one), err=not one.ok)
    if not all(one.ok for one in steps):
        click.get_current_context().exit(1)


account.add_command(discovery.discover)
