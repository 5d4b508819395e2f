"""A submission server over TLS that takes everything and keeps nothing but a tally.

`python submission_sink.py CERT KEY FILE` prints its port, and writes "MESSAGES BYTES CHECKSUM" into
FILE after each connection; the checksum is the sum of the CRC-32 of all messages as they were
meant. It answers all commands that have come in with one write, and serves one connection after the
other. Its time is not that of those who send.
"""

import contextlib
import socket
import ssl
import sys
from pathlib import Path
from zlib import crc32

END = b"\r\n.\r\n"
PIECE = 1 << 18
OFFERS = (b"8BITMIME", b"PIPELINING", b"CHUNKING", b"SIZE 50000000", b"AUTH PLAIN LOGIN")


class Connection:
    """One client, and what it has sent so far."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self.sock = sock
        self.buffer = b""
        self.replies: list[bytes] = [b"220 sink"]
        self.messages: list[bytes] = []
        self.chunks: list[bytes] = []

    def fill(self) -> None:
        """Answer what was asked, then wait for more."""
        if self.replies:
            self.sock.sendall(b"".join(one + b"\r\n" for one in self.replies))
            self.replies.clear()
        data = self.sock.recv(PIECE)
        if not data:
            raise EOFError
        self.buffer += data

    def until(self, mark: bytes) -> bytes:
        """Everything up to `mark`, which is dropped."""
        begin = 0
        while (end := self.buffer.find(mark, begin)) < 0:
            begin = max(len(self.buffer) - len(mark), 0)
            self.fill()
        found, self.buffer = self.buffer[:end], self.buffer[end + len(mark) :]
        return found

    def exactly(self, count: int) -> bytes:
        """So many bytes."""
        while len(self.buffer) < count:
            self.fill()
        found, self.buffer = self.buffer[:count], self.buffer[count:]
        return found

    def serve(self) -> None:
        """Until the client has had enough."""
        while True:
            words = self.until(b"\r\n").upper().split()
            match words[0]:
                case b"EHLO":
                    lines = [b"sink", *OFFERS]
                    self.replies += [b"250-" + one for one in lines[:-1]] + [b"250 " + lines[-1]]
                case b"AUTH":
                    self.replies.append(b"235 welcome")
                case b"DATA":
                    self.replies.append(b"354 go on")
                    raw = (b"\r\n" + self.until(END) + b"\r\n").replace(b"\r\n..", b"\r\n.")
                    self.messages.append(raw[2:])
                    self.replies.append(b"250 taken")
                case b"BDAT":
                    self.chunks.append(self.exactly(int(words[1])))
                    if b"LAST" in words:
                        self.messages.append(b"".join(self.chunks))
                        self.chunks.clear()
                    self.replies.append(b"250 taken")
                case b"QUIT":
                    self.sock.sendall(b"221 end\r\n")
                    return
                case _:
                    self.replies.append(b"250 fine")


def main() -> None:
    """Serve one connection after the other."""
    certificate, key, path = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)
    count = size = checksum = 0
    while True:
        plain, _ = listener.accept()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError, EOFError), plain:
            sock = context.wrap_socket(plain, server_side=True)
            connection = Connection(sock)
            try:
                connection.serve()
            finally:
                count += len(connection.messages)
                size += sum(len(one) for one in connection.messages)
                checksum += sum(crc32(one) for one in connection.messages)
                Path(path).write_text(f"{count} {size} {checksum}", encoding="ascii")
                sock.close()


if __name__ == "__main__":
    main()
