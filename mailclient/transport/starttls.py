"""From a plain connection to an encrypted one; what was slipped in before is an attack."""

from __future__ import annotations

import io
import socket
import ssl
from typing import BinaryIO

from mailclient.errors import CertificateRejected


def wrap(
    sock: socket.socket,
    file: BinaryIO | io.BufferedIOBase | None,
    context: ssl.SSLContext,
    host: str,
) -> ssl.SSLSocket:
    """Encrypt a connection whose server has just agreed to; `file` is its reader so far.

    Raises CertificateRejected if plain text followed the agreement, ssl.SSLError.
    """
    timeout = sock.gettimeout()
    if isinstance(file, io.BufferedReader):
        sock.settimeout(0)
        leftover = file.peek(1)
        sock.settimeout(timeout)
        if leftover:
            raise CertificateRejected(
                f"Somebody between here and {host} interfered with setting up encryption.",
                "Nothing was sent. Try again over another network.",
            )
    return context.wrap_socket(sock, server_hostname=host)
