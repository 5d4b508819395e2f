"""Small documents over verified HTTPS; nothing else, and never another scheme on the way. Only what
proves itself by a signature of its own may come over HTTP.

What comes is a stranger's: its size, its time and the number of its detours are limited.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    Busy,
    Cancelled,
    CertificateRejected,
    MailError,
    NoSuchHost,
    NotFound,
    Unreachable,
)
from mailclient.transport import tls
from mailclient.transport.dial import dial
from mailclient.transport.explain import certificate_fault
from mailclient.transport.reach import resolver

LARGEST = 256 * 1024
SECONDS = 5.0  # for each step
PATIENCE = 30.0  # seconds for the whole document
PIECE = 1 << 14
MOST_REDIRECTS = 3
HTTP_PORT = 80
REDIRECTS = (301, 302, 303, 307, 308)
_NO_SUCH_NAME = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent to a server, and what it is."""

    data: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Document:
    """What was fetched: the bytes, what they are said to be, and the host that they came from."""

    data: bytes
    content_type: str
    host: str


def document(
    url: str,
    cancel: CancelToken,
    *,
    limit: int,
    private: bool,
    timeout: float = SECONDS,
    ca_file: str = "",
    plain: bool = False,
) -> Document:
    """Fetch a document of at most `limit` bytes, over a few redirects to https alone; with `plain`
    over http, too.

    Unless `private` is set no address inside a private network is spoken to. Raises BadInput,
    NotFound, Unreachable, CertificateRejected, Cancelled.
    """
    for _ in range(MOST_REDIRECTS + 1):
        cancel.check()
        parts = _usable(url, plain=plain)
        connection = _Connection(parts, timeout, private=private, ca_file=ca_file)
        with closing(connection), _in_our_words(parts, cancel), connection.limited(cancel):
            connection.request("GET", _path(parts), headers={"User-Agent": "mailclient"})
            with closing(connection.getresponse()) as answer:
                if answer.status in REDIRECTS:
                    url = urljoin(url, answer.headers.get("Location", ""))
                    continue
                return _read(answer, parts, limit)
    raise BadInput("The answer leads from one place to the next.")


def submit(
    url: str,
    form: Sequence[tuple[str, str]],
    cancel: CancelToken,
    *,
    limit: int,
    ca_file: str = "",
    timeout: float = SECONDS,
) -> tuple[int, bytes]:
    """Send a form to a server that the user chose; the status and at most `limit` bytes of the
    answer. Raises as `post`."""
    body = Body(urlencode(form).encode("ascii"), "application/x-www-form-urlencoded")
    return post(url, body, cancel, limit=limit, private=True, ca_file=ca_file, timeout=timeout)


def post(
    url: str,
    body: Body,
    cancel: CancelToken,
    *,
    limit: int,
    private: bool,
    ca_file: str = "",
    timeout: float = SECONDS,
) -> tuple[int, bytes]:
    """Send `body`; the status and at most `limit` bytes of the answer. No redirect is followed, as
    what is sent is for this server alone.

    Raises BadInput, Unreachable, CertificateRejected, Cancelled.
    """
    parts = _usable(url)
    connection = _Connection(parts, timeout, private=private, ca_file=ca_file)
    headers = {
        "Content-Type": body.content_type,
        "Accept": "application/json",
        "User-Agent": "mailclient",
    }
    cancel.check()
    with closing(connection), _in_our_words(parts, cancel), connection.limited(cancel):
        connection.request("POST", _path(parts), body.data, headers)
        with closing(connection.getresponse()) as answer:
            return answer.status, _bounded(answer, parts, limit)


def refusal(status: int, host: str) -> MailError | None:
    """What a status says in words; None for one that brings a document."""
    if status == 200:
        return None
    if status == 429:
        return Busy(f"{host} asks to be left alone for a while.", "Try again later.", "429")
    if status >= 500:
        return Unreachable(f"{host} cannot answer now.", "Try again later.", str(status))
    return NotFound(f"{host} has nothing there.", detail=str(status))


