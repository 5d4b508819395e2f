"""What is kept of messages on their way, in as few commits as the promises allow.

An answer is written down at once, so that no crash of the program makes a doubt of it; to wait for
the disk, it may join the commit that goes before the end of the next message. Whatever happens in
between, nothing that was begun is left as if it were still on its way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from mailclient.errors import NotFound
from mailclient.services.bugs import BUGS
from mailclient.services.crash import crash_point
from mailclient.services.outcomes import Kept, Outcomes
from mailclient.store.database import Durability
from mailclient.store.outbox import Outbox, OutItem

log = logging.getLogger(__name__)
STUMBLED = "The program stumbled over something while it sent this message."
Note = Callable[[], Kept | None]


class Notes:
    """The notes about the messages of one account; what could not be kept stays for the next
    time."""

    def __init__(
        self, outbox: Outbox, outcomes: Outcomes, again_at: Callable[[], datetime]
    ) -> None:
        self._outbox = outbox
        self._outcomes = outcomes
        self._again_at = again_at
        self._begun: set[tuple[int, int]] = set()  # a message and its copy, without an end so far
        self._held: list[tuple[tuple[int, int], Note]] = []
        self._told: list[Kept] = []  # what everybody is to know once the disk has it
        self._unsynced = 0  # a message of which that is still to come

    def begin(self, item: OutItem, copy: int, *, first: bool) -> tuple[str, ...]:
        """Note that a copy is on its way, and to whom. Up to its end it is due again after a crash
        all the same: that need not wait for the disk. Raises NotFound if it was taken out."""
        with self._outbox.database.write(Durability.REBUILDABLE):
            people = self._outbox.steps.begin(item.id, copy, first=first)
        self._begun.add((item.id, copy))
        return people

    def end_pending(self, item: OutItem, copy: int) -> None:
        """Keep what was held, and that the end of this copy is about to be sent."""
        self.keep(lambda: self._outbox.steps.phase(item.id, copy, "DOT_PENDING"))

    def hold(self, item: OutItem, copy: int, note: Note) -> None:
        """What has become of a copy; kept with the next commit."""
        self._held.append(((item.id, copy), note))

    def write_down(self) -> None:
        """Keep what was held, whatever becomes of the program; the power may still fail."""
        self._write(Durability.REBUILDABLE)

    def keep(self, also: Callable[[], None] = lambda: None) -> None:
        """Keep what was held, and what was written down, in one commit."""
        self._write(Durability.FULL, also)
        self._unsynced = 0
        told, self._told = self._told, []
        if told:
            crash_point("after_sent_mark")
        self._outcomes.tell(told)

    def _write(self, durability: Durability, also: Callable[[], None] = lambda: None) -> None:
        told: list[Kept] = []
        with self._outbox.database.write(durability):
            for _, note in self._held:
                with suppress(NotFound), self._outbox.database.write():  # its account was removed
                    told += [kept] if (kept := note()) is not None else []
            also()
        for which, _ in self._held:
            self._begun.discard(which)
            self._unsynced = which[0]
        self._told += told
        self._held.clear()

    @property
    def unkept(self) -> bool:
        """Whether something is still to be kept that the store would not take."""
        return bool(self._begun or self._unsynced)

    def close(self) -> None:
        """Keep what is held; whatever else was begun waits again, or is in doubt.

        Raises StoreFull, StoreDamaged: then it is all held for another time.
        """
        try:
            if self._held or self._unsynced:
                id = self._unsynced
                self.keep(lambda: self._outbox.steps.settle_on_disk(id))
        except BUGS:
            log.exception("What has become of messages could not be kept")
            self._held.clear()
        if self._begun:
            with self._outbox.database.write():
                for id, copy in self._begun:
                    with suppress(NotFound):
                        self._outbox.steps.interrupted(id, copy, STUMBLED, self._again_at())
            self._begun.clear()
            self._outcomes.tell(())
