"""What every command shares: the options, the opened profile, and how faults are told."""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailclient import app as root
from mailclient.app import App
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, MailError, StoreLocked
from mailclient.paths import Profile, default_profile
from mailclient.store.keyrings import pick_keyring

if TYPE_CHECKING:
    from mailclient.services.jobs import Job
    from mailclient.services.moving import Told
    from mailclient.services.upkeep import Restored, Upkeep
    from mailclient.store.moving import Arrived

log = logging.getLogger(__name__)

FILE = click.Path(path_type=Path, dir_okay=False)
FILE_THAT_IS_THERE = click.Path(path_type=Path, dir_okay=False, exists=True)
FILE_OR_INPUT = click.Path(path_type=Path, dir_okay=False, allow_dash=True)
FOLDER = click.Path(path_type=Path, file_okay=False)


class Face(click.Group):
    """Tells a fault in one sentence and exits with 1; a bug is named as one.

    The commands that are `late` are named as `module:function`, and imported when they are asked
    for.
    """

    def __init__(self, *values: Any, late: Mapping[str, str] | None = None, **named: Any) -> None:
        super().__init__(*values, **named)
        self._late = dict(late or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted({*self.commands, *self._late})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by its name."""
        if cmd_name in self._late and cmd_name not in self.commands:
            module, _, function = self._late[cmd_name].partition(":")
            self.add_command(getattr(import_module(module), function), cmd_name)
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; see the class."""
        try:
            return super().invoke(ctx)
        except MailError as problem:
            click.echo(f"mailclient: {problem}", err=True)
            if problem.detail and ctx.params.get("verbose"):
                click.echo(problem.detail, err=True)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            sys.stderr.close()
        except Exception as bug:
            log.exception("A command ended in a bug")
            click.echo(
                f"mailclient: a fault in the program itself ({type(bug).__name__}: {bug}). "
                "Run it again with --verbose and report what it prints.",
                err=True,
            )
        raise click.exceptions.Exit(1)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A mailto: link in place of a command opens the window with it."""
        if args and args[0].lower().startswith("mailto:"):
            uri = args[0]
            return "window", click.Command("window", callback=lambda: _window(uri)), []
        return super().resolve_command(ctx, args)


def _window(uri: str) -> None:
    context = click.get_current_context()
    context.exit(context.obj.window(uri))


@dataclass(frozen=True, slots=True)
class Launchers:
    """How to start the window and the demo, given by `__main__`, which knows all faces.

    Both return the exit status.
    """

    window: Callable[[Context, str], int]
    demo: Callable[[bool], int]


class Context:
    """The global options, and the profile that they open when a command first needs it."""

    def __init__(
        self,
        launchers: Launchers,
        profile: Path | None,
        passphrase_file: Path | None,
        gnupg_home: Path | None,
        *,
        offline: bool,
        verbose: bool,
    ) -> None:
        self._launchers = launchers
        self.profile = Profile(profile) if profile else default_profile()
        self.gnupg_home = gnupg_home
        self.offline = offline
        self._passphrase_file = passphrase_file
        self._app: App | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        logging.basicConfig(
            level=logging.DEBUG if verbose else logging.CRITICAL,
            stream=sys.stderr,
            format="%(levelname)s %(name)s: %(message)s",
        )

    @property
    def app(self) -> App:
        """The opened profile."""
        if self._app is None:
            self._app = self._open(self.profile)
        return self._app

    @property
    def app_or_scratch(self) -> App:
        """The profile if there is one that opens, else one that is gone with the command."""
        if self._app is None:
            try:
                if self._passphrase_file or self.profile.store.exists():
                    return self.app
            except StoreLocked:
                log.info("The profile is locked; going on without it")
            self._scratch = tempfile.TemporaryDirectory(prefix="mailclient-")
            self._app = root.open_scratch(
                Path(self._scratch.name), gnupg_home=self.gnupg_home, offline=self.offline
            )
        return self._app

    def _open(self, profile: Profile, waiting: CancelToken | None = None) -> App:
        return root.open_profile(
            profile,
            passphrase=self.passphrase(),
            waiting=waiting,
            gnupg_home=self.gnupg_home,
            offline=self.offline,
        )

    def open(self, waiting: CancelToken) -> App:
        """The profile, opened for a window that waits; raises as `open_profile` does."""
        return self._open(self.profile, waiting)

    def unlock(self, passphrase: str) -> App:
        """The profile, opened with another passphrase than was named at the start, or with one."""
        return root.open_profile(
            self.profile, passphrase=passphrase, gnupg_home=self.gnupg_home, offline=self.offline
        )

    def take_in(self, file: Path, words: str, own: str | None, told: Told) -> Arrived:
        """Make the closed profile one that was packed, opened by `own` or by the keyring."""
        return self._upkeep(own).take_in(file, words, told)

    def restore(self, file: Path, own: str | None) -> Restored:
        """Put a backup in the place of the closed store, opened by `own` or by the keyring."""
        return self._upkeep(own).restore(file)

    def rekey(self, old: str, new: str) -> None:
        """Give the closed profile another passphrase, and a new key."""
        self._upkeep(old).rekey(new)

    def _upkeep(self, own: str | None) -> Upkeep:
        from mailclient.services.upkeep import Upkeep  # late: seldom wanted

        keyring = pick_keyring() if own is None else None
        return Upkeep(self.profile, root.now, passphrase=own, keyring=keyring)

    def passphrase(self) -> str | None:
        """The first line of the passphrase file; None where none is named."""
        return first_line(self._passphrase_file) if self._passphrase_file else None

    def window(self, uri: str) -> int:
        """Open the window; the exit status."""
        return self._launchers.window(self, uri)

    def demo(self, *, headless: bool) -> int:
        """Run the demo; the exit status."""
        return self._launchers.demo(headless)

    def close(self) -> None:
        """Close what was opened."""
        if self._app is not None:
            self._app.close()
            self._app = None
        if self._scratch is not None:
            self._scratch.cleanup()


def code_of(file: Path | None, what: str) -> str:
    """The first line of a file, or what is typed at the terminal; raises BadInput."""
    return first_line(file) if file else str(click.prompt(what, hide_input=True, err=True))


def first_line(path: Path) -> str:
    """The first line of a file that holds a secret; raises BadInput."""
    try:
        with path.open(encoding="utf-8") as file:
            line = file.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise BadInput(f"{path} cannot be read.", "Look at its name and its rights.") from problem
    if not line:
        raise BadInput(f"The first line of {path} is empty.", "Write the secret there.")
    return line


def print_json(document: Any) -> None:
    """Print the one JSON document of a command."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def one_line(text: str, width: int) -> str:
    """A text cut to `width` characters."""
    return text if len(text) <= width else text[: width - 1] + "…"


@contextmanager
def progress(wanted: bool) -> Iterator[Job]:
    """A job that tells its progress on standard error, where that is wanted or a terminal."""
    from mailclient.services.jobs import Job  # late: it needs much

    job = Job(0)
    if wanted or sys.stderr.isatty():
        job = Job(0, _report=_report)
    try:
        yield job
    finally:
        if job._report is _report:
            click.echo(err=True)


def _report(_id: int, done: int, total: int, note: str) -> None:
    told = note or f"{done:,} of {total or '?'}"
    click.echo(f"\r{told[:78]:<78}", err=True, nl=False)
