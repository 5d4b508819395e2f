"""Drafts that are open in a window, so that they come back after a crash; and what was written in
them since they were last kept as a whole, files and all."""

from __future__ import annotations

from mailclient.store.database import Database


class DraftTable:
    """One row for each draft that is being written; gone with the draft."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_up(self, id: int) -> None:
        """A draft is being written."""
        self._database.run("INSERT OR REPLACE INTO writing (draft, words) VALUES (?, x'')", (id,))

    def put_down(self, id: int) -> None:
        """It is being written no more."""
        self._database.run("DELETE FROM writing WHERE draft = ?", (id,))

    def being_written(self) -> tuple[int, ...]:
        """Those that are, or were when the program was stopped, the oldest first."""
        return tuple(
            id for (id,) in self._database.rows("SELECT draft FROM writing ORDER BY draft")
        )

    def keep_words(self, id: int, raw: bytes) -> bool:
        """Keep a draft without its files, which stay as they are; says whether it is there."""
        with self._database.write():
            here = self._database.row("SELECT 1 FROM writing WHERE draft = ?", (id,))
            if here is not None:
                self._database.run("UPDATE writing SET words = ? WHERE draft = ?", (raw, id))
        return here is not None

    def words(self, id: int) -> bytes:
        """What was kept so; empty where the whole is the newest."""
        row = self._database.row("SELECT words FROM writing WHERE draft = ?", (id,))
        return b"" if row is None else bytes(row[0])
