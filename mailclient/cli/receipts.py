"""`mailclient receipt …`: what to do when a sender wants to be told that a message was read."""

from __future__ import annotations

import click

from mailclient.cli.context import Context, progress


@click.command()
@click.argument("id", type=int)
@click.argument("decision", type=click.Choice(["send", "no", "never"]))
@click.pass_obj
def receipt(context: Context, id: int, decision: str) -> None:
    """Send the read receipt that a message asks for, send none, or never ask again for this sender.

    Example: mailclient receipt 17 send
    """
    receipts = context.app.receipts
    if decision == "never":
        receipts.never(id)
    elif decision == "no":
        receipts.dismiss(id)
    else:
        account = receipts.send(id)
        with progress(False) as job:
            context.app.send.flush(account, job)
