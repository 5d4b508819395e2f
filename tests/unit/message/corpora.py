"""Real mail for the tests, where there is some: CPython's own, and a folder that one names."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path

FOLDER = "MAILCLIENT_CORPUS"  # a folder of messages, one in a file; JSON beside them is left out
_CPYTHON = Path("test/test_email/data")


def cpython() -> list[bytes]:
    """The mails of CPython's own tests; none where Python came without its tests."""
    places = [Path(sysconfig.get_path("stdlib")), *Path("/usr/lib").glob("python3*")]
    for place in places:
        if found := sorted((place / _CPYTHON).glob("msg_*.txt")):
            return [path.read_bytes() for path in found]
    return []


def named() -> Iterator[tuple[str, bytes]]:
    """The messages of the folder that the environment names."""
    for path in sorted(Path(os.environ[FOLDER]).rglob("*")):
        if path.is_file() and path.suffix not in (".json", ".js", ".md", ".gif", ".wav"):
            yield str(path), path.read_bytes()
