"""One connection to a server: dialled, encrypted, shut from another thread when it must end.

The libraries count their patience anew for each byte; a wire ends when its time is up, whatever
drips in meanwhile. No protocol is spoken here.
"""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO

from mailclient.account import Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import Cancelled, CertificateRejected, MailError, Unreachable
from mailclient.transport import tls
from mailclient.transport.dial import Resolve, addresses, dial
from mailclient.transport.explain import FAULTS, explain, to_be_open

REACH = 20.0  # seconds to look a name up, and as many until one of its addresses answers
SILENCE = 60.0  # seconds without a byte
SET_UP = 120.0  # seconds from the first packet to the end of the log-in
IDLE = 30.0  # seconds that the watch sleeps while nothing is limited

Reader = BinaryIO | io.BufferedIOBase | None


class Wire:
    """The socket under a session, and the faults that it can have.

    One that is `looking` takes any certificate; nothing but the agreement on TLS goes over it.
    """

    def __init__(
        self,
        server: Server,
        cancel: CancelToken,
        *,
        looking: bool = False,
        resolve: Resolve = addresses,
    ) -> None:
        self.server = server
        self._resolve = resolve
        self._looking = looking
        self._cancel = cancel
        self._late = False
        self._watch = _Watch(self._expire)
        self.certificate = b""  # what the server has shown (DER)
        # `shut` goes by the shutter: first the bell that ends the dialling, then the connection
        # itself, never encrypted.
        self._shutter, self.sock = self._bell = socket.socketpair()

    def connect(self) -> None:
        """Connect, and encrypt from the first byte where the account says so.

        Raises Unreachable, CertificateRejected, BadInput, Cancelled.
        """
        if self.server.security is Security.NONE and self.server.encrypted:
            raise to_be_open(self.server)
        try:
            host, port, bell = self.server.host, self.server.port, self._bell[1]
            self.sock = dial(host, port, patience=REACH, stop=bell, resolve=self._resolve)
            self._shutter = self.sock.dup()
            self._cancel.check()
            if self._late:  # the bell was rung when nobody listened any more
                raise TimeoutError
            self.sock.settimeout(SILENCE)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.server.security is Security.TLS:
                self._shake_hands()
        except FAULTS as error:
            raise self.fault(error, "connecting") from error

    def encrypt(self, reader: Reader) -> None:
        """Go over to TLS after the server has agreed; `reader` has read what was said so far.

        Raises CertificateRejected if plain text followed the agreement (an attack), or if the
        server cannot prove who it is; Unreachable, BadInput.
        """
        try:
            if self.leftover(reader):
                raise CertificateRejected(
                    f"Somebody between here and {self.server.host} interfered with setting up "
                    "encryption.",
                    "Nothing was sent. Try again over another network.",
                )
            self._shake_hands()
        except FAULTS as error:
            raise self.fault(error, "setting up encryption") from error

    def _context(self) -> ssl.SSLContext:
        """What the server has to prove, and what is shown to it."""
        if self._looking:
            return tls.unverified()
        own = self.server.client_file
        return tls.unverified(own) if self.server.pin else tls.context(self.server.ca_file, own)

    def _shake_hands(self) -> None:
        pinned = self.server.pin and not self._looking
        context = self._context()
        try:
            encrypted = context.wrap_socket(self.sock, server_hostname=self.server.host)
        except OSError as error:
            _close_lost(error)
            raise
        self.sock = encrypted
        self.certificate = encrypted.getpeercert(binary_form=True) or b""
        if pinned and tls.fingerprint(self.certificate) != self.server.pin:
            raise CertificateRejected(
                f"The certificate of {self.server.host} is not the one that you have accepted.",
                "Nothing was sent. Look at the new one before you accept it.",
                tls.fingerprint(self.certificate),
            )

    @property
    def encryption(self) -> str:
        """By what the connection is encrypted ("TLS 1.3"); "" for one that is open."""
        version = self.sock.version() if isinstance(self.sock, ssl.SSLSocket) else None
        return (version or "").replace("TLSv", "TLS ")

    def leftover(self, reader: Reader) -> bytes:
        """What has come in that nobody asked for; never waits."""
        if not isinstance(reader, io.BufferedReader):
            return b""
        patience = self.sock.gettimeout()
        self.sock.settimeout(0)
        try:
            return reader.peek(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return b""
        finally:
            self.sock.settimeout(patience)

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """Shut the connection if the block takes longer, whatever it waits for."""
        return self._watch.within(seconds)

    def _expire(self) -> None:
        self._late = True
        self.shut()

    def shut(self) -> None:
        """Wake the thread that waits for the network; from any thread."""
        try:
            self._shutter.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it was not open

    def close(self) -> None:
        """End the connection."""
        self._watch.end()
        for one in (self.sock, self._shutter, *self._bell):
            one.close()

    def fault(self, error: BaseException, doing: str) -> MailError:
        """What happened, in the user's words."""
        if self._cancel.cancelled:
            return Cancelled("Stopped.")
        if self._late:
            return self.too_slow()
        return explain(error, self.server, doing)

    def too_slow(self) -> Unreachable:
        """The server's time is up."""
        return Unreachable(
            f"{self.server.host} is too slow; the connection was given up.", "Try again later."
        )


class _Watch:
    """Calls `expire` when the time of a block is up: one thread for all blocks of a connection, as
    starting one for each costs more than a small message (2 of 3 parts of the time, measured)."""

    def __init__(self, expire: Callable[[], None]) -> None:
        self._expire = expire
        self._changed = threading.Condition()
        self._ends: list[float] = []
        self._wakes = 0.0
        self._over = False
        self._thread: threading.Thread | None = None

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Limit a block."""
        end = time.monotonic() + seconds
        with self._changed:
            self._ends.append(end)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            elif end < self._wakes:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._ends.remove(end)

    def end(self) -> None:
        """Watch no more."""
        with self._changed:
            self._over = True
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while not self._over:
                now = time.monotonic()
                self._wakes = min(self._ends, default=now + IDLE)
                if self._wakes <= now:
                    self._expire()
                    return
                self._changed.wait(self._wakes - now)


@contextmanager
def connected(
    server: Server, cancel: CancelToken, *, looking: bool = False, resolve: Resolve = addresses
) -> Iterator[Wire]:
    """A connection that ends with the block, and when the job is asked to stop.

    Raises Unreachable, CertificateRejected, BadInput, Cancelled, and what `resolve` raises.
    """
    cancel.check()
    wire = Wire(server, cancel, looking=looking, resolve=resolve)
    try:
        with cancel.interrupting(wire.shut):
            with wire.within(SET_UP):
                wire.connect()
            yield wire
    finally:
        wire.close()


def _close_lost(error: OSError) -> None:
    """Close the socket that the library has taken over and lost: it does so with one that is cut
    off just before the handshake, and only the frames of the error still know it."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        lost = frame.f_locals.get("self")
        if isinstance(lost, ssl.SSLSocket):
            lost.close()
