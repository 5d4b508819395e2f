"""`mailclient account identity …`: the addresses that an account writes from."""

from __future__ import annotations

from dataclasses import replace

import click

from mailclient.account import Identity
from mailclient.cli import forms
from mailclient.cli.context import Context, print_json
from mailclient.errors import BadInput

FIELDS = {
    "address": "address",
    "name": "name",
    "signature": "signature",
    "signature-html": "signature_html",
    "key": "key",
    "reply-to": "reply_to",
    "sent": "sent",
}


@click.group()
def identity() -> None:
    """The addresses of an account: add, list, change and remove them."""


@identity.command("add")
@click.argument("account")
@click.argument("address")
@click.argument("changes", nargs=-1, metavar="[KEY=VALUE…]")
@click.pass_obj
def add(context: Context, account: str, address: str, changes: tuple[str, ...]) -> None:
    """Let an account write from another address, too; keys as for `set`.

    Example: mailclient account identity add ann@example.org shop@example.org name='Ann, shop'
    """
    accounts = context.app.accounts
    accounts.keep_identity(accounts.get(account), _changed(Identity(address), changes))
    click.echo(f"Added {address} to {account}.")


@identity.command("list")
@click.argument("account", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON. Example: … identity list --json")
@click.pass_obj
def list_(context: Context, account: str | None, as_json: bool) -> None:
    """List the addresses of one account, or of all.

    Example: mailclient account identity list ann@example.org
    """
    accounts = context.app.accounts
    chosen = (accounts.get(account),) if account else accounts.list()
    found = [(one, who) for one in chosen for who in one.identities]
    if as_json:
        print_json({"identities": [forms.identity(who, one.address) for one, who in found]})
        return
    for one, who in found:
        click.echo(f"{one.address}  {who.address}  {who.name}".rstrip())


@identity.command("set")
@click.argument("address")
@click.argument("changes", nargs=-1, required=True, metavar="KEY=VALUE…")
@click.pass_obj
def set_(context: Context, address: str, changes: tuple[str, ...]) -> None:
    """Change an address: address, name, signature, signature-html, key, reply-to, bcc-self, sent.

    Example: mailclient account identity set shop@example.org reply-to=ann@example.org bcc-self=yes
    """
    accounts = context.app.accounts
    account, before = accounts.identity(address)
    accounts.keep_identity(account, _changed(before, changes), before.address)


@identity.command("remove")
@click.argument("address")
@click.pass_obj
def remove(context: Context, address: str) -> None:
    """Let an account write from an address no more. Its mail stays.

    Example: mailclient account identity remove shop@example.org
    """
    context.app.accounts.drop_identity(address)
    click.echo(f"Removed {address}.")


def _changed(one: Identity, changes: tuple[str, ...]) -> Identity:
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise BadInput(f"'{change}' does not say what to set.", "Write KEY=VALUE.")
        if key == "bcc-self":
            one = replace(one, bcc_self=value.lower() in ("yes", "true", "1"))
        elif key in FIELDS:
            one = _with(one, FIELDS[key], value)
        else:
            raise BadInput(
                f"There is no setting '{key}'.",
                "'mailclient account identity set --help' lists them.",
            )
    return one


def _with(one: Identity, field: str, value: str) -> Identity:
    return replace(one, **{field: value})  # type: ignore[arg-type]  # all of these are texts
