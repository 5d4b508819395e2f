"""From an empty file to today's tables, one numbered step at a time.

A step and its number commit together. A column's meaning never changes; a new meaning is a new
column. Before a step changes a store that holds something, a copy is made beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import apsw

from mailclient.errors import StoreDamaged
from mailclient.store.first_tables import ACCOUNTS, INDEX, MESSAGES, OTHERS, OUTBOX
from mailclient.store.index_tables import INDEX_OF_FILES

Step = Callable[[apsw.Connection], None]


def migrate(connection: apsw.Connection, path: Path, steps: tuple[Step, ...] | None = None) -> None:
    """Bring the tables up to date; raises StoreDamaged for a store of a newer version."""
    wanted = STEPS if steps is None else steps
    version = int(connection.pragma("user_version") or 0)
    if version > len(wanted):
        raise StoreDamaged(
            "This profile was made by a newer version of the program.",
            "Install that version or a later one; nothing was changed.",
            f"{path}: version {version}, known {len(wanted)}",
        )
    if 0 < version < len(wanted):
        _copy(connection, path, version)
    for number in range(version, len(wanted)):
        with connection:
            wanted[number](connection)
            connection.pragma("user_version", number + 1)


def _copy(connection: apsw.Connection, path: Path, version: int) -> None:
    """Keep the store as it is, encrypted with the same key, beside it."""
    target = path.with_name(f"{path.name}.version-{version}")
    target.unlink(missing_ok=True)
    try:
        target.touch(mode=0o600)
        connection.execute("VACUUM INTO ?", (str(target),))
    except apsw.Error:
        target.unlink(missing_ok=True)  # half a copy only takes up room
        raise


def _first(connection: apsw.Connection) -> None:
    connection.execute(ACCOUNTS + MESSAGES + INDEX + OUTBOX + OTHERS)


def _second(connection: apsw.Connection) -> None:
    """What a server's copy is told by, heads without their messages, the last collection."""
    connection.execute(
        "ALTER TABLE ledger ADD COLUMN head BLOB NOT NULL DEFAULT x'';"
        "ALTER TABLE ledger ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE messages ADD COLUMN whole_size INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE accounts ADD COLUMN collected INTEGER"
    )


def _third(connection: apsw.Connection) -> None:
    """Since when the clock is not believed, for each account."""
    connection.execute("ALTER TABLE accounts ADD COLUMN doubted INTEGER")


def _returned(connection: apsw.Connection) -> None:
    """What came back about sent mail, and what was decided about read receipts."""
    connection.execute(_RETURNED)


# `recipient` and `address` are normalised. A message that reported something may be deleted; what
# it said of the sent one stays.
_RETURNED = """
CREATE TABLE returned (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_row INTEGER REFERENCES messages ON DELETE SET NULL,
    sent_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    diagnostic TEXT NOT NULL,
    server TEXT NOT NULL,
    at INTEGER NOT NULL,
    retry_until INTEGER
) STRICT;
CREATE INDEX returned_by_sent ON returned (sent_id);
CREATE INDEX returned_by_message ON returned (message_row) WHERE message_row IS NOT NULL;

CREATE TABLE receipts (
    message_row INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    address TEXT NOT NULL,
    decision TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE receipt_refusals (
    address TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

ALTER TABLE messages ADD COLUMN undelivered INTEGER NOT NULL DEFAULT 0;
"""


def _outbox_by_recipient(connection: apsw.Connection) -> None:
    """How each recipient stands, one row for all copies of a message, send later, drafts beside.

    Until now a message that was on its way, or uncertain, had recipients that were called queued.
    """
    connection.execute(_OUTBOX_BY_RECIPIENT)


