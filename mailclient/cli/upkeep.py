"""`store`, `doctor` and `plugins`: looking after the program itself."""

from __future__ import annotations

from pathlib import Path

import click

from mailclient.app import now
from mailclient.cli.context import Context, first_line, print_json, progress
from mailclient.errors import StoreDamaged
from mailclient.services.upkeep import Upkeep
from mailclient.store.keyrings import pick_keyring
from mailclient.store.vault import Way


@click.group()
def store() -> None:
    """Look after the store, the one file with all mail: check, back up, restore, compact."""


@store.command("check")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient store check --json"
)
@click.pass_obj
def check(context: Context, as_json: bool) -> None:
    """Look through the whole store for damage, and read every message once.

    Example: mailclient store check
    """
    try:
        problem = context.app.doctor.check_store()
        damaged = context.app.doctor.damaged_messages()
    except StoreDamaged as fault:
        problem, damaged = fault.text, ()
    if as_json:
        print_json(
            {"ok": not problem and not damaged, "problem": problem, "messages": list(damaged)}
        )
    elif not problem and not damaged:
        click.echo("The store is whole.")
    if not problem and damaged:
        ids = ", ".join(map(str, damaged[:20]))
        problem = f"The bytes of {len(damaged)} messages are damaged ({ids})."
    if problem:
        raise StoreDamaged(
            problem if problem.endswith(".") else "Parts of the store are damaged.",
            "'mailclient store salvage' makes a new store of all that can be read; "
            "'mailclient store restore FILE' takes a backup.",
            problem,
        )


@store.command("backup")
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--lock-with",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The backup opens with the first line of this file as its passphrase. "
    "Example: --lock-with ~/backup-passphrase",
)
@click.pass_obj
def backup(context: Context, target: Path, lock_with: Path | None) -> None:
    """Write the whole store to a new FILE, encrypted, and look it through.

    Example: mailclient store backup /media/disk/mail.backup
    """
    size, way = upkeep(context).backup(target, first_line(lock_with) if lock_with else None)
    click.echo(f"The backup {target} is whole ({size} bytes).")
    if way is Way.KEYRING:
        click.echo(
            "It opens only with the OS keyring of this computer; --lock-with makes one that opens "
            "with a passphrase everywhere."
        )
    else:
        click.echo("It opens with its passphrase; without that nobody can read it.")


@store.command("restore")
@click.argument(
    "source", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False, exists=True)
)
@click.pass_obj
def restore(context: Context, source: Path) -> None:
    """Put a backup in the place of the store, which is kept beside it.

    Example: mailclient --passphrase-file ~/backup-passphrase store restore mail.backup
    """
    done = upkeep(context).restore(source)
    click.echo(f"The store is that of the backup, with {done.messages} messages.")
    _tell_aside(done.aside)


@store.command("salvage")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient store salvage --json"
)
@click.pass_obj
def salvage(context: Context, as_json: bool) -> None:
    """Make a new store of all that can be read of a damaged one, which is kept beside it.

    Example: mailclient store salvage
    """
    told, aside = upkeep(context).salvage()
    if as_json:
        print_json(
            {
                "messages": told.messages,
                "found": told.found,
                "lost": told.lost,
                "incomplete": sorted(told.gaps),
                "aside": str(aside) if aside else None,
            }
        )
        return
    click.echo(f"The new store has {told.messages} messages.")
    if told.found:
        click.echo(f"Of {told.found} the folder is not known; they lie in the folder Salvaged.")
    for subject in told.lost:
        click.echo(f"Lost here: {subject or '(no subject)'}")
    if told.lost or told.gaps:
        click.echo("What is still on the server comes again with 'mailclient receive'.")
    if told.gaps:
        click.echo(f"Not read to the end: {', '.join(sorted(told.gaps))}.")
    _tell_aside(aside)


@store.command("compact")
@click.pass_obj
def compact(context: Context) -> None:
    """Give the room of deleted mail back to the disk. Example: mailclient store compact"""
    before, after = upkeep(context).compact()
    click.echo(f"The store had {before} bytes and has {after} now.")


@store.command("reindex")
@click.option("--rest", is_flag=True, help="Only what is still to be indexed. Example: --rest")
@click.pass_obj
def reindex(context: Context, rest: bool) -> None:
    """Make the index of words again from the messages. Example: mailclient store reindex"""
    app = context.app
    if not rest:
        app.indexing.begin_anew()
    with progress(False) as job:
        done = app.indexing.run(job)
    click.echo(f"{done:,} message{'' if done == 1 else 's'} indexed.")


@store.command("rekey")
@click.option(
    "--new-passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="From now on the first line of this file unlocks the profile. "
    "Example: --new-passphrase-file ~/new-passphrase",
)
@click.pass_obj
def rekey(context: Context, new_passphrase_file: Path | None) -> None:
    """Encrypt the whole store with a new key. Example: mailclient store rekey"""
    new = first_line(new_passphrase_file) if new_passphrase_file else None
    upkeep(context).rekey(new)
    click.echo("The store has a new key. Backups and copies made before still open with the old.")


def upkeep(context: Context) -> Upkeep:
    """The upkeep of the profile that is named, with what unlocks it."""
    passphrase = context.passphrase()
    keyring = pick_keyring() if passphrase is None else None
    return Upkeep(context.profile, now, passphrase=passphrase, keyring=keyring)


def _tell_aside(aside: Path | None) -> None:
    if aside is not None:
        click.echo(f"The store before it is kept as {aside}; delete it when nothing is missing.")


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient doctor --json"
)
@click.pass_obj
def doctor(context: Context, as_json: bool) -> None:
    """Say what of the surroundings works: GnuPG, keyring, certificates, clock, store.

    Example: mailclient doctor
    """
    findings = context.app_or_scratch.doctor.findings()
    if as_json:
        print_json(
            {
                "findings": [
                    {"name": one.name, "level": one.level, "text": one.text} for one in findings
                ]
            }
        )
    else:
        for one in findings:
            click.echo(f"{one.level:<8} {one.name}: {one.text}")
    if any(one.level == "problem" for one in findings):
        click.get_current_context().exit(1)


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient plugins --json"
)
@click.pass_obj
def plugins(context: Context, as_json: bool) -> None:
    """List the plug-ins, where they come from, and those that were refused.

    Example: mailclient plugins
    """
    registry = context.app_or_scratch.plugins
    if as_json:
        print_json(
            {
                "plugins": [
                    {
                        "name": one.name,
                        "version": one.version,
                        "source": one.source,
                        "protocols": sorted(one.protocols),
                    }
                    for one in registry.loaded()
                ],
                "refused": [{"name": name, "reason": why} for name, why in registry.refused()],
            }
        )
        return
    for one in registry.loaded():
        click.echo(
            f"{one.name} {one.version} from {one.source}: {', '.join(sorted(one.protocols))}"
        )
    for name, why in registry.refused():
        click.echo(f"{name} was refused: {why}", err=True)
