"""What takes the space, what is old, the archive by year: shown first, done when asked, undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailclient.app import App, open_scratch
from mailclient.errors import BadInput, Cancelled
from mailclient.services.jobs import Job


def letter(sender: str, day: str, size: int = 100, subject: str = "x") -> bytes:
    return (
        f"From: {sender}@example.org\nSubject: {subject}\nDate: {day} 10:00:00 +0000\n\n"
        f"{'y' * size}\n"
    ).encode()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Five messages of three senders and three years."""
    opened = open_scratch(tmp_path / "profile", offline=True)
    letters = (
        letter("ann", "5 Jan 2019", 5000, "big"),
        letter("ann", "6 Feb 2019", 10, "small"),
        letter("bob", "7 Mar 2021", 2000, "middle"),
        letter("cleo", "8 Apr 2024", 100, "star"),
        letter("dora", f"{datetime.now(UTC):%d %b %Y}", 100, "new"),
    )
    for at, raw in enumerate(letters):
        (tmp_path / f"{at}.eml").write_bytes(raw)
    opened.transfer.import_paths(sorted(tmp_path.glob("*.eml")), None, Job(0))
    yield opened
    opened.close()


def inbox(app: App) -> int:
    [folder] = app.search.folders_named("inbox")
    return folder.id


def subjects(app: App, query: str) -> list[str]:
    return [row.subject for row in app.search.rows(app.search.find(query).ids)]


def test_each_part_leads_to_its_mail(app: App) -> None:
    found = app.retention.space(Job(0))
    assert found.count == 5
    assert found.size == sum(one.size for one in found.folders)
    assert [one.words for one in found.folders] == ["Inbox"]
    assert [one.words for one in found.senders][:2] == ["ann@example.org", "bob@example.org"]
    assert [one.words for one in found.years][-2:] == ["2021", "2019"]
    assert [row.subject for row in found.largest][:2] == ["big", "middle"]
    for share in (*found.folders, *found.senders, *found.years):
        assert app.search.find(share.query).count == share.count, share
    job = Job(0)
    job.cancel.cancel()
    with pytest.raises(Cancelled):
        app.retention.space(job)


def test_what_is_old_is_shown_and_stays_until_asked(app: App) -> None:
    [star] = app.search.find("subject:star").ids
    app.organise.mark([star], flagged=True)
    old = app.retention.old(inbox(app), 365)
    assert [row.subject for row in app.search.rows(old.ids)] == ["middle", "small", "big"]
    assert (old.kept, old.for_good) == (1, False)
    assert old.size == sum(row.size for row in app.search.rows(old.ids))
    assert len(subjects(app, "in:inbox")) == 5
    undo = app.retention.expire(old, Job(0))
    assert undo.text == "Moved to the trash: 3 messages"
    assert subjects(app, "in:inbox") == ["new", "star"]
    assert undo.undo is not None
    undo.undo()
    assert len(subjects(app, "in:inbox")) == 5


def test_what_was_starred_or_moved_since_it_was_shown_stays(app: App) -> None:
    old = app.retention.old(inbox(app), 365)
    newest, *_, oldest = old.ids
    app.organise.mark([newest], flagged=True)
    app.organise.archive([oldest])
    assert app.retention.expire(old, Job(0)).text == "Moved to the trash: 2 messages"
    assert subjects(app, "in:inbox") == ["new", "star"]
    assert subjects(app, "in:archive") == ["big"]


def test_out_of_the_trash_it_goes_for_good(app: App) -> None:
    app.organise.delete(app.search.find("from:ann").ids)
    [trash] = app.search.folders_named("trash")
    old = app.retention.old(trash.id, 30)
    assert (len(old.ids), old.for_good) == (2, True)
    undo = app.retention.expire(old, Job(0))
    assert (undo.text, undo.undo) == ("Deleted for good: 2 messages", None)
    assert app.search.find("from:ann").count == 0


def test_a_rule_is_remembered_and_only_offers(app: App) -> None:
    app.retention.set_rule(inbox(app), 30)
    app.retention.set_rule(4711, 30)
    assert [len(one.ids) for one in app.retention.due()] == [4]
    assert len(subjects(app, "in:inbox")) == 5
    app.retention.set_rule(inbox(app), None)
    assert app.retention.due() == ()
    for days in (0, -1, 99_999_999):
        with pytest.raises(BadInput):
            app.retention.set_rule(inbox(app), days)


def test_mail_is_archived_by_year_and_comes_back(app: App) -> None:
    ids = app.search.find("from:ann OR from:bob").ids
    undo = app.retention.archive_by_year(ids)
    assert undo.text == "Archived under 2019, 2021: 3 messages"
    assert subjects(app, 'in:"Archive/2019"') == ["small", "big"]
    assert subjects(app, 'in:"Archive/2021"') == ["middle"]
    assert undo.undo is not None
    undo.undo()
    assert len(subjects(app, "in:inbox")) == 5
