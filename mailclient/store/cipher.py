"""The ciphers of the store: which one a file has, and which one a new file gets.

Both encrypt and sign each page under a key of 256 bits and a number that is drawn anew for each
writing. A file tells its cipher by itself, so that old stores and backups open as they are.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path

CPU = Path("/proc/cpuinfo")


class Cipher(Enum):
    """A cipher, by the name that the engine gives it."""

    CHACHA20 = "chacha20"  # ChaCha20-Poly1305 (RFC 8439): quick on any processor
    AEGIS = "aegis"  # AEGIS-256 (draft-irtf-cfrg-aegis-aead): quicker still with AES instructions


# Bytes 16 to 23 of a file are never encrypted; one of them says how much of each page is left to
# the cipher (SQLite's file format, section 1.3.4).
_LEFT = 20
_KEPT = {32: Cipher.CHACHA20, 64: Cipher.AEGIS}


def cipher_for(path: Path) -> Cipher:
    """The cipher that a file has; of one that is empty or not there, what is quick here.

    Only before anybody has the file open: closing it would take the locks of the process with it.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_LEFT + 1)
    except OSError:
        head = b""
    return _KEPT.get(head[_LEFT], Cipher.CHACHA20) if len(head) > _LEFT else preferred()


def preferred(cpu: Path = CPU) -> Cipher:
    """The one that this machine is quick at."""
    try:
        words = cpu.read_text(encoding="ascii", errors="replace").split()
    except OSError:
        words = []
    return Cipher.AEGIS if "aes" in words else Cipher.CHACHA20
