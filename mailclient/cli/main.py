"""The command line: the global options, and the groups of commands put together."""

from __future__ import annotations

from pathlib import Path

import click

from mailclient import __version__
from mailclient.cli.accounts import account
from mailclient.cli.context import Context, Face
from mailclient.cli.files import export, import_
from mailclient.cli.keys import key, readiness
from mailclient.cli.listing import list_
from mailclient.cli.mail import receive, send
from mailclient.cli.outbox import outbox
from mailclient.cli.passing import edit, forward, redirect, reply
from mailclient.cli.profile import profile as profile_
from mailclient.cli.reading import show
from mailclient.cli.receipts import receipt
from mailclient.cli.searching import search
from mailclient.cli.server import fetch
from mailclient.cli.upkeep import doctor, plugins, store


@click.group(cls=Face, invoke_without_command=True)
@click.option(
    "--profile",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="MAILCLIENT_PROFILE",
    help="Everything of this profile lives in this folder. Example: --profile ~/mail-test",
)
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Unlock the profile with the first line of this file; the OS keyring is not asked. "
    "Example: --passphrase-file /run/secrets/mail",
)
@click.option(
    "--gnupg-home",
    type=click.Path(path_type=Path, file_okay=False),
    help="The GnuPG home to use instead of your own. Example: --gnupg-home ~/keys",
)
@click.option(
    "--offline", is_flag=True, help="No network at all. Example: mailclient --offline list"
)
@click.option(
    "--verbose", is_flag=True, help="Say more on standard error. Example: --verbose receive"
)
@click.option(
    "--demo", "demo_", is_flag=True, help="Show the program with a throw-away profile and mail."
)
@click.option("--headless", is_flag=True, help="With --demo: run the main job without a screen.")
@click.version_option(__version__, prog_name="mailclient")
@click.pass_context
def cli(
    context: click.Context,
    profile: Path | None,
    passphrase_file: Path | None,
    gnupg_home: Path | None,
    offline: bool,
    verbose: bool,
    demo_: bool,
    headless: bool,
) -> None:
    """Mail on your own computer, readable by nobody else.

    Without a command the window opens; a mailto: link opens a new message in it.
    """
    made = Context(
        context.obj, profile, passphrase_file, gnupg_home, offline=offline, verbose=verbose
    )
    context.obj = made
    context.call_on_close(made.close)
    if demo_:
        context.exit(made.demo(headless=headless))
    if context.invoked_subcommand is None:
        context.exit(made.window(""))


@cli.command()
@click.option(
    "--headless",
    is_flag=True,
    help="Run the main job without a screen. Example: mailclient demo --headless",
)
@click.pass_obj
def demo(context: Context, headless: bool) -> None:
    """Show the program with a throw-away profile, two mailboxes and keys."""
    click.get_current_context().exit(context.demo(headless=headless))


for command in (
    account,
    fetch,
    receive,
    send,
    outbox,
    list_,
    search,
    show,
    receipt,
    reply,
    forward,
    redirect,
    edit,
    import_,
    export,
    key,
    readiness,
    store,
    profile_,
    doctor,
    plugins,
):
    cli.add_command(command)
