"""The limit: one connection, as much as the protocol allows written ahead, nothing looked at twice.

`python raw_writer.py PORT CA USER PASSWORD FOLDER RECIPIENT pipelining|chunking`. With PIPELINING
(RFC 2920) the next envelope goes out with the end of a message; with CHUNKING (RFC 3030) all
messages are written before the first answer is read. What comes of a cut is not its concern.
"""

import socket
import ssl
import sys
from base64 import b64encode
from pathlib import Path


class Lines:
    """Replies, one after the other."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self.sock = sock
        self.file = sock.makefile("rb")

    def expect(self, *codes: bytes) -> None:
        """Read a reply for each code."""
        for code in codes:
            while (line := self.file.readline())[3:4] == b"-":
                pass
            if not line.startswith(code):
                raise ValueError(line)

    def ask(self, command: bytes, code: bytes) -> None:
        """Give one command."""
        self.sock.sendall(command + b"\r\n")
        self.expect(code)


def main() -> None:
    """Log in, send every file of the folder, end."""
    port, ca_file, user, password, folder, recipient, how = sys.argv[1:]
    messages = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    envelope = f"MAIL FROM:<{user}>\r\nRCPT TO:<{recipient}>\r\n".encode()
    context = ssl.create_default_context(cafile=ca_file)
    plain = socket.create_connection(("localhost", int(port)))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with context.wrap_socket(plain, server_hostname="localhost") as sock:
        lines = Lines(sock)
        lines.expect(b"220")
        lines.ask(b"EHLO [127.0.0.1]", b"250")
        secret = b64encode(f"\0{user}\0{password}".encode())
        lines.ask(b"AUTH PLAIN " + secret, b"235")
        if how == "chunking":
            for raw in messages:
                sock.sendall(envelope + b"BDAT %d LAST\r\n" % len(raw) + raw)
            lines.expect(*[b"250", b"250", b"250"] * len(messages))
        else:
            ahead = envelope + b"DATA\r\n"
            sock.sendall(ahead)
            for at, raw in enumerate(messages, 1):
                lines.expect(b"250", b"250", b"354")
                stuffed = raw.replace(b"\r\n.", b"\r\n..") + b".\r\n"
                sock.sendall(stuffed + (ahead if at < len(messages) else b""))
                lines.expect(b"250")
        lines.ask(b"QUIT", b"221")


if __name__ == "__main__":
    main()
