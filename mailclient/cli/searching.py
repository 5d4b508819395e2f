"""`search`: by words and fields, kept under a name if wanted."""

from __future__ import annotations

import click

from mailclient.app import App
from mailclient.cli.context import Context, print_json
from mailclient.cli.listing import LIMIT, print_rows
from mailclient.errors import BadInput
from mailclient.store.search import Order


@click.command()
@click.argument("query", nargs=-1)
@LIMIT
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient search lunch --json"
)
@click.option(
    "--sort",
    type=click.Choice([one.value for one in Order]),
    default=Order.NEWEST.value,
    show_default=True,
    help="What comes first. Example: --sort relevance",
)
@click.option(
    "--words", is_flag=True, help="Show the words around what was found. Example: --words"
)
@click.option("--save", "name", help="Keep the search under a name. Example: --save 'From Ann'")
@click.option("--saved", help="Search as was kept under a name. Example: --saved 'From Ann'")
@click.option("--forget", help="Forget a kept search. Example: --forget 'From Ann'")
@click.option("--list", "listed", is_flag=True, help="List the kept searches. Example: --list")
@click.pass_obj
def search(
    context: Context,
    query: tuple[str, ...],
    limit: int,
    as_json: bool,
    sort: str,
    words: bool,
    name: str | None,
    saved: str | None,
    forget: str | None,
    listed: bool,
) -> None:
    """Find messages.

    Example: mailclient search 'from:ann has:attachment before:2026-01 "exact words" -not is:unread'
    """
    app = context.app
    if forget is not None:
        app.search.forget(app.search.saved_as(forget).id)
        return
    if listed:
        _print_searches(app, as_json=as_json)
        return
    asked = " ".join((*([app.search.saved_as(saved).query] if saved else []), *query))
    if not asked:
        raise BadInput("There is nothing to search for.", "Type some words, or --saved NAME.")
    if name is not None:
        app.search.keep(name, asked)
    found = app.search.find(asked, limit, order=Order(sort))
    excerpts = app.search.excerpts(asked, found.ids) if words else {}
    print_rows(app, found.ids, found.count, excerpts, as_json=as_json)
    if not found.count and not as_json:
        click.echo("Nothing found. Try fewer words, or from:ann, subject:plan.", err=True)


def _print_searches(app: App, *, as_json: bool) -> None:
    kept = app.search.saved()
    if as_json:
        print_json({"searches": [{"name": one.name, "query": one.query} for one in kept]})
        return
    for one in kept:
        click.echo(f"{one.name}: {one.query}")
