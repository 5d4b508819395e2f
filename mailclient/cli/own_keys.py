"""`mailclient key publish`, `backup`, `restore`, `extend` and their kin: keys of one's own."""

from __future__ import annotations

import os
from pathlib import Path

import click

from mailclient.cancel import CancelToken
from mailclient.cli import forms
from mailclient.cli.context import FILE, Context, code_of, print_json
from mailclient.cli.outbox import flush
from mailclient.errors import BadInput, KeyLocked
from mailclient.services.jobs import Job
from mailclient.services.read import read_file


def _json_option(example: str) -> str:
    return f"Print JSON. Example: mailclient key {example} --json"


@click.command("publish")
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help=_json_option("publish ann@example.org"))
@click.pass_obj
def publish(context: Context, address: str, as_json: bool) -> None:
    """Give your public key to the key server, so that others find it by your address.

    Example: mailclient key publish ann@example.org
    """
    done = context.app.keyfinding.publish(address, CancelToken())
    if as_json:
        print_json({"address": address, "place": done.place, "state": done.state})
    elif done.state == "published":
        click.echo(f"Your key is published at {done.place}: others find it as {address}.")
    else:
        click.echo(
            f"Your key is at {done.place}. A letter from there will come to {address}: follow the "
            "link in it, then others find your key by that address. Without that they do not."
        )


@click.command("backup")
@click.argument("which", metavar="ADDRESS|FINGERPRINT")
@click.argument("file", type=FILE)
@click.option(
    "--sheet",
    type=FILE,
    help="Write the recovery sheet there, to print it. Example: --sheet sheet.txt",
)
@click.option("--json", "as_json", is_flag=True, help=_json_option("backup ann@example.org k.asc"))
@click.pass_obj
def backup(context: Context, which: str, file: Path, sheet: Path | None, as_json: bool) -> None:
    """Save your secret key in FILE, and print the recovery code that opens it.

    Example: mailclient key backup ann@example.org /media/stick/ann-key.asc
    """
    copy = context.app.recovery.copy(which)
    _write_new(file, copy.data)
    if sheet is not None:
        _write_new(sheet, copy.sheet.encode("utf-8"))
    context.app.recovery.kept(copy.fingerprint)
    if as_json:
        print_json({"fingerprint": copy.fingerprint, "file": str(file), "code": copy.code})
        return
    click.echo(copy.sheet)
    click.echo(
        f"Saved in {file}. Write the code down or print it now: it is kept nowhere.", err=True
    )


@click.command("restore")
@click.argument("file", type=FILE)
@click.option(
    "--code-file",
    type=FILE,
    help="Read the recovery code from the first line of this file. Example: --code-file code.txt",
)
@click.option("--json", "as_json", is_flag=True, help=_json_option("restore ann-key.asc"))
@click.pass_obj
def restore(context: Context, file: Path, code_file: Path | None, as_json: bool) -> None:
    """Take back a key of your own from a backup, or from a setup message.

    Example: mailclient key restore /media/stick/ann-key.asc
    """
    data = read_file(file)
    code = code_of(code_file, "Recovery code")
    restored = context.app.handing_on.take_in(data, code)
    context.app.intake.run(Job(0))
    if as_json:
        print_json({"restored": [one.fingerprint for one in restored]})
        return
    for one in restored:
        click.echo(f"Your key {one.fingerprint} is here again, and mail to it opens.")


@click.command("extend")
@click.argument("which", metavar="ADDRESS|FINGERPRINT")
@click.option("--json", "as_json", is_flag=True, help=_json_option("extend ann@example.org"))
@click.pass_obj
def extend(context: Context, which: str, as_json: bool) -> None:
    """Let your key go on for two years from today.

    Example: mailclient key extend ann@example.org
    """
    key = context.app.recovery.extend(which)
    if as_json:
        print_json({"fingerprint": key.fingerprint, "expires": forms.time(key.expires)})
        return
    until = f"until {key.expires:%d %B %Y}" if key.expires else "without an end"
    click.echo(f"Your key {key.fingerprint} is valid {until}.")
    click.echo("Others learn of it with your next letters; if you published it, do so again.")


