"""Moving pages from the log into the file, beside the work of whoever commits.

The connection that writes moves them too, and under the lock of writing: there is no second one
that could start the log anew while somebody looks at it. A commit leaves the work to a thread that
ends with it, so that storing goes on with the network meanwhile; it does the work itself only where
the log has grown too long. What a commit has promised lies in the log until it is in the file and
synced there; so nothing hangs on when, or whether, it is moved.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import apsw

from mailclient.errors import MailError

log = logging.getLogger(__name__)

SOON = 1000  # pages of 4 KiB in the log after which they are moved
AT_ONCE = 4000  # the same, while the one who commits waits

Alone = Callable[[], AbstractContextManager[apsw.Connection]]


class Checkpoints:
    """When the log of one store is moved; `alone` gives its writer outside of any transaction."""

    def __init__(self, writer: apsw.Connection, alone: Alone) -> None:
        self._alone = alone
        self._pages = 0
        self._thread: threading.Thread | None = None
        writer.set_wal_hook(self._note)

    def _note(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK

    def committed(self) -> None:
        """Have the log moved if it is long; the caller holds the lock of writing."""
        if self._pages >= AT_ONCE:
            self._move()
        elif self._pages >= SOON and not (self._thread and self._thread.is_alive()):
            thread = threading.Thread(target=self._move, name="checkpoint")
            thread.start()
            self._thread = thread

    def wait(self) -> None:
        """Return when nobody is moving; the caller does not hold the lock of writing."""
        if self._thread is not None:
            self._thread.join()

    def _move(self) -> None:
        """Move what no reader needs in the log; a fault is for the next one who writes."""
        try:
            with self._alone() as writer:
                if self._pages:
                    writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
                    self._pages = 0
        except MailError as problem:
            log.warning("The log of the store was not moved: %s", problem.text)
