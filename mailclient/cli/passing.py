"""`reply`, `forward`, `edit` and `redirect`: what is made of a message that is there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from mailclient.app import App
from mailclient.cli import forms
from mailclient.cli.context import Context, print_json
from mailclient.cli.mail import deliver, protected, push, recipients
from mailclient.cli.reading import find_message
from mailclient.errors import BadInput
from mailclient.message.address import format_address
from mailclient.message.draft import Draft
from mailclient.message.quote import Whom
from mailclient.message.words import clean
from mailclient.services.compose import Reply
from mailclient.services.read import MessageView, read_file
from mailclient.services.sealing import outer_subject

F = TypeVar("F", bound=Callable[..., Any])

PEOPLE = (
    click.option("--to", multiple=True, help="Who gets it. Example: --to bob@example.org"),
    click.option("--cc", multiple=True, help="Who gets a copy. Example: --cc carol@example.org"),
    click.option("--bcc", multiple=True, help="A copy nobody sees. Example: --bcc dan@example.org"),
)
JSON = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print JSON. Example: mailclient forward 17 --json",
)
SEND = click.option(
    "--send", "send_it", is_flag=True, help="Send it. Example: mailclient forward 17 … --send"
)
ENCRYPT = click.option(
    "--encrypt",
    type=click.Choice(["yes", "no", "auto"]),
    default="auto",
    show_default=True,
    help="auto encrypts when everyone can read it. Example: --encrypt yes",
)
BODY = click.option(
    "--body-file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="The text to put above; - reads standard input. Example: --body-file answer.txt",
)


def options(*many: Callable[[F], F]) -> Callable[[F], F]:
    """Several options at once."""

    def put(command: F) -> F:
        for one in reversed(many):
            command = one(command)
        return command

    return put


@click.command()
@click.argument("which", metavar="ID|FILE")
@click.option(
    "--all", "everyone", is_flag=True, help="Answer everyone. Example: mailclient reply 17 --all"
)
@click.option(
    "--list", "to_list", is_flag=True, help="Answer the list. Example: mailclient reply 17 --list"
)
@options(JSON, SEND, ENCRYPT, BODY)
@click.pass_obj
def reply(
    context: Context,
    which: str,
    everyone: bool,
    to_list: bool,
    as_json: bool,
    send_it: bool,
    encrypt: str,
    body_file: Path | None,
) -> None:
    """Print (or, with --send, send) the answer to a message."""
    if everyone and to_list:
        raise BadInput("An answer goes to everyone or to the list.", "Say --all or --list.")
    app, view, _ = _seen(context, which)
    whom = Whom.LIST if to_list else Whom.EVERYONE if everyone else Whom.AUTHOR
    answer = app.compose.reply(view, whom)
    _finish(app, answer, encrypt, body_file, as_json=as_json, send_it=send_it)


@click.command()
@click.argument("which", metavar="ID|FILE")
@click.option("--as-attachment", is_flag=True, help="Whole, as a file. Example: --as-attachment")
@options(*PEOPLE, JSON, SEND, ENCRYPT, BODY)
@click.pass_obj
def forward(
    context: Context,
    which: str,
    as_attachment: bool,
    to: tuple[str, ...],
    cc: tuple[str, ...],
    bcc: tuple[str, ...],
    as_json: bool,
    send_it: bool,
    encrypt: str,
    body_file: Path | None,
) -> None:
    """Print (or, with --send, send) a message passed on.

    Example: mailclient forward 17 --as-attachment --to bob@example.org --send
    """
    app, view, raw = _seen(context, which)
    compose = app.compose
    draft = compose.forward_attached(view, raw) if as_attachment else compose.forward(view)
    draft = _with_people(draft, to, cc, bcc)
    _finish(app, Reply(draft), encrypt, body_file, as_json=as_json, send_it=send_it)


@click.command()
@click.argument("which", metavar="ID|FILE")
@click.option("--subject", help="Another subject. Example: --subject 'Once more'")
@options(*PEOPLE, JSON, SEND, ENCRYPT, BODY)
@click.pass_obj
def edit(
    context: Context,
    which: str,
    subject: str | None,
    to: tuple[str, ...],
    cc: tuple[str, ...],
    bcc: tuple[str, ...],
    as_json: bool,
    send_it: bool,
    encrypt: str,
    body_file: Path | None,
) -> None:
    """Print (or, with --send, send) a new message that is as another one.

    Its people are taken over unless others are named, its text unless there is another.
    Example: mailclient edit 17 --to bob@example.org --send
    """
    app, view, _ = _seen(context, which)
    draft = app.compose.edit_as_new(view)
    if to or cc or bcc:
        draft = _with_people(replace(draft, to=(), cc=(), bcc=()), to, cc, bcc)
    if subject is not None:
        draft = replace(draft, subject=clean(subject))
    if body_file is not None:
        draft = replace(draft, text="", html="", pictures=())
    _finish(app, Reply(draft), encrypt, body_file, as_json=as_json, send_it=send_it)


@click.command()
@click.argument("which", metavar="ID|FILE")
@options(*PEOPLE, JSON, SEND)
@click.pass_obj
def redirect(
    context: Context,
    which: str,
    to: tuple[str, ...],
    cc: tuple[str, ...],
    bcc: tuple[str, ...],
    as_json: bool,
    send_it: bool,
) -> None:
    """Send a message on as it is: answers go to its author.

    Example: mailclient redirect 17 --to bob@example.org --send
    """
    app, view, raw = _seen(context, which)
    wanted = app.redirect.begin(view)
    wanted = replace(wanted, to=recipients(to), cc=recipients(cc), bcc=recipients(bcc))
    if send_it:
        queued = app.redirect.queue(view, raw, wanted)
        account = app.accounts.get(wanted.sender.address)
        push(app, account, queued, as_json=as_json, queue_only=False)
        return
    if as_json:
        print_json(forms.redirection(wanted, view.envelope.subject))
        return
    click.echo(f"Resent-From: {format_address(wanted.sender)}")
    for name, people in (("To", wanted.to), ("Cc", wanted.cc), ("Bcc", wanted.bcc)):
        if people:
            click.echo(f"Resent-{name}: {', '.join(format_address(one) for one in people)}")
    click.echo(f"Subject: {view.envelope.subject}")


def _seen(context: Context, which: str) -> tuple[App, MessageView, bytes]:
    """The profile, the message as it is read, and its bytes."""
    app, id = find_message(context, which)
    if id:
        return app, app.read.view(id), app.read.raw(id)
    raw = read_file(Path(which))
    return app, app.read.view_raw(raw), raw


def _with_people(
    draft: Draft, to: tuple[str, ...], cc: tuple[str, ...], bcc: tuple[str, ...]
) -> Draft:
    return replace(
        draft,
        to=(*draft.to, *recipients(to)),
        cc=(*draft.cc, *recipients(cc)),
        bcc=(*draft.bcc, *recipients(bcc)),
    )


def _finish(
    app: App, answer: Reply, encrypt: str, body_file: Path | None, *, as_json: bool, send_it: bool
) -> None:
    """Put the text above, and send the draft or show it."""
    draft = answer.draft
    if body_file is not None:
        above = (
            sys.stdin.read()
            if str(body_file) == "-"
            else read_file(body_file).decode("utf-8", "replace")
        )
        draft = replace(draft, text=f"{above}\n{draft.text}")
    if send_it:
        deliver(app, protected(app, draft, encrypt, None), as_json=as_json, queue_only=False)
        return
    if as_json:
        print_json(forms.reply(replace(answer, draft=draft), outer_subject(app.settings, draft)))
        return
    for name, people in (("To", draft.to), ("Cc", draft.cc), ("Bcc", draft.bcc)):
        if people:
            click.echo(f"{name}: {', '.join(format_address(one) for one in people)}")
    click.echo(f"Subject: {draft.subject}\nEncrypt: {'yes' if draft.encrypt else 'no'}")
    for one in draft.attachments:
        click.echo(f"Attachment: {one.name} ({one.content_type})")
    for note in answer.notes:
        click.echo(f"Note: {note}")
    click.echo(f"\n{draft.text}")
