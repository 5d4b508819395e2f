"""Reading what can be read of the tables of a damaged store.

The cipher signs every page, so what is read is what was written: a page is whole or it is lost.
Around a lost page the rows before and after it are still found by their ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apsw

Row = tuple[Any, ...]
LOST = (apsw.CorruptError, apsw.NotADBError, apsw.FormatError, apsw.IOError)
AT_ONCE = 100
LAST = 2**62
NEAR = 64  # ids that are tried one by one before larger steps are taken


class Debris:
    """The tables of a damaged store; `gaps` names those of which something could not be read."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.gaps: set[str] = set()

    def columns(self, table: str) -> tuple[str, ...]:
        """The names of a table's columns; none if that cannot be read."""
        try:
            found = self._connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
            return tuple(str(row[0]) for row in found.fetchall())
        except LOST:
            self.gaps.add(table)
            return ()

    def by_id(
        self, table: str, columns: tuple[str, ...], first: int = 0, end: int = LAST
    ) -> Iterator[Row]:
        """The rows whose ids lie in [first, end), in order; the id comes first in each."""
        key = "rowid"
        sql = (
            f"SELECT {', '.join((key, *columns))} FROM {table}"
            f" WHERE {key} >= ? AND {key} < ? ORDER BY {key} LIMIT ?"
        )
        at, limit = first, AT_ONCE
        while at < end:
            try:
                rows: list[Row] = self._connection.execute(sql, (at, end, limit)).fetchall()
            except LOST:
                self.gaps.add(table)
                if limit > 1:
                    limit = 1
                    continue
                at = self._after_gap(table, columns, at, end)
                continue
            yield from rows
            if len(rows) < limit:
                return
            at, limit = rows[-1][0] + 1, AT_ONCE

    def _after_gap(self, table: str, columns: tuple[str, ...], at: int, end: int) -> int:
        """The smallest id after `at` from which on something can be read again, or `end`."""
        sql = (
            f"SELECT {', '.join(('rowid', *columns))} FROM {table}"
            " WHERE rowid >= ? AND rowid < ? ORDER BY rowid LIMIT 1"
        )

        def readable(id: int) -> bool:
            try:
                self._connection.execute(sql, (id, end)).fetchall()
            except LOST:
                return False
            return True

        for id in range(at + 1, min(at + NEAR, end)):
            if readable(id):
                return id
        step = NEAR
        while at + step < end and not readable(at + step):
            step *= 2
        low, high = at + step // 2, min(at + step, end)
        while low + 1 < high:
            middle = (low + high) // 2
            low, high = (low, middle) if readable(middle) else (middle, high)
        return high

    def by_key(self, table: str, columns: tuple[str, ...], key: tuple[str, ...]) -> Iterator[Row]:
        """The rows of a table without ids: from its beginning and from its end up to the damage."""
        wanted = ", ".join(columns)
        for way in ("ASC", "DESC"):
            order = ", ".join(f"{name} {way}" for name in key)
            try:
                yield from self._connection.execute(
                    f"SELECT {wanted} FROM {table} ORDER BY {order}"
                )
            except LOST:
                self.gaps.add(table)
                continue
            return
