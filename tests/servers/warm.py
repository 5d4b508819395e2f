"""Runs commands of mailclient in processes that are forked from one which has loaded the program.

    python -m tests.servers.warm

Most of a short command's time is spent on loading. Each command here is still a process of its own,
with an environment, streams and an end of its own; it only need not load anything.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import resource
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from tempfile import TemporaryFile
from typing import BinaryIO

from mailclient import __main__, cli, services, store, transport
from tests.faults.hurried import hurry

STREAMS = 3
LONGEST = 1 << 20  # bytes of a command


class Warm:
    """Where commands are run; the other end of `sock` is a process that has loaded the program."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def run(
        self, arguments: Sequence[str], *, hurried: bool, stdin: str, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with this environment and no more."""
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
            given.write(stdin.encode())
            given.seek(0)
            wanted = {"arguments": list(arguments), "hurried": hurried, "env": dict(environment)}
            numbers = [one.fileno() for one in (given, out, err)]
            socket.send_fds(self._sock, [json.dumps(wanted).encode()], numbers)
            answer = self._sock.recv(64)
            assert answer, "the process that runs commands has ended"
            return subprocess.CompletedProcess(
                list(arguments), int(answer), _written(out), _written(err)
            )


def _written(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode()


@contextmanager
def warm_running(entry: tuple[str, ...] = ()) -> Iterator[Warm]:
    """A process that runs commands for as long as this lasts; `entry` is how to get where it is to
    be."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    with here, there:
        here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST)
        process = subprocess.Popen(
            [*entry, sys.executable, "-m", "tests.servers.warm", str(there.fileno())],
            pass_fds=[there.fileno()],
            env=environment,
        )
        there.close()
        yield Warm(here)
        here.close()
        process.wait()


def serve(sock: socket.socket) -> None:
    """Run one command after the other, until nobody is there any more."""
    while True:
        message, streams, _, _ = socket.recv_fds(sock, LONGEST, STREAMS)
        if not message:
            return
        child = os.fork()
        if child == 0:
            sock.close()
            _become(json.loads(message), streams)
        for one in streams:
            os.close(one)
        _, status = os.waitpid(child, 0)
        sock.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(wanted: dict[str, object], streams: Sequence[int]) -> None:
    """Be the command; never returns."""
    status = 70
    try:
        for number, one in enumerate(streams):
            os.dup2(one, number)
            os.close(one)
        os.environ.clear()
        os.environ.update(wanted["env"])  # type: ignore[arg-type, call-overload]
        sys.argv = ["mailclient", *wanted["arguments"]]  # type: ignore[misc]
        if wanted["hurried"]:
            hurry()
        status = _status()
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        gc.collect()  # what was left open is told, as at any other end
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - the end of a process
        traceback.print_exc()
    finally:
        os._exit(status)


def _status() -> int:
    try:
        __main__.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _load() -> None:
    """Import what any command may come to need."""
    import_module("mailclient.crypto.openpgp.plugin")  # beside it are children, and an extra
    for package in (cli, services, store, transport):
        for _, name, _ in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            with suppress(ModuleNotFoundError):  # for an extra that is not installed
                import_module(name)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _load()
    with socket.socket(fileno=int(sys.argv[1])) as sock:
        serve(sock)


if __name__ == "__main__":
    main()
