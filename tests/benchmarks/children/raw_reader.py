"""The limit: one connection, all commands written ahead, everything read, one file, one fsync.

`python raw_reader.py PORT CA USER PASSWORD COUNT FILE`. Dots that were put before dots are taken
off, answers are taken apart; nothing else is done.
"""

import os
import socket
import ssl
import sys

PIECE = 1 << 18
AHEAD = 4096  # 45 kB of commands: less than a socket takes, so that neither side can block
END = b"\r\n.\r\n"


class Reader:
    """Reads answers from a buffer that is filled by large pieces."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self.sock = sock
        self.buffer = bytearray()

    def fill(self) -> None:
        """Read more; the end of the stream is an error."""
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
        found = bytes(self.buffer[:end])
        del self.buffer[: end + len(mark)]
        return found

    def ask(self, command: str) -> None:
        """Give one command and read its first line."""
        self.sock.sendall(f"{command}\r\n".encode())
        if not self.until(b"\r\n").startswith(b"+OK"):
            raise ValueError(command)


def main() -> None:
    """Log in, fetch 1 to COUNT, end."""
    port, ca_file, user, password, count, path = sys.argv[1:]
    last = int(count)
    context = ssl.create_default_context(cafile=ca_file)
    plain = socket.create_connection(("localhost", int(port)))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with context.wrap_socket(plain, server_hostname="localhost") as sock, open(path, "wb") as file:
        reader = Reader(sock)
        reader.until(b"\r\n")
        reader.ask(f"USER {user}")
        reader.ask(f"PASS {password}")
        sent = 0
        for number in range(1, last + 1):
            if sent - number < AHEAD // 2:
                until = min(last, number + AHEAD)
                asked = "".join(f"RETR {one}\r\n" for one in range(sent + 1, until + 1))
                sock.sendall(asked.encode())
                sent = until
            if not reader.until(b"\r\n").startswith(b"+OK"):
                raise ValueError(number)
            file.write((reader.until(END) + b"\r\n").replace(b"\r\n.", b"\r\n"))
        reader.ask("QUIT")
        file.flush()
        os.fsync(file.fileno())


if __name__ == "__main__":
    main()
