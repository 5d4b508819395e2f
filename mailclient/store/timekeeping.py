"""What the clock said when it was last looked at, so that a jump of it is known as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailclient.store.database import Database, Durability
from mailclient.store.times import from_seconds, to_seconds


@dataclass(frozen=True, slots=True)
class Mark:
    """The clock beside `steady`, seconds that nobody sets and that mean something only within one
    `boot` of the computer ("": not known, so they can be compared with none)."""

    wall: datetime
    steady: int
    boot: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The last mark; by how much the clock was set in all of late, and when it was set last."""

    mark: Mark
    astray: timedelta = timedelta()
    since: datetime | None = None


class TimekeepingTable:
    """One row; none in a store that nobody has looked at the clock in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self) -> Kept | None:
        """What was kept last."""
        row = self._database.row(
            "SELECT wall, steady, boot, astray, since FROM timekeeping WHERE id = 1"
        )
        if row is None:
            return None
        wall, steady, boot, astray, since = row
        return Kept(
            Mark(from_seconds(wall), steady, boot),
            timedelta(seconds=astray),
            None if since is None else from_seconds(since),
        )

    def keep(self, kept: Kept, durability: Durability = Durability.REBUILDABLE) -> None:
        """Keep it in place of what was there."""
        mark, since = kept.mark, kept.since
        with self._database.write(durability):
            self._database.run(
                "INSERT OR REPLACE INTO timekeeping (id, wall, steady, boot, astray, since)"
                " VALUES (1, ?, ?, ?, ?, ?)",
                (
                    to_seconds(mark.wall),
                    mark.steady,
                    mark.boot,
                    int(kept.astray.total_seconds()),
                    None if since is None else to_seconds(since),
                ),
            )
