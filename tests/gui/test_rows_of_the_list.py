"""What a row of the list shows: a frame where the keyboard is, and the word that was found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QFont, QFontMetrics
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.gui import theme
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from mailclient.gui.message_list.delegate import led_to
from mailclient.services.jobs import Job
from tests.gui.conftest import MakeApp, Snap

PATIENCE = 30_000  # milliseconds until a wait gives up; nothing is measured by it
SUBJECT = "About everything that we have ever planned to do together and never did, until today"
TEXT = "Much was said before it, and nobody listened: we meet at the harbour at noon, as always."


@pytest.fixture
def window(
    qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[[App], Bridge], tmp_path: Path
) -> MainWindow:
    """A read and an unread letter."""
    app = make_app("ann")
    for at in range(2):
        (tmp_path / f"{at}.eml").write_text(
            f"From: Bob Stone <bob@example.org>\nSubject: {SUBJECT} {at}\n"
            f"Message-ID: <{at}@example.org>\nDate: Mon, 2{at} Nov 2025 10:00:00 +0000\n\n{TEXT}\n"
        )
    ids = app.transfer.import_paths(sorted(tmp_path.glob("*.eml")), None, Job(0)).ids
    app.organise.mark([ids[1]], unread=True)
    app.organise.mark([ids[0]], unread=False)
    made = MainWindow(app, bridge_of(app))
    qtbot.addWidget(made)
    made.resize(1024, 700)
    made.show()
    qtbot.waitUntil(lambda: made.model.rowCount() == 2, timeout=PATIENCE)
    return made


def colors_of(window: MainWindow, at: int) -> tuple[QColor, QColor]:
    """The colours at the edge of a row, and just inside it."""
    view = window.pane.list
    rect = view.visualRect(window.model.index(at, 0))
    image = view.viewport().grab().toImage()
    middle = rect.center().y()
    return image.pixelColor(QPoint(rect.left(), middle)), image.pixelColor(
        QPoint(rect.left() + 3, middle)
    )


@pytest.mark.parametrize("selected", [True, False])
def test_the_row_that_has_the_keyboard_is_framed_and_not_filled(
    selected: bool, qtbot: QtBot, window: MainWindow, snap: Snap
) -> None:
    view = window.pane.list
    window.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus, timeout=PATIENCE)
    colors = theme.of(view.palette())
    row = window.model.row(0)
    assert row is not None
    assert row.unread
    for at in (0, 1):
        view.select_rows([at] if selected else [], at)
        edge, inside = colors_of(window, at)
        assert edge == colors.color("accent")
        assert inside == colors.color("selection" if selected else "ground")
        edge, _ = colors_of(window, 1 - at)
        assert edge != colors.color("accent")
    view.select_rows([], 0)
    snap(window, f"keyboard-in-list-{selected}")


@pytest.mark.parametrize("width", [60, 90, 150, 300, 2000])
def test_the_word_that_was_found_is_seen_however_little_room_there_is(width: int) -> None:
    metrics = QFontMetrics(QFont())
    start = TEXT.index("harbour")
    marks = ((start, start + 7), (TEXT.index("noon"), TEXT.index("noon") + 4))
    shown, moved = led_to(metrics, TEXT, marks, width)
    assert [shown[one:other] for one, other in moved] == ["harbour", "noon"]
    assert (shown == TEXT) is (width == 2000)
    first = metrics.horizontalAdvance(shown[: moved[0][0]])
    assert first < width - metrics.averageCharWidth()
    if width > 100:
        assert first + metrics.horizontalAdvance("harbour") <= width


def test_a_word_that_is_found_has_half_of_the_row_below_a_long_subject(
    qtbot: QtBot, window: MainWindow, snap: Snap
) -> None:
    window.toolbar.search.setText("harbour")
    window.toolbar.search.returnPressed.emit()

    def explained() -> bool:
        row = window.model.row(0) if window.model.rowCount() else None
        return row is not None and bool(row.marks)

    qtbot.waitUntil(explained, timeout=PATIENCE)
    view = window.pane.list
    rect = view.visualRect(window.model.index(1, 0))
    image = view.viewport().grab().toImage()
    colors = theme.of(view.palette())
    ground, mark = colors.color("ground"), colors.color("caution")
    mixed = [
        (64 * one + 191 * other) // 255
        for one, other in zip(mark.getRgb()[:3], ground.getRgb()[:3], strict=True)
    ]

    def is_marked(color: QColor) -> bool:
        pairs = zip(color.getRgb()[:3], mixed, strict=True)
        return all(abs(one - other) < 6 for one, other in pairs)

    line = [image.pixelColor(x, rect.top() + 33) for x in range(rect.left(), rect.right())]
    assert sum(map(is_marked, line)) > 10
    snap(window, "found-in-little-room")
