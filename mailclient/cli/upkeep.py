"""`store`, `doctor` and `plugins`: looking after the program itself."""

from __future__ import annotations

import click

from mailclient.cli.context import Context, print_json
from mailclient.errors import StoreDamaged


@click.group()
def store() -> None:
    """The store's upkeep."""


@store.command("check")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient store check --json"
)
@click.pass_obj
def check(context: Context, as_json: bool) -> None:
    """Look through the whole store for damage."""
    problem = context.app.doctor.check_store()
    if as_json:
        print_json({"ok": not problem, "problem": problem})
    elif not problem:
        click.echo("The store is whole.")
    if problem:
        raise StoreDamaged(f"The store is damaged: {problem}", "Restore a backup of the profile.")


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON. Example: mailclient doctor --json"
)
@click.pass_obj
def doctor(context: Context, as_json: bool) -> None:
    """Say what of the surroundings works: GnuPG, keyring, certificates, clock, store."""
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
    """List the plug-ins, where they come from, and those that were refused."""
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
