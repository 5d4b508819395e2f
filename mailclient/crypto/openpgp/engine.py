"""Runs GnuPG: one process a task, its own status channel, limits on time and size, killable.

Options are fixed and nothing of a configuration file or of the network has a say. What a line means
is read in `status`; whether a message is accepted is decided in `opening` and `sealing`.
"""

from __future__ import annotations

import os
import re
import selectors
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mailclient.cancel import CancelToken
from mailclient.crypto.openpgp.status import Line, read_status
from mailclient.errors import EngineMissing

LARGEST = 512 * 1024 * 1024
SECONDS = 300.0
PIECE = 64 * 1024  # bytes that are read or written at once, what a pipe holds
LONGEST_HOME = 80  # of a path: the agent's socket is below it, and such paths end at 108
SHORTEST_PIPE = 4096  # what every pipe holds before anybody reads it; no passphrase is longer
OLDEST = (2, 2)
FIXED = (2, 2, 43)  # earlier ones say "okay" of tampered OCB data
# The first of each line without the faults of December 2025 in reading armor and signed texts
# (CVE-2025-68972, CVE-2025-68973); systems mend older ones without a new number.
SOUND = ((2, 2, 51), (2, 4, 9), (2, 5, 16))
_OPTIONS = (
    "--no-options", "--batch", "--no-tty", "--no-verbose", "--no-auto-key-retrieve",
    "--no-auto-key-locate", "--disable-dirmngr", "--trust-model", "always", "--with-colons",
    "--fixed-list-mode", "--display-charset", "utf-8", "--no-auto-check-trustdb",
    "--enable-special-filenames", "--lc-ctype", "C.UTF-8",
)  # fmt: skip
_READING = {
    "--decrypt", "--verify", "--encrypt", "--sign", "--detach-sign", "--list-keys",
    "--list-secret-keys", "--export",
}  # fmt: skip
# What reads keys needs no lock, which costs time: who changes them puts a new file in the old one's
# place. Only where there is none yet it is made under a lock.
_NO_LOCK = ("--lock-never",)
_RING = "pubring.kbx"
_VERSION = re.compile(rb"gpg \(GnuPG\) (\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Run:
    """How a process ended. `cut` says why it was killed: "size", "time" or ""."""

    status: tuple[Line, ...]
    out: bytes
    log: str
    code: int
    cut: str = ""

    def says(self, keyword: str) -> bool:
        """Whether a status line has this keyword."""
        return any(line.keyword == keyword for line in self.status)


class Engine:
    """GnuPG over one home folder."""

    def __init__(self, home: Path | None, binary: str = "gpg") -> None:
        """`home` None is the user's own; an agent that runs there already is left running."""
        self._binary = binary
        self.home = _home(home)
        self._short = self._shortened() if home is not None else None
        self._version: tuple[int, ...] | None = None
        self._lock = threading.Lock()
        self._agent_is_ours: bool | None = None if home is not None else False

    def _shortened(self) -> Path:
        """The home, by a path that is short enough for the agent's socket."""
        if len(str(self.home)) <= LONGEST_HOME:
            return self.home
        folder = tempfile.mkdtemp(prefix="mc-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        link = Path(folder) / "home"
        link.symlink_to(self.home)
        return link

    @property
    def short_home(self) -> Path | None:
        """The folder to name to GnuPG; None for its own default."""
        return self._short

    @property
    def version(self) -> tuple[int, ...]:
        """The version of GnuPG; raises EngineMissing."""
        if self._version is None:
            done = self._run(["--version"])
            match = _VERSION.match(done.out)
            if done.cut:
                raise EngineMissing("GnuPG does not answer.", "See 'mailclient doctor'.")
            if match is None:
                raise EngineMissing("The program 'gpg' does not say that it is GnuPG.")
            self._version = tuple(int(one) for one in match.groups())
        return self._version

    @property
    def is_old(self) -> bool:
        """Whether this version has the fault of calling tampered data okay."""
        version = self.version
        return version < FIXED or (2, 3) <= version < (2, 4, 6)

    @property
    def is_sound(self) -> bool:
        """Whether this version has no fault in reading armor that is publicly known."""
        version = self.version
        return any(
            version >= one if one is SOUND[-1] else one <= version < (*one[:2], 999)
            for one in SOUND
        )

    def arguments(self, options: Sequence[str]) -> list[str]:
        """The command line of a task."""
        home = () if self._short is None else ("--homedir", str(self._short))
        reads = not _READING.isdisjoint(options) and (self.home / _RING).exists()
        return [self._binary, *home, *_OPTIONS, *(_NO_LOCK if reads else ()), *options]

    def run(
        self,
        options: Sequence[str],
        data: bytes = b"",
        *,
        cancel: CancelToken | None = None,
        attached: bytes | None = None,
        passphrase: str | None = None,
        largest: int = LARGEST,
    ) -> Run:
        """Do one task with `data` on standard input.

        `attached` is a second input: the option "@" names it. Raises Cancelled, EngineMissing, also
        for a GnuPG that is too old to be asked.
        """
        if self.version < OLDEST:
            words = ".".join(str(one) for one in self.version)
            raise EngineMissing(
                f"GnuPG {words} is too old; encrypted mail needs 2.2 or newer.",
                "Install a newer package 'gnupg'.",
            )
        return self._run(
            options,
            data,
            cancel=cancel,
            attached=attached,
            passphrase=passphrase,
            largest=largest,
        )

    def _run(
        self,
        options: Sequence[str],
        data: bytes = b"",
        *,
        cancel: CancelToken | None = None,
        attached: bytes | None = None,
        passphrase: str | None = None,
        largest: int = LARGEST,
    ) -> Run:
        token = cancel or CancelToken()
        token.check()
        with ExitStack() as stack:
            files: list[int] = []
            if attached is not None:
                second = stack.enter_context(_memory(attached)).fileno()
                files.append(second)
                options = [f"-&{second}" if one == "@" else one for one in options]
            if passphrase is not None:
                secret = stack.enter_context(_piped(passphrase.encode("utf-8") + b"\n"))
                files.append(secret)
                more = ("--pinentry-mode", "loopback", "--passphrase-fd", str(secret))
                options = [*more, *options]
            said, log = stack.enter_context(_memory()), stack.enter_context(_memory())
            process = self._start(options, files, said, log)
            out, code, cut = _Task(process, largest).finish(data, token)
            run = Run(
                read_status(_all_of(said)), out, _all_of(log).decode("utf-8", "replace"), code, cut
            )
        token.check()
        return run

    def _start(
        self, options: Sequence[str], files: Sequence[int], said: IO[bytes], log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        self._look_for_agent()
        try:
            return subprocess.Popen(
                self.arguments(["--status-fd", str(said.fileno()), *options]),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=(*files, said.fileno()),
                env={**os.environb, b"LC_ALL": b"C"},  # reads less than any other
                process_group=0,  # whatever it starts is stopped with it
            )
        except OSError as missing:
            raise EngineMissing(
                "GnuPG is not installed; encrypted mail cannot be read or written without it.",
                "Install the package 'gnupg' of your system.",
            ) from missing

    def _look_for_agent(self) -> None:
        """Find out, before the first task, whether an agent runs that somebody else started."""
        with self._lock:
            if self._agent_is_ours is None:
                asked = ["gpg-connect-agent", "--no-autostart", "GETINFO pid", "/bye"]
                self._agent_is_ours = not self._tool(asked).startswith(b"D ")

    def kept(self, grip: str) -> str:
        """How the agent keeps a secret key: "P" guarded by a passphrase, "C" not, "-" elsewhere (a
        card), "" not at all."""
        asked = ["gpg-connect-agent", f"KEYINFO {grip}", "/bye"]
        words = self._tool(asked).decode("ascii", "replace").split()
        return words[7] if words[:2] == ["S", "KEYINFO"] and len(words) > 7 else ""

    def _tool(self, command: Sequence[str]) -> bytes:
        """Run a tool of GnuPG over this home; b"" where it fails, is missing or hangs."""
        home = () if self._short is None else ("--homedir", str(self._short))
        line = [command[0], *home, *command[1:]]
        try:
            return subprocess.run(line, capture_output=True, check=True, timeout=10).stdout
        except (OSError, subprocess.SubprocessError):
            return b""

    def close(self) -> None:
        """End the agent that came up for these keys; one that others started goes on."""
        with self._lock:
            if self._agent_is_ours:
                self._tool(["gpgconf", "--kill", "gpg-agent"])
                self._agent_is_ours = None


class _Task:
    """One running process: it is fed, and what it puts out is read, whatever comes first."""

    def __init__(self, process: subprocess.Popen[bytes], largest: int) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self._largest = largest
        self._size = 0
        self._cut = ""
        self._until = time.monotonic() + SECONDS
        self._out: list[bytes] = []

    def finish(self, data: bytes, cancel: CancelToken) -> tuple[bytes, int, str]:
        """See it to its end: what it has put out, its exit code, and why it was stopped."""
        with self._stdin, self._stdout:
            os.set_blocking(self._stdin.fileno(), False)
            os.set_blocking(self._stdout.fileno(), False)
            with cancel.interrupting(self._kill):
                self._pump(self._feed(memoryview(data)))
                code = self._process.wait()
        return b"" if self._cut == "size" else b"".join(self._out), code, self._cut

    def _pump(self, data: memoryview) -> None:
        """Feed it and read it until it has ended; others may hold its pipes open for longer."""
        end = os.pidfd_open(self._process.pid)
        with os.fdopen(end, "rb", closefd=True), selectors.PollSelector() as waiting:
            waiting.register(end, selectors.EVENT_READ)
            waiting.register(self._stdout, selectors.EVENT_READ)
            if data:
                waiting.register(self._stdin, selectors.EVENT_WRITE)
            while True:
                ready = [key.fileobj for key, _ in waiting.select(self._left())]
                if not ready:
                    self._too_long()
                if self._stdout in ready and not self._take():
                    waiting.unregister(self._stdout)
                if self._stdin in ready and not (data := self._feed(data)):
                    waiting.unregister(self._stdin)
                if end in ready:
                    break
        while self._take():
            pass

    def _feed(self, data: memoryview) -> memoryview:
        """Write what it takes now; returns what is left, and closes the pipe where nothing is."""
        try:
            while data:
                data = data[os.write(self._stdin.fileno(), data[:PIECE]) :]
        except BlockingIOError:
            return data
        except OSError:  # it ended without reading everything; the status says why
            data = memoryview(b"")
        self._stdin.close()
        return data

    def _take(self) -> bool:
        """Read what is there; False at the end, or where nothing is. A process that puts out more
        than is allowed is killed (bombs)."""
        try:
            piece = os.read(self._stdout.fileno(), PIECE)
        except BlockingIOError:
            return False
        self._size += len(piece)
        if self._size > self._largest:
            self._out.clear()
            self._cut = "size"
            self._kill()
        else:
            self._out.append(piece)
        return bool(piece)

    def _left(self) -> float | None:
        """Seconds that it may still take; None when it was stopped."""
        return None if self._cut else max(self._until - time.monotonic(), 0)

    def _too_long(self) -> None:
        self._cut = "time"
        self._kill()

    def _kill(self) -> None:
        """Stop it, and what it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


@contextmanager
def _piped(secret: bytes) -> Iterator[int]:
    """A pipe that holds a secret for a child process: it never lies on a disk."""
    read_end, write_end = os.pipe()
    try:
        with os.fdopen(write_end, "wb") as pipe:
            pipe.write(secret[:SHORTEST_PIPE])
        yield read_end
    finally:
        os.close(read_end)


@contextmanager
def _memory(data: bytes = b"") -> Iterator[IO[bytes]]:
    """Memory that a child process reads and writes as a file; what it says is read when it has
    ended, in one go, and what was decrypted never touches a disk."""
    with os.fdopen(os.memfd_create("mailclient"), "w+b", buffering=0) as file:
        if data:
            file.write(data)
            file.seek(0)
        yield file


def _all_of(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _home(home: Path | None) -> Path:
    if home is not None:
        return home.absolute()
    named = os.environ.get("GNUPGHOME")
    return Path(named) if named else Path.home() / ".gnupg"
