"""Numbers of bytes, as people write and read them."""

from __future__ import annotations

import re

from mailclient.errors import BadInput

_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?) ?([kmg]?b?)")


def parse_size(word: str) -> int:
    """Bytes from `1500`, `20MB` or `1.5 GB`; raises BadInput."""
    match = _SIZE.fullmatch(word.strip().lower())
    if match is None:
        raise BadInput(f"'{word}' is not a size.", "Write it like 500MB.")
    unit = match[2].removesuffix("b")
    return int(float(match[1]) * _UNITS[f"{unit}b" if unit else ""])


def size_words(count: float) -> str:
    """A number of bytes, for people."""
    if count < 1000:
        return f"{count:.0f} bytes" if count != 1 else "1 byte"
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5:
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    return f"{value:.0f} GB"
