"""`import` and `export`: mail in and out of the store."""

from __future__ import annotations

from pathlib import Path

import click

from mailclient.cli.context import FILE, FOLDER, Context, print_json, progress
from mailclient.services.exporting import Target
from mailclient.services.sources.mbox import Dialect


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--folder", help="The folder to put it in; made if it is not there. Example: --folder Old"
)
@click.option(
    "--dialect",
    type=click.Choice([one.value for one in Dialect]),
    help="How mbox files are quoted, where looking tells it wrongly. Example: --dialect mboxo",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient import old.mbox --json"
)
@click.option(
    "--progress",
    "wanted",
    is_flag=True,
    help="Show progress also where nobody looks. Example: --progress",
)
@click.pass_obj
def import_(
    context: Context,
    paths: tuple[Path, ...],
    folder: str | None,
    dialect: str | None,
    as_json: bool,
    wanted: bool,
) -> None:
    """Import mbox files, Maildirs, MH, EML files, folders of them, and profiles of Thunderbird;
    nothing is taken in twice.

    Example: mailclient import ~/old-mail --folder Old
    """
    with progress(wanted) as job:
        chosen = Dialect(dialect) if dialect else None
        report = context.app.transfer.import_paths(paths, folder, job, chosen)
    if as_json:
        print_json(
            {
                "imported": report.imported,
                "already_here": report.already_here,
                "ids": list(report.ids),
                "problems": list(report.problems),
                "accounts": list(report.accounts),
                "people": report.people,
            }
        )
        return
    click.echo(f"{report.imported} messages imported, {report.already_here} were here already.")
    for address in report.accounts:
        click.echo(f"The account {address} was taken over, paused and without its password.")
    if report.people:
        click.echo(f"{report.people} addresses were taken from address books.")
    for problem in report.problems:
        click.echo(f"mailclient: {problem}", err=True)


@click.command()
@click.argument("query", nargs=-1)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Export all mail. Example: export --all --mbox mail.mbox",
)
@click.option(
    "--mbox",
    type=FILE,
    help="One mbox file. Example: --mbox mail.mbox",
)
@click.option(
    "--maildir",
    type=FOLDER,
    help="A Maildir. Example: --maildir ~/Maildir",
)
@click.option(
    "--eml",
    type=FOLDER,
    help="A folder of EML files. Example: --eml ~/mail",
)
@click.option(
    "--decrypted",
    is_flag=True,
    help="Write encrypted messages opened, readable by everybody. Example: --decrypted",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: export --all --eml out --json"
)
@click.pass_obj
def export(
    context: Context,
    query: tuple[str, ...],
    everything: bool,
    mbox: Path | None,
    maildir: Path | None,
    eml: Path | None,
    decrypted: bool,
    as_json: bool,
) -> None:
    """Export the messages that fit QUERY, each exactly as it was received.

    Example: mailclient export from:ann --eml ann
    """
    targets = [
        (kind, path)
        for kind, path in ((Target.MBOX, mbox), (Target.MAILDIR, maildir), (Target.EML, eml))
        if path is not None
    ]
    if len(targets) != 1:
        raise click.UsageError("Name one of --mbox, --maildir and --eml.")
    if everything == bool(query):
        raise click.UsageError("Say what to export: a QUERY, or --all.")
    kind, path = targets[0]
    with progress(False) as job:
        count = context.app.exporting.export(
            None if everything else " ".join(query), kind, path, job, decrypted=decrypted
        )
    if as_json:
        print_json({"exported": count, "path": str(path)})
    else:
        click.echo(f"{count} messages exported to {path}.")
