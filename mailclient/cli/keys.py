"""`mailclient key …` and `readiness`: keys and people."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mailclient.account import EncryptionPolicy
from mailclient.cancel import CancelToken
from mailclient.cli import forms
from mailclient.cli.context import FILE, Context, code_of, print_json
from mailclient.cli.own_keys import (
    backup,
    extend,
    passphrase,
    publish,
    renew,
    restore,
    revoke,
    setup_message,
)
from mailclient.crypto.api import KeySource
from mailclient.errors import NotFound
from mailclient.message.address import wire_address
from mailclient.message.security import Trust
from mailclient.services.comparing import words_of
from mailclient.services.handing_on import needs_code
from mailclient.services.jobs import Job
from mailclient.services.keys import KeyEntry
from mailclient.services.read import read_file

JSON_HELP = "Print JSON. Example: --json"


@click.group()
def key() -> None:
    """Keys: yours and those of the people you write to."""


@key.command("list")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.pass_obj
def list_(context: Context, as_json: bool) -> None:
    """List all keys, one line for each address that a key carries. Example: mailclient key list"""
    _print(context.app_or_scratch.keys.list(), as_json=as_json)


def _print(entries: tuple[KeyEntry, ...], *, as_json: bool) -> None:
    if as_json:
        print_json({"keys": [forms.key(one) for one in entries]})
        return
    for one in entries:
        who = one.address or f"({', '.join(one.key.user_ids) or 'no address'})"
        ends = f"until {one.key.expires:%Y-%m-%d}" if one.key.expires else "does not expire"
        click.echo(
            f"{one.key.fingerprint}  {'authority' if one.key.vouches else one.trust.value:<9} "
            f"{who}  {ends}"
        )
    if not entries:
        click.echo("There is no key yet. 'mailclient key generate ADDRESS' makes one.")


@key.command("show")
@click.argument("which", metavar="ADDRESS|FINGERPRINT")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.pass_obj
def show(context: Context, which: str, as_json: bool) -> None:
    """Show the keys of an address, or one key by its fingerprint.

    Example: mailclient key show bob@example.org
    """
    _print(context.app_or_scratch.keys.entries(which), as_json=as_json)


@key.command("generate")
@click.argument("address")
@click.option("--name", default="", help="The name in the key. Example: --name 'Ann Example'")
@click.option(
    "--no-passphrase",
    is_flag=True,
    help="Make a key that never asks for a passphrase. Example: --no-passphrase",
)
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.pass_obj
def generate(context: Context, address: str, name: str, no_passphrase: bool, as_json: bool) -> None:
    """Make a key of your own, valid for two years.

    Example: mailclient key generate ann@example.org --name 'Ann Example' --no-passphrase
    """
    wire_address(address)  # before a passphrase is asked for
    passphrase = (
        None
        if no_passphrase
        else str(
            click.prompt(
                "Passphrase of the new key", hide_input=True, confirmation_prompt=True, err=True
            )
        )
    )
    made = context.app.keys.generate(address, name, passphrase)
    context.app.intake.run(Job(0))
    if as_json:
        print_json(forms.key(context.app.keys.entries(made.fingerprint)[0]))
    else:
        click.echo(f"Made {made.fingerprint} for {address}.")
        click.echo(
            f"Keep a copy of it in a safe place: mailclient key backup {address} FILE",
            err=True,
        )


@key.command("import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--code-file",
    type=FILE,
    help="Read what opens a closed file from the first line of this one. "
    "Example: --code-file code.txt",
)
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.pass_obj
def import_(context: Context, file: Path, code_file: Path | None, as_json: bool) -> None:
    """Import the keys in FILE (- reads standard input). Example: mailclient key import bob.asc

    A file with a certificate of your own (PKCS#12) asks for its passphrase.
    """
    data = sys.stdin.buffer.read() if str(file) == "-" else read_file(file)
    if needs_code(data):
        imported = context.app.handing_on.take_in(data, code_of(code_file, "Passphrase or code"))
    else:
        imported = context.app.keys.import_keys(data)
    context.app.intake.run(Job(0))
    if as_json:
        print_json(
            {
                "imported": [
                    {"fingerprint": one.fingerprint, "new": one.new, "secret": one.secret}
                    for one in imported
                ]
            }
        )
        return
    for one in imported:
        kind = "secret key" if one.secret else "key"
        click.echo(f"{'Imported' if one.new else 'Known already'}: {kind} {one.fingerprint}")


@key.command("export")
@click.argument("which", metavar="ADDRESS|FINGERPRINT")
@click.option("--secret", is_flag=True, help="The secret key, to keep it safe. Example: --secret")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.pass_obj
def export(context: Context, which: str, secret: bool, as_json: bool) -> None:
    """Print a public key as text that can be sent by mail.

    Example: mailclient key export ann@example.org
    """
    armored = context.app_or_scratch.keys.export(which, secret=secret).decode("ascii", "replace")
    if as_json:
        print_json({"key": armored})
    else:
        click.echo(armored, nl=not armored.endswith("\n"))


@key.command("delete")
@click.argument("fingerprint")
@click.option(
    "--secret",
    is_flag=True,
    help="Also the secret key; mail to it can then not be opened. Example: --secret",
)
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.pass_obj
def delete(context: Context, fingerprint: str, secret: bool, as_json: bool) -> None:
    """Remove a key, by its fingerprint. Example: mailclient key delete 0123…CDEF"""
    gone = context.app.keys.one(fingerprint).fingerprint
    context.app.keys.delete(gone, secret=secret)
    if as_json:
        print_json({"deleted": gone})
    else:
        click.echo(f"Removed {gone}.")


@key.command("trust")
@click.argument("fingerprint")
@click.argument("address", required=False)
@click.argument("trust", type=click.Choice(["verified", "accepted", "rejected"]))
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.pass_obj
def trust(
    context: Context, fingerprint: str, address: str | None, trust: str, as_json: bool
) -> None:
    """Say what to think of a key.

    Example: mailclient key trust 0123…CDEF bob@example.org verified
    """
    entries = context.app.keys.trust(fingerprint, address, trust)
    context.app.intake.run(Job(0))
    _print(entries, as_json=as_json)


@key.command("words")
@click.argument("which", metavar="ADDRESS|FINGERPRINT")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP.replace("list", "words A"))
@click.pass_obj
def words(context: Context, which: str, as_json: bool) -> None:
    """Print the ten words of each key of an address, to compare them over the telephone.

    Example: mailclient key words bob@example.org
    """
    entries = context.app_or_scratch.keys.entries(which)
    found = {one.key.fingerprint: words_of(one.key.fingerprint) for one in entries}
    if as_json:
        print_json({"keys": [{"fingerprint": one, "words": list(w)} for one, w in found.items()]})
        return
    for one, its in found.items():
        click.echo(f"{one}\n  {' '.join(its)}")


@key.command("policy")
@click.argument("address")
@click.argument(
    "policy",
    required=False,
    type=click.Choice(["always", "when-possible", "when-i-say", "account"]),
)
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP.replace("list", "policy A"))
@click.pass_obj
def policy(context: Context, address: str, policy: str | None, as_json: bool) -> None:
    """Say, or show, when letters to somebody begin encrypted; 'account' is as the account has it.

    Example: mailclient key policy bob@example.org always
    """
    people = context.app.people
    if policy is None:
        person = people.one(address)
    else:
        wanted = None if policy == "account" else EncryptionPolicy(policy)
        person = people.set_policy(address, wanted)
    word = person.policy.value if person.policy else "account"
    if as_json:
        print_json({"address": person.address, "policy": word})
    else:
        click.echo(f"{person.address}: {word}")


@key.command("history")
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP.replace("list", "history A"))
@click.pass_obj
def history(context: Context, address: str, as_json: bool) -> None:
    """Print what happened to the keys of an address: where each came from, what was decided.

    Example: mailclient key history bob@example.org
    """
    events = context.app_or_scratch.people.one(address).history
    if as_json:
        print_json(
            {
                "history": [
                    {
                        "at": forms.time(one.at),
                        "fingerprint": one.fingerprint,
                        "event": one.event,
                        "detail": one.detail or None,
                    }
                    for one in events
                ]
            }
        )
        return
    for one in events:
        detail = f" ({one.detail})" if one.detail else ""
        click.echo(f"{one.at.astimezone():%Y-%m-%d %H:%M}  {one.fingerprint}  {one.event}{detail}")


@key.command("discover")
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.pass_obj
def discover(context: Context, address: str, as_json: bool) -> None:
    """Look for the key of an address at its domain and at the key server.

    Whoever vouches for a certificate (S/MIME) that is here is asked whether it was withdrawn.

    Example: mailclient key discover bob@example.org
    """
    search = context.app.keyfinding.everywhere(address, CancelToken())
    if as_json:
        print_json(forms.key_search(search))
    else:
        for one in search.lookups:
            words = one.outcome.value + (f": {one.reason}" if one.reason else "")
            click.echo(f"{_PLACES[one.source]:<20} {words}")
            for fingerprint in one.fingerprints:
                click.echo(f"  {fingerprint}")
        if (renewal := search.renewal) is not None:
            words = renewal.outcome.value + (f": {renewal.reason}" if renewal.reason else "")
            click.echo(f"{'its authority':<20} {words}")
        for entry in search.keys:
            _say_standing(entry)
    if not search.found:
        raise NotFound(
            f"No key was found for {search.address}.",
            "Ask the person to send you theirs, then 'mailclient key import FILE'.",
        )


_PLACES = {KeySource.DOMAIN: "the domain (wkd)", KeySource.KEY_SERVER: "key server (vks)"}


def _say_standing(entry: KeyEntry) -> None:
    """What is thought of a key that was found, and what can be done about it."""
    click.echo(f"{entry.key.fingerprint} is {entry.trust.value}, from {entry.source}.")
    if entry.trust is Trust.TENTATIVE:
        if entry.changed:
            click.echo("  It is another key than the one that you have used until now.")
        click.echo(
            f"  To use it: mailclient key trust {entry.key.fingerprint} {entry.address} accepted"
        )


for _command in (
    publish, backup, restore, extend, renew, passphrase, setup_message, revoke,
):  # fmt: skip
    key.add_command(_command)


@click.command()
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS…")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print JSON. Example: mailclient readiness bob@example.org --json",
)
@click.pass_obj
def readiness(context: Context, addresses: tuple[str, ...], as_json: bool) -> None:
    """Say whether mail to these people can be encrypted, and if not, why.

    Example: mailclient readiness bob@example.org
    """
    app = context.app_or_scratch
    found = app.keys.readiness(addresses)
    accounts = app.accounts.list()
    mutual = bool(accounts) and accounts[0].encryption is not EncryptionPolicy.WHEN_I_SAY
    each, together = app.people.recommended(addresses, prefer_encrypt=mutual)
    if as_json:
        print_json(forms.readiness(found, each, together))
        return
    for one in found.recipients:
        click.echo(f"{one.address}: {one.state.value}. {one.reason}")
