"""The command line: the global options, and the groups of commands put together."""

from __future__ import annotations

from pathlib import Path

import click

from mailclient import __version__
from mailclient.cli.context import Context, Face

# A command is imported when it is asked for: loading all takes longer than most take to run.
LATE = {
    "account": "mailclient.cli.server:account",  # which adds some of its commands
    "doctor": "mailclient.cli.upkeep:doctor",
    "edit": "mailclient.cli.passing:edit",
    "expire": "mailclient.cli.keeping:expire",
    "export": "mailclient.cli.files:export",
    "fetch": "mailclient.cli.server:fetch",
    "forward": "mailclient.cli.passing:forward",
    "import": "mailclient.cli.files:import_",
    "key": "mailclient.cli.keys:key",
    "list": "mailclient.cli.listing:list_",
    "outbox": "mailclient.cli.outbox:outbox",
    "plugins": "mailclient.cli.upkeep:plugins",
    "profile": "mailclient.cli.profile:profile",
    "readiness": "mailclient.cli.keys:readiness",
    "receipt": "mailclient.cli.receipts:receipt",
    "receive": "mailclient.cli.receive:receive",
    "redirect": "mailclient.cli.passing:redirect",
    "reply": "mailclient.cli.passing:reply",
    "search": "mailclient.cli.searching:search",
    "send": "mailclient.cli.mail:send",
    "show": "mailclient.cli.reading:show",
    "space": "mailclient.cli.keeping:space",
    "store": "mailclient.cli.upkeep:store",
}


@click.group(cls=Face, late=LATE, invoke_without_command=True)
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
    """Show the program with a throw-away profile, two mailboxes and keys.

    Example: mailclient demo
    """
    click.get_current_context().exit(context.demo(headless=headless))