@click.command("renew")
@click.argument("which", metavar="ADDRESS|FINGERPRINT")
@click.option("--json", "as_json", is_flag=True, help=_json_option("renew ann@example.org"))
@click.pass_obj
def renew(context: Context, which: str, as_json: bool) -> None:
    """Give your key a new part that others encrypt to; old mail still opens.

    Example: mailclient key renew ann@example.org
    """
    own = context.app.recovery.own(which).fingerprint
    try:
        key = context.app.recovery.renew(own)
    except KeyLocked:
        words = str(click.prompt("Passphrase of the key", hide_input=True, err=True))
        key = context.app.recovery.renew(own, words)
    if as_json:
        print_json({"fingerprint": key.fingerprint, "expires": forms.time(key.expires)})
        return
    click.echo(f"Your key {key.fingerprint} has a new part that others encrypt to.")
    click.echo("Save a new copy of it: mailclient key backup " + key.fingerprint + " FILE")


@click.command("passphrase")
@click.argument("which", metavar="ADDRESS|FINGERPRINT")
@click.option("--json", "as_json", is_flag=True, help=_json_option("passphrase ann@example.org"))
@click.pass_obj
def passphrase(context: Context, which: str, as_json: bool) -> None:
    """Change the passphrase that guards your key; an empty one takes it away.

    Example: mailclient key passphrase ann@example.org
    """
    key = context.app.keys.one(context.app.recovery.own(which).fingerprint)
    words = ("Present passphrase (empty if there is none)", "New passphrase (empty for none)")
    old = click.prompt(words[0], hide_input=True, default="", show_default=False, err=True)
    new = click.prompt(
        words[1], hide_input=True, default="", show_default=False, confirmation_prompt=True,
        err=True,
    )  # fmt: skip
    context.app.recovery.change_passphrase(key.fingerprint, str(old), str(new))
    if as_json:
        print_json({"fingerprint": key.fingerprint, "guarded": bool(new)})
    else:
        guarded = "is guarded by the new passphrase" if new else "is guarded by no passphrase"
        click.echo(f"Your key {key.fingerprint} {guarded}.")


@click.command("setup-message")
@click.argument("address")
@click.argument("file", required=False, type=FILE)
@click.option("--json", "as_json", is_flag=True, help=_json_option("setup-message ann@example.org"))
@click.pass_obj
def setup_message(context: Context, address: str, file: Path | None, as_json: bool) -> None:
    """Send your key to yourself for another mail program, or write the file of that letter.

    The code that is printed opens it there. Example: mailclient key setup-message ann@example.org
    """
    setup = context.app.handing_on.letter(address)
    if file is not None:
        data = b"".join(setup.draft.attachments[0].chunks())
        _write_new(file, data)
    else:
        context.app.send.queue(setup.draft, cancel=CancelToken())
        problem = flush(context.app, context.app.accounts.identity(address)[0])
        if problem is not None:
            click.echo(f"It waits in the outbox: {problem}", err=True)
    if as_json:
        print_json({"address": address, "file": str(file) if file else None, "code": setup.code})
        return
    click.echo(f"The code is  {setup.code}")
    click.echo("Type it in the other program. It is kept nowhere.", err=True)


@click.command("revoke")
@click.argument("which", metavar="ADDRESS|FINGERPRINT")
@click.option("--yes", is_flag=True, help="Do not ask. Example: --yes")
@click.option("--json", "as_json", is_flag=True, help=_json_option("revoke ann@example.org --yes"))
@click.pass_obj
def revoke(context: Context, which: str, yes: bool, as_json: bool) -> None:
    """End your key for ever, because somebody else has it or it is used no more.

    Example: mailclient key revoke ann@example.org
    """
    if not yes:
        click.confirm(
            f"End the key of {which} for ever? This cannot be taken back.", abort=True, err=True
        )
    key = context.app.recovery.revoke(which)
    if as_json:
        print_json({"revoked": key.fingerprint})
        return
    click.echo(f"Your key {key.fingerprint} has ended. It still opens old mail here.")
    click.echo("Give it to those who write to you: mailclient key export " + key.fingerprint)


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, and none over another; raises BadInput."""
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "wb") as file:
            file.write(data)
    except FileExistsError as there:
        raise BadInput(f"There is a file {path} already.", "Choose another name.") from there
    except OSError as problem:
        raise BadInput(f"{path} cannot be written: {problem.strerror}.") from problem
