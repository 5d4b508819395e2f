"""A store of an older version: its outbox goes on, each recipient as the message stood."""

from __future__ import annotations

from pathlib import Path

import apsw

from mailclient.store import migrations

OLD = 3
ROWS = """
INSERT INTO accounts (id, address, details) VALUES (1, 'me@example.org', '{}');
INSERT INTO outbox (id, account_id, message_id, subject, sender, state, phase, created, not_before,
    encryption, signature)
    VALUES (1, 1, '<1@x>', '', 'me@example.org', 'uncertain', '', 7, 8, 'none', 'none'),
    (2, 1, '<2@x>', '', 'me@example.org', 'sending', 'DOT_PENDING', 7, 8, 'none', 'none'),
    (3, 1, '<3@x>', '', 'me@example.org', 'deferred', '', 7, 8, 'none', 'none');
INSERT INTO outbox_recipients (outbox_id, position, address, state)
    VALUES (1, 0, 'a@x', 'queued'), (1, 1, 'b@x', 'sent'), (2, 0, 'a@x', 'queued'),
    (3, 0, 'a@x', 'queued');
INSERT INTO outbox_bytes (outbox_id, raw, sent_copy) VALUES (1, x'61', x'62');
"""


def test_an_old_outbox_stands_by_recipient(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    connection = apsw.Connection(str(path))
    migrations.migrate(connection, path, migrations.STEPS[:OLD])
    connection.execute(ROWS)
    migrations.migrate(connection, path)
    stand = connection.execute("SELECT outbox_id, state FROM outbox_recipients").fetchall()
    assert stand == [(1, "uncertain"), (1, "sent"), (2, "sending"), (3, "queued")]
    assert (
        connection.execute("SELECT since, later, key FROM outbox").fetchall() == [(7, None, "")] * 3
    )
    assert connection.execute("SELECT raw, draft FROM outbox_bytes").fetchall() == [(b"a", b"")]
    connection.close()
