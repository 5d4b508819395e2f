"""Which encrypted messages were opened, and of which of them an opened copy is kept."""

from __future__ import annotations

from mailclient.store.database import Database


def decrypted(database: Database, account_id: int, *, kept: bool) -> tuple[int, ...]:
    """The encrypted messages of an account that were opened: those of which a copy is kept, or
    those of which none is."""
    rows = database.rows(
        "SELECT id FROM messages WHERE account_id = ? AND encryption = 'encrypted'"
        " AND processing = 'ready' AND ? = EXISTS"
        " (SELECT 1 FROM understood WHERE message_row = messages.id AND opened IS NOT NULL)"
        " ORDER BY id",
        (account_id, int(kept)),
    )
    return tuple(int(row[0]) for row in rows)
