"""Importing: many messages with one wait for the disk, none twice, none lost beside a fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailclient.app import App, open_scratch
from mailclient.errors import BadInput
from mailclient.services import transfer
from mailclient.services.jobs import Job
from mailclient.store.bodies import IN_MEMORY
from mailclient.store.database import Database, Durability


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    opened = open_scratch(tmp_path / "profile", offline=True)
    yield opened
    opened.close()


def letter(number: int, text: str = "Hello.") -> bytes:
    return f"From: ann@example.org\nSubject: Letter {number}\n\n{text}\n".encode()


def mbox(path: Path, *letters: bytes) -> Path:
    path.write_bytes(b"".join(b"From ann Thu Jan  1 00:00:00 1970\n%b\n" % one for one in letters))
    return path


def subjects(app: App) -> list[str]:
    ids = app.search.find("").ids
    return sorted(row.subject for row in app.search.rows(ids))


def test_many_messages_wait_for_the_disk_once(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mbox(tmp_path / "mail.mbox", *(letter(one) for one in range(40)))
    waits: list[Durability] = []
    promise = Database._promise

    def noted(self: Database, durability: Durability) -> None:
        waits.append(durability)
        promise(self, durability)

    monkeypatch.setattr(Database, "_promise", noted)
    report = app.transfer.import_paths([path], "Old", Job(0))
    assert (report.imported, report.already_here) == (40, 0)
    # The account and the folder for it are made first.
    assert waits.count(Durability.FULL) < 10
    assert app.search.find("in:old").count == 40


def test_what_stands_twice_in_a_file_comes_in_once(app: App, tmp_path: Path) -> None:
    path = mbox(tmp_path / "mail.mbox", letter(1), letter(2), letter(1))
    report = app.transfer.import_paths([path], None, Job(0))
    assert (report.imported, report.already_here) == (2, 1)
    again = app.transfer.import_paths([path], None, Job(0))
    assert (again.imported, again.already_here) == (0, 3)


def test_large_messages_come_in_among_small_ones(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "BATCH_MESSAGES", 2)
    large = letter(2, "x" * 70 + "\n" + "All of it is text.\n" * (IN_MEMORY // 18))
    path = mbox(tmp_path / "mail.mbox", letter(1), large, large, letter(3))
    assert app.transfer.import_paths([path], None, Job(0)).imported == 3
    [id] = app.search.find("subject:2").ids
    assert app.read.raw(id) == large
    assert app._store.database.row("SELECT count(*) FROM bodies WHERE complete = 0") == (0,)


def test_what_was_read_before_a_fault_is_kept(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path) -> Iterator[Iterator[bytes]]:
        yield iter((letter(1),))
        yield cut()

    def cut() -> Iterator[bytes]:
        yield letter(2)[:10]
        raise BadInput("The file cannot be read.")

    monkeypatch.setattr(transfer, "messages_in", broken)
    report = app.transfer.import_paths([tmp_path], None, Job(0))
    assert (report.imported, report.problems) == (1, ("The file cannot be read.",))
    assert subjects(app) == ["Letter 1"]
