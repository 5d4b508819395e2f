"""What is still to be indexed, and the texts inside attachments.

A row for each message that is to be indexed (again); it goes with the commit that has done so, and
what a kill leaves is done after the next start. The old words stay until the new ones are there.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from mailclient.store.database import Database, Durability
from mailclient.store.rows import storable

FEW_SEGMENTS = 6  # pieces of the index that a question does not notice
FEW_GONE = 32  # pages of marks of what is gone, of some 300 each, that a question does not notice
MERGED_PAGES = 300  # that one step of tidying writes, at about 4 kB
_GONE = 1 << 53  # from here on the engine numbers such pages (FTS5_TOMBSTONE_ROWID in fts5_index.c)


@dataclass(frozen=True, slots=True)
class FileText:
    """The text inside an attachment, with its name."""

    name: str
    text: str


class IndexQueue:
    """The tables of what is to be indexed and of texts inside attachments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def next(self, most: int) -> tuple[int, ...]:
        """Messages that are to be indexed, newest first."""
        sql = "SELECT message_row FROM to_index ORDER BY message_row DESC LIMIT ?"
        return tuple(row[0] for row in self._database.rows(sql, (most,)))

    def left(self) -> int:
        """How many there are."""
        row = self._database.row("SELECT count(*) FROM to_index")
        return 0 if row is None else int(row[0])

    def add_all(self) -> int:
        """Have everything that was understood indexed anew; returns how much that is."""
        with self._database.write(Durability.REBUILDABLE):
            self._database.run(
                "INSERT OR IGNORE INTO to_index (message_row) SELECT message_row FROM understood"
            )
            return self.left()

    def done(self, id: int, files: Sequence[FileText]) -> None:
        """Keep the texts inside a message's attachments; it is indexed with this commit."""
        self._database.run("DELETE FROM file_texts WHERE message_row = ?", (id,))
        self._database.run_many(
            "INSERT INTO file_texts (message_row, position, name, text) VALUES (?, ?, ?, ?)",
            [
                (id, at, storable(one.name), zlib.compress(storable(one.text).encode(), 1))
                for at, one in enumerate(files)
            ],
        )
        self._database.run("DELETE FROM to_index WHERE message_row = ?", (id,))

    def files(self, id: int) -> tuple[FileText, ...]:
        """The texts inside a message's attachments."""
        rows = self._database.rows(
            "SELECT name, text FROM file_texts WHERE message_row = ? ORDER BY position", (id,)
        )
        return tuple(FileText(name, zlib.decompress(text).decode()) for name, text in rows)

    def tidy(self, *, wholly: bool = False) -> bool:
        """Do one small step towards an index of few pieces that holds little that is gone, `wholly`
        of one piece and nothing; returns whether there is more to do."""
        few, marks = (1, 0) if wholly else (FEW_SEGMENTS, FEW_GONE)
        if self._pieces() <= few and self._gone() <= marks:
            return False
        with self._database.write(Durability.REBUILDABLE) as connection:
            before = connection.total_changes()
            for pages in (-MERGED_PAGES, MERGED_PAGES):
                connection.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (pages,))
            return connection.total_changes() - before > 2

    def _pieces(self) -> int:
        row = self._database.row("SELECT count(DISTINCT segid) FROM words_idx")
        return 0 if row is None else int(row[0])

    def _gone(self) -> int:
        """How many pages of marks there are, of words that were deleted or replaced: each question
        reads those of the messages that it meets."""
        row = self._database.row("SELECT count(*) FROM words_data WHERE id >= ?", (_GONE,))
        return 0 if row is None else int(row[0])