def _read(answer: HTTPResponse, parts: SplitResult, limit: int) -> Document:
    host = str(parts.hostname)
    if (refused := refusal(answer.status, host)) is not None:
        raise refused
    return Document(_bounded(answer, parts, limit), answer.headers.get_content_type(), host)


def _bounded(answer: HTTPResponse, parts: SplitResult, limit: int) -> bytes:
    data = bytearray()
    while len(data) <= limit and (piece := answer.read1(PIECE)):
        data += piece
    if len(data) > limit:
        raise BadInput(f"What {parts.hostname} sent is too large.")
    return bytes(data)


def _usable(url: str, *, plain: bool = False) -> SplitResult:
    try:
        parts = urlsplit(url)
        fits = parts.scheme == "https" or (plain and parts.scheme == "http")
        usable = fits and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or any(ord(sign) <= 32 for sign in url):
        raise BadInput("Only https addresses are fetched.")
    return parts


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class _Connection(HTTPSConnection):
    """A connection that can be shut from another thread; verified, unless it is asked for http."""

    def __init__(self, parts: SplitResult, timeout: float, *, private: bool, ca_file: str) -> None:
        self._encrypted = parts.scheme == "https"
        if not self._encrypted:
            self.default_port = HTTP_PORT
        super().__init__(str(parts.hostname), parts.port, timeout=timeout)
        self._seconds = timeout
        self._private = private
        self._ca_file = ca_file
        self._with = ExitStack()
        # What ends it: first the bell that ends the dialling, then also the connection itself.
        self._bell = socket.socketpair()
        self._shutters = [self._bell[0]]
        for one in self._bell:
            self._with.callback(one.close)
        self._late = False
        self._lock = threading.Lock()

    def connect(self) -> None:
        """Connect, and encrypt if it is to be; raises OSError, BadInput."""
        raw = dial(
            self.host,
            self.port,
            patience=self._seconds,
            stop=self._bell[1],
            resolve=resolver(private=self._private),
        )
        self.sock = raw
        raw.settimeout(self._seconds)
        context = tls.context(self._ca_file) if self._encrypted else None
        with self._lock:  # one that is shut just now would be taken for one never connected
            if self._late:
                raise TimeoutError
            shutter = raw.dup()  # the same connection, never encrypted
            self._with.callback(shutter.close)
            self._shutters.append(shutter)
            if context is None:
                return
            encrypted = context.wrap_socket(
                raw, server_hostname=self.host, do_handshake_on_connect=False
            )
        self.sock = encrypted
        encrypted.do_handshake()

    @contextmanager
    def limited(self, cancel: CancelToken) -> Iterator[None]:
        """End the block when its time is up or the job is to stop, whatever drips in meanwhile."""
        timer = threading.Timer(PATIENCE, self._shut)
        timer.daemon = True
        timer.start()
        try:
            with cancel.interrupting(self._shut), self._with:
                yield
        finally:
            timer.cancel()

    def _shut(self) -> None:
        with self._lock:
            self._late = True
            for shutter in self._shutters:
                try:
                    shutter.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # it was not open


@contextmanager
def _in_our_words(parts: SplitResult, cancel: CancelToken) -> Iterator[None]:
    host = parts.hostname
    try:
        yield
    except (OSError, HTTPException, ValueError) as fault:
        if cancel.cancelled:
            raise Cancelled("Stopped.") from fault
        if isinstance(fault, ssl.SSLCertVerificationError):
            raise CertificateRejected(
                f"{host} could not prove that it is {host}: {certificate_fault(fault)}.",
                "Nothing was asked of it.",
            ) from fault
        if isinstance(fault, socket.gaierror) and fault.errno in _NO_SUCH_NAME:
            raise NoSuchHost(f"There is no server named {host}.") from fault
        raise Unreachable(f"{host} does not answer.", "Try again later.") from fault
