"""Picks the face: the window without a command, else the command line.

The window and the demo are imported only when they are asked for: Qt takes longer to load than most
commands take to run, and the demo's mail server is an optional extra.
"""

from __future__ import annotations

import resource
import sys

from mailclient.cli.context import Context, Launchers
from mailclient.cli.main import cli
from mailclient.store.vault import way_of


def _window(context: Context, uri: str) -> int:
    from mailclient.gui import frames

    with frames.loading():
        from mailclient.gui.opening import Door
        from mailclient.gui.run import run

    door = Door(
        context.open,
        context.unlock,
        lambda: way_of(context.profile),
        context.take_in,
        context.restore,
        context.rekey,
    )
    return run(context.profile, door, uri)


def _demo(headless: bool) -> int:
    from mailclient.demo import world

    if headless:
        return world.headless()
    from mailclient.gui import frames

    with frames.loading():
        from mailclient.gui.opening import Door
        from mailclient.gui.run import run

    with world.running() as demo:
        door = Door(
            lambda waiting: demo.app,
            demo.unlock,
            lambda: way_of(demo.profile),
            demo.take_in,
            demo.restore,
            demo.rekey,
        )
        return run(demo.profile, door)


def main() -> None:
    """Run the program; ends the process with its exit status."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash writes no opened mail to the disk
    sys.exit(cli.main(prog_name="mailclient", obj=Launchers(_window, _demo)))


if __name__ == "__main__":
    main()
