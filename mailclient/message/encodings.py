"""How bytes are written so that every server takes them (RFC 2045 section 6), and when they are."""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterable, Iterator

_GROUP = 57  # bytes in a line of base64
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def quoted_printable(data: bytes) -> bytes:
    """Quoted-printable with trailing blanks, "From " and lone dots encoded too."""
    lines = []
    for line in data.split(b"\n"):
        code = b2a_qp(line, quotetabs=False, istext=True).replace(b"=\n", b"=\r\n")
        if code.startswith((b"From ", b".")):
            code = b"=%02X" % code[0] + code[1:]
        lines.append(code)
    return b"\r\n".join(lines)


def as_base64(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of base64 with CRLF between them; the last one has none."""
    held = b""
    waiting = b""
    for chunk in chunks:
        held += chunk
        whole = len(held) // _GROUP * _GROUP
        if whole:
            yield waiting + _lines(held[:whole])
            waiting = b"\r\n"
        held = held[whole:]
    if held:
        yield waiting + _lines(held)


def _lines(data: bytes) -> bytes:
    return b"\r\n".join(
        b2a_base64(data[start : start + _GROUP], newline=False)
        for start in range(0, len(data), _GROUP)
    )


def is_sendable(data: bytes) -> bool:
    """Whether a whole message can go over the wire as it is: CRLF lines of bearable length."""
    return (
        b"\0" not in data
        and not _BARE.search(data)
        and all(len(line) <= 998 for line in data.split(b"\r\n"))
    )


def with_crlf(data: bytes) -> bytes:
    """A message whose every line ends in a bare LF, as files on disk have it, in canonical form."""
    return data.replace(b"\n", b"\r\n") if b"\r" not in data else data
