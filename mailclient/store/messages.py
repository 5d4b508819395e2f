"""Messages: what a list shows, what was found out, where they lie. Their bytes are in `bodies`."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from mailclient.errors import NotFound
from mailclient.message.address import Address, normalise
from mailclient.message.envelope import Envelope
from mailclient.store.bodies import BodyTable, Spool
from mailclient.store.database import Database
from mailclient.store.search import SearchIndex
from mailclient.store.times import from_seconds, to_seconds

AT_ONCE = 500  # values in one statement
_COLUMNS = (
    "id, account_id, folder_id, message_id, date, from_people, to_people, subject, snippet,"
    " unread, flagged, answered, forwarded, tags, encryption, signature, state, attachments,"
    " size, processing"
)


class Processing(Enum):
    """How far a message is understood."""

    NEW = "new"
    READY = "ready"
    WAITING = "waiting"  # for a key
    QUARANTINED = "quarantined"  # too strange; its bytes are kept


@dataclass(frozen=True, slots=True)
class MessageRow:
    """What a list shows of a message."""

    id: int
    account_id: int
    folder_id: int
    message_id: str
    date: datetime
    from_: tuple[Address, ...]
    to: tuple[Address, ...]
    subject: str
    snippet: str
    unread: bool
    flagged: bool
    answered: bool
    forwarded: bool
    tags: tuple[str, ...]
    encryption: str
    signature: str
    state: str
    has_attachments: bool
    size: int
    processing: Processing


@dataclass(frozen=True, slots=True)
class Processed:
    """What was found out about a message; `envelope` is None where nothing could be."""

    envelope: Envelope | None
    verdict: str
    state: str
    encryption: str
    signature: str
    snippet: str
    text: str
    attachments: tuple[str, ...]
    opened: bytes | None
    processing: Processing
    problems: tuple[str, ...]


class MessageTable:
    """The tables of messages and of what was found out about them."""

    def __init__(
        self,
        database: Database,
        bodies: BodyTable,
        index: SearchIndex,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._bodies = bodies
        self._index = index
        self._clock = clock

    # Coming in

    def store_raw(
        self,
        account_id: int,
        folder_id: int,
        raw: bytes | Spool,
        *,
        unread: bool,
        received: datetime,
    ) -> int:
        """Keep a message that is still to be understood; returns its id."""
        with self._database.write():
            if isinstance(raw, bytes):
                spool = self._bodies.spool(len(raw))
                spool.write(raw)
            else:
                spool = raw
            body_id = spool.finish()
            return self._database.run(
                "INSERT INTO messages"
                " (account_id, folder_id, body_id, date, unread, size, processing)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (account_id, folder_id, body_id, to_seconds(received), int(unread), spool.size,
                 Processing.NEW.value),
            )  # fmt: skip

    def processed(self, id: int, found: Processed) -> None:
        """Keep what was found out, in one transaction with the index."""
        envelope = found.envelope
        with self._database.write():
            before = self._database.row(
                "SELECT date, checked FROM messages LEFT JOIN judged ON judged.message_id = id"
                " WHERE id = ?",
                (id,),
            )
            if before is None:
                return  # deleted in the meantime
            date, checked = before
            seen = envelope or Envelope()
            if seen.date is not None:
                date = min(to_seconds(seen.date), to_seconds(self._clock()) + 86_400)
            self._database.run(
                "UPDATE messages SET message_id = ?, date = ?, from_people = ?, from_key = ?,"
                " to_people = ?, subject = ?, snippet = ?, state = ?, encryption = ?,"
                " signature = ?, attachments = ?, processing = ? WHERE id = ?",
                (seen.message_id, date, _people(seen.from_),
                 seen.from_[0].key if seen.from_ else "",
                 _people((*seen.to, *seen.cc)[:100]), seen.subject, found.snippet, found.state,
                 found.encryption, found.signature, len(found.attachments),
                 found.processing.value, id),
            )  # fmt: skip
            self._database.run(
                "INSERT OR REPLACE INTO judged (message_id, verdict, problems, checked, opened)"
                " VALUES (?, ?, ?, ?, ?)",
                (id, found.verdict, json.dumps(found.problems), to_seconds(self._clock()),
                 found.opened),
            )  # fmt: skip
            self._index.put(id, seen, found.text, found.attachments)
            if checked is None:
                self._met(id, seen)

    def _met(self, id: int, envelope: Envelope) -> None:
        """Remember people for completion: those written to before those who write."""
        row = self._database.row(
            "SELECT role FROM folders JOIN messages ON folders.id = folder_id"
            " WHERE messages.id = ?",
            (id,),
        )
        if row is None or row[0] in ("junk", "drafts"):
            return
        now = to_seconds(self._clock())
        written = row[0] == "sent"
        people = (*envelope.to, *envelope.cc, *envelope.bcc) if written else envelope.from_
        self._database.run_many(
            "INSERT INTO people (address, name, written, received, last) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (address) DO UPDATE SET name = iif(excluded.name = '', name,"
            " excluded.name), written = written + excluded.written,"
            " received = received + excluded.received, last = excluded.last",
            [
                (normalise(one.address), one.name, int(written), int(not written), now)
                for one in people[:100]
                if "@" in one.address
            ],
        )

    def pending(self) -> tuple[int, ...]:
        """Messages that are still to be understood, oldest first, some at a time."""
        return self._ids("WHERE processing = 'new' ORDER BY id LIMIT 500", ())

    def waiting(self) -> tuple[int, ...]:
        """Messages that wait for a key."""
        return self._ids("WHERE processing = 'waiting'", ())

    def reprocess(self, ids: Sequence[int]) -> None:
        """Have messages understood anew."""
        self._each(ids, "UPDATE messages SET processing = 'new' WHERE id IN ({marks})")

    # Reading

    def get(self, id: int) -> MessageRow:
        """One row; raises NotFound."""
        found = self.page([id])
        if not found:
            raise NotFound(f"There is no message {id}.", "It may have been deleted.")
        return found[0]

    def page(self, ids: Sequence[int]) -> tuple[MessageRow, ...]:
        """The rows of these messages in this order; those that are gone are left out."""
        found: dict[int, MessageRow] = {}
        for some in _slices(ids):
            for row in self._database.rows(
                f"SELECT {_COLUMNS} FROM messages WHERE id IN ({_marks(some)})", tuple(some)
            ):
                found[row[0]] = _row(row)
        return tuple(found[id] for id in ids if id in found)

    def ids_in(self, folder_ids: Sequence[int]) -> array[int]:
        """The messages in these folders, newest first."""
        if not folder_ids:
            return array("q")
        sql = (
            f"SELECT id FROM messages WHERE folder_id IN ({_marks(folder_ids)})"
            " ORDER BY date DESC, id DESC"
        )
        return array("q", (row[0] for row in self._database.each(sql, tuple(folder_ids))))

    def by_message_id(self, message_id: str) -> tuple[int, ...]:
        """The messages with this Message-ID."""
        return self._ids("WHERE message_id = ? ORDER BY id", (message_id,))

    def by_hash(self, account_id: int, sha256: bytes) -> int | None:
        """The message of an account that has exactly these bytes."""
        row = self._database.row(
            "SELECT messages.id FROM bodies JOIN messages ON body_id = bodies.id"
            " WHERE sha256 = ? AND account_id = ? LIMIT 1",
            (sha256, account_id),
        )
        return None if row is None else int(row[0])

    def signed_by(self, addresses: Sequence[str]) -> tuple[int, ...]:
        """The messages of these senders that carry a signature, good or not."""
        found: list[int] = []
        for some in _slices(addresses):
            found += self._ids(
                f"WHERE from_key IN ({_marks(some)}) AND signature <> 'none'", tuple(some)
            )
        return tuple(found)

    def has_signed(self, address: str) -> bool:
        """Whether a good signature of this sender was met."""
        return bool(self._ids("WHERE from_key = ? AND signature = 'good' LIMIT 1", (address,)))

    def verdict(self, id: int) -> str:
        """The stored verdict, as JSON; raises NotFound."""
        return str(self._judged(id, "verdict"))

    def opened(self, id: int) -> bytes | None:
        """What was decrypted, where that is kept."""
        found: bytes | None = self._judged(id, "opened")
        return found

    def problems(self, id: int) -> tuple[str, ...]:
        """What was tolerated when the message was understood."""
        return tuple(json.loads(self._judged(id, "problems")))

    def checked(self, id: int) -> datetime:
        """When the verdict was reached."""
        return from_seconds(self._judged(id, "checked"))

    def _judged(self, id: int, column: str) -> Any:
        row = self._database.row(f"SELECT {column} FROM judged WHERE message_id = ?", (id,))
        if row is None:
            raise NotFound(f"Message {id} has not been looked at yet.", "Try again in a moment.")
        return row[0]

    def addresses_used(self, prefix: str, limit: int = 8) -> tuple[Address, ...]:
        """People whose name or address has a word that begins so, those written to first."""
        wanted = prefix.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        if not wanted:
            return ()
        return tuple(
            Address(name, address)
            for name, address in self._database.rows(
                "SELECT name, address FROM people WHERE address LIKE ?1 || '%' ESCAPE '\\'"
                " OR name LIKE ?1 || '%' ESCAPE '\\' OR name LIKE '% ' || ?1 || '%' ESCAPE '\\'"
                " ORDER BY written DESC, received DESC, last DESC, address LIMIT ?2",
                (wanted, limit),
            )
        )

    # Changing

    def set_flags(
        self,
        ids: Sequence[int],
        *,
        unread: bool | None = None,
        flagged: bool | None = None,
        answered: bool | None = None,
        forwarded: bool | None = None,
    ) -> None:
        """Set the flags that are given."""
        wanted = {
            "unread": unread, "flagged": flagged, "answered": answered, "forwarded": forwarded
        }  # fmt: skip
        changes = [f"{name} = {int(on)}" for name, on in wanted.items() if on is not None]
        if changes:
            sql = f"UPDATE messages SET {', '.join(changes)} WHERE id IN ({{marks}})"
            self._each(ids, sql)

    def move(self, ids: Sequence[int], folder_id: int) -> None:
        """Put messages into a folder; its account becomes theirs."""
        row = self._database.row("SELECT account_id FROM folders WHERE id = ?", (folder_id,))
        if row is None:
            raise NotFound("This folder is not there any more.")
        self._each(
            ids,
            f"UPDATE messages SET folder_id = {int(folder_id)}, account_id = {int(row[0])}"
            " WHERE id IN ({marks})",
        )

    def delete(self, ids: Sequence[int]) -> None:
        """Delete messages for good, with their bytes and all that was found out."""
        self._each(ids, "DELETE FROM messages WHERE id IN ({marks})")

    def _each(self, ids: Sequence[int], sql: str) -> None:
        with self._database.write():
            for some in _slices(ids):
                self._database.run(sql.format(marks=_marks(some)), tuple(some))

    def _ids(self, rest: str, values: tuple[Any, ...]) -> tuple[int, ...]:
        return tuple(
            row[0] for row in self._database.rows(f"SELECT id FROM messages {rest}", values)
        )


def _slices(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[at : at + AT_ONCE] for at in range(0, len(values), AT_ONCE)]


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _people(people: Sequence[Address]) -> str:
    return json.dumps([[one.name, one.address] for one in people], ensure_ascii=False)


def _read_people(text: str) -> tuple[Address, ...]:
    return tuple(Address(name, address) for name, address in json.loads(text))


def _row(row: tuple[Any, ...]) -> MessageRow:
    (id, account_id, folder_id, message_id, date, from_people, to_people, subject, snippet,
     unread, flagged, answered, forwarded, tags, encryption, signature, state, attachments,
     size, processing) = row  # fmt: skip
    return MessageRow(
        id=id,
        account_id=account_id,
        folder_id=folder_id,
        message_id=message_id,
        date=from_seconds(date),
        from_=_read_people(from_people),
        to=_read_people(to_people),
        subject=subject,
        snippet=snippet,
        unread=bool(unread),
        flagged=bool(flagged),
        answered=bool(answered),
        forwarded=bool(forwarded),
        tags=tuple(tags.split()),
        encryption=encryption,
        signature=signature,
        state=state,
        has_attachments=attachments > 0,
        size=size,
        processing=Processing(processing),
    )
