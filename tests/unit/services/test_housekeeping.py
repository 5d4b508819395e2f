"""A backup a day, three kept, each one opens; and what the user has to know of the disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailclient.app import App, open_profile
from mailclient.errors import StoreFull
from mailclient.paths import Profile
from mailclient.services import housekeeping
from mailclient.services.jobs import Job
from mailclient.services.upkeep import Upkeep
from mailclient.settings import DAILY_BACKUP
from tests.unit.store.box import Clock

WORDS = "Sieben Lampions am Fluss"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(tmp_path: Path, clock: Clock) -> Iterator[App]:
    opened = open_profile(Profile(tmp_path / "p"), passphrase=WORDS, offline=True, clock=clock)
    yield opened
    opened.close()


def bring(app: App, tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.eml").write_text(f"From: a@x.org\nSubject: {name}\n\nText of {name}.\n")
    app.transfer.import_paths([tmp_path / f"{name}.eml"], None, Job(0))


def test_a_backup_is_due_once_a_day_where_there_is_mail(
    app: App, clock: Clock, tmp_path: Path
) -> None:
    keeping = app.housekeeping
    assert not keeping.due()
    bring(app, tmp_path, "first")
    assert keeping.due()
    keeping.back_up(Job(0))
    assert not keeping.due()
    clock.forward(hours=23)
    assert not keeping.due()
    clock.forward(hours=1)
    assert keeping.due()
    app.settings.set(DAILY_BACKUP, False)
    assert not keeping.due()
    app.settings.set(DAILY_BACKUP, True)
    clock.forward(days=-30)  # a clock that was wrong keeps nobody without a backup
    assert keeping.due()


def test_three_are_kept_and_each_gives_back_the_mail_of_its_day(
    app: App, clock: Clock, tmp_path: Path
) -> None:
    for day in range(5):
        bring(app, tmp_path, f"day{day}")
        app.housekeeping.back_up(Job(0))
        clock.forward(days=1)
    found = app.housekeeping.backups()
    assert len(found) == 3
    assert [one.made.day for one in found] == [28, 27, 26]
    assert all(one.path.stat().st_mode & 0o077 == 0 for one in found)
    app.close()
    for number, one in enumerate(found):
        target = Profile(tmp_path / f"again{number}")
        upkeep = Upkeep(target, clock, passphrase=WORDS, keyring=None)
        assert upkeep.restore(one.path).messages == 5 - number


def test_what_a_killed_run_left_goes_with_the_next(app: App, tmp_path: Path) -> None:
    bring(app, tmp_path, "first")
    app.housekeeping.folder.mkdir()
    left = app.housekeeping.folder / "2026-11-01-120000.backup.part"
    left.write_bytes(b"half")
    (app.housekeeping.folder / "notes.txt").write_text("mine")
    app.housekeeping.back_up(Job(0))
    names = sorted(one.name for one in app.housekeeping.folder.iterdir())
    assert names == ["2026-11-24-120000.backup", "notes.txt"]


def test_without_room_there_is_no_backup_and_the_others_stay(
    app: App, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(app, tmp_path, "first")
    app.housekeeping.back_up(Job(0))
    clock.forward(days=1)
    monkeypatch.setattr(app.housekeeping, "free", lambda: 300_000_000)
    with pytest.raises(StoreFull, match="There is no room for a backup"):
        app.housekeeping.back_up(Job(0))
    assert len(app.housekeeping.backups()) == 1


def test_a_disk_that_is_nearly_full_is_told_with_what_is_free(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.housekeeping, "free", lambda: housekeeping.LOW)
    assert app.housekeeping.warnings() == ()
    monkeypatch.setattr(app.housekeeping, "free", lambda: 123_000_000)
    [told] = app.housekeeping.warnings()
    assert told.startswith("Only 123 MB are free")


def test_what_the_store_has_to_say_is_told(app: App, tmp_path: Path, clock: Clock) -> None:
    store = replace(app._store, notices=("The profile lies on a network disk (NFS).",))
    keeping = housekeeping.Housekeeping(store, app.profile, clock)
    assert keeping.warnings()[0] == "The profile lies on a network disk (NFS)."