# `outbox_bytes.raw` is copy 0; the further copies, one for each Bcc of sealed mail, are beside it.
_OUTBOX_BY_RECIPIENT = """
ALTER TABLE outbox ADD COLUMN misses INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN needs_user INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN later INTEGER;
ALTER TABLE outbox ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN key TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN content TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox_recipients ADD COLUMN copy INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox_recipients ADD COLUMN phase TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox_recipients ADD COLUMN reply TEXT NOT NULL DEFAULT '';
CREATE TABLE outbox_copies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    outbox_id INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,
    copy INTEGER NOT NULL,
    raw BLOB NOT NULL,
    UNIQUE (outbox_id, copy)
) STRICT;
ALTER TABLE outbox_bytes ADD COLUMN draft BLOB NOT NULL DEFAULT x'';
UPDATE outbox SET since = created;
UPDATE outbox_recipients
    SET state = (SELECT state FROM outbox WHERE id = outbox_id),
        phase = (SELECT phase FROM outbox WHERE id = outbox_id)
    WHERE state IN ('queued', 'deferred')
    AND (SELECT state FROM outbox WHERE id = outbox_id) IN ('sending', 'uncertain');
CREATE INDEX outbox_by_key ON outbox (key) WHERE key <> '';
CREATE INDEX outbox_by_message_id ON outbox (message_id);
"""


def _reports_wanted(connection: apsw.Connection) -> None:
    """Whether reports of delivery are asked for with a message."""
    connection.execute("ALTER TABLE outbox ADD COLUMN reports INTEGER NOT NULL DEFAULT 0")


def _outbox_in_pieces(connection: apsw.Connection) -> None:
    """Large messages to be sent lie in pieces; their columns are empty."""
    connection.execute(_OUTBOX_IN_PIECES)


_OUTBOX_IN_PIECES = """
CREATE TABLE outbox_pieces (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    outbox_id INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,
    kind TEXT NOT NULL,
    start INTEGER NOT NULL,
    size INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (outbox_id, kind, start)
) STRICT;
"""


def _keys_looked_up(connection: apsw.Connection) -> None:
    """Who was asked for the key of an address and what came of it; own keys that have a copy."""
    connection.execute(_LOOKUPS)


_LOOKUPS = """
CREATE TABLE lookups (
    address TEXT NOT NULL,
    source TEXT NOT NULL,
    outcome TEXT NOT NULL,
    asked INTEGER NOT NULL,
    PRIMARY KEY (address, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE own_keys (
    fingerprint TEXT PRIMARY KEY,
    backed_up INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""


def _one_body(connection: apsw.Connection) -> None:
    """The copy for Sent is what goes out, behind `sent_head`; NULL: it is in `sent_copy`, or there
    is none any more."""
    connection.execute("ALTER TABLE outbox_bytes ADD COLUMN sent_head BLOB")


def _timekeeping(connection: apsw.Connection) -> None:
    """What the clock said last, and by how much it was set since a message was kept for later."""
    connection.execute(_TIMEKEEPING)


_TIMEKEEPING = """
CREATE TABLE timekeeping (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    wall INTEGER NOT NULL,
    steady INTEGER NOT NULL,
    boot TEXT NOT NULL,
    astray INTEGER NOT NULL,
    since INTEGER
) STRICT;
ALTER TABLE outbox ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;
"""


def _writing(connection: apsw.Connection) -> None:
    """The drafts that are open in a window, with what is newer in them than the whole."""
    connection.execute(
        "CREATE TABLE writing ("
        " draft INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE,"
        " words BLOB NOT NULL"
        ") STRICT"
    )


def _keys_through_time(connection: apsw.Connection) -> None:
    """What happened to each key of an address; what Autocrypt knows of people; their policies."""
    connection.execute(_KEYS_THROUGH_TIME)


# `fingerprint` and `gossip` are "" and the times 0 where nothing was ever said.
_KEYS_THROUGH_TIME = """
CREATE TABLE key_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    event TEXT NOT NULL,
    detail TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX key_events_by_address ON key_events (address);
CREATE INDEX key_events_by_fingerprint ON key_events (fingerprint);

