"""`show`: one message, from the store or from a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from mailclient.app import App
from mailclient.cancel import CancelToken
from mailclient.cli import forms, journeys
from mailclient.cli.context import FOLDER, Context, print_json
from mailclient.cli.journeys import report_lines
from mailclient.errors import BadInput
from mailclient.message.address import format_address
from mailclient.message.authentication import authentication_words
from mailclient.message.body import safe_name
from mailclient.message.route_words import route_lines
from mailclient.message.signatures import signature_words
from mailclient.message.tree import parse
from mailclient.services.jobs import Job
from mailclient.services.read import MessageView, read_file


@click.command()
@click.argument("which", metavar="ID|FILE")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient show 17 --json"
)
@click.option(
    "--html", is_flag=True, help="Print the safe HTML. Example: mailclient show 17 --html"
)
@click.option(
    "--raw", is_flag=True, help="Print the bytes as received. Example: mailclient show 17 --raw"
)
@click.option(
    "--route",
    "route_only",
    is_flag=True,
    help="Show the servers it came through. Example: mailclient show 17 --route",
)
@click.option(
    "--dkim",
    is_flag=True,
    help="With --route: check the signatures of servers (asks name servers). Example: --dkim",
)
@click.option(
    "--thread",
    is_flag=True,
    help="Show its whole conversation. Example: mailclient show 17 --thread",
)
@click.option("--part", help="Open one part by itself. Example: mailclient show 17 --part 2")
@click.option(
    "--save-attachments",
    "folder",
    type=FOLDER,
    help="Save the attachments there. Example: --save-attachments ~/Downloads",
)
@click.pass_obj
def show(
    context: Context,
    which: str,
    as_json: bool,
    html: bool,
    raw: bool,
    route_only: bool,
    dkim: bool,
    thread: bool,
    part: str | None,
    folder: Path | None,
) -> None:
    """Show one message, from the store or from a file; a file is not stored.

    Example: mailclient show 17
    """
    app, id = find_message(context, which)
    if thread:
        _print_thread(app, id, as_json=as_json)
        return
    if raw:
        sys.stdout.buffer.write(app.read.raw(id) if id else read_file(Path(which)))
        return
    if route_only:
        _print_route(app, id, which, as_json=as_json, dkim=dkim)
        return
    if part is not None:
        view = app.read.view_part(app.read.raw(id) if id else read_file(Path(which)), part)
    else:
        view = app.read.view(id) if id else app.read.view_file(Path(which))
    if folder is not None:
        for path in save_attachments(view, folder):
            click.echo(f"Saved {path}", err=True)
    if as_json:
        print_json({**forms.message(view), **journeys.came_back(view)})
    elif html:
        if view.body.html is None:
            raise BadInput("The message has no HTML.", "Show it without --html.")
        click.echo(view.body.html)
    else:
        _print(view)


def _print_thread(app: App, id: int, *, as_json: bool) -> None:
    """All messages of a conversation, each answer after what it answers."""
    if not id:
        raise BadInput("A file belongs to no conversation.", "Give the number of a message.")
    app.conversations.run(Job(0))
    members = app.conversations.tree(id)
    views = [app.read.view(one.row.id) for one in members]
    if as_json:
        placed = zip(members, views, strict=True)
        print_json(
            {
                "messages": [
                    {**forms.message(view), "parent": one.parent or None, "depth": one.depth}
                    for one, view in placed
                ]
            }
        )
        return
    for at, view in enumerate(views, 1):
        click.echo(f"--- {at} of {len(views)} (message {view.id})")
        _print(view)


def find_message(context: Context, which: str) -> tuple[App, int]:
    """The profile, and the id in it; 0 for a file."""
    if which.isdigit() and not Path(which).exists():
        return context.app, int(which)
    if not Path(which).is_file():
        raise BadInput(f"There is no message and no file '{which}'.", "Give a number or a file.")
    return context.app_or_scratch, 0


def _print_route(app: App, id: int, which: str, *, as_json: bool, dkim: bool) -> None:
    journey = (
        app.journeys.of(id)
        if id
        else app.journeys.of_headers(parse(read_file(Path(which))).headers)
    )
    checked = None
    if dkim:
        raw = app.read.raw(id) if id else read_file(Path(which))
        checked = app.journeys.signatures_of(raw, CancelToken())
    if as_json:
        print_json(journeys.route(journey, id, checked))
        return
    for line in route_lines(journey.route, None):
        click.echo(line)
    if said := authentication_words(journey.authentication):
        click.echo(said)
    if checked is not None:
        click.echo(signature_words(checked))


def _print(view: MessageView) -> None:
    head = view.envelope
    for name, people in (("From", head.from_), ("To", head.to), ("Cc", head.cc)):
        if people:
            click.echo(f"{name}: {', '.join(format_address(one) for one in people)}")
    click.echo(f"Date: {forms.time(head.date) or 'unknown'}")
    click.echo(f"Subject: {head.subject}")
    click.echo(f"Security: {view.verdict.summary or 'Not protected.'}")
    for line in report_lines(view):
        click.echo(line)
    for one in view.body.attachments:
        click.echo(f"Attachment: {one.name} ({one.content_type})")
    for problem in view.problems:
        click.echo(f"Note: {problem}")
    click.echo()
    click.echo(view.body.text)


def save_attachments(view: MessageView, folder: Path) -> list[Path]:
    """Save all attachments under safe names; nothing that is there is written over."""
    saved = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in view.body.attachments:
            saved.append(_save(folder, safe_name(one.name), one.chunks()))
    except OSError as problem:
        raise BadInput(f"{folder} cannot be written: {problem.strerror}.") from problem
    return saved


def _save(folder: Path, name: str, pieces: Iterable[bytes]) -> Path:
    stem, dot, ending = name.rpartition(".")
    for count in range(10_000):
        tried = (
            name
            if not count
            else f"{stem or name} ({count}){dot}{ending}"
            if stem
            else f"{name} ({count})"
        )
        try:
            with open(folder / tried, "xb", opener=_private) as file:
                file.writelines(pieces)
            return folder / tried
        except FileExistsError:
            continue
    raise BadInput(f"There are too many files called {name} in {folder}.")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
