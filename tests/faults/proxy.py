"""A proxy between the program and a server that does to the bytes what it is told to do.

A fault has a direction, a place in the stream of that direction, and what happens there. It strikes
each connection that is made while it stands in `Proxy.faults`. Everything that was passed on is
kept, so that a test can say what went over the wire. With papers the proxy speaks TLS to the
program and clear text to the server: the places are then those of the clear text.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, assert_never

PIECE = 1 << 16


class Way(Enum):
    """A direction."""

    TO_SERVER = "to the server"
    TO_CLIENT = "to the client"


# Where


@dataclass(frozen=True, slots=True)
class Byte:
    """Before the byte of this number, counted from 0."""

    number: int

    def find(self, stream: bytearray) -> int | None:
        return self.number if len(stream) >= self.number else None


@dataclass(frozen=True, slots=True)
class After:
    """After the place where a pattern has been seen for the `times`th time."""

    pattern: bytes
    times: int = 1

    def find(self, stream: bytearray) -> int | None:
        found = re.finditer(self.pattern, stream)
        for count, one in enumerate(found, 1):
            if count == self.times:
                return one.end()
        return None


def command(number: int) -> After:
    """After the command of this number, counted from 1; to be used to the server."""
    return After(rb"\r\n", number)


Place = Byte | After


# What


@dataclass(frozen=True, slots=True)
class Cut:
    """Both sides lose the connection: by RST, by FIN, or by a FIN after the farewell of TLS."""

    reset: bool = False
    farewell: bool = False


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing more comes through in this direction."""


@dataclass(frozen=True, slots=True)
class Trickle:
    """From here on so many bytes a second."""

    rate: float


@dataclass(frozen=True, slots=True)
class Late:
    """From here on each piece comes so many seconds late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Flip:
    """A bit of the next byte is turned."""

    bit: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """So many bytes are dropped, and others are put in."""

    drop: int = 0
    insert: bytes = b""


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing comes through for so many seconds, then everything."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Something is done elsewhere before anything more comes through."""

    act: Callable[[], object]