CREATE TABLE peers (
    address TEXT PRIMARY KEY,
    last_seen INTEGER NOT NULL DEFAULT 0,
    autocrypt_timestamp INTEGER NOT NULL DEFAULT 0,
    fingerprint TEXT NOT NULL DEFAULT '',
    prefer_encrypt INTEGER NOT NULL DEFAULT 0,
    gossip_timestamp INTEGER NOT NULL DEFAULT 0,
    gossip TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE TABLE policies (
    address TEXT PRIMARY KEY,
    policy TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""


def _conversations(connection: apsw.Connection) -> None:
    """Which messages belong together, and which of them is the newest in each folder."""
    connection.execute(_CONVERSATIONS)


# `thread` is the number of one message that was in the conversation; 0: not looked for yet. `base`
# is the mark of the subject without its prefixes, `orphan` an answer that refers to nothing.
# A message that leaves a conversation in a folder, or comes to one, sees to who is the newest.
_NEWEST = """SELECT id FROM messages WHERE thread = {0}.thread AND thread <> 0
    AND folder_id = {0}.folder_id AND id <> {0}.id ORDER BY date DESC, id DESC LIMIT 1"""
_CONVERSATIONS = f"""
ALTER TABLE messages ADD COLUMN thread INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN latest INTEGER NOT NULL DEFAULT 1;
ALTER TABLE messages ADD COLUMN base INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN orphan INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_by_thread ON messages (thread, folder_id, date, id, unread, flagged)
    WHERE thread <> 0;
CREATE INDEX messages_heads ON messages (folder_id, date, id, thread) WHERE latest = 1;
CREATE INDEX messages_without_thread ON messages (id) WHERE thread = 0;
CREATE INDEX messages_by_base ON messages (base, orphan, date, thread) WHERE base <> 0;
CREATE TABLE thread_ids (
    mark INTEGER PRIMARY KEY,
    thread INTEGER NOT NULL
) STRICT;
CREATE INDEX thread_ids_by_thread ON thread_ids (thread);

CREATE TRIGGER messages_threaded AFTER UPDATE OF thread, folder_id, date ON messages
WHEN old.thread <> new.thread OR new.thread <> 0
    AND (old.folder_id <> new.folder_id OR old.date <> new.date) BEGIN
    UPDATE messages SET latest = 1 WHERE old.latest = 1 AND id = ({_NEWEST.format("old")});
    UPDATE messages SET latest = 0 WHERE id = ({_NEWEST.format("new")})
        AND (date, id) < (new.date, new.id);
    UPDATE messages SET latest = coalesce(
        (SELECT (one.date, one.id) < (new.date, new.id) FROM messages AS one
        WHERE one.id = ({_NEWEST.format("new")})), 1) WHERE id = new.id;
END;
CREATE TRIGGER messages_left AFTER DELETE ON messages WHEN old.thread <> 0 BEGIN
    UPDATE messages SET latest = 1 WHERE old.latest = 1 AND id = ({_NEWEST.format("old")});
    DELETE FROM thread_ids WHERE thread = old.thread AND NOT EXISTS (
        SELECT 1 FROM messages WHERE thread = old.thread AND thread <> 0);
END;
"""


def _index_of_files(connection: apsw.Connection) -> None:
    """The index takes in the text inside attachments, and is made again in the background; the
    newest messages, and large ones, are found without a look at all; searches are kept."""
    connection.execute(INDEX_OF_FILES)


def _plugin_items(connection: apsw.Connection) -> None:
    """What plug-ins keep in the store."""
    connection.execute(
        "CREATE TABLE plugin_items (name TEXT PRIMARY KEY, data BLOB NOT NULL)"
        " STRICT, WITHOUT ROWID"
    )


def _states(connection: apsw.Connection) -> None:
    """What is unread, and what is starred, is found without a look at all the rest."""
    connection.execute(
        "CREATE INDEX messages_unread ON messages (date) WHERE unread = 1;"
        " CREATE INDEX messages_flagged ON messages (date) WHERE flagged = 1"
    )


def _terms(connection: apsw.Connection) -> None:
    """The words of the index can be listed; what has attachments has a word for that, which those
    that are here get in the background."""
    connection.execute(
        "CREATE VIRTUAL TABLE terms USING fts5vocab (words, instance);"
        " INSERT OR IGNORE INTO to_index (message_row) SELECT id FROM messages"
        " WHERE attachments > 0 AND id IN (SELECT message_row FROM understood)"
    )


STEPS: tuple[Step, ...] = (
    _first,
    _second,
    _third,
    _returned,
    _outbox_by_recipient,
    _reports_wanted,
    _outbox_in_pieces,
    _keys_looked_up,
    _one_body,
    _timekeeping,
    _writing,
    _keys_through_time,
    _conversations,
    _index_of_files,
    _plugin_items,
    _states,
    _terms,
)
