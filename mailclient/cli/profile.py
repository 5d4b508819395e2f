"""`mailclient profile …`: moving a whole profile to another computer, in one encrypted file."""

from __future__ import annotations

from pathlib import Path

import click

from mailclient.cli.context import FILE, FILE_THAT_IS_THERE, Context, first_line, progress
from mailclient.cli.upkeep import upkeep
from mailclient.crypto.api import Imported


@click.group()
def profile() -> None:
    """Move a profile (accounts, passwords, settings, mail) to another computer."""


@profile.command("export")
@click.argument("target", metavar="FILE", type=FILE)
@click.option(
    "--lock-with",
    type=FILE_THAT_IS_THERE,
    required=True,
    help="The file opens with the first line of this file as its passphrase. "
    "Example: --lock-with ~/moving-passphrase",
)
@click.option(
    "--settings-only",
    is_flag=True,
    help="Accounts, passwords, settings, folders and what is thought of keys, without the mail. "
    "Example: --settings-only",
)
@click.option(
    "--with-keys",
    is_flag=True,
    help="Your own secret keys too, and the keys of people. Example: --with-keys",
)
@click.pass_obj
def export(
    context: Context, target: Path, lock_with: Path, settings_only: bool, with_keys: bool
) -> None:
    """Write the profile with its passwords to a new FILE, encrypted.

    Example: mailclient profile export /media/stick/mail.moved --lock-with ~/moving-passphrase
    """
    words = first_line(lock_with)
    with progress(False) as job:
        packed = context.app.moving.pack(
            target, words, mail=not settings_only, with_keys=with_keys, told=job.progress
        )
    click.echo(
        f"{target} is whole ({packed.size} bytes): accounts {packed.accounts}, passwords and "
        f"tokens {packed.passwords}, keys {packed.keys}."
    )
    click.echo("Without its passphrase nobody can read it. On the other computer:")
    click.echo(f"  mailclient profile import {target.name}")


@profile.command("import")
@click.argument("source", metavar="FILE", type=FILE_THAT_IS_THERE)
@click.option(
    "--unlock-with",
    type=FILE_THAT_IS_THERE,
    help="The first line of this file is the passphrase of FILE; else it is asked for. "
    "Example: --unlock-with ~/moving-passphrase",
)
@click.option(
    "--with-keys",
    is_flag=True,
    help="Take keys that came along into GnuPG at once. Example: --with-keys",
)
@click.pass_obj
def import_(context: Context, source: Path, unlock_with: Path | None, with_keys: bool) -> None:
    """Make this profile, which has to be empty, the one in FILE, with a new key.

    Example: mailclient profile import mail.moved --unlock-with ~/moving-passphrase
    """
    if unlock_with:
        words = first_line(unlock_with)
    else:
        words = str(click.prompt(f"Passphrase of {source.name}", hide_input=True, err=True))
    with progress(False) as job:
        arrived = upkeep(context).take_in(source, words, job.progress)
    click.echo(
        f"Here now: accounts {arrived.accounts}, passwords and tokens {arrived.passwords}, "
        f"messages {arrived.messages}."
    )
    if arrived.keys and with_keys:
        _tell(context.app.moving.take_keys())
    elif arrived.keys:
        click.echo("Keys came along; 'mailclient profile take-keys' takes them into GnuPG.")
    click.echo("Use it on one computer only: both would delete mail on the server by their own.")


@profile.command("take-keys")
@click.pass_obj
def take_keys(context: Context) -> None:
    """Take the keys that came with a profile into GnuPG. Example: mailclient profile take-keys"""
    _tell(context.app.moving.take_keys())


def _tell(imported: tuple[Imported, ...]) -> None:
    own = sum(one.secret for one in imported)
    click.echo(f"GnuPG has the keys now: {own} of your own, {len(imported) - own} of others.")
