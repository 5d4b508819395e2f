"""`list`: messages, a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import click

from mailclient.app import App
from mailclient.cli import forms
from mailclient.cli.context import Context, one_line, print_json
from mailclient.message.excerpt import Excerpt
from mailclient.message.words import clean
from mailclient.services.jobs import Job

LIMIT = click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    help="How many at most. Example: --limit 10",
)


@click.command("list")
@click.option("--folder", help="A folder by its name. Example: --folder Archive")
@LIMIT
@click.option(
    "--threads",
    is_flag=True,
    help="A line for each conversation. Example: mailclient list --threads",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient list --json")
@click.pass_obj
def list_(context: Context, folder: str | None, limit: int, threads: bool, as_json: bool) -> None:
    """List messages, newest first; without --folder those of all inboxes.

    Example: mailclient list --folder Sent --limit 5
    """
    app = context.app
    found = app.search.folders_named(folder or "inbox") if app.accounts.list() else ()
    folders = [one.id for one in found]
    if threads:
        _print_threads(app, folders, limit, as_json=as_json)
        return
    ids = app.search.ids_in(folders)
    print_rows(app, ids[:limit], len(ids), as_json=as_json)
    if not ids and not as_json:
        click.echo("No messages. 'mailclient receive' collects what is on the server.", err=True)


def _print_threads(app: App, folders: Sequence[int], limit: int, *, as_json: bool) -> None:
    """A line for each conversation: how many messages, how many of them unread, who wrote."""
    app.conversations.run(Job(0))
    heads = app.conversations.heads(folders)
    shown = heads[:limit]
    states = app.conversations.states(shown, folders)
    rows = app.search.rows(shown)
    if as_json:
        members = {one: app.conversations.members([one], folders) for one in shown}
        print_json(
            {
                "count": len(heads),
                "threads": [forms.thread(one, states.get(one.id), members[one.id]) for one in rows],
            }
        )
        return
    for row in rows:
        state = states.get(row.id)
        people = state.people if state else row.from_[:1]
        who = ", ".join(one.name or one.address for one in people) or "(nobody)"
        mark = "•" if (state.unread if state else row.unread) else " "
        count = f"{state.count if state else 1:,}"
        click.echo(
            f"{row.id:>6} {mark}{count:>4} {row.date:%Y-%m-%d %H:%M} {one_line(who, 30):<30} "
            f"{one_line(row.subject or '(no subject)', 60)}"
        )
    if len(heads) > len(rows):
        click.echo(f"{len(rows)} of {len(heads)} shown.")
    if not heads:
        click.echo("No messages. 'mailclient receive' collects what is on the server.", err=True)


def _marked(excerpt: Excerpt) -> str:
    """An excerpt with what was searched for in bold, where the terminal can do that."""
    shown, at = [f"in {excerpt.source}: " if excerpt.source else ""], 0
    for start, end in excerpt.marks:
        shown += [excerpt.text[at:start], click.style(excerpt.text[start:end], bold=True)]
        at = end
    return clean("".join(shown[:1])) + "".join([*shown[1:], excerpt.text[at:]])


def print_rows(
    app: App,
    ids: Sequence[int],
    count: int,
    excerpts: Mapping[int, Excerpt] = MappingProxyType({}),
    *,
    as_json: bool,
) -> None:
    """A page of messages, with the words around what was found."""
    rows = app.search.rows(ids)
    if as_json:
        folders = {one.id: one for one in app.search.folders()}
        messages = [
            {**forms.row(one, folders), **forms.excerpt(excerpts.get(one.id))} for one in rows
        ]
        print_json({"count": count, "messages": messages})
        return
    for one in rows:
        who = (one.from_[0].name or one.from_[0].address) if one.from_ else "(nobody)"
        mark = "•" if one.unread else " "
        seal = "E" if one.encryption == "encrypted" else " "
        click.echo(
            f"{one.id:>6} {mark}{seal} {one.date:%Y-%m-%d %H:%M} {one_line(who, 24):<24} "
            f"{one_line(one.subject or '(no subject)', 60)}"
        )
        if one.id in excerpts:
            click.echo(f"{'':>9}{_marked(excerpts[one.id])}")
    if count > len(rows):
        click.echo(f"{len(rows)} of {count} shown.")
