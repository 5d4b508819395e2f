"""`reply`, `forward`, `edit` and `redirect`: what is made of a message that is there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from mailclient.app import App
from mailclient.cli import forms
from mailclient.cli.context import FILE_OR_INPUT, Context, print_json
from mailclient.cli.mail import deliver, protected, push, recipients
from mailclient.cli.reading import find_message
from mailclient.errors import BadInput
from mailclient.message.address import Address, format_address
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
    help="Print JSON. Example: --json",
)
SEND = click.option("--send", "send_it", is_flag=True, help="Send it. Example: --send")
ENCRYPT = click.option(
    "--encrypt",
    type=click.Choice(["yes", "no", "auto"]),
    default="auto",
    show_default=True,
    help="auto encrypts when everyone can read it. Example: --encrypt yes",
)
BODY = click.option(
    "--body-file",
    type=FILE_OR_INPUT,
    help="The text to put above; - reads standard input. Example: --body-file answer.txt",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What these commands have in common: who gets it, what stands above it, what is done."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    encrypt: str = "auto"
    body_file: Path | None = None
    as_json: bool = False
    send_it: bool = False

    @property
    def people(self) -> dict[str, tuple[Address, ...]]:
        """Who is named, as a draft has it."""
        return {name: recipients(getattr(self, name)) for name in ("to", "cc", "bcc")}


def wishes(*many: Callable[[F], F]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Several options at once, which the command gets as one value."""

    def put(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def gathered(*args: Any, **values: Any) -> None:
            wish = {one.name: values.pop(one.name) for one in fields(Wish) if one.name in values}
            command(*args, wish=Wish(**wish), **values)

        for one in reversed(many):
            gathered = one(gathered)
        return gathered

    return put


@click.command()
@click.argument("which", metavar="ID|FILE")
@click.option(
    "--all", "everyone", is_flag=True, help="Answer everyone. Example: mailclient reply 17 --all"
)
@click.option(
    "--list", "to_list", is_flag=True, help="Answer the list. Example: mailclient reply 17 --list"
)
@wishes(JSON, SEND, ENCRYPT, BODY)
@click.pass_obj
def reply(
    context: Context,
    which: str,
    everyone: bool,
    to_list: bool,
    wish: Wish,
) -> None:
    """Print (or, with --send, send) the answer to a message. Example: mailclient reply 17 --all"""
    if everyone and to_list:
        raise BadInput("An answer goes to everyone or to the list.", "Say --all or --list.")
    app, view, _ = _seen(context, which)
    whom = Whom.LIST if to_list else Whom.EVERYONE if everyone else Whom.AUTHOR
    answer = app.compose.reply(view, whom)
    _finish(app, answer, wish)


@click.command()
@click.argument("which", metavar="ID|FILE")
@click.option("--as-attachment", is_flag=True, help="Whole, as a file. Example: --as-attachment")
@wishes(*PEOPLE, JSON, SEND, ENCRYPT, BODY)
@click.pass_obj
def forward(
    context: Context,
    which: str,
    as_attachment: bool,
    wish: Wish,
) -> None:
    """Print (or, with --send, send) a message passed on.

    Example: mailclient forward 17 --as-attachment --to bob@example.org --send
    """
    app, view, raw = _seen(context, which)
    compose = app.compose
    draft = compose.forward_attached(view, raw) if as_attachment else compose.forward(view)
    draft = _with_people(draft, wish)
    _finish(app, Reply(draft), wish)


@click.command()
@click.argument("which", metavar="ID|FILE")
@click.option("--subject", help="Another subject. Example: --subject 'Once more'")
@wishes(*PEOPLE, JSON, SEND, ENCRYPT, BODY)
@click.pass_obj
def edit(
    context: Context,
    which: str,
    subject: str | None,
    wish: Wish,
) -> None:
    """Print (or, with --send, send) a new message that is as another one.

    Its people are taken over unless others are named, its text unless there is another.
    Example: mailclient edit 17 --to bob@example.org --send
    """
    app, view, _ = _seen(context, which)
    draft = app.compose.edit_as_new(view)
    if wish.to or wish.cc or wish.bcc:
        draft = replace(draft, **wish.people)  # type: ignore[arg-type]
    if subject is not None:
        draft = replace(draft, subject=clean(subject))
    if wish.body_file is not None:
        draft = replace(draft, text="", html="", pictures=())
    _finish(app, Reply(draft), wish)


@click.command()
@click.argument("which", metavar="ID|FILE")
@wishes(*PEOPLE, JSON, SEND)
@click.pass_obj
def redirect(
    context: Context,
    which: str,
    wish: Wish,
) -> None:
    """Send a message on as it is: answers go to its author.

    Example: mailclient redirect 17 --to bob@example.org --send
    """
    app, view, raw = _seen(context, which)
    wanted = replace(app.redirect.begin(view), **wish.people)  # type: ignore[arg-type]
    if wish.send_it:
        queued = app.redirect.queue(view, raw, wanted)
        account = app.accounts.get(wanted.sender.address)
        push(app, account, queued, as_json=wish.as_json, queue_only=False)
        return
    if wish.as_json:
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


def _with_people(draft: Draft, wish: Wish) -> Draft:
    named = wish.people
    return replace(
        draft,
        to=(*draft.to, *named["to"]),
        cc=(*draft.cc, *named["cc"]),
        bcc=(*draft.bcc, *named["bcc"]),
    )


def _finish(app: App, answer: Reply, wish: Wish) -> None:
    """Put the text above, and send the draft or show it."""
    draft = answer.draft
    if wish.body_file is not None:
        above = (
            sys.stdin.read()
            if str(wish.body_file) == "-"
            else read_file(wish.body_file).decode("utf-8", "replace")
        )
        draft = replace(draft, text=f"{above}\n{draft.text}")
    if wish.send_it:
        ready = protected(app, draft, wish.encrypt, None)
        deliver(app, ready, as_json=wish.as_json, queue_only=False)
        return
    if wish.as_json:
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
