"""Structured values of MIME header fields: a first token and its parameters (RFC 2045, 2231).

Tolerant and total: whatever the bytes are, a value comes back and nothing is raised.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from mailclient.message.words import clean, decode_text, decode_words

MOST_PARAMETERS = 100
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)(?:"|$)|([^;]*))', re.DOTALL)
_CONTINUATION = re.compile(r"([^*]+)\*(\d{1,3})(\*?)$")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)


def structured(value: str) -> tuple[str, dict[str, str]]:
    """Split `text/plain; charset=x` into the lower-case token and its decoded parameters."""
    token = value.partition(";")[0]
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(value, len(token)):
        if len(found) >= MOST_PARAMETERS:
            break
        name, quoted, bare = match.groups()
        text = _QUOTED_PAIR.sub(r"\1", quoted) if quoted is not None else bare.strip()
        found.setdefault(name.lower(), text)
    return token.split("(")[0].strip().lower(), _decoded(found)


def _decoded(found: dict[str, str]) -> dict[str, str]:
    """Join continuations and decode charsets (RFC 2231); an RFC 2047 word is decoded too."""
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, text in found.items():
        match = _CONTINUATION.match(name)
        if match is not None:
            pieces.setdefault(match[1], []).append((int(match[2]), bool(match[3]), text))
        elif name.endswith("*"):
            pieces.setdefault(name[:-1], []).insert(0, (-1, True, text))
        else:
            plain[name] = decode_words(text) if "=?" in text else clean(text)
    for name, parts in pieces.items():
        plain[name] = _joined(sorted(parts))
    return plain


def _joined(parts: list[tuple[int, bool, str]]) -> str:
    if parts[0][0] == -1:
        parts = parts[:1]  # the whole value stands in one parameter; continuations repeat it
    charset = "utf-8"
    data = bytearray()
    for position, (_, encoded, text) in enumerate(parts):
        if not encoded:
            data += text.encode("utf-8", "surrogateescape")
            continue
        if position == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text.encode("utf-8", "surrogateescape"))
    return clean(decode_text(bytes(data), charset or "utf-8"))
