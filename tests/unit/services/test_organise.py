"""Keeping order among very many messages: in parts, each undone as it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailclient.app import App, open_scratch
from mailclient.services import organise
from mailclient.store.folders import Folder, Role

MANY = 7


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setattr(organise, "AT_ONCE", 3)
    opened = open_scratch(tmp_path / "profile", offline=True)
    yield opened
    opened.close()


def folder(app: App, role: Role) -> Folder:
    return app._store.folders.by_role(app.accounts.local().id, role)


@pytest.fixture
def ids(app: App) -> list[int]:
    inbox, archive = folder(app, Role.INBOX), folder(app, Role.ARCHIVE)
    return [
        app._store.messages.store_raw(
            inbox.account_id,
            (inbox if at % 2 else archive).id,
            f"Subject: {at}\n\n{at}\n".encode(),
            unread=at % 3 == 0,
            received=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for at in range(MANY)
    ]


def state(app: App, ids: list[int]) -> list[tuple[int, bool, bool]]:
    return [(one.folder_id, one.unread, one.flagged) for one in app.search.rows(ids)]


def test_many_are_marked_and_become_again_what_each_was(app: App, ids: list[int]) -> None:
    before = state(app, ids)
    done = app.organise.mark(ids, unread=False, flagged=True)
    assert done.text == "Marked: 7 messages"
    assert {one[1:] for one in state(app, ids)} == {(False, True)}
    assert done.undo is not None
    done.undo()
    assert state(app, ids) == before


def test_many_go_to_the_trash_and_back_to_where_each_was(app: App, ids: list[int]) -> None:
    before = state(app, ids)
    done = app.organise.delete(ids)
    assert folder(app, Role.TRASH).total == MANY
    assert done.undo is not None
    done.undo()
    assert state(app, ids) == before
    assert folder(app, Role.TRASH).total == 0


def test_many_are_deleted_for_good_in_parts(app: App, ids: list[int]) -> None:
    app.organise.delete(ids)
    done = app.organise.delete(ids)
    assert (done.text, done.undo) == ("Deleted for good: 7 messages", None)
    assert app.search.rows(ids) == ()
    assert app._store.database.row("SELECT count(*) FROM bodies") == (0,)


def test_what_lies_in_the_trash_is_deleted_and_the_rest_goes_there(
    app: App, ids: list[int]
) -> None:
    app.organise.delete(ids[:3])
    app.organise.delete(ids)
    assert folder(app, Role.TRASH).total == MANY - 3


def test_where_very_many_lie_is_read_from_an_index_alone(app: App, ids: list[int]) -> None:
    plan = app._store.database.rows(
        "EXPLAIN QUERY PLAN SELECT id, account_id, folder_id, unread, flagged FROM messages"
        " INDEXED BY messages_for_search WHERE id IN (SELECT value FROM json_each('[1]'))"
    )
    assert any("COVERING INDEX messages_for_search" in row[3] for row in plan)
    placed = app._store.folders.placed([*reversed(ids), 999])
    assert [one.id for one in placed] == list(reversed(ids))
