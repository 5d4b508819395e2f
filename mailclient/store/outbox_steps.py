"""The steps of a try to send a copy of a message; each is kept before the next is taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from mailclient.store.outbox_bytes import SENT
from mailclient.store.outbox_rows import Answer, OutState, told
from mailclient.store.outbox_table import OutboxTable, gone
from mailclient.store.rows import storable
from mailclient.store.times import to_seconds

KEEP_SENT = timedelta(days=30)
_PAST_THE_END = ("DOT_PENDING", "DONE")  # the latter in stores of before
_CUT = "The program was stopped while the server was about to confirm this message."


class OutboxSteps:
    """What is noted while a message is sent. Two copies may be on their way at once: the envelope
    of the next goes out with the end of the one before."""

    def __init__(self, table: OutboxTable) -> None:
        self._table = table
        self._database = table.database

    def begin(self, id: int, copy: int = 0, *, first: bool = True) -> tuple[str, ...]:
        """Note that a copy is on its way, and to whom; the `first` copy of a try counts it before
        it is made. Raises NotFound if nobody waits for it any more."""
        with self._database.write():
            item = self._table.get(id)
            waiting = item.waiting(copy)
            if not waiting:
                raise gone()
            self._database.run(
                "UPDATE outbox_recipients SET state = 'sending', phase = '' WHERE outbox_id = ?"
                " AND copy = ? AND state IN ('queued', 'deferred')",
                (id, copy),
            )
            self._table.set(
                id, attempts=item.attempts + int(first), misses=0, needs_user=0, problem=""
            )
            self._table.stand(id)
        return waiting

    def phase(self, id: int, copy: int, name: str) -> None:
        """Note how far the talk with the server is."""
        self._database.run(
            "UPDATE outbox_recipients SET phase = ?"
            " WHERE outbox_id = ? AND copy = ? AND state = 'sending'",
            (name, id, copy),
        )

    def answered(self, id: int, answers: Sequence[Answer]) -> None:
        """Note what the server has said about recipients."""
        with self._database.write():
            self._database.run_many(
                "UPDATE outbox_recipients SET state = ?, code = ?, reason = ?, reply = ?"
                " WHERE outbox_id = ? AND address = ?",
                [
                    (
                        one.outcome.value,
                        one.code,
                        storable(one.reason),
                        storable(one.reply),
                        id,
                        one.address,
                    )
                    for one in answers
                ],
            )
            if any(one.accepted for one in answers):
                self._database.run(
                    "UPDATE outbox_bytes SET sent_copy = x'', sent_head = NULL WHERE outbox_id = ?",
                    (id,),
                )
                self._table.bytes.drop(id, SENT)
            self._table.say(id, told(self._table.get(id).recipients))
            self._table.stand(id)

    def settle_on_disk(self, id: int) -> None:
        """Change nothing, but have the commit around it wait for the disk, with what was before."""
        self._database.run("UPDATE outbox SET attempts = attempts WHERE id = ?", (id,))

    def pause(self, id: int, until: datetime) -> None:
        """Leave it alone until then."""
        self._table.set(id, not_before=to_seconds(until))

    def put_off(self, id: int, copy: int, until: datetime, why: str, reply: str = "") -> None:
        """The server could not take it now: try again later."""
        with self._database.write():
            self._on_its_way_to(id, copy, OutState.DEFERRED, why, reply)
            self.pause(id, until)

    def fail(self, id: int, copy: int, why: str, reply: str = "") -> None:
        """Those it was on its way to will not get it as it is."""
        self._on_its_way_to(id, copy, OutState.FAILED, why, reply)

    def doubt(self, id: int, copy: int, why: str, reply: str = "") -> None:
        """Nobody knows whether those it was on its way to have got it."""
        self._on_its_way_to(id, copy, OutState.UNCERTAIN, why, reply)

    # What keeps a message from being tried at all

    def missed(self, id: int, until: datetime, why: str) -> None:
        """The server could not be reached, which does not count as a try."""
        self._database.run(
            "UPDATE outbox SET misses = misses + 1, problem = ?, not_before = ? WHERE id = ?",
            (storable(why), to_seconds(until), id),
        )

    def leave_to_user(self, id: int, why: str) -> None:
        """Do not try before the user has mended something."""
        self._table.set(id, needs_user=1, problem=storable(why))

    def wake(self, now: datetime) -> None:
        """There is another network: what did not reach a server is due."""
        self._database.run(
            "UPDATE outbox SET not_before = ?, misses = 1 WHERE misses > 0"
            " AND state IN ('queued', 'deferred')",
            (to_seconds(now),),
        )

    def clock_was_set(self, by: timedelta, least: timedelta) -> None:
        """What is kept for a time goes by the clock as it was: set back right, no less than `least`
        is left of a jump."""
        seconds = int(by.total_seconds())
        with self._database.write():
            self._database.run(
                "UPDATE outbox SET ahead = ahead + ? WHERE later IS NOT NULL AND attempts = 0"
                " AND misses = 0 AND state IN ('queued', 'deferred')",
                (seconds,),
            )
            self._database.run(
                "UPDATE outbox SET ahead = 0 WHERE abs(ahead) < ?", (int(least.total_seconds()),)
            )

    def user_was_here(self, now: datetime) -> None:
        """The user may have mended what kept mail from being sent: it is due."""
        self._database.run(
            "UPDATE outbox SET needs_user = 0, not_before = ? WHERE needs_user = 1",
            (to_seconds(now),),
        )

    def interrupted(self, id: int, copy: int, why: str, until: datetime) -> None:
        """Sending a copy ended with no answer: past its end it is uncertain, else it waits until
        then. Raises NotFound."""
        with self._database.write():
            phases = self._database.rows(
                "SELECT DISTINCT phase FROM outbox_recipients WHERE outbox_id = ? AND copy = ?"
                " AND state = 'sending'",
                (id, copy),
            )
            if any(phase in _PAST_THE_END for (phase,) in phases):
                self.doubt(id, copy, why)
            else:
                self.put_off(id, copy, until, why)

    def recover(self, now: datetime) -> None:
        """After a crash: what was cut past the final dot is uncertain, the rest is due again."""
        with self._database.write():
            for id, copy, phase in self._database.rows(
                "SELECT DISTINCT outbox_id, copy, phase FROM outbox_recipients"
                " WHERE state = 'sending'"
            ):
                if phase in _PAST_THE_END:
                    self.doubt(id, copy, _CUT)
                else:
                    self._on_its_way_to(id, copy, OutState.QUEUED, "")
                    self.pause(id, now)
            self.user_was_here(now)
            self._database.run(
                "DELETE FROM outbox WHERE state = 'sent' AND created < ?",
                (to_seconds(now - KEEP_SENT),),
            )

    def _on_its_way_to(
        self, id: int, copy: int, state: OutState, why: str, reply: str = ""
    ) -> None:
        """Whoever a copy was on its way to stands so now, and the message as well."""
        with self._database.write():
            self._database.run(
                "UPDATE outbox_recipients SET state = ?, phase = '', code = 0, reason = ?,"
                " reply = ? WHERE outbox_id = ? AND copy = ? AND state = 'sending'",
                (state.value, storable(why), storable(reply), id, copy),
            )
            self._table.stand(id)
            self._table.say(id, told(self._table.get(id).recipients))
