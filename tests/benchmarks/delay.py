"""A TCP proxy on the loopback that holds every byte back for half of a round trip, each way.

It limits the delay, never the bandwidth: what has come in is passed on as soon as it is old enough,
up to 32 MB under way per direction. It is exact to half a millisecond. One thread, one loop, in a
process of its own: `python -m tests.benchmarks.delay TARGET_PORT MILLISECONDS` prints the port that
it listens on.
"""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PIECE = 1 << 20
MOST_UNDER_WAY = 32 << 20
PAUSE = 0.0005  # seconds in which bytes gather, so that a stream of small packets costs no more


@dataclass(slots=True, eq=False)
class _Way:
    """One direction of a connection."""

    source: socket.socket
    target: socket.socket
    delay: float  # seconds
    under_way: deque[tuple[float, memoryview]] = field(default_factory=deque)
    size: int = 0
    at_end: bool = False
    done: bool = False

    @property
    def reads(self) -> bool:
        return not self.at_end and self.size < MOST_UNDER_WAY

    @property
    def due(self) -> float | None:
        """When the next piece is to be passed on; None while there is none."""
        return self.under_way[0][0] if self.under_way else None

    def take(self, now: float) -> None:
        """Read what has come."""
        while self.reads:
            try:
                data = self.source.recv(PIECE)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            self.at_end = not data
            self.under_way.append((now + self.delay, memoryview(data)))
            self.size += len(data)

    def give(self, now: float) -> None:
        """Write what is old enough, and as much as the other side takes."""
        while self.under_way and self.under_way[0][0] <= now:
            due, data = self.under_way.popleft()
            try:
                if not data:
                    self.done = True
                    self.target.shutdown(socket.SHUT_WR)
                    return
                sent = self.target.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                self.at_end = self.done = True
                return
            self.size -= sent
            if sent < len(data):
                self.under_way.appendleft((due, data[sent:]))
                return


def serve(listener: socket.socket, port: int, delay: float) -> None:
    """Pass connections on to `port` for ever; `delay` is a round trip in seconds."""
    ways: list[_Way] = []
    while True:
        time.sleep(PAUSE)
        now = time.monotonic()
        dues = [way.due for way in ways if way.due is not None]
        blocked = [way.target for way in ways if way.due is not None and way.due <= now]
        late = [due for due in dues if due > now]
        readable, writable, _ = select.select(
            [listener, *(way.source for way in ways if way.reads)],
            blocked,
            [],
            max(min(late) - now, 0) if late else None,
        )
        now = time.monotonic()
        if listener in readable:
            ways += _connection(listener, port, delay)
        for way in ways:
            if way.source in readable:
                way.take(now)
            if way.due is not None and way.due <= now and (way.target not in blocked or writable):
                way.give(now)
        ways = [way for way in ways if not _over(way, ways)]


def _connection(listener: socket.socket, port: int, delay: float) -> list[_Way]:
    client, _ = listener.accept()
    server = socket.create_connection(("127.0.0.1", port))
    for one in (client, server):
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one.setblocking(False)
    return [_Way(client, server, delay / 2), _Way(server, client, delay / 2)]


def _over(way: _Way, ways: list[_Way]) -> bool:
    """Whether both directions have ended; the sockets are closed then."""
    back = next((one for one in ways if one.source is way.target), None)
    if not way.done or (back is not None and not back.done):
        return False
    way.source.close()
    return True


@contextmanager
def delayed(port: int, milliseconds: int) -> Iterator[int]:
    """A proxy before `port` for as long as this lasts; yields the port to connect to."""
    command = [sys.executable, "-m", "tests.benchmarks.delay", str(port), str(milliseconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def main() -> None:
    """Listen, say where, and serve."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    serve(listener, int(sys.argv[1]), int(sys.argv[2]) / 1000)


if __name__ == "__main__":
    main()
