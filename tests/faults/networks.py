"""A network of its own for a case: names, servers and ways that exist nowhere else.

Nothing that happens in it can leave this machine. Its own processes are started with `inside`; a
server of the test is put into it by starting it in `entered`.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from tests.servers.namespaces import entered

NAME = "pop.example.net"
R = TypeVar("R")


class Network:
    """A network namespace with a table of names, held open by a process."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self._folder = folder
        self._process = process

    @property
    def entry(self) -> tuple[str, ...]:
        """What a command is preceded by to run in it."""
        return ("nsenter", "-t", str(self._process.pid), "-n", "-m", "--")

    def do(self, *commands: str) -> None:
        """Run commands in it; each must succeed."""
        for one in commands:
            subprocess.run([*self.entry, *shlex.split(one)], check=True, capture_output=True)

    def names(self, *lines: str) -> None:
        """What the names in it stand for, as lines of hosts(5)."""
        text = "".join(f"{one}\n" for one in ("127.0.0.1 localhost", *lines))
        (self._folder / "hosts").write_text(text, encoding="utf-8")

    def entered(self, work: Callable[[], R]) -> R:
        """Do something in it, in a thread; what that opens or starts stays in it."""
        return entered(self._process.pid, work)

    @contextmanager
    def holding(self, context: AbstractContextManager[R]) -> Iterator[R]:
        """What a context gives, begun in it: a server, say."""
        with ExitStack() as stack:
            yield self.entered(lambda: stack.enter_context(context))


@contextmanager
def network(folder: Path, *, alive: bool = True, everywhere: bool = False) -> Iterator[Network]:
    """A network with nothing but a loopback; dead if it is not `alive`.

    With `everywhere` each address there is leads back to this machine, so that whoever talks to
    anybody is seen. The case is skipped where that cannot be had.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can make a network")
    folder.mkdir(exist_ok=True)
    (folder / "hosts").write_text("127.0.0.1 localhost\n", encoding="utf-8")
    (folder / "resolv.conf").write_text("nameserver 192.0.2.53\n", encoding="utf-8")
    script = [f"mount --bind {folder}/{name} /etc/{name}" for name in ("hosts", "resolv.conf")]
    script += ["ip link set lo up"] if alive else []
    script += ["ip route add local default dev lo"] if everywhere else []
    script += ["echo ready", "exec sleep infinity"]
    process = subprocess.Popen(
        ["unshare", "-n", "-m", "sh", "-ec", "\n".join(script)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            pytest.skip("a network cannot be made here")
        yield Network(folder, process)
    finally:
        process.kill()
        process.communicate()
