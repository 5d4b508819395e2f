"""What a script of ten lines does: smtplib, one message after the other on one connection.

`python smtplib_loop.py PORT CA USER PASSWORD FOLDER RECIPIENT [nodelay]`. Without `nodelay` Nagle's
algorithm is on, as it is by default.
"""

import smtplib
import socket
import ssl
import sys
from pathlib import Path


def main() -> None:
    """Log in, send every file of the folder, end."""
    port, ca_file, user, password, folder, recipient, *how = sys.argv[1:]
    context = ssl.create_default_context(cafile=ca_file)
    with smtplib.SMTP_SSL("localhost", int(port), "[127.0.0.1]", context=context) as session:
        if how:
            assert session.sock is not None
            session.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        session.login(user, password)
        for path in sorted(Path(folder).iterdir()):
            if session.sendmail(user, [recipient], path.read_bytes()):
                raise ValueError(path)


if __name__ == "__main__":
    main()
