"""An HTTPS server on the loopback that answers each path as a test wants it; or one over HTTP."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(slots=True)
class Web:
    """A running server, and what it was asked for."""

    port: int
    closing: threading.Event
    scheme: str = "https"
    asked: list[str] = field(default_factory=list)
    told: list[tuple[str, bytes]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"{self.scheme}://localhost:{self.port}{path}"


def document(data: bytes, kind: str = "text/xml") -> Answer:
    """Answers with a document."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.send_header("Content-Type", kind)
        to.end_headers()
        to.wfile.write(data)

    return answer


def status(number: int) -> Answer:
    """Answers with nothing but a status."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_error(number)

    return answer


def redirect(target: str) -> Answer:
    """Sends on to another place."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(302)
        to.send_header("Location", target)
        to.end_headers()

    return answer


def endless(to: BaseHTTPRequestHandler) -> None:
    """Sends without end."""
    to.send_response(200)
    to.send_header("Content-Type", "text/xml")
    to.end_headers()
    try:
        while True:
            to.wfile.write(b"<!-- more -->" * 1000)
    except OSError:
        return  # the client had enough


@contextmanager
def web_running(
    context: ssl.SSLContext | None, answers: Mapping[str, Answer], *, slow: str = "", port: int = 0
) -> Iterator[Web]:
    """A server with these answers; everything else is 404, and the path `slow` never answered.

    Without a context it speaks HTTP.
    """
    running: Web

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            running.asked.append(self.path)
            if self.path == slow:
                running.closing.wait()
            elif self.path in answers:
                answers[self.path](self)
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            running.told.append((self.path, body))
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            return  # a test has no use for it

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda request, address: None  # type: ignore[method-assign]
    running = Web(server.server_port, threading.Event(), "https" if context else "http")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running
    finally:
        running.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
