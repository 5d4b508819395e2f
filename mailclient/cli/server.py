"""`mailclient account ledger|mailbox|certificate` and `fetch`: what lies on the server, and the
server itself."""

from __future__ import annotations

import string
from urllib.parse import quote_from_bytes, unquote_to_bytes

import click

from mailclient.cancel import CancelToken
from mailclient.cli import forms
from mailclient.cli.accounts import account
from mailclient.cli.context import Context, one_line, print_json, progress
from mailclient.errors import BadInput
from mailclient.services.accounts import INCOMING, OUTGOING
from mailclient.services.mailbox import Line, OnServer
from mailclient.sizes import size_words

PLAIN = string.punctuation.replace("%", "")


def written(name: bytes) -> str:
    """A name as a word: what is not printable ASCII stands as %XX."""
    return quote_from_bytes(name, safe=PLAIN)


@account.command("ledger")
@click.argument("address")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print JSON. Example: mailclient account ledger ann@example.org --json",
)
@click.pass_obj
def ledger(context: Context, address: str, as_json: bool) -> None:
    """Show what is known of each message on the server, without asking it.

    Example: mailclient account ledger ann@example.org
    """
    app = context.app
    lines = app.mailbox.ledger(app.accounts.get(address))
    if as_json:
        print_json({"address": address, "messages": [_line_form(one) for one in lines]})
        return
    for one in lines:
        entry = one.entry
        until = f"until {one.delete_after:%Y-%m-%d}" if one.delete_after else ""
        here = f"message {entry.message_id}" if entry.message_id else "-"
        click.echo(
            f"{written(entry.uid)}  {size_words(entry.size)}  {entry.state.value}  {here}  "
            f"{until}".rstrip()
        )
    if not lines:
        click.echo("Nothing has been collected for this account.")


def _line_form(one: Line) -> forms.Json:
    entry = one.entry
    return {
        "uid": written(entry.uid),
        "size": entry.size,
        "sha256": entry.sha256.hex() or None,
        "state": entry.state.value,
        "id": entry.message_id,
        "first_seen": forms.time(entry.first_seen),
        "delete_after": forms.time(one.delete_after),
        "size_doubtful": entry.doubtful,
    }


@account.command("mailbox")
@click.argument("address")
@click.option(
    "--fetch", multiple=True, metavar="UID", help="Fetch this one, whole. Example: --fetch 0001"
)
@click.option(
    "--leave",
    multiple=True,
    metavar="UID",
    help="Leave this one there, and do not collect it. Example: --leave 0001",
)
@click.option(
    "--delete",
    multiple=True,
    metavar="UID",
    help="Delete this one on the server, fetched or not. Example: --delete 0001",
)
@click.option(
    "--heads",
    default=500,
    show_default=True,
    type=click.IntRange(0),
    help="Show sender and subject of so many new messages. Example: --heads 20",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print JSON. Example: mailclient account mailbox ann@example.org --json",
)
@click.pass_obj
def mailbox(
    context: Context,
    address: str,
    fetch: tuple[str, ...],
    leave: tuple[str, ...],
    delete: tuple[str, ...],
    heads: int,
    as_json: bool,
) -> None:
    """Look through the mailbox on the server before anything is collected, or choose from it.

    Example: mailclient account mailbox ann@example.org --fetch 0001 --delete 0002
    """
    app = context.app
    one = app.accounts.get(address)
    with progress(False) as job:
        if not (fetch or leave or delete):
            _show(address, app.mailbox.look(one, job, heads=heads), as_json=as_json)
            return
        names = [[unquote_to_bytes(uid) for uid in uids] for uids in (fetch, leave, delete)]
        receipt = app.mailbox.act(one, job, fetch=names[0], leave=names[1], delete=names[2])
        app.intake.run(job)
    if as_json:
        print_json(forms.receipt(receipt))
    else:
        click.echo(f"Fetched {receipt.received}, deleted {receipt.deleted_on_server}.")
    for sentence in receipt.problems:
        click.echo(f"mailclient: {address}: {sentence}", err=True)


def _show(address: str, messages: tuple[OnServer, ...], *, as_json: bool) -> None:
    if as_json:
        print_json({"address": address, "messages": [_server_form(one) for one in messages]})
        return
    for one in messages:
        who = one_line(one.from_[0].name or one.from_[0].address, 30) if one.from_ else ""
        click.echo(
            f"{written(one.name)}  {size_words(one.size)}  "
            f"{one.state.value if one.state else 'new'}  "
            f"{who}  {one_line(one.subject, 60)}".rstrip()
        )
    if not messages:
        click.echo("The mailbox is empty.")


def _server_form(one: OnServer) -> forms.Json:
    return {
        "uid": written(one.name),
        "size": one.size,
        "state": one.state.value if one.state else "new",
        "id": one.message_id,
        "from": forms.people(one.from_),
        "subject": one.subject,
        "date": forms.time(one.date),
        "delete_after": forms.time(one.delete_after),
    }


@account.command("certificate")
@click.argument("address")
@click.option(
    "--outgoing", is_flag=True, help="Of the outgoing server, not the incoming. Example: --outgoing"
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print JSON. Example: mailclient account certificate ann@example.org --json",
)
@click.pass_obj
def certificate(context: Context, address: str, outgoing: bool, as_json: bool) -> None:
    """Show the certificate of a server, and what is wrong with it.

    Example: mailclient account certificate ann@example.org
    """
    accounts = context.app.accounts
    what = OUTGOING if outgoing else INCOMING
    found = accounts.certificate(accounts.get(address), what, CancelToken())
    form: forms.Json = {
        "host": found.host,
        "sha256": found.fingerprint,
        "subject": found.subject,
        "issuer": found.issuer,
        "names": list(found.names),
        "since": forms.time(found.since),
        "until": forms.time(found.until),
        "key": found.key,
        "problem": found.problem or None,
        "may_be_accepted": bool(found.problem) and found.may_except,
        "accepted": found.accepted,
        "accepted_before": found.accepted_before or None,
    }
    if as_json:
        print_json(form)
        return
    for name, value in form.items():
        words = ", ".join(value) if isinstance(value, list) else value
        click.echo(f"{name.replace('_', ' ')}: {_plain(words)}")
    if found.problem and found.may_except and not found.accepted:
        kind = "smtp" if outgoing else "pop3"
        click.echo(
            "If you have compared sha256 with what the server's owner tells you: "
            f"mailclient account set {address} {kind}-certificate={found.fingerprint}"
        )


def _plain(value: object) -> object:
    """A value as it is read: yes, no, and a dash for nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value in (None, "") else value


@click.command()
@click.argument("id", type=int)
@click.pass_obj
def fetch(context: Context, id: int) -> None:
    """Fetch the whole of a message of which only the head was collected.

    Example: mailclient fetch 17
    """
    app = context.app
    if app.mailbox.line(id) is None:
        raise BadInput(f"Message {id} was not collected from a server.")
    with progress(False) as job:
        app.mailbox.fetch_rest(id, job)
        app.intake.run(job)
    click.echo("Fetched.")
