"""`receive`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from mailclient.account import Account
from mailclient.cli import forms
from mailclient.cli.context import Context, print_json, progress
from mailclient.errors import BadInput


@click.command()
@click.option("--account", "address", help="Only this account. Example: --account ann@example.org")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient receive --json"
)
@click.option(
    "--progress",
    "wanted",
    is_flag=True,
    help="Show progress also where nobody looks. Example: --progress",
)
@click.pass_obj
def receive(context: Context, address: str | None, as_json: bool, wanted: bool) -> None:
    """Collect mail once, from one account or from all of them.

    Example: mailclient receive --account ann@example.org
    """
    app = context.app
    accounts = (
        [app.accounts.get(address)]
        if address
        else [one for one in app.accounts.list() if one.incoming is not None and not one.paused]
    )
    if not accounts:
        raise _nothing_to_collect(app.accounts.list())
    with progress(wanted) as job:
        receipts = app.receive.collect_each(accounts, job)
    if as_json:
        print_json({"accounts": [forms.receipt(one) for one in receipts]})
    for one in receipts:
        if not as_json and one.began:
            new = f"{one.received:,} new message{'' if one.received == 1 else 's'}"
            click.echo(f"{one.address}: {new}, {one.left_on_server:,} left on the server.")
        for sentence in one.problems:
            click.echo(f"mailclient: {one.address}: {sentence}", err=True)
    if not all(one.began for one in receipts):
        click.get_current_context().exit(1)


def _nothing_to_collect(accounts: Sequence[Account]) -> BadInput:
    """Why no account is collected from."""
    if any(one.incoming is not None for one in accounts):
        return BadInput(
            "All accounts are paused; nothing was collected.",
            "Say 'mailclient account set ADDRESS paused=no', or name one with --account.",
        )
    return BadInput("There is no account to collect from.", "'mailclient account add' makes one.")
