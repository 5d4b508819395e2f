"""The search field: suggestions, words around what was found, searches kept among the folders."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QListView
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.gui import answers
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from mailclient.message.envelope import Envelope
from mailclient.services.jobs import Job
from mailclient.store.search import Words
from tests.gui.conftest import MakeApp, Snap

PATIENCE = 30_000  # milliseconds until a wait gives up; nothing is measured by it
LETTERS = 6


@pytest.fixture
def window(
    qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[[App], Bridge], tmp_path: Path
) -> MainWindow:
    app = make_app("ann")
    for at in range(LETTERS):
        text = f"Much is said before it.\n{'So it goes. ' * 20}\nWe meet at the harbour at {at}.\n"
        (tmp_path / f"{at}.eml").write_text(
            f"From: Bob Stone <bob{at}@example.org>\nSubject: Letter {at}\n"
            f"Message-ID: <{at}@example.org>\nDate: Mon, 2{at} Nov 2025 10:00:00 +0000\n\n{text}"
        )
    app.transfer.import_paths(sorted(tmp_path.glob("*.eml")), None, Job(0))
    made = MainWindow(app, bridge_of(app))
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    qtbot.waitUntil(lambda: made.model.rowCount() == LETTERS, timeout=PATIENCE)
    return made


def type_in(qtbot: QtBot, window: MainWindow, words: str) -> None:
    field = window.toolbar.search
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus, timeout=PATIENCE)
    field.clear()
    qtbot.keyClicks(field, words)


def popup(window: MainWindow) -> QListView:
    return window.toolbar.search._popup


def test_fields_people_folders_and_states_are_offered(
    qtbot: QtBot, window: MainWindow, snap: Snap
) -> None:
    field = window.toolbar.search
    type_in(qtbot, window, "fr")
    assert field.offered == ("from:   who wrote it",)
    type_in(qtbot, window, "harbour is:un")
    assert field.offered == ("unread", "undelivered")
    type_in(qtbot, window, "(in:arch")
    assert field.offered == ("Archive",)
    type_in(qtbot, window, "from:bob")
    assert len(field.offered) == LETTERS
    assert field.offered[0].endswith("   Bob Stone")
    assert popup(window).isVisible()
    snap(window, "suggestions")
    type_in(qtbot, window, "harbour")
    assert field.offered == ()
    assert not popup(window).isVisible()


def test_what_is_offered_is_taken_by_down_and_enter(qtbot: QtBot, window: MainWindow) -> None:
    field = window.toolbar.search
    type_in(qtbot, window, "harbour -is:fl")
    qtbot.keyClick(popup(window), Qt.Key.Key_Down)
    qtbot.keyClick(popup(window), Qt.Key.Key_Return)
    assert field.text() == "harbour -is:flagged "
    qtbot.waitUntil(lambda: window.listing.question.search == "harbour -is:flagged",
                    timeout=PATIENCE)  # fmt: skip
    qtbot.waitUntil(lambda: window.model.rowCount() == LETTERS, timeout=PATIENCE)


def test_rows_show_the_words_around_what_was_found(
    qtbot: QtBot, window: MainWindow, snap: Snap
) -> None:
    window.toolbar.search.setText("harb")
    window.toolbar.search.returnPressed.emit()

    def explained() -> bool:
        row = window.model.row(0) if window.model.rowCount() else None
        return row is not None and bool(row.marks)

    qtbot.waitUntil(explained, timeout=PATIENCE)
    row = window.model.row(0)
    assert row is not None
    assert [row.snippet[start:end] for start, end in row.marks] == ["harbour"]
    assert "We meet at the harbour at 5." in row.snippet
    assert row.snippet in row.spoken
    snap(window, "found")
    window.toolbar.search.clear()
    qtbot.waitUntil(lambda: not window.listing.question.search, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not explained(), timeout=PATIENCE)


def test_what_fits_best_comes_first_on_request(
    qtbot: QtBot, window: MainWindow, snap: Snap
) -> None:
    """The oldest letter alone has the word in its subject."""
    [old] = window.app.search.find("subject:0").ids
    window.app.search._store.search.put(
        [Words(old, Envelope(subject="Harbour, harbour"), "harbour harbour", ())]
    )
    best = window.pane._best
    assert not best.isVisible()
    window.toolbar.search.setText("harbour")
    window.toolbar.search.returnPressed.emit()
    qtbot.waitUntil(lambda: window.pane._best.isVisible(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.model.rowCount() == LETTERS, timeout=PATIENCE)
    assert window.model.ids[-1] == old
    best.click()
    qtbot.waitUntil(lambda: window.model.ids[0] == old, timeout=PATIENCE)
    snap(window, "best-match")
    window.toolbar.search.setText("harbour at")
    window.toolbar.search.returnPressed.emit()
    qtbot.waitUntil(lambda: window.listing.question.search == "harbour at", timeout=PATIENCE)
    assert window.listing.question.best
    best.click()
    qtbot.waitUntil(lambda: not window.listing.question.best, timeout=PATIENCE)
    best.click()
    window.toolbar.search.clear()
    qtbot.waitUntil(lambda: not window.listing.question.search, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not best.isVisible(), timeout=PATIENCE)
    assert not best.isChecked()
    assert not window.listing.question.best


def test_a_search_is_kept_among_the_folders_and_forgotten(
    qtbot: QtBot, window: MainWindow, snap: Snap
) -> None:
    window.toolbar.search.setText("harbour subject:3")
    window.toolbar.search.returnPressed.emit()
    qtbot.waitUntil(lambda: window.model.rowCount() == 1, timeout=PATIENCE)
    window.pane._keep.click()
    dialog = window.findChild(QInputDialog)
    assert isinstance(dialog, QInputDialog)
    assert "harbour subject:3" in dialog.labelText()
    dialog.setTextValue("The third")
    dialog.accept()
    titles = lambda: [one.title for one in window.folders.places]  # noqa: E731
    qtbot.waitUntil(lambda: "The third" in titles(), timeout=PATIENCE)
    window.toolbar.search.clear()
    qtbot.waitUntil(lambda: window.model.rowCount() == LETTERS, timeout=PATIENCE)
    window.folders.choose(next(one.key for one in window.folders.places if one.query))
    qtbot.waitUntil(lambda: window.model.rowCount() == 1, timeout=PATIENCE)
    snap(window, "kept-search")
    window.pane._forget.click()
    qtbot.waitUntil(lambda: "The third" not in titles(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.model.rowCount() == LETTERS, timeout=PATIENCE)


def test_a_filter_is_asked_about_together_with_the_search(qtbot: QtBot, window: MainWindow) -> None:
    window.app.organise.mark(window.app.search.find("subject:2").ids, flagged=True)
    window.toolbar.search.setText('subject:1 OR subject:2 OR "')
    window.toolbar.search.returnPressed.emit()
    qtbot.waitUntil(lambda: window.model.rowCount() == 2, timeout=PATIENCE)
    window.pane._buttons["is:flagged"].click()
    qtbot.waitUntil(lambda: window.model.rowCount() == 1, timeout=PATIENCE)


def test_the_newest_are_listed_before_all_are_known(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "FIRST", 2)
    shown: list[array[int]] = []
    counted: list[str] = []
    window.listing.settled.connect(lambda: shown.append(window.model.ids[:]))
    window.listing.settled.connect(lambda: counted.append(window.pane._count.text()))
    window.toolbar.search.setText("harbour")
    window.toolbar.search.returnPressed.emit()
    qtbot.waitUntil(lambda: window.model.rowCount() == LETTERS, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not window.listing.busy, timeout=PATIENCE)
    assert [len(ids) for ids in shown] == [2, LETTERS]
    assert shown[1][:2] == shown[0]
    assert counted == ["", str(LETTERS)]
