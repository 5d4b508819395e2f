"""`outbox`: the queue, and what can be done about each message in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from mailclient.account import Account
from mailclient.app import App
from mailclient.cli import forms
from mailclient.cli.context import Context, one_line, print_json, progress
from mailclient.cli.times import read_time
from mailclient.errors import MailError
from mailclient.message.words import clean
from mailclient.services.waiting import (
    Late,
    Question,
    asked,
    kept_for_later,
    late,
    next_try,
    question,
)
from mailclient.store.outbox import OutItem, OutState

LATE = {
    Late.NO: "",
    Late.WARNING: "It waits for hours already.",
    Late.QUESTION: "It waits for days already: 'mailclient outbox keep ID' goes on trying, "
    "'mailclient outbox cancel ID' gives it up and puts it back into Drafts.",
}


ANSWERS = (
    "'mailclient outbox retry ID' sends it now, 'mailclient outbox later ID TIME' at another time, "
    "'mailclient outbox cancel ID' puts it back into Drafts."
)


@click.group(invoke_without_command=True)
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient outbox --json"
)
@click.pass_context
def outbox(ctx: click.Context, as_json: bool) -> None:
    """Show the queue; `outbox send` sends it."""
    if ctx.invoked_subcommand is not None:
        return
    items = ctx.obj.app.send.unsent()
    now = datetime.now(UTC)
    if as_json:
        print_json({"count": len(items), "items": [forms.out_item(one, now) for one in items]})
        return
    for one in items:
        _show(one, now)
    if not items:
        click.echo("The outbox is empty.")


def _show(item: OutItem, now: datetime) -> None:
    click.echo(f"{item.id}  {item.state.value}  {one_line(item.subject or '(no subject)', 60)}")
    for who in item.recipients:
        click.echo(f"    {who.state.value:<9}  {who.address}")
    when = next_try(item, now)
    if question(item, now) is not Question.NONE:
        click.echo(f"    {asked(item, now, local)} {ANSWERS.replace('ID', str(item.id))}")
    elif kept_for_later(item, now) and when is not None:
        click.echo(f"    Goes out on {local(when)}, if the program runs then; else when it runs.")
    elif item.attempts + item.misses and when is not None:
        click.echo(f"    The next try is on {local(when)}.")
    for words in (item.problem, LATE[late(item, now)].replace("ID", str(item.id))):
        if words:
            click.echo(f"    {clean(words)}")


def local(time: datetime) -> str:
    """A time as the user's clock has it."""
    return f"{time.astimezone():%Y-%m-%d %H:%M}"


@outbox.command("send")
@click.pass_obj
def outbox_send(context: Context) -> None:
    """Send everything that waits, now; what is kept for later stays until its time.

    What is asked about before it goes stays too, and is shown.

    Example: mailclient outbox send
    """
    problems = [
        problem
        for account in context.app.accounts.list()
        if account.outgoing is not None and (problem := flush(context.app, account)) is not None
    ]
    now = datetime.now(UTC)
    for item in context.app.send.unsent():
        if question(item, now) is not Question.NONE:
            _show(item, now)
    if problems:
        raise problems[0]


def flush(app: App, account: Account) -> MailError | None:
    """Send the queue of one account; the first problem, if there was one."""
    with progress(False) as job:
        try:
            app.send.flush(account, job, now=True)
        except MailError as problem:
            return problem
        finally:
            app.intake.start(app.jobs).result()
    return None


@outbox.command("cancel")
@click.argument("id", type=int)
@click.pass_obj
def outbox_cancel(context: Context, id: int) -> None:
    """Take a message out of the queue, back into Drafts. Example: mailclient outbox cancel 3"""
    back = context.app.send.take_back(id)
    where = " It is in Drafts again." if back.draft_id else ""
    click.echo(f"Taken out of the queue: {id}.{where}")
    if back.note:
        click.echo(back.note)


@outbox.command("retry")
@click.argument("id", type=int)
@click.option(
    "--uncertain",
    is_flag=True,
    help="Also to those who may have got it already, and may get it twice. Example: --uncertain",
)
@click.pass_obj
def outbox_retry(context: Context, id: int, uncertain: bool) -> None:
    """Try a message again now, also one that was refused or is kept for later.

    Example: mailclient outbox retry 3
    """
    app = context.app
    app.send.retry(id, doubtful=uncertain)
    account = _account_of(app.accounts.list(), app.send.item(id))
    problem = flush(app, account)
    after = app.send.item(id)
    if after.state is not OutState.SENT and problem is not None:
        raise problem
    _show(after, datetime.now(UTC))


@outbox.command("settle")
@click.argument("id", type=int)
@click.pass_obj
def outbox_settle(context: Context, id: int) -> None:
    """Say that an uncertain message has arrived. Example: mailclient outbox settle 3"""
    context.app.send.settle(id)
    click.echo(f"Settled: {id}.")


@outbox.command("keep")
@click.argument("id", type=int)
@click.pass_obj
def outbox_keep(context: Context, id: int) -> None:
    """Go on trying a message that waits for days. Example: mailclient outbox keep 3"""
    context.app.send.keep_trying(id)
    click.echo(f"It is tried on: {id}.")


@outbox.command("later")
@click.argument("id", type=int)
@click.argument("time")
@click.pass_obj
def outbox_later(context: Context, id: int, time: str) -> None:
    """Keep a message until a time. Example: mailclient outbox later 3 '2026-12-24 08:00'"""
    when = read_time(time, datetime.now(UTC))
    context.app.send.later(id, when)
    click.echo(f"It goes out on {local(when)}, if the program runs then; else when it runs.")


def _account_of(accounts: Sequence[Account], item: OutItem) -> Account:
    return next(one for one in accounts if one.id == item.account_id)
