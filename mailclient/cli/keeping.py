"""`expire` and `space`: what is old, and what takes the room."""

from __future__ import annotations

from typing import Any

import click

from mailclient.cli import forms
from mailclient.cli.context import Context, one_line, print_json
from mailclient.errors import BadInput
from mailclient.services.jobs import Job
from mailclient.services.retention import MOST_DAYS, Old, Share
from mailclient.sizes import size_words

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON. Example: --json")


@click.command()
@click.argument("folder")
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    required=True,
    help="What is older than so many days. Example: --days 365",
)
@click.option("--account", help="The folder of this account. Example: --account ann@example.org")
@click.option("--yes", is_flag=True, help="Do it; without, it is only told. Example: --yes")
@JSON
@click.pass_obj
def expire(
    context: Context, folder: str, days: int, account: str | None, yes: bool, as_json: bool
) -> None:
    """Tell what in FOLDER is old, or move it to the trash; starred mail stays.

    What lies in the trash is deleted for good. Example: mailclient expire Trash --days 30 --yes
    """
    app = context.app
    found = app.search.folders_named(folder)
    if account:
        wanted = app.accounts.get(account).id
        found = tuple(one for one in found if one.account_id == wanted)
    if len(found) != 1:
        raise BadInput(f"There are {len(found)} folders called {folder}.", "Name one by --account.")
    old = app.retention.old(found[0].id, days)
    done = app.retention.expire(old, Job(0)).text if yes else ""
    if as_json:
        print_json({**_form(old), "done": yes})
        return
    if done:
        click.echo(f"{done}.")
        return
    for row in app.search.rows(old.ids[:50]):
        subject = one_line(row.subject or "(no subject)", 60)
        click.echo(f"{row.id:>6} {row.date:%Y-%m-%d} {size_words(row.size):>9} {subject}")
    where = "be deleted for good" if old.for_good else "go to the trash"
    click.echo(
        f"{len(old.ids):,} messages, {size_words(old.size)}, would {where}; {old.kept:,} starred "
        "ones stay. Say --yes to do it."
    )


def _form(old: Old) -> dict[str, Any]:
    return {
        "folder": old.folder.name,
        "days": old.days,
        "count": len(old.ids),
        "size": old.size,
        "kept": old.kept,
        "for_good": old.for_good,
        "ids": list(old.ids),
    }


@click.command()
@JSON
@click.pass_obj
def space(context: Context, as_json: bool) -> None:
    """Tell what takes the space: folders, senders, years, the largest messages.

    Example: mailclient space
    """
    app = context.app
    found = app.retention.space(Job(0))
    parts = (("folders", found.folders), ("senders", found.senders), ("years", found.years))
    if as_json:
        print_json(
            {
                "size": found.size,
                "count": found.count,
                **{name: [_share(one) for one in shares] for name, shares in parts},
                "largest": [
                    {
                        "id": row.id,
                        "size": row.size,
                        "subject": row.subject,
                        "from": forms.people(row.from_),
                    }
                    for row in found.largest
                ],
            }
        )
        return
    click.echo(f"{size_words(found.size)} in {found.count:,} messages")
    for name, shares in parts:
        click.echo(f"\n{name.capitalize()}")
        for one in shares[:15]:
            click.echo(f"{size_words(one.size):>9} {one.count:>8,} {one_line(one.words, 60)}")
    click.echo("\nLargest")
    for row in found.largest[:15]:
        subject = one_line(row.subject or "(no subject)", 60)
        click.echo(f"{size_words(row.size):>9} {row.id:>8} {subject}")


def _share(one: Share) -> dict[str, Any]:
    return {"name": one.words, "size": one.size, "count": one.count, "query": one.query}
