"""`account sign-in` and what belongs to it: providers that take no password (OAuth 2.0)."""

from __future__ import annotations

from pathlib import Path

import click

from mailclient.account import Account
from mailclient.cancel import CancelToken
from mailclient.cli.context import FILE_THAT_IS_THERE, Context, first_line
from mailclient.errors import BadInput
from mailclient.transport.oauth.values import Client, DevicePrompt, Grant, Issuer


@click.command("sign-in")
@click.argument("address")
@click.option(
    "--device",
    is_flag=True,
    help="Sign in on another device, with a code. Example: mailclient account sign-in A --device",
)
@click.option(
    "--no-browser",
    is_flag=True,
    help="Only print the page, and open it yourself on this computer. Example: --no-browser",
)
@click.pass_obj
def sign_in(context: Context, address: str, device: bool, no_browser: bool) -> None:
    """Sign in at the provider of an account, on its own web page.

    Example: mailclient account sign-in ann@outlook.com
    """
    account = context.app.accounts.get(address)
    grant = granted(context, account, device=device, browser=not no_browser)
    context.app.accounts.signed_in(account, grant)
    click.echo("Signed in.")


@click.command("sign-out")
@click.argument("address")
@click.pass_obj
def sign_out(context: Context, address: str) -> None:
    """Forget what the provider of an account has granted to this program.

    Example: mailclient account sign-out ann@outlook.com
    """
    account = context.app.accounts.get(address)
    context.app.signin.sign_out(account)
    click.echo("Signed out. The provider's own page lets you withdraw the grant there too.")


def granted(context: Context, account: Account, *, device: bool, browser: bool) -> Grant:
    """Have the user sign in at the provider of an account, which need not be kept here yet.

    Raises as `SignIn.by_browser` does.
    """
    signin = context.app.signin
    issuer = signin.issuer(account.incoming, account.outgoing)
    if issuer is None:
        raise BadInput(
            f"The provider of {account.address} is not known as one that is signed in at.",
            "'mailclient account providers' lists those that are.",
        )
    if device:
        return signin.by_device(issuer, _tell, CancelToken())
    return signin.by_browser(
        issuer, account.address, lambda page: _open(issuer, page, browser), CancelToken()
    )


def _open(issuer: Issuer, page: str, browser: bool) -> None:
    click.echo(f"Sign in at {issuer.title} on this page:\n{page}", err=True)
    if browser:
        click.launch(page)


def _tell(prompt: DevicePrompt) -> None:
    click.echo(f"Open {prompt.page} on any device and type {prompt.user_code}", err=True)


@click.command("providers")
@click.pass_obj
def providers(context: Context) -> None:
    """List the providers that are signed in at, and whether this program is registered there.

    Example: mailclient account providers
    """
    signin = context.app.signin
    for name, known in signin.providers().items():
        told = "registered" if signin.client(known.issuer) else "no client ID yet"
        click.echo(f"{name:<10} {known.issuer.title:<12} {told}")


@click.command("client")
@click.argument("provider")
@click.argument("client_id")
@click.option(
    "--secret-file",
    type=FILE_THAT_IS_THERE,
    help="A file whose first line is the client secret. Example: --secret-file secret.txt",
)
@click.pass_obj
def client(context: Context, provider: str, client_id: str, secret_file: Path | None) -> None:
    """Keep the client ID that this program was registered with at a provider.

    Example: mailclient account client microsoft 00001111-aaaa-2222-bbbb-3333cccc4444
    """
    secret = first_line(secret_file) if secret_file else ""
    context.app.signin.set_client(provider, Client(client_id, secret))
    click.echo(f"Kept for {provider}.")
