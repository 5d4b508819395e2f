"""The profile's lock: one program at a time, and a note of how the last one ended.

The operating system holds the lock, so it is gone with the process however that ends. The word in
the file is always eight bytes long: it is changed in place, also on a full disk.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from enum import Enum
from pathlib import Path

from mailclient.errors import StoreFull, StoreLocked

TRIES = 10
PAUSE_SECONDS = 0.05


class Ended(Enum):
    """How the last program that had the profile left it.

    NEVER: no store was finished yet. CLOSING: its log may be gone already, and everything is in it.
    """

    NEVER = b""
    CLEANLY = b"closed  "
    CLOSING = b"closing "
    CUT = b"open    "


class ProfileLock:
    """A lock that is held until `release`."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Take it; raises StoreLocked, StoreFull. Where nothing can be written it is shared."""
        self._handle: int | None = None
        try:
            self._handle = os.open(
                path, os.O_RDONLY if read_only else os.O_RDWR | os.O_CREAT, 0o600
            )
        except OSError as problem:
            if read_only and isinstance(problem, FileNotFoundError):
                return
            raise _unwritable(path, problem) from problem
        try:
            _take(self._handle, fcntl.LOCK_SH if read_only else fcntl.LOCK_EX)
        except OSError as problem:
            self.release()
            raise StoreLocked(
                "The profile is in use by another running mailclient.",
                "Close it first, or name another profile with --profile.",
                str(path),
            ) from problem

    @property
    def ended(self) -> Ended:
        """How the last program ended."""
        word = b"" if self._handle is None else os.pread(self._handle, 8, 0)
        try:
            return Ended(word)
        except ValueError:
            return Ended.CUT

    def note(self, how: Ended) -> None:
        """Write that down, on the disk; one that cannot be written is left as it is."""
        if self._handle is None:
            return
        try:
            os.pwrite(self._handle, how.value, 0)
            os.fdatasync(self._handle)
        except OSError:
            return  # "open" stays, and the next start looks the store through

    def release(self) -> None:
        """Let go; may be called again."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _take(handle: int, kind: int) -> None:
    """Take the lock; a program that was killed may leave it for a moment to a child that it was
    just starting. Raises OSError if somebody still has it after that."""
    for _ in range(TRIES):
        try:
            return fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PAUSE_SECONDS)
    return fcntl.flock(handle, kind | fcntl.LOCK_NB)


def _unwritable(path: Path, problem: OSError) -> StoreFull | StoreLocked:
    kind = StoreFull if problem.errno in (errno.ENOSPC, errno.EDQUOT) else StoreLocked
    return kind(
        f"The profile cannot be written: {problem.strerror}.",
        "Make room on the disk, or look at the rights of its folder.",
        str(path),
    )
