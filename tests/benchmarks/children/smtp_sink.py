"""An SMTP server that takes everything and keeps nothing but its count: what fetchmail hands to.

`python smtp_sink.py FILE` prints its port, and writes "MESSAGES BYTES" into FILE after each
connection. Its time is not fetchmail's.
"""

import contextlib
import socket
import sys
from pathlib import Path

END = b"\r\n.\r\n"
PIECE = 1 << 18


def talk(sock: socket.socket) -> tuple[int, int]:
    """One connection; how many messages came, and how many bytes."""
    messages = size = 0
    buffer = bytearray()
    in_data = False
    sock.sendall(b"220 sink\r\n")
    while data := sock.recv(PIECE):
        # fetchmail leaves Nagle's algorithm on, and would wait 40 ms for each late acknowledgement
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        begin = max(len(buffer) - len(END), 0)
        buffer += data
        while (end := buffer.find(END if in_data else b"\r\n", begin)) >= 0:
            begin = 0
            if in_data:
                in_data = False
                messages, size = messages + 1, size + end + 2
                del buffer[: end + len(END)]
                sock.sendall(b"250 taken\r\n")
                continue
            verb = bytes(buffer[:4]).upper()
            del buffer[: end + 2]
            if verb == b"EHLO":
                sock.sendall(b"250-sink\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SIZE\r\n")
            elif verb == b"DATA":
                in_data = True
                sock.sendall(b"354 go on\r\n")
            else:
                sock.sendall(b"221 end\r\n" if verb == b"QUIT" else b"250 fine\r\n")
    return messages, size


def main() -> None:
    """Serve one connection after the other."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with sock, contextlib.suppress(OSError):
            messages, size = talk(sock)
            Path(sys.argv[1]).write_text(f"{messages} {size}", encoding="ascii")


if __name__ == "__main__":
    main()
