"""A name server on the loopback (UDP and TCP) that knows the records of a test."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[tuple[str, str], list[str]]  # ("example.org.", "MX") -> ["10 mail.example.org."]
Mangle = Callable[[bytes], bytes]


@dataclass(slots=True)
class Names:
    """A running name server, and what it was asked for."""

    port: int
    asked: list[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"


def reply(data: bytes, zone: Zone, asked: list[str]) -> bytes:
    """The answer to a question; a name without any record does not exist."""
    question = dns.message.from_wire(data)
    answer = dns.message.make_response(question)
    answer.flags |= dns.flags.RA
    [one] = question.question
    name, kind = one.name.to_text().lower(), dns.rdatatype.to_text(one.rdtype)
    asked.append(f"{name} {kind}")
    records = zone.get((name, kind))
    if records:
        answer.answer.append(dns.rrset.from_text(one.name, 60, "IN", kind, *records))
    elif not any(name == known for known, _ in zone):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer.to_wire()


def _on_one_port(
    port: int,
    datagram: type[socketserver.BaseRequestHandler],
    stream: type[socketserver.BaseRequestHandler],
) -> tuple[socketserver.ThreadingTCPServer, socketserver.ThreadingUDPServer]:
    """Both ways of asking; a port that is free for one may be taken for the other."""
    for _ in range(20):
        streams = socketserver.ThreadingTCPServer(("127.0.0.1", port), stream)
        try:
            return streams, socketserver.ThreadingUDPServer(streams.server_address, datagram)
        except OSError:
            streams.server_close()
    raise RuntimeError("There is no port for a name server.")


@contextmanager
def names_running(
    zone: Zone, *, mangle: Mangle = lambda data: data, port: int = 0
) -> Iterator[Names]:
    """A name server; `mangle` changes each answer, b"" leaves it out."""
    running: Names

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, sock = self.request
            answer = mangle(reply(data, zone, running.asked))
            if answer:
                sock.sendto(answer, self.client_address)

    class Stream(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            (length,) = struct.unpack("!H", self.rfile.read(2))
            answer = mangle(reply(self.rfile.read(length), zone, running.asked))
            self.wfile.write(struct.pack("!H", len(answer)) + answer)

    servers = _on_one_port(port, Datagram, Stream)
    running = Names(servers[0].server_address[1])
    threads = [
        threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        for one in servers
    ]
    for thread in threads:
        thread.start()
    try:
        yield running
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()
