"""The tables of the first version; never changed here: `migrations` adds to them."""

from __future__ import annotations

ACCOUNTS = """
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL,
    details TEXT NOT NULL
) STRICT;

CREATE TABLE secrets (
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    kind TEXT NOT NULL,
    secret TEXT NOT NULL,
    PRIMARY KEY (account_id, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE folders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    unread INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account_id, name)
) STRICT;
"""

# Times are whole seconds since 1970. `bodies.mark` is the first eight bytes of the hash: an index
# that stays small. The chunks of body N have the ids from N * 2^20.
MESSAGES = """
CREATE TABLE bodies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    size INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    mark INTEGER NOT NULL,
    complete INTEGER NOT NULL
) STRICT;
CREATE INDEX bodies_by_mark ON bodies (mark);
CREATE INDEX bodies_incomplete ON bodies (id) WHERE complete = 0;

CREATE TABLE body_chunks (
    id INTEGER PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts,
    folder_id INTEGER NOT NULL REFERENCES folders,
    body_id INTEGER NOT NULL REFERENCES bodies,
    date INTEGER NOT NULL,
    received INTEGER NOT NULL,
    size INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    flagged INTEGER NOT NULL DEFAULT 0,
    answered INTEGER NOT NULL DEFAULT 0,
    forwarded INTEGER NOT NULL DEFAULT 0,
    attachments INTEGER NOT NULL DEFAULT 0,
    processing TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT '',
    encryption TEXT NOT NULL DEFAULT 'none',
    signature TEXT NOT NULL DEFAULT 'none',
    sender TEXT NOT NULL DEFAULT '',
    message_id TEXT NOT NULL DEFAULT '',
    subject TEXT NOT NULL DEFAULT '',
    from_ TEXT NOT NULL DEFAULT '[]',
    to_ TEXT NOT NULL DEFAULT '[]',
    snippet TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX messages_by_folder ON messages (folder_id, date);
CREATE INDEX messages_by_message_id ON messages (message_id) WHERE message_id <> '';
CREATE INDEX messages_by_body ON messages (body_id);
CREATE INDEX messages_by_account ON messages (account_id);
CREATE INDEX messages_in_work ON messages (processing, id) WHERE processing <> 'ready';
CREATE INDEX messages_signed ON messages (sender, signature) WHERE signature <> 'none';
CREATE INDEX messages_for_search ON messages (
    id, date, account_id, folder_id, unread, flagged, answered, forwarded, attachments, encryption,
    signature
);

CREATE TABLE understood (
    message_row INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    checked INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    problems TEXT NOT NULL,
    opened BLOB
) STRICT;

CREATE TABLE tags (
    tag TEXT NOT NULL COLLATE NOCASE,
    message_row INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
    PRIMARY KEY (tag, message_row)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_message ON tags (message_row);

CREATE TRIGGER bodies_removed AFTER DELETE ON bodies BEGIN
    DELETE FROM body_chunks WHERE id >= old.id << 20 AND id < (old.id + 1) << 20;
END;
CREATE TRIGGER messages_added AFTER INSERT ON messages BEGIN
    UPDATE folders SET total = total + 1, unread = unread + new.unread WHERE id = new.folder_id;
END;
CREATE TRIGGER messages_removed AFTER DELETE ON messages BEGIN
    UPDATE folders SET total = total - 1, unread = unread - old.unread WHERE id = old.folder_id;
    DELETE FROM bodies WHERE id = old.body_id;
END;
CREATE TRIGGER messages_changed AFTER UPDATE OF folder_id, unread ON messages
WHEN old.folder_id <> new.folder_id OR old.unread <> new.unread BEGIN
    UPDATE folders SET total = total - 1, unread = unread - old.unread WHERE id = old.folder_id;
    UPDATE folders SET total = total + 1, unread = unread + new.unread WHERE id = new.folder_id;
END;
"""

# The index holds no second copy of any text; it is made again by understanding the messages anew.
INDEX = """
CREATE VIRTUAL TABLE words USING fts5 (
    sender, recipients, copies, subject, body, attachments,
    content = '', contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 2"
);
INSERT INTO words (words, rank) VALUES ('hashsize', 67108864);

CREATE TRIGGER messages_unindexed AFTER DELETE ON messages BEGIN
    DELETE FROM words WHERE rowid = old.id;
END;

CREATE TABLE people (
    address TEXT PRIMARY KEY,
    written TEXT NOT NULL,
    name TEXT NOT NULL,
    uses INTEGER NOT NULL,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

OUTBOX = """
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    sender TEXT NOT NULL,
    state TEXT NOT NULL,
    phase TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    encryption TEXT NOT NULL,
    signature TEXT NOT NULL,
    problem TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX outbox_by_account ON outbox (account_id, state);

CREATE TABLE outbox_recipients (
    outbox_id INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,
    position INTEGER NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL,
    code INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (outbox_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox_bytes (
    outbox_id INTEGER PRIMARY KEY REFERENCES outbox ON DELETE CASCADE,
    raw BLOB NOT NULL,
    sent_copy BLOB NOT NULL
) STRICT;
"""

OTHERS = """
CREATE TABLE ledger (
    account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    uid BLOB NOT NULL,
    size INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    state TEXT NOT NULL,
    message_row INTEGER REFERENCES messages ON DELETE SET NULL,
    first_seen INTEGER NOT NULL,
    absent_since INTEGER,
    PRIMARY KEY (account_id, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_by_message ON ledger (message_row);

CREATE TABLE keys (
    fingerprint TEXT NOT NULL,
    address TEXT NOT NULL,
    trust TEXT NOT NULL,
    source TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    PRIMARY KEY (address, fingerprint)
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_by_fingerprint ON keys (fingerprint);

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""
