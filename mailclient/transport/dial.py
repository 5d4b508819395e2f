"""Reaching a server by its name: every address is given its chance, none may hold up the others.

RFC 8305 (Happy Eyeballs): where a name has addresses of both kinds they take turns, and the next
one is tried while the one before it is still silent. Neither the look-up nor an address can make
anybody wait longer than is asked for, and both end at once when the job is asked to stop.
"""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import zip_longest

from mailclient.errors import MailError

HEAD_START = 0.25  # seconds before the next address is tried, too (RFC 8305 section 5)

Address = tuple[socket.AddressFamily, tuple[object, ...]]
Resolve = Callable[[str, int], Sequence[Address]]


class Stopped(OSError):
    """The caller has ended the wait."""


def addresses(host: str, port: int) -> list[Address]:
    """What the system knows of a name, in its own order; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, place) for family, _, _, _, place in found]


def dial(
    host: str, port: int, *, patience: float, stop: socket.socket, resolve: Resolve = addresses
) -> socket.socket:
    """A connection to the first address that takes one; it blocks, and has no time limit yet.

    `patience`, in seconds, is for the look-up, and then for all addresses together; the wait ends
    as soon as `stop` can be read. Raises OSError: TimeoutError where nobody answers, else what the
    first address that refused has said; and what `resolve` raises.
    """
    return _Race(in_turns(_looked_up(host, port, patience, stop, resolve)), stop).run(patience)


def in_turns(found: Sequence[Address]) -> list[Address]:
    """The two kinds of address by turns, the kind first that the system has put first."""
    first = [one for one in found if one[0] == found[0][0]]
    others = [one for one in found if one[0] != found[0][0]]
    pairs = zip_longest(first, others)
    return [one for pair in pairs for one in pair if one is not None]


def _looked_up(
    host: str, port: int, patience: float, stop: socket.socket, resolve: Resolve
) -> Sequence[Address]:
    """Ask the system in a thread that can be left behind: its look-up has no end of its own."""
    told: list[Sequence[Address] | OSError | MailError] = []
    done, ring = socket.socketpair()

    def ask() -> None:
        try:
            told.append(resolve(host, port))
        except (OSError, MailError) as problem:
            told.append(problem)
        except UnicodeError as problem:
            told.append(socket.gaierror(str(problem)))
        finally:
            ring.close()

    with done, selectors.DefaultSelector() as selector:
        selector.register(done, selectors.EVENT_READ)
        selector.register(stop, selectors.EVENT_READ)
        threading.Thread(target=ask, name="look-up", daemon=True).start()
        ready = {key.fileobj for key, _ in selector.select(patience)}
    if stop in ready:
        raise Stopped
    if not told:
        raise socket.gaierror(socket.EAI_AGAIN, "the look-up of the name takes too long")
    [answer] = told
    if isinstance(answer, OSError | MailError):
        raise answer
    return answer


class _Race:
    """Several addresses at once; whoever answers first is taken, the others are dropped."""

    def __init__(self, waiting: Sequence[Address], stop: socket.socket) -> None:
        self._waiting = list(waiting)
        self._stop = stop
        self._problem: OSError | None = None

    def run(self, patience: float) -> socket.socket:
        deadline = time.monotonic() + patience
        with ExitStack() as running, selectors.DefaultSelector() as selector:
            selector.register(self._stop, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                self._start(selector, running)
                if len(selector.get_map()) == 1:  # nobody is left who could answer
                    break
                pause = min(HEAD_START, left) if self._waiting else left
                for won in self._answers(selector, pause):
                    won.setblocking(True)
                    return socket.socket(fileno=won.detach())
        raise self._problem or TimeoutError

    def _start(self, selector: selectors.BaseSelector, running: ExitStack) -> None:
        """Call the next address."""
        while self._waiting:
            family, place = self._waiting.pop(0)
            try:
                sock = running.enter_context(socket.socket(family, socket.SOCK_STREAM))
                sock.setblocking(False)
                sock.connect(place)
            except BlockingIOError:
                selector.register(sock, selectors.EVENT_WRITE)
                return
            except OSError as problem:  # this kind of address, or this way, is not to be had
                self._problem = self._problem or problem
                continue
            selector.register(sock, selectors.EVENT_WRITE)
            return

    def _answers(self, selector: selectors.BaseSelector, pause: float) -> Iterator[socket.socket]:
        """Those that are connected; who refuses makes room for the next one at once."""
        for key, _ in selector.select(pause):
            sock = key.fileobj
            assert isinstance(sock, socket.socket)
            if sock is self._stop:
                raise Stopped
            selector.unregister(sock)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not code:
                yield sock
            else:
                self._problem = self._problem or OSError(code, os.strerror(code))
