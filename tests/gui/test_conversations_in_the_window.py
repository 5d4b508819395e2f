"""Conversations in the main window: one row for what belongs together, and all of it at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from mailclient.services.jobs import Job
from tests.gui.conftest import MakeApp, Snap

PATIENCE = 30_000  # milliseconds until a wait gives up; nothing is measured by it


def letter(name: str, hour: int, who: str, subject: str, *answers: str) -> bytes:
    refers = "".join(f" <{one}@x>" for one in answers)
    return (
        f"From: {who} <{who.lower()}@example.org>\r\nTo: me@localhost\r\nSubject: {subject}\r\n"
        f"Message-ID: <{name}@x>\r\n{f'References:{refers}' if refers else 'X-None: -'}\r\n"
        f"Date: Mon, 23 Nov 2026 {hour:02}:00:00 +0000\r\n\r\nThis is {name}.\r\n"
    ).encode()


LETTERS = (
    letter("a", 8, "Ann", "Where shall we meet?"),
    letter("news", 9, "News", "All the news"),
    letter("b", 10, "Me", "Re: Where shall we meet?", "a"),
    letter("c", 11, "Bob", "Re: Where shall we meet?", "a", "b"),
    letter("late", 12, "Zoe", "Something else"),
)


def bring(app: App, folder: Path, *letters: bytes) -> list[int]:
    """Take letters in, in this order."""
    paths = []
    for raw in letters:
        paths.append(folder / f"{len(list(folder.iterdir())):02}.eml")
        paths[-1].write_bytes(raw)
    return list(app.transfer.import_paths(paths, None, Job(0)).ids)


@pytest.fixture
def window(
    qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[[App], Bridge], tmp_path: Path
) -> MainWindow:
    """Five messages, three of them one conversation, of which one was sent; two are unread."""
    app = make_app("ann")
    (tmp_path / "mail").mkdir()
    ids = bring(app, tmp_path / "mail", *LETTERS)
    [sent] = app.search.folders_named("sent")
    app.organise.move([ids[2]], sent.id)
    app.organise.mark([ids[0], ids[3]], unread=True)
    made = MainWindow(app, bridge_of(app))
    qtbot.addWidget(made)
    made.resize(1024, 700)
    made.show()
    qtbot.waitUntil(lambda: made.model.rowCount() == 3, timeout=PATIENCE)
    return made


def subjects(window: MainWindow) -> list[str]:
    rows = [window.model.row(at) for at in range(window.model.rowCount())]
    return [row.subject for row in rows if row is not None]


def starred(window: MainWindow, at: int) -> bool:
    row = window.model.row(at)
    return row is not None and row.starred


def shown(qtbot: QtBot, window: MainWindow, text: str) -> None:
    """Wait until this message is read."""
    qtbot.waitUntil(
        lambda: window.reader.view is not None and text in window.reader.view.body.text,
        timeout=PATIENCE,
    )


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key) -> None:
    qtbot.keyClick(window.pane.list, key)


def test_what_belongs_together_is_one_row_with_its_count(
    qtbot: QtBot, window: MainWindow, snap: Snap
) -> None:
    assert subjects(window) == ["Something else", "Re: Where shall we meet?", "All the news"]
    row = window.model.row(1)
    assert row is not None
    assert (row.count, row.people, row.unread) == (3, "Bob, Me, Ann", True)
    assert "Conversation of 3 messages, closed" in row.spoken
    assert "2 unread" in row.spoken
    other = window.model.row(0)
    assert other is not None
    assert (other.count, other.unread) == (0, False)
    window.pane.list.select_row(1)
    shown(qtbot, window, "This is a.")
    assert window.reader.neighbours.words.text() == "1 of 3 in this conversation"
    snap(window, "conversation-closed")


def test_right_opens_a_conversation_and_left_closes_it(
    qtbot: QtBot, window: MainWindow, snap: Snap
) -> None:
    window.pane.list.select_row(1)
    press(qtbot, window, Qt.Key.Key_Right)
    assert window.model.rowCount() == 5
    assert [window.model.listed.head(at) for at in range(5)] == [0, 1, 1, 1, 4]
    head, below = window.model.row(1), window.model.row(2)
    assert head is not None
    assert below is not None
    assert (head.opened, head.people, below.below, below.people) == (True, "Bob", True, "Me")
    window.pane.list.select_row(3)
    shown(qtbot, window, "This is a.")
    snap(window, "conversation-open")
    press(qtbot, window, Qt.Key.Key_Left)
    assert window.model.rowCount() == 3
    assert window.pane.list.current_row() == 1
    press(qtbot, window, Qt.Key.Key_Left)
    assert window.model.rowCount() == 3


def test_a_click_on_the_count_opens_and_closes(qtbot: QtBot, window: MainWindow) -> None:
    view = window.pane.list
    view.viewport().grab()  # painted once
    rect = view.visualRect(window.model.index(1, 0))
    places = [QPoint(x, rect.top() + 16) for x in range(rect.right() - 140, rect.right(), 6)]
    opening = next(at for at in places if _opens(qtbot, window, at))
    assert window.model.rowCount() == 5
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=opening)
    assert window.model.rowCount() == 3


def _opens(qtbot: QtBot, window: MainWindow, at: QPoint) -> bool:
    qtbot.mouseClick(window.pane.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    return window.model.rowCount() == 5


def test_the_reader_leads_through_the_conversation(qtbot: QtBot, window: MainWindow) -> None:
    window.pane.list.select_row(1)
    shown(qtbot, window, "This is a.")
    assert not window.reader.neighbours.older.isEnabled()
    window.actions_["newer-in-conversation"].trigger()
    shown(qtbot, window, "This is b.")
    window.reader.neighbours.newer.click()
    shown(qtbot, window, "This is c.")
    assert not window.reader.neighbours.newer.isEnabled()
    window.actions_["older-in-conversation"].trigger()
    shown(qtbot, window, "This is b.")
    assert window.pane.list.selected_count() == 1
    window.pane.list.select_row(0)
    shown(qtbot, window, "This is late.")
    assert window.reader.neighbours.isHidden()


def test_the_next_unread_message_may_be_inside_a_conversation(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.pane.list.select_row(0)
    shown(qtbot, window, "This is late.")
    for text in ("This is a.", "This is c."):
        window.actions_["next-unread"].trigger()
        shown(qtbot, window, text)


def test_an_answer_that_comes_moves_the_conversation_up_and_it_stays_chosen(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.pane.list.select_row(1)
    shown(qtbot, window, "This is a.")
    answer = letter("d", 13, "Eve", "Re: Where shall we meet?", "a", "b", "c")
    [new] = bring(window.app, tmp_path / "mail", answer)
    qtbot.waitUntil(lambda: window.model.ids[0] == new, timeout=PATIENCE)
    assert window.model.rowCount() == 3
    assert window.pane.list.current_row() == 0
    shown(qtbot, window, "This is a.")
    words = window.reader.neighbours.words
    qtbot.waitUntil(lambda: words.text() == "1 of 4 in this conversation", timeout=PATIENCE)
    assert window.reader.neighbours.newer.isEnabled()


def test_a_message_that_is_checked_again_still_stands_in_its_conversation(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.pane.list.select_row(1)
    shown(qtbot, window, "This is a.")
    with qtbot.waitSignal(window.reader.shown, timeout=PATIENCE):
        window.reading.check_again()
    assert window.reader.neighbours.isVisible()
    assert window.reader.neighbours.words.text() == "1 of 3 in this conversation"


def test_an_open_conversation_stays_open_when_an_answer_comes(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.pane.list.select_row(1)
    press(qtbot, window, Qt.Key.Key_Right)
    answer = letter("d", 13, "Eve", "Re: Where shall we meet?", "a", "b", "c")
    [new] = bring(window.app, tmp_path / "mail", answer)
    qtbot.waitUntil(lambda: window.model.ids[0] == new, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.model.rowCount() == 6, timeout=PATIENCE)
    assert new in window.model.listed.opened


def test_what_is_done_with_a_closed_conversation_is_done_with_all_of_it_here(
    qtbot: QtBot, window: MainWindow
) -> None:
    app = window.app
    window.pane.list.select_row(1)
    window.actions_["archive"].trigger()
    qtbot.waitUntil(lambda: len(app.search.find("in:archive").ids) == 2, timeout=PATIENCE)
    assert len(app.search.find("in:sent").ids) == 1
    qtbot.waitUntil(lambda: window.model.rowCount() == 2, timeout=PATIENCE)


def test_one_message_of_an_open_conversation_can_be_deleted(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.pane.list.select_row(1)
    press(qtbot, window, Qt.Key.Key_Right)
    window.actions_["delete"].trigger()
    app = window.app
    qtbot.waitUntil(lambda: len(app.search.find("in:trash").ids) == 1, timeout=PATIENCE)
    qtbot.waitUntil(
        lambda: (
            [window.model.listed.head(at) for at in range(window.model.rowCount())]
            in ([0, 1, 1, 3], [0, 1, 2])
        ),
        timeout=PATIENCE,
    )


def test_a_star_goes_to_the_newest_and_is_taken_from_all(qtbot: QtBot, window: MainWindow) -> None:
    window.pane.list.select_row(1)
    app = window.app
    window.actions_["star"].trigger()
    qtbot.waitUntil(lambda: len(app.search.find("is:flagged").ids) == 1, timeout=PATIENCE)
    app.organise.mark(app.search.find("subject:meet").ids, flagged=True)
    qtbot.waitUntil(lambda: starred(window, 1), timeout=PATIENCE)
    window.commands.toggle_star(window.model.ids[1])
    qtbot.waitUntil(lambda: len(app.search.find("is:flagged in:inbox").ids) == 0, timeout=PATIENCE)


def test_grouping_is_chosen_for_each_folder_and_remembered(
    qtbot: QtBot, window: MainWindow, bridge_of: Callable[[App], Bridge]
) -> None:
    act = window.actions_["conversations"]
    assert act.isChecked()
    act.trigger()
    qtbot.waitUntil(lambda: window.model.rowCount() == 4, timeout=PATIENCE)
    assert not window.model.listed.grouped
    assert all(row is not None and row.count == 0 for row in map(window.model.row, range(4)))
    sent = next(one for one in window.folders.places if one.role == "sent")
    window.folders.choose(sent.key)
    qtbot.waitUntil(lambda: window.model.rowCount() == 1, timeout=PATIENCE)
    assert act.isChecked()
    window.close()
    again = MainWindow(window.app, bridge_of(window.app))
    qtbot.addWidget(again)
    again.show()
    qtbot.waitUntil(lambda: again.model.rowCount() == 4, timeout=PATIENCE)
    assert not again.actions_["conversations"].isChecked()


def test_a_filter_keeps_conversations_together(qtbot: QtBot, window: MainWindow) -> None:
    window.pane._buttons["is:unread"].click()
    qtbot.waitUntil(lambda: window.model.rowCount() == 1, timeout=PATIENCE)
    row = window.model.row(0)
    assert row is not None
    assert row.count == 3


def test_what_a_search_finds_is_listed_one_by_one(qtbot: QtBot, window: MainWindow) -> None:
    window.listing.search("subject:meet")
    qtbot.waitUntil(lambda: not window.model.listed.grouped, timeout=PATIENCE)
    assert subjects(window) == [*["Re: Where shall we meet?"] * 2, "Where shall we meet?"]
