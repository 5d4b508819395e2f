"""`send`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from mailclient.account import Account, EncryptionPolicy
from mailclient.app import App
from mailclient.cli.context import FILE, FILE_OR_INPUT, Context, print_json
from mailclient.cli.outbox import flush, local
from mailclient.cli.times import read_time
from mailclient.errors import BadInput, KeyMissing
from mailclient.message.address import Address, typed_people, wire_address
from mailclient.message.build import draft_from_message
from mailclient.message.draft import Draft
from mailclient.message.tree import parse
from mailclient.message.words import clean
from mailclient.services.read import read_file
from mailclient.services.sealing import own_key
from mailclient.services.send import Queued
from mailclient.store.outbox import OutItem, OutState


@click.command()
@click.option(
    "--account", "sender", help="The account to send from. Example: --account ann@example.org"
)
@click.option(
    "--to", multiple=True, help="A recipient; can be given again. Example: --to bob@example.org"
)
@click.option("--cc", multiple=True, help="Who gets a copy. Example: --cc carol@example.org")
@click.option(
    "--bcc", multiple=True, help="Who gets a copy that nobody sees. Example: --bcc dan@example.org"
)
@click.option("--subject", default="", help="The subject. Example: --subject 'Lunch?'")
@click.option(
    "--body-file",
    type=FILE_OR_INPUT,
    help="The text; - reads standard input. Example: --body-file letter.txt",
)
@click.option(
    "--attach", multiple=True, type=FILE, help="A file to attach. Example: --attach plan.pdf"
)
@click.option(
    "--encrypt",
    type=click.Choice(["yes", "no", "auto"]),
    default="auto",
    show_default=True,
    help="auto encrypts when everyone can read it. Example: --encrypt yes",
)
@click.option(
    "--sign",
    type=click.Choice(["yes", "no"]),
    help="Sign; what is encrypted always is. Example: --sign yes",
)
@click.option(
    "--eml",
    type=FILE,
    help="Take recipients, subject and text from a message file. Example: --eml draft.eml",
)
@click.option("--receipt", is_flag=True, help="Ask to be told when it was read. Example: --receipt")
@click.option("--dsn", is_flag=True, help="Ask to be told when it was delivered. Example: --dsn")
@click.option(
    "--later",
    help="Send it at this time, or after +90m, +2h, +3d. Example: --later '2026-12-24 08:00'",
)
@click.option(
    "--queue-only", is_flag=True, help="Keep it in the outbox for later. Example: --queue-only"
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient send … --json"
)
@click.pass_obj
def send(
    context: Context,
    sender: str | None,
    to: tuple[str, ...],
    cc: tuple[str, ...],
    bcc: tuple[str, ...],
    subject: str,
    body_file: Path | None,
    attach: tuple[Path, ...],
    encrypt: str,
    sign: str | None,
    eml: Path | None,
    receipt: bool,
    dsn: bool,
    later: str | None,
    queue_only: bool,
    as_json: bool,
) -> None:
    """Write a message and send it.

    Example: echo Hello | mailclient send --to bob@example.org --subject Hi --body-file -
    """
    app = context.app
    if not sender and not any(one.outgoing is not None for one in app.accounts.list()):
        raise BadInput("There is no account to send from.", "'mailclient account add' makes one.")
    draft = app.compose.blank(sender)
    if eml is not None:
        draft = replace(draft_from_message(parse(read_file(eml))), sender=draft.sender)
    draft = replace(
        draft,
        to=(*draft.to, *recipients(to)),
        cc=(*draft.cc, *recipients(cc)),
        bcc=(*draft.bcc, *recipients(bcc)),
        subject=clean(subject) or draft.subject,
        text=_text(body_file) + draft.text if body_file else draft.text,
        attachments=(*draft.attachments, *(app.compose.attachment(path) for path in attach)),
        ask_read=receipt or draft.ask_read,
        ask_delivered=dsn or draft.ask_delivered,
    )
    when = read_time(later, datetime.now(UTC)) if later else None
    deliver(
        app,
        protected(app, draft, encrypt, sign),
        as_json=as_json,
        queue_only=queue_only,
        later=when,
    )


def recipients(written: Sequence[str]) -> tuple[Address, ...]:
    """Whom options name; raises BadInput for what is no address: nobody is left out in silence."""
    found = [one for text in written for one in typed_people(text) or (Address("", text),)]
    for one in found:
        wire_address(one.address)
    return tuple(found)


def protected(app: App, draft: Draft, encrypt: str, sign: str | None) -> Draft:
    """The draft with its protection decided; `auto` encrypts when that reaches everyone."""
    wanted = encrypt == "yes" or (encrypt == "auto" and (draft.encrypt or _can_encrypt(app, draft)))
    return replace(draft, encrypt=wanted, sign=sign == "yes" or (wanted and sign is None))


def _can_encrypt(app: App, draft: Draft) -> bool:
    people = [one.address for one in (*draft.to, *draft.cc, *draft.bcc)]
    if own_key(app.accounts, app.keys, draft.sender.address) is None:
        return False
    return app.keys.readiness(people).begins_encrypted(EncryptionPolicy.WHEN_POSSIBLE)


def _text(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.read()
    try:
        return read_file(path).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise BadInput(
            f"{path} is not UTF-8 text.", "Attach it instead, or convert it."
        ) from problem


def deliver(
    app: App, draft: Draft, *, as_json: bool, queue_only: bool, later: datetime | None = None
) -> None:
    """Queue a draft, send the queue, and tell how that went; exits with 1 if it did not go."""
    try:
        queued = app.send.queue(draft, later=later)
    except KeyMissing:
        if as_json:
            print_json(_not_ready(app, draft))
        raise
    account = app.accounts.get(draft.sender.address)
    push(app, account, queued, as_json=as_json, queue_only=queue_only or later is not None)


def push(app: App, account: Account, queued: Queued, *, as_json: bool, queue_only: bool) -> None:
    """Send the queue, and tell how it went with one message; exits with 1 if it did not go."""
    problem = None if queue_only else flush(app, account)
    item = app.send.item(queued.id)
    form = sent_form(queued, item)
    if as_json:
        print_json(form)
    else:
        click.echo(_told(form, item))
    for one in form["refused"]:
        click.echo(f"mailclient: {one['address']}: {one['reason']}", err=True)
    if problem is not None and not form["refused"]:
        raise problem
    if form["refused"]:
        click.get_current_context().exit(1)


def sent_form(queued: Queued, item: OutItem) -> dict[str, Any]:
    """`send --json`."""
    left = {one.state for one in item.recipients} - {OutState.SENT}
    return {
        "id": queued.id,
        "message_id": queued.message_id,
        "state": "failed" if left == {OutState.FAILED} else "queued" if left else "sent",
        "accepted": [who.address for who in item.those(OutState.SENT)],
        "refused": [
            {"address": who.address, "code": who.code, "reason": who.reason}
            for who in item.those(OutState.FAILED)
        ],
        "encryption": "encrypted" if queued.encrypted else "none",
        "signature": "good" if queued.signed else "none",
    }


def _not_ready(app: App, draft: Draft) -> dict[str, Any]:
    """`send --json` where nothing was sent, because somebody has no key."""
    people = [one.address for one in (*draft.to, *draft.cc, *draft.bcc)]
    return {
        "id": None,
        "message_id": None,
        "state": "failed",
        "accepted": [],
        "refused": [
            {"address": one.address, "code": 0, "reason": one.reason}
            for one in app.keys.readiness(people).recipients
            if not one.ready
        ],
        "encryption": "none",
        "signature": "none",
    }


def _told(form: dict[str, Any], item: OutItem) -> str:
    how = " encrypted" if form["encryption"] == "encrypted" else ""
    if form["state"] == "sent":
        return f"Sent{how} to {', '.join(form['accepted'])}."
    if item.later is not None:
        return (
            f"Waits{how} in the outbox as {item.id} until {local(item.later)}. It goes out then if "
            "the program runs, else when it runs next."
        )
    if form["state"] == "queued":
        return f"Waits{how} in the outbox as {item.id}."
    return "It was not delivered to everyone."
