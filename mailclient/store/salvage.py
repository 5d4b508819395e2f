"""A new store of everything that can still be read in a damaged one.

What only the store knows is carried over row by row. The bytes of messages are proven by their hash
and everything that was found out about them is found out again. A message whose bytes are lost is
struck from the ledger, so that it is collected again where the server still has it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import apsw

from mailclient.account import Account, Identity
from mailclient.errors import StoreDamaged
from mailclient.store import transplant
from mailclient.store.accounts import AccountTable
from mailclient.store.bodies import CHUNK_BITS, BodyTable, Spool
from mailclient.store.database import Database
from mailclient.store.debris import LOST, Debris, Row
from mailclient.store.engine import Access, connect
from mailclient.store.folders import FolderTable, Role
from mailclient.store.messages import MessageTable
from mailclient.store.search import SearchIndex
from mailclient.store.swap import drop

log = logging.getLogger(__name__)

BATCH = 50  # messages in one transaction
FOUND = "Salvaged"  # the folder of messages whose own place is not known any more
BY_ID = (
    "accounts", "folders", "searches", "outbox", "outbox_bytes", "outbox_copies", "outbox_pieces",
    "key_events",
)  # fmt: skip
MADE_AGAIN = frozenset(
    {"processing", "state", "encryption", "signature", "snippet"}
    | {"thread", "latest", "base", "orphan"}
)
BY_KEY = {
    "secrets": ("account_id", "kind"),
    "settings": ("key",),
    "keys": ("address", "fingerprint"),
    "own_keys": ("fingerprint",),
    "peers": ("address",),
    "policies": ("address",),
    "outbox_recipients": ("outbox_id", "position"),
}


@dataclass(slots=True)
class Salvaged:
    """What came over: `messages` whole ones, of which `found` had lost their place; `lost` names
    those whose bytes are gone; `gaps` the tables that were not read to the end."""

    messages: int = 0
    found: int = 0
    lost: list[str] = field(default_factory=list)
    gaps: set[str] = field(default_factory=set)


def salvage(old: Path, new: Path, key: bytes, clock: Callable[[], datetime]) -> Salvaged:
    """Make the store `new` from the damaged `old`, which is not changed.

    Raises StoreDamaged if nothing at all can be read, StoreFull.
    """
    patch = new.with_name(f"{new.name}.patch")
    try:
        source = _readable(old, patch, key, clock)
        try:
            database = Database.open(new, key, clock=clock)
            try:
                return _Salvage(Debris(source), database).run()
            finally:
                database.close()
        finally:
            source.close(True)
    finally:
        drop(patch)


def _readable(old: Path, patch: Path, key: bytes, clock: Callable[[], datetime]) -> apsw.Connection:
    """A connection that can list the tables, if need be of a copy with another list."""
    try:
        return _listing(old, key)
    except LOST as problem:
        log.warning("The list of the tables cannot be read: %s", problem)
    for compacted in (False, True):
        drop(patch)
        transplant.patched(old, patch, key, clock, compacted=compacted)
        with suppress(*LOST, apsw.SQLError):
            connection = _listing(patch, key)
            if connection.execute(_FITS).fetchall():
                return connection
            connection.close(True)
    raise StoreDamaged(
        "Nothing in the store can be read.",
        "Take a backup with 'mailclient store restore FILE', or move store.db away and begin "
        "with an empty one by 'mailclient store salvage'. Mail that is still on the server "
        "comes again.",
        str(old),
    )


_FITS = (
    "SELECT 1 FROM messages JOIN bodies ON bodies.id = body_id WHERE length(sha256) = 32 LIMIT 1"
)


def _listing(path: Path, key: bytes) -> apsw.Connection:
    connection = connect(path, key, Access.READ)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    try:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
        if "messages" not in names:
            raise apsw.CorruptError("there are no tables of mail")
    except LOST:
        connection.close(True)
        raise
    return connection


class _Salvage:
    """One run over a damaged store."""

    def __init__(self, debris: Debris, database: Database) -> None:
        self._debris = debris
        self._database = database
        bodies = BodyTable(database)
        self._messages = MessageTable(database, bodies, SearchIndex(database), database.clock)
        self._folders = FolderTable(database)
        self._here: set[int] = set()  # bodies that came over
        self._told = Salvaged()

    def run(self) -> Salvaged:
        with self._database.write():
            for table in BY_ID:
                columns = self._columns(table)
                self._copy(table, columns, self._debris.by_id(table, columns))
            for table, key in BY_KEY.items():
                columns = self._columns(table)
                self._copy(table, columns, self._debris.by_key(table, columns, key))
            self._database.run("UPDATE folders SET total = 0, unread = 0")
        hashes = {row[0]: row[2] for row in self._debris.by_id("bodies", ("id", "sha256"))}
        self._placed(hashes)
        self._unplaced(hashes)
        with self._database.write():
            self._ledger()
            columns = self._columns("tags")
            self._copy(
                "tags", columns, self._debris.by_key("tags", columns, ("tag", "message_row"))
            )
        self._told.gaps |= self._debris.gaps
        return self._told

    def _columns(self, table: str) -> tuple[str, ...]:
        """The columns that both stores know; those of today if the old ones cannot be read."""
        rows = self._database.rows("SELECT name FROM pragma_table_info(?)", (table,))
        today = tuple(str(row[0]) for row in rows)
        there = self._debris.columns(table)
        return tuple(name for name in today if name in there) if there else today

    def _copy(self, table: str, columns: tuple[str, ...], rows: Iterator[Row]) -> None:
        """Carry rows over; one that refers to a lost row is left out."""
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        for row in rows:
            try:
                with self._database.write():
                    self._database.run(sql, row[-len(columns) :])
            except apsw.ConstraintError:
                self._told.gaps.add(table)

    # Messages

    def _placed(self, hashes: dict[int, bytes]) -> None:
        """The messages whose rows can be read, each in its place."""
        columns = tuple(name for name in self._columns("messages") if name not in MADE_AGAIN)
        batch: list[dict[str, object]] = []
        for row in self._debris.by_id("messages", columns):
            batch.append(dict(zip(columns, row[1:], strict=True)))
            if len(batch) >= BATCH:
                self._batch(batch, hashes)
                batch.clear()
        self._batch(batch, hashes)

    def _batch(self, batch: list[dict[str, object]], hashes: dict[int, bytes]) -> None:
        with self._database.write():
            for message in batch:
                old = int(str(message["body_id"]))
                spool = self._bytes(old, hashes.get(old), int(str(message["size"])))
                if spool is None:
                    self._told.lost.append(str(message["subject"]))
                    self._here.add(old)
                    continue
                try:
                    with self._database.write():
                        self._place({**message, "body_id": spool.finish(), "processing": "new"})
                except apsw.ConstraintError:  # its folder is lost
                    if old not in hashes:
                        self._told.lost.append(str(message["subject"]))
                    continue
                self._here.add(old)
                self._told.messages += 1

    def _place(self, message: dict[str, object]) -> None:
        marks = ", ".join("?" * len(message))
        self._database.run(
            f"INSERT INTO messages ({', '.join(message)}) VALUES ({marks})",
            tuple(message.values()),  # type: ignore[arg-type]
        )

    def _bytes(self, body: int, digest: bytes | None, size: int | None) -> Spool | None:
        """The bytes of a body, taken in anew; None if a piece is missing or their hash differs."""
        spool = Spool(self._database)
        wanted = body << CHUNK_BITS
        for id, data in self._debris.by_id(
            "body_chunks", ("data",), wanted, wanted + 2**CHUNK_BITS
        ):
            if id != wanted:
                break
            spool.write(data)
            wanted += 1
        whole = spool.sha256 == digest if digest else spool.size == size
        if (size is not None and spool.size != size) or not whole:
            spool.abort()
            return None
        return spool

    def _unplaced(self, hashes: dict[int, bytes]) -> None:
        """The bodies whose messages cannot be read; they go to a folder of their own."""
        gaps = self._debris.gaps | self._told.gaps
        if not gaps & {"messages", "bodies", "folders", "accounts"}:
            return
        left = {id: digest for id, digest in hashes.items() if id not in self._here and digest}
        folder: tuple[int, int] | None = None
        for body, digest in left.items():
            with self._database.write():
                spool = self._bytes(body, digest, None)
                if spool is None:
                    self._told.lost.append(f"a message of which only the number {body} is known")
                    continue
                folder = folder or self._folder_of_found()
                self._messages.store_raw(
                    *folder, spool, unread=True, received=self._database.clock()
                )
            self._told.messages += 1
            self._told.found += 1

    def _folder_of_found(self) -> tuple[int, int]:
        """The account and the folder for what has no place; made if it is not there."""
        accounts = AccountTable(self._database)
        known = accounts.all()
        account = known[0] if known else accounts.add(Account((Identity("salvaged@localhost"),)))
        for folder in self._folders.of(account.id):
            if folder.name == FOUND:
                return account.id, folder.id
        id = self._database.run(
            "INSERT INTO folders (account_id, name, role) VALUES (?, ?, ?)",
            (account.id, FOUND, Role.OWN.value),
        )
        return account.id, id

    # The ledger

    def _ledger(self) -> None:
        """The lines of what is here or was deleted by the user; what was lost comes again."""
        columns = self._columns("ledger")
        rows = self._debris.by_key("ledger", columns, ("account_id", "uid"))
        self._copy("ledger", columns, self._still_true(columns, rows))

    def _still_true(self, columns: tuple[str, ...], rows: Iterator[Row]) -> Iterator[Row]:
        at = columns.index("message_row")
        digest = columns.index("sha256")
        account = columns.index("account_id")
        for row in rows:
            if row[at] is None or self._is_here(row[at]):
                yield row
            elif id := self._messages.by_hash(row[account], row[digest]):
                yield (*row[:at], id, *row[at + 1 :])

    def _is_here(self, id: int) -> bool:
        return self._database.row("SELECT 1 FROM messages WHERE id = ?", (id,)) is not None