Deed = Cut | Stall | Trickle | Late | Flip | Change | Pause | Meanwhile


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens, and where; one place, one time."""

    way: Way
    place: Place
    deed: Deed


BLACK_HOLE = (
    Fault(Way.TO_CLIENT, Byte(0), Stall()),
    Fault(Way.TO_SERVER, Byte(0), Stall()),
)


# Passing on


@dataclass(slots=True)
class Wires:
    """What one connection has passed on, in each direction; `struck` are the faults that were."""

    passed: dict[Way, bytearray] = field(default_factory=lambda: {way: bytearray() for way in Way})
    struck: list[Fault] = field(default_factory=list)

    def commands(self) -> list[bytes]:
        """The lines that reached the server."""
        return bytes(self.passed[Way.TO_SERVER]).split(b"\r\n")[:-1]


class _Over(Exception):
    """The connection has ended here."""


@dataclass(slots=True)
class _Stream:
    """One direction of one connection."""

    way: Way
    source: asyncio.StreamReader
    target: asyncio.StreamWriter
    faults: list[Fault]
    wires: Wires
    cut: asyncio.Future[Cut]
    seen: bytearray = field(default_factory=bytearray)  # as it came
    done: int = 0  # how much of that has been dealt with
    rate: float = 0.0
    late: float = 0.0

    async def run(self) -> None:
        """Pass on until the source ends or a fault ends it."""
        while await self._strike():
            data = await self.source.read(PIECE)
            if not data:
                return
            self.seen += data

    async def _strike(self) -> bool:
        """Deal with all that has come."""
        while (found := self._next()) is not None:
            place, fault = found
            await self._pass(place)
            if isinstance(fault.deed, Flip | Change) and len(self.seen) <= place + _need(fault):
                return True  # what is to be changed has not come yet
            self.faults.remove(fault)
            self.wires.struck.append(fault)
            await self._do(fault.deed)
        await self._pass(len(self.seen))
        return True

    def _next(self) -> tuple[int, Fault] | None:
        found = [
            (place, number)
            for number, fault in enumerate(self.faults)
            if (place := fault.place.find(self.seen)) is not None
        ]
        if not found:
            return None
        place, number = min(found)
        return max(place, self.done), self.faults[number]

    async def _do(self, deed: Deed) -> None:
        match deed:
            case Cut():
                if not self.cut.done():
                    self.cut.set_result(deed)
                raise _Over
            case Stall():
                while await self.source.read(PIECE):
                    pass  # nobody will ever see it
                raise _Over
            case Trickle(rate):
                self.rate = rate
            case Late(seconds):
                self.late = seconds
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Meanwhile(act):
                await asyncio.get_running_loop().run_in_executor(None, act)
            case Flip(bit):
                await self._send(bytes([self.seen[self.done] ^ (1 << bit)]))
                self.done += 1
            case Change(drop, insert):
                self.done += drop
                await self._send(insert)
            case _:
                assert_never(deed)

    async def _pass(self, until: int) -> None:
        if until > self.done:
            data = bytes(self.seen[self.done : until])
            self.done = until
            await self._send(data)

    async def _send(self, data: bytes) -> None:
        if self.late:
            await asyncio.sleep(self.late)
        step = 1 if self.rate else max(len(data), 1)
        for at in range(0, len(data), step):
            if self.rate:
                await asyncio.sleep(1 / self.rate)
            self.target.write(data[at : at + step])
            self.wires.passed[self.way] += data[at : at + step]
            await self.target.drain()


def _need(fault: Fault) -> int:
    """How many bytes must lie behind the place before it can be dealt with, less one."""
    return fault.deed.drop - 1 if isinstance(fault.deed, Change) else 0


class Proxy:
    """A running proxy before `port`; `faults` may be changed between connections."""

    def __init__(self, port: int, papers: ssl.SSLContext | None = None) -> None:
        self.port = 0
        self.faults: tuple[Fault, ...] = ()
        self.connections: list[Wires] = []
        self._target = port
        self._papers = papers
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    @property
    def last(self) -> Wires:
        """What the newest connection has passed on."""
        return self.connections[-1]

    def play(self, *faults: Fault) -> None:
        """What strikes the connections from now on; nothing, if nothing is given."""
        self.faults = faults

    def drop(self) -> None:
        """Cut all connections that there are, by RST."""
        asyncio.run_coroutine_threadsafe(self._drop(), self._loop).result()

    async def _drop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self) -> None:
        """Listen on a free port."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def stop(self) -> None:
        """End all connections, and itself."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", 0, ssl=self._papers, limit=PIECE
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._drop()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._tasks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wires = Wires()
        self.connections.append(wires)
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target)
        ends = (writer, server_writer)
        for one in ends:
            one.transport.set_write_buffer_limits(high=0)
        cut: asyncio.Future[Cut] = self._loop.create_future()
        pairs = ((Way.TO_SERVER, reader, server_writer), (Way.TO_CLIENT, server_reader, writer))
        streams: list[asyncio.Future[None]] = []
        for way, source, target in pairs:
            faults = [one for one in self.faults if one.way is way]
            stream = _Stream(way, source, target, faults, wires, cut)
            streams.append(asyncio.ensure_future(stream.run()))
        ended: list[asyncio.Future[Any]] = [*streams, cut]
        try:
            await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for stream_task in streams:
                stream_task.cancel()
            results = await asyncio.gather(*streams, return_exceptions=True)
            # What one side has ended ends in order on the other side as well.
            deed = cut.result() if cut.done() else Cut(farewell=True)
            for end in ends:
                _finish(end, deed)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, OSError | _Over):
                raise result


def _finish(end: asyncio.StreamWriter, deed: Cut) -> None:
    if deed.farewell:
        end.close()
        return
    sock = end.get_extra_info("socket")
    if deed.reset and sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.transport.abort()


@contextmanager
def proxy(port: int, papers: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    """A proxy before a port of the loopback for as long as this lasts."""
    made = Proxy(port, papers)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def to_client(place: Place | int, deed: Deed) -> Fault:
    """A fault in what the server says."""
    return Fault(Way.TO_CLIENT, Byte(place) if isinstance(place, int) else place, deed)


def to_server(place: Place | int, deed: Deed) -> Fault:
    """A fault in what the program says."""
    return Fault(Way.TO_SERVER, Byte(place) if isinstance(place, int) else place, deed)


def sizes(connections: Sequence[Wires]) -> list[tuple[int, int]]:
    """How many bytes went to the server and to the client on each connection."""
    return [(len(one.passed[Way.TO_SERVER]), len(one.passed[Way.TO_CLIENT])) for one in connections]
