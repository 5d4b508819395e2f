"""Waits on this computer for the one answer that the browser brings (RFC 8252 section 7.3).

Only the loopback is listened on, for one path, for five minutes, until one answer has come. The
page that the browser shows is always the same: nothing of what came in is written into it.
"""

from __future__ import annotations

import queue
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from mailclient.cancel import CancelToken
from mailclient.errors import Cancelled
from mailclient.transport.oauth.values import Issuer

SECONDS = 300.0
LOOK = 0.2  # seconds between looks at the cancel token
LONGEST_QUERY = 32 * 1024
_PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Signed in</title>
<body style="font: 1.1em sans-serif; margin: 4em auto; max-width: 30em">
<p>Thank you. You can close this page and go back to your mail program.</p></body></html>
"""


class Listener:
    """A place for one answer."""

    def __init__(self, issuer: Issuer) -> None:
        self._path = issuer.redirect_path or f"/{secrets.token_urlsafe(16)}"
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._servers = _servers(issuer.redirect_host, self._path, self._answers)
        port = self._servers[0].server_address[1]
        self.redirect = f"http://{issuer.redirect_host}:{port}{self._path}"

    def answer(self, cancel: CancelToken) -> str:
        """The query of the answer; raises Cancelled when stopped, or when nobody signs in."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            cancel.check()
            try:
                return self._answers.get(timeout=LOOK)
            except queue.Empty:
                continue
        raise Cancelled("Nobody has signed in within five minutes.", "Try again.")

    def start(self) -> None:
        """Listen."""
        for server in self._servers:
            threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
            ).start()

    def close(self) -> None:
        """Listen no more."""
        for server in self._servers:
            server.shutdown()
            server.server_close()


@contextmanager
def listening(issuer: Issuer) -> Iterator[Listener]:
    """Listen for the length of the block."""
    listener = Listener(issuer)
    listener.start()
    try:
        yield listener
    finally:
        listener.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a browser that keeps a connection open holds up nothing


class _Server6(_Server):
    address_family = socket.AF_INET6


def _servers(host: str, path: str, answers: queue.SimpleQueue[str]) -> list[_Server]:
    """On 127.0.0.1; for a redirect to `localhost` also on ::1, where the browser may look first."""
    first = _Server(("127.0.0.1", 0), _handler(path, answers))
    port = int(first.server_address[1])
    if host != "localhost":
        return [first]
    try:
        return [first, _Server6(("::1", port), _handler(path, answers))]
    except OSError:
        return [first]


def _handler(path: str, answers: queue.SimpleQueue[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Takes the answer, and tells all others that there is nothing."""

        timeout = 10
        server_version = "mailclient"
        sys_version = ""

        def do_GET(self) -> None:
            """Take an answer."""
            parts = urlsplit(self.path)
            host = self.headers.get("Host", "").rpartition(":")[0].strip("[]")
            known = host in ("127.0.0.1", "localhost", "::1")  # no name that leads here from afar
            if parts.path != path or not parts.query or len(self.path) > LONGEST_QUERY or not known:
                self.send_error(404)
                return
            answers.put(parts.query)
            self.send_response(200)
            for name, value in (
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Length", str(len(_PAGE))),
                ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
                ("Referrer-Policy", "no-referrer"),
                ("Cache-Control", "no-store"),
                ("Connection", "close"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(_PAGE)

        def log_message(self, format: str, *args: object) -> None:
            """Write nothing down: the address holds a code."""

    return Handler
