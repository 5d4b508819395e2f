"""Importing: many messages with one wait for the disk, none twice, none lost beside a fault; and
what other programs had noted about them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from mailclient.account import Security, Server
from mailclient.app import App, open_scratch
from mailclient.errors import BadInput, Cancelled
from mailclient.services import importing
from mailclient.services.events import MessagesChanged
from mailclient.services.exporting import Target
from mailclient.services.jobs import Job
from mailclient.services.sources.entry import Entry, Source
from mailclient.services.sources.thunderbird import profiles
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
    monkeypatch.setattr(importing, "BATCH_MESSAGES", 2)
    large = letter(2, "x" * 70 + "\n" + "All of it is text.\n" * (IN_MEMORY // 18))
    path = mbox(tmp_path / "mail.mbox", letter(1), large, large, letter(3))
    assert app.transfer.import_paths([path], None, Job(0)).imported == 3
    [id] = app.search.find("subject:2").ids
    assert app.read.raw(id) == large
    assert app._store.database.row("SELECT count(*) FROM bodies WHERE complete = 0") == (0,)


def test_a_message_that_cannot_be_read_is_told_and_the_others_come_in(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut() -> Iterator[bytes]:
        yield letter(2)[:10]
        raise BadInput("The file cannot be read.")

    def broken() -> Iterator[Entry]:
        return iter([Entry(iter((letter(1),))), Entry(cut()), Entry(iter((letter(3),)))])

    monkeypatch.setattr(importing, "sources", lambda path, dialect: [Source(path, broken)])
    report = app.transfer.import_paths([tmp_path], None, Job(0))
    assert (report.imported, report.problems) == (2, ("The file cannot be read.",))
    assert subjects(app) == ["Letter 1", "Letter 3"]


def mark(app: App, subject: str) -> tuple[bool, bool, bool, bool]:
    """Whether a message is unread, starred, answered, passed on."""
    [row] = [row for row in app.search.rows(app.search.find("").ids) if row.subject == subject]
    return row.unread, row.flagged, row.answered, row.forwarded


def test_a_maildir_brings_its_marks_and_its_folders(app: App, tmp_path: Path) -> None:
    top = tmp_path / "Maildir"
    for folder in (top, top / ".Work.Old"):
        for part in ("cur", "new", "tmp"):
            (folder / part).mkdir(parents=True)
    (top / "dovecot-keywords").write_text("0 Invoice\n1 NonJunk\n")
    (top / "new" / "1").write_bytes(letter(1))
    (top / "cur" / "2:2,FRSab").write_bytes(letter(2))
    (top / "cur" / "3:2,ST").write_bytes(letter(3))
    (top / ".Work.Old" / "cur" / "4;2,PS").write_bytes(letter(4))
    report = app.transfer.import_paths([top], None, Job(0))
    assert (report.imported, report.problems) == (3, ())
    assert mark(app, "Letter 1") == (True, False, False, False)
    assert mark(app, "Letter 2") == (False, True, True, False)
    assert mark(app, "Letter 4") == (False, False, False, True)
    assert app.search.find('in:"Work/Old"').count == 1
    assert app.search.find("tag:invoice subject:2").count == 1
    assert app.search.find("tag:nonjunk").count == 0


def claws_marks(order: str, *pairs: tuple[int, int]) -> bytes:
    return struct.pack(f"{order}I", 2) + b"".join(struct.pack(f"{order}2I", *one) for one in pairs)


@pytest.mark.parametrize("order", ["<", ">"])
def test_claws_mail_brings_its_marks_and_its_folders(app: App, tmp_path: Path, order: str) -> None:
    top = tmp_path / "Mail"
    (top / "inbox" / "projects").mkdir(parents=True)
    for number in range(1, 6):
        (top / "inbox" / str(number)).write_bytes(letter(number))
    (top / "inbox" / "projects" / "1").write_bytes(letter(6))
    marks = claws_marks(order, (1, 0), (2, 2), (3, 4 | 16), (4, 8), (5, 32))
    (top / "inbox" / ".claws_mark").write_bytes(marks)
    report = app.transfer.import_paths([top], None, Job(0))
    assert (report.imported, report.problems) == (5, ())
    assert mark(app, "Letter 1") == (False, False, False, False)
    assert mark(app, "Letter 2") == (True, False, False, False)
    assert mark(app, "Letter 3") == (False, True, True, False)
    assert mark(app, "Letter 5") == (False, False, False, True)
    assert app.search.find("in:inbox").count == 4
    assert app.search.find('in:"inbox/projects"').count == 1


def test_mh_brings_its_sequences(app: App, tmp_path: Path) -> None:
    for number in range(1, 5):
        (tmp_path / str(number)).write_bytes(letter(number))
    (tmp_path / ".mh_sequences").write_text("unseen: 1-2\nflagged: 4\nbad: x-y 99999999999-1\n")
    assert app.transfer.import_paths([tmp_path], "Old", Job(0)).imported == 4
    assert [mark(app, f"Letter {one}")[:2] for one in (1, 2, 3, 4)] == [
        (True, False),
        (True, False),
        (False, False),
        (False, True),
    ]


PREFERENCES = r"""
// Mozilla User Preferences
user_pref("mail.accountmanager.accounts", "account1,account2,account3");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.account.account1.identities", "id1");
user_pref("mail.account.account2.server", "server2");
user_pref("mail.account.account3.server", "server3");
user_pref("mail.account.account3.identities", "id3");
user_pref("mail.identity.id1.useremail", "ann@example.org");
user_pref("mail.identity.id1.fullName", "Ann \"A\" Example");
user_pref("mail.identity.id1.smtpServer", "smtp1");
user_pref("mail.server.server1.type", "pop3");
user_pref("mail.server.server1.hostname", "pop.example.org");
user_pref("mail.server.server1.userName", "ann");
user_pref("mail.server.server1.socketType", 3);
user_pref("mail.server.server1.directory-rel", "[ProfD]Mail/pop.example.org");
user_pref("mail.server.server2.type", "none");
user_pref("mail.server.server2.name", "Local Folders");
user_pref("mail.server.server2.directory-rel", "[ProfD]Mail/Local Folders");
user_pref("mail.server.server3.type", "imap");
user_pref("mail.server.server3.name", "Work/Mail");
user_pref("mail.server.server3.directory-rel", "[ProfD]ImapMail/imap.example.net");
user_pref("mail.smtpserver.smtp1.hostname", "smtp.example.org");
user_pref("mail.smtpserver.smtp1.try_ssl", 2);
user_pref("mail.smtpserver.smtp1.username", "ann");
user_pref("mailnews.tags.$label1.tag", "Wichtig");
user_pref("mailnews.tags.holiday.tag", "Holiday plans");
user_pref("broken", );
"""


def mozilla(number: int, status: int, keys: str = "") -> bytes:
    return (
        (
            f"From - Mon Nov 23 10:00:00 2026\nX-Mozilla-Status: {status:04x}\n"
            f"X-Mozilla-Status2: 00000000\nX-Mozilla-Keys: {keys}\n"
        ).encode()
        + letter(number)
        + b"\n"
    )


@pytest.fixture
def thunderbird(tmp_path: Path) -> Path:
    """A profile with three accounts, of which one collects by POP3, and an address book."""
    top = tmp_path / "x.default"
    pop = top / "Mail" / "pop.example.org"
    local = top / "Mail" / "Local Folders" / "Archives.sbd"
    imap = top / "ImapMail" / "imap.example.net"
    for folder in (pop, local, imap):
        folder.mkdir(parents=True)
    (top / "prefs.js").write_text(PREFERENCES)
    (pop / "Inbox").write_bytes(
        mozilla(1, 0) + mozilla(2, 1 | 4, "$label1 holiday nonjunk") + mozilla(3, 1 | 8)
    )
    (pop / "Inbox.msf").write_text('// <!-- <mdb:mork:z v="1.4"/> -->')
    (pop / "Sent").write_bytes(mozilla(4, 1))
    (local.parent / "Archives").write_bytes(b"")
    (local / "2020").write_bytes(mozilla(5, 1 | 2 | 0x1000))
    (imap / "INBOX").write_bytes(mozilla(6, 0))
    book = apsw.Connection(str(top / "abook.sqlite"))
    book.execute("CREATE TABLE properties (card TEXT, name TEXT, value TEXT)")
    book.executemany(
        "INSERT INTO properties VALUES (?, ?, ?)",
        [
            ("1", "DisplayName", "Zoe Zander"),
            ("1", "PrimaryEmail", "zoe@example.org"),
            ("2", "FirstName", "Bo"),
            ("2", "PrimaryEmail", "bo@example.org"),
            ("2", "SecondEmail", "bo@example.net"),
            ("3", "DisplayName", "Nobody"),
        ],
    )
    book.close()
    (top / "history.sqlite").write_bytes(b"no such thing")
    return top


def test_a_thunderbird_profile_brings_everything(app: App, thunderbird: Path) -> None:
    report = app.transfer.import_paths([thunderbird], None, Job(0))
    assert (report.imported, report.already_here, report.people) == (5, 0, 3)
    assert report.accounts == ("ann@example.org",)
    assert len(report.problems) == 1
    assert "history.sqlite cannot be read" in report.problems[0]
    account = app.accounts.get("ann@example.org")
    assert (account.name, account.paused) == ('Ann "A" Example', True)
    assert account.incoming == Server("pop.example.org", 995, Security.TLS, username="ann")
    assert account.outgoing == Server("smtp.example.org", 587, Security.STARTTLS, username="ann")
    assert mark(app, "Letter 1") == (True, False, False, False)
    assert mark(app, "Letter 2") == (False, True, False, False)
    assert mark(app, "Letter 5") == (False, False, True, True)
    places = {folder.name: folder.total for folder in app.search.folders() if folder.total}
    assert places == {"Inbox": 2, "Sent": 1, "Archive/2020": 1, "Work-Mail/INBOX": 1}
    assert app.search.find('tag:wichtig tag:"Holiday plans"').count == 1
    assert [one.name for one in app.compose.complete("zo")] == ["Zoe Zander"]
    again = app.transfer.import_paths([thunderbird], None, Job(0))
    assert (again.imported, again.already_here, again.accounts) == (0, 5, ())


def test_profiles_are_found_where_thunderbird_lists_them(thunderbird: Path) -> None:
    home = thunderbird.parent
    (home / ".thunderbird").mkdir()
    (home / ".thunderbird" / "profiles.ini").write_text(
        f"[Profile0]\nPath={thunderbird}\nIsRelative=0\n[Profile1]\nPath=gone\n[General]\nx=1\n"
    )
    assert profiles(home) == (thunderbird,)


def test_what_cannot_be_read_in_a_folder_is_told_and_the_rest_comes_in(
    app: App, tmp_path: Path
) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "a.eml").write_bytes(letter(1))
    (folder / "b.eml").symlink_to(folder / "nothing")
    (folder / "c.mbox").write_bytes(b"From ann 1\n" + letter(2) + b"\n\0\0\0" * 50)
    (folder / "d.txt").write_bytes(b"no mail")
    report = app.transfer.import_paths([folder, tmp_path / "gone.eml"], None, Job(0))
    assert (report.imported, len(report.problems)) == (2, 1)


def test_progress_is_told_in_parts_of_the_whole(app: App, tmp_path: Path) -> None:
    path = mbox(tmp_path / "mail.mbox", *(letter(one, "x" * 5000) for one in range(30)))
    told: list[tuple[int, int, str]] = []
    job = Job(0, _report=lambda id, done, total, note: told.append((done, total, note)))
    app.transfer.import_paths([path], None, job)
    parts = [(done, total) for done, total, note in told if note.endswith("messages brought in")]
    assert parts
    assert all(done <= total for done, total in parts)
    assert parts[-1][1] == path.stat().st_size // 1024


def test_what_was_brought_in_is_found_while_the_rest_is_read(app: App, tmp_path: Path) -> None:
    path = mbox(tmp_path / "mail.mbox", *(letter(one) for one in range(1200)))
    found: list[int] = []
    listed: list[int] = []
    app.events.subscribe(
        lambda event: listed.append(len(event.ids)) if isinstance(event, MessagesChanged) else None
    )
    look = lambda *_: found.append(app.search.find("lette").count)  # noqa: E731
    app.transfer.import_paths([path], None, Job(0, _report=look))
    assert found == [500, 1000, 1200]
    assert [one for one in listed if one > 50] == [500, 500, 200]


def test_an_import_that_is_stopped_can_be_gone_on_with(app: App, tmp_path: Path) -> None:
    path = mbox(tmp_path / "mail.mbox", *(letter(one) for one in range(1200)))
    job = Job(0)
    stop = replace(job, _report=lambda *_: job.cancel.cancel(), cancel=job.cancel)
    with pytest.raises(Cancelled):
        app.transfer.import_paths([path], None, stop)
    assert app.search.find("").count == importing.BATCH_MESSAGES
    report = app.transfer.import_paths([path], None, Job(0))
    assert (report.imported, report.already_here) == (700, 500)


ODD = (
    b"Subject: no end of line\r\n\r\nFrom here",
    b"Subject: nul\n\n\0\0From \0\n>From\n\n\n",
    b"Subject: eight bits\n\n\xff\xfe\x80\r",
    b"Subject: cr\rFrom x 1\r\r",
    b"Subject: parts\n\n\nFrom ann Mon Nov 23 10:00:00 2026\n>>From y\n",
    b"\n\n",
    b"From: x",
)


@pytest.mark.parametrize("target", list(Target), ids=lambda one: one.value)
def test_no_byte_is_lost_on_the_way_out_and_in_again(
    app: App, tmp_path: Path, target: Target
) -> None:
    for at, raw in enumerate(ODD):
        (tmp_path / f"{at}.eml").write_bytes(raw)
    first = app.transfer.import_paths(sorted(tmp_path.glob("*.eml")), None, Job(0))
    assert first.imported == len(ODD)
    app.organise.mark([first.ids[0]], unread=True, flagged=True)
    out = tmp_path / "out"
    assert app.exporting.export(None, target, out, Job(0)) == len(ODD)
    other = open_scratch(tmp_path / "other", offline=True)
    try:
        report = other.transfer.import_paths([out], None, Job(0))
        assert report.imported == len(ODD)
        assert sorted(other.read.raw(id) for id in report.ids) == sorted(ODD)
        if target is Target.MAILDIR:
            assert other.search.find("is:unread is:flagged").count == 1
        again = app.transfer.import_paths([out], None, Job(0))
        assert (again.imported, again.already_here) == (0, len(ODD))
    finally:
        other.close()
