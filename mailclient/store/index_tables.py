"""The tables of the index since it takes in what is inside attachments; never changed here."""

from __future__ import annotations

# `to_index` is what is still to be (re-)indexed, with a row for each message: what a kill leaves is
# done after the next start. `file_texts.text` is compressed (zlib).
INDEX_OF_FILES = """
DROP TABLE words;
CREATE VIRTUAL TABLE words USING fts5 (
    sender, recipients, copies, subject, body, attachments, files,
    content = '', contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 2"
);
INSERT INTO words (words, rank) VALUES ('hashsize', 67108864);

CREATE TABLE to_index (
    message_row INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE
) STRICT;
INSERT INTO to_index (message_row) SELECT message_row FROM understood;

CREATE TABLE file_texts (
    message_row INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    text BLOB NOT NULL,
    PRIMARY KEY (message_row, position)
) STRICT, WITHOUT ROWID;

DROP INDEX messages_for_search;
CREATE INDEX messages_for_search ON messages (
    id, date, account_id, folder_id, unread, flagged, answered, forwarded, attachments, encryption,
    signature, undelivered, size, whole_size
);
CREATE INDEX messages_by_date ON messages (date);

CREATE TABLE searches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    query TEXT NOT NULL
) STRICT;
"""
