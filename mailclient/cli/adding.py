"""`mailclient account add`: from an address, and what else is given, to an account that works."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mailclient.account import (
    POP3_PORTS,
    SUBMISSION_PORTS,
    Account,
    Authentication,
    Identity,
    Retention,
    Security,
    Server,
)
from mailclient.cancel import CancelToken
from mailclient.cli import discovery
from mailclient.cli.context import FILE, FILE_THAT_IS_THERE, Context, first_line
from mailclient.cli.signin import granted
from mailclient.errors import BadInput, MailError
from mailclient.services.accounts import StepResult
from mailclient.services.signin import by_token
from mailclient.transport import tls

SECURITY = click.Choice([one.value for one in Security])
AUTH = click.Choice([one.value for one in Authentication])


@click.command("add")
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
    help="How you log in; oauth2 is on the provider's web page. Example: --auth oauth2",
)
@click.option(
    "--password-file",
    type=FILE,
    help="A file whose first line is the password. Example: --password-file pw.txt",
)
@click.option(
    "--ca-file",
    type=FILE_THAT_IS_THERE,
    help="Certificates (PEM) to trust for these servers. Example: --ca-file ca.pem",
)
@click.option(
    "--client-file",
    type=FILE_THAT_IS_THERE,
    help="Your own certificate and its key (PEM), for servers that ask for one. "
    "Example: --client-file ann.pem",
)
@click.option(
    "--leave-on-server",
    default="14",
    show_default=True,
    help="How long mail stays on the server: yes (for ever), no, a number of days, count:500, "
    "size:200MB, deleted (until it is deleted here). Example: --leave-on-server yes",
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
    client_file: Path | None,
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
    own = str(client_file.resolve()) if client_file else ""
    tls.context(trusted, own)  # raises where a file cannot be used
    if pop3 is None or smtp is None:
        given = Authentication(auth) if _was_given("auth") else None
        found = discovery.usable(context, address, trusted, given)
        changes: dict[str, Any] = {"client_file": own}
        if username:
            changes["username"] = username
        if given is not None:
            changes["authentication"] = given
        wanted = both(replace(wanted, incoming=found.incoming, outgoing=found.outgoing), **changes)
    common = {
        "authentication": Authentication(auth),
        "username": username or address,
        "ca_file": trusted,
        "client_file": own,
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
        _log_in(context, wanted, password)
    if grant:
        context.app.accounts.add_signed_in(wanted, grant)
    else:
        context.app.accounts.add(wanted, password)
    click.echo(f"Added {address}.")


def _log_in(context: Context, wanted: Account, password: str) -> None:
    """Log in to both servers, and tell how that went; raises MailError where one refuses."""
    steps = context.app.accounts.test(wanted, password, None, CancelToken())
    for step in steps:
        click.echo(sentence(step), err=not step.ok)
    if not all(step.ok for step in steps):
        raise MailError("The account was not added.", "Mend the settings, or use --no-test.")


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


def sentence(step: StepResult) -> str:
    """How the test of one server ended."""
    return f"{step.what.capitalize()}: {step.text} {step.advice}".rstrip()


def both(one: Account, **changes: Any) -> Account:
    """A change of both servers."""
    return replace(
        one,
        incoming=one.incoming and replace(one.incoming, **changes),
        outgoing=one.outgoing and replace(one.outgoing, **changes),
    )
