"""What a script of ten lines does: poplib, one message after the other, one file, one fsync.

`python poplib_loop.py PORT CA USER PASSWORD COUNT FILE`.
"""

import os
import poplib
import ssl
import sys

poplib._MAXLINE = 1 << 20  # type: ignore[attr-defined]  # its limit is below that of real mail


def main() -> None:
    """Log in, fetch 1 to COUNT, end."""
    port, ca_file, user, password, count, path = sys.argv[1:]
    context = ssl.create_default_context(cafile=ca_file)
    session = poplib.POP3_SSL("localhost", int(port), context=context)
    session.user(user)
    session.pass_(password)
    with open(path, "wb") as file:
        for number in range(1, int(count) + 1):
            lines = session.retr(number)[1]
            file.write(b"\r\n".join(lines) + b"\r\n")
        session.quit()
        file.flush()
        os.fsync(file.fileno())


if __name__ == "__main__":
    main()
