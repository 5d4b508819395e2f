"""A server that says what it is told to: for the faults that no real server commits on demand."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mailclient.account import Authentication, Security, Server

HOST = "localhost"


class Gone(Exception):
    """The client has closed the connection."""


class Conversation:
    """One connection, seen from the server."""

    def __init__(self, sock: socket.socket, heard: bytearray) -> None:
        self._sock = sock
        self._heard = heard
        self._buffer = b""

    def say(self, data: bytes) -> None:
        """Send as it is."""
        self._sock.sendall(data)

    def hear(self, wanted: bytes = b"") -> bytes:
        """The next line of the client, which must begin as `wanted`."""
        while b"\r\n" not in self._buffer:
            data = self._sock.recv(1 << 16)
            if not data:
                raise Gone
            self._buffer += data
            self._heard += data
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        assert line.upper().startswith(wanted), f"wanted {wanted!r}, heard {line!r}"
        return line

    def has_line(self) -> bool:
        """Whether the client has sent another line already; never waits."""
        self._sock.setblocking(False)
        try:
            data = self._sock.recv(1 << 16)
            self._buffer += data
            self._heard += data
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        finally:
            self._sock.setblocking(True)
        return b"\r\n" in self._buffer

    def waiting(self) -> int:
        """How many lines have been heard and not yet been looked at."""
        return self._buffer.count(b"\r\n")

    def forget(self) -> None:
        """Lose what has been heard and not yet been looked at, as a careless server does."""
        self._buffer = b""

    def answer(self, wanted: bytes, reply: bytes) -> None:
        """Hear a command and reply."""
        self.hear(wanted)
        self.say(reply)

    def hear_message(self) -> bytes:
        """What follows DATA, up to the lonely dot."""
        lines: list[bytes] = []
        while (line := self.hear()) != b".":
            lines.append(line + b"\r\n")
        return b"".join(lines)

    def hear_bytes(self, count: int) -> bytes:
        """So many bytes as they come, as after BDAT."""
        while len(self._buffer) < count:
            data = self._sock.recv(1 << 16)
            if not data:
                raise Gone
            self._buffer += data
            self._heard += data
        found, self._buffer = self._buffer[:count], self._buffer[count:]
        return found

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Go over to TLS."""
        self._sock = context.wrap_socket(self._sock, server_side=True)

    def pop3_log_in(self) -> None:
        """Greet, and accept any name and password."""
        self.say(b"+OK ready\r\n")
        self.answer(b"CAPA", b"-ERR what?\r\n")
        self.answer(b"USER", b"+OK\r\n")
        self.answer(b"PASS", b"+OK\r\n")

    def smtp_log_in(self, *features: bytes) -> None:
        """Greet, and accept any name and password."""
        self.say(b"220 ready\r\n")
        lines = [b"scripted", *features, b"AUTH PLAIN"]
        parts = [b"250-" + line for line in lines[:-1]] + [b"250 " + lines[-1]]
        self.answer(b"EHLO", b"\r\n".join(parts) + b"\r\n")
        self.answer(b"AUTH PLAIN", b"235 welcome\r\n")

    def wait_until_gone(self) -> None:
        """Say nothing any more."""
        while True:
            self.hear()

    def close(self) -> None:
        """End the connection in order."""
        self._sock.close()

    def cut(self) -> None:
        """Drop the connection at once, without a farewell of TCP or TLS."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket(fileno=self._sock.detach()).close()
        raise Gone


Script = Callable[[Conversation], None]


@dataclass(slots=True)
class Scripted:
    """A running scripted server, with all that it has heard."""

    port: int
    heard: bytearray = field(default_factory=bytearray)
    faults: list[AssertionError] = field(default_factory=list)

    def server(
        self,
        security: Security = Security.NONE,
        *,
        ca_file: str = "",
        authentication: Authentication = Authentication.PASSWORD,
    ) -> Server:
        """How the program finds it."""
        return Server(HOST, self.port, security, authentication, "ann", ca_file)


@contextmanager
def scripted(script: Script) -> Iterator[Scripted]:
    """A server that plays `script` on each connection; what it did not expect fails the test."""
    listener = socket.create_server(("127.0.0.1", 0))
    running = Scripted(listener.getsockname()[1])
    thread = threading.Thread(target=_serve, args=(listener, script, running))
    thread.start()
    try:
        yield running
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()
    for fault in running.faults:
        raise fault


def _serve(listener: socket.socket, script: Script, running: Scripted) -> None:
    while True:
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        conversation = Conversation(sock, running.heard)
        try:
            script(conversation)
        except AssertionError as fault:
            running.faults.append(fault)
        except (Gone, OSError):
            pass  # the client has ended it, as it may
        finally:
            conversation.close()
