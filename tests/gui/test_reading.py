"""Reading and keeping order in the main window; every command of its menus is triggered once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.gui.actions import COMMANDS
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from mailclient.gui.message_window import MessageWindow
from mailclient.gui.reader.segments import LONGEST_LINE, from_first_line, in_lines
from mailclient.services.jobs import Job
from tests.gui.conftest import MakeApp, Snap

PATIENCE = 30_000  # milliseconds until a wait gives up; nothing is measured by it


class Canary:
    """A web server that notes whether anybody comes."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.visits = 0
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()

    def _wait(self) -> None:
        try:
            self._socket.accept()[0].close()
            self.visits += 1
        except OSError:
            return

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def canary() -> Iterator[Canary]:
    made = Canary()
    yield made
    made.close()


def letters(port: int) -> dict[str, bytes]:
    remote = f"http://127.0.0.1:{port}"
    return {
        "plain": b"From: Ann <ann@example.org>\r\nTo: me@localhost\r\nSubject: Plain\r\n"
        b"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nJust words.\r\n",
        "pictures": (
            "From: News <news@example.org>\r\nSubject: Pictures\r\n"
            "List-Post: <mailto:list@example.org>\r\n"
            "Date: Mon, 23 Nov 2026 11:00:00 +0000\r\nContent-Type: text/html\r\n\r\n"
            f'<p>Shown <b>bold</b></p><img src="{remote}/a.png"><img src="file:///etc/passwd">'
            f'<link rel="stylesheet" href="{remote}/b.css"><style>p{{background:url({remote}/c)}}'
            f'</style><iframe src="{remote}/d"></iframe>'
        ).encode(),
        "file": b"From: Ann <ann@example.org>\r\nSubject: A file\r\n"
        b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
        b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n\r\nSee the file.\r\n--x\r\n'
        b'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="../a.pdf"'
        b"\r\n\r\n%PDF\r\n--x--\r\n",
    }


@pytest.fixture
def window(
    qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[[App], Bridge], canary: Canary,
    tmp_path: Path,
) -> MainWindow:  # fmt: skip
    app = make_app("ann")
    for name, raw in letters(canary.port).items():
        (tmp_path / f"{name}.eml").write_bytes(raw)
    app.transfer.import_paths(sorted(tmp_path.glob("*.eml")), None, Job(0))
    made = MainWindow(app, bridge_of(app))
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    qtbot.waitUntil(lambda: made.model.rowCount() == 3, timeout=PATIENCE)
    return made


def choose(qtbot: QtBot, window: MainWindow, subject: str) -> int:
    """Select the message with this subject and wait until it is shown."""
    app = window.app
    ids = app.search.find("in:inbox").ids
    row = next(at for at, one in enumerate(app.search.rows(ids)) if one.subject == subject)
    window.pane.list.setCurrentIndex(window.model.index(row, 0))
    qtbot.waitUntil(
        lambda: window.reader.view is not None and window.reader.view.envelope.subject == subject,
        timeout=PATIENCE,
    )
    return int(ids[row])


def test_formatted_mail_is_shown_and_loads_nothing(
    qtbot: QtBot, window: MainWindow, canary: Canary, snap: Snap
) -> None:
    choose(qtbot, window, "Pictures")
    body = window.reader.body
    assert "Shown bold" in body.document().toPlainText()
    assert any("picture" in words.lower() for words in window.reader.strips.words)
    for address in ("file:///etc/passwd", f"http://127.0.0.1:{canary.port}/x"):
        kind = QTextDocument.ResourceType.StyleSheetResource.value
        assert not body.loadResource(kind, QUrl(address))
    snap(window, "formatted")
    assert canary.visits == 0


def test_a_file_is_offered_under_a_safe_name(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    choose(qtbot, window, "A file")
    assert window.reader.view is not None
    [attachment] = window.reader.view.body.attachments
    kept = window._opened.put(attachment.name, attachment.data())
    assert kept.name == "a.pdf"
    assert kept.read_bytes() == b"%PDF"
    assert kept.stat().st_mode & 0o077 == 0


def test_a_list_can_be_answered_only_where_there_is_one(qtbot: QtBot, window: MainWindow) -> None:
    answer = window.actions_["reply-list"]
    choose(qtbot, window, "Pictures")
    qtbot.waitUntil(answer.isEnabled, timeout=PATIENCE)
    choose(qtbot, window, "Plain")
    qtbot.waitUntil(lambda: not answer.isEnabled(), timeout=PATIENCE)


def test_a_line_that_would_take_long_to_paint_is_shown_in_several() -> None:
    words = "word " * 10_000
    cut = in_lines(words)
    assert max(map(len, cut.split("\n"))) <= LONGEST_LINE
    assert cut.replace("\n", "") == words
    assert all(line.endswith(" ") for line in cut.split("\n") if line)
    assert in_lines("x" * 3 * LONGEST_LINE).count("\n") == 2
    assert in_lines("a\nb\n") == "a\nb\n"


def test_a_message_in_a_window_of_its_own_names_it_and_can_be_scrolled_at_once(
    qtbot: QtBot, window: MainWindow
) -> None:
    window._open(choose(qtbot, window, "Pictures"))
    [own] = window.findChildren(MessageWindow)
    qtbot.waitUntil(lambda: own.windowTitle() == "Pictures", timeout=PATIENCE)
    assert own.focusWidget() is own.reader.body
    own.close()


def test_what_was_archived_comes_back(qtbot: QtBot, window: MainWindow) -> None:
    choose(qtbot, window, "Plain")
    window.actions_["archive"].trigger()
    qtbot.waitUntil(lambda: len(window.app.search.find("in:archive").ids) == 1, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.model.rowCount() == 2, timeout=PATIENCE)
    qtbot.waitUntil(window.actions_["undo"].isEnabled, timeout=PATIENCE)
    window.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: window.model.rowCount() == 3, timeout=PATIENCE)
    assert len(window.app.search.find("in:archive").ids) == 0


def test_delete_moves_to_the_trash_first(qtbot: QtBot, window: MainWindow) -> None:
    choose(qtbot, window, "Plain")
    window.actions_["delete"].trigger()
    qtbot.waitUntil(lambda: len(window.app.search.find("in:trash").ids) == 1, timeout=PATIENCE)


def test_the_search_field_finds_and_lets_go(qtbot: QtBot, window: MainWindow) -> None:
    window.toolbar.search.setText("words")
    window.toolbar.search.returnPressed.emit()
    qtbot.waitUntil(lambda: window.model.rowCount() == 1, timeout=PATIENCE)
    window.toolbar.search.setText("is:nonsense")
    window.toolbar.search.returnPressed.emit()
    qtbot.waitUntil(lambda: "nonsense" in window.pane.strip.words, timeout=PATIENCE)
    window.toolbar.search.clear()
    qtbot.waitUntil(lambda: window.model.rowCount() == 3, timeout=PATIENCE)


LEAVING = {"quit"}


@pytest.mark.parametrize("id", [one.id for one in COMMANDS if one.id not in LEAVING])
def test_every_command_does_something_without_a_fault(
    qtbot: QtBot, qapp: QApplication, window: MainWindow, id: str
) -> None:
    choose(qtbot, window, "Plain")
    action = window.actions_[id]
    assert action.text()
    if action.isEnabled():
        action.trigger()
        qtbot.waitUntil(lambda: not window.app.jobs.views() or idle(window), timeout=PATIENCE)
    qapp.processEvents()
    for other in qapp.topLevelWidgets():
        if other is not window and isinstance(other, QDialog | QMainWindow):
            other.close()
            other.deleteLater()
    qapp.processEvents()


def idle(window: MainWindow) -> bool:
    return all(one.state.value not in ("waiting", "running") for one in window.app.jobs.views())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\n\n\r\nJust so.\n> Why?\n", "Just so.\n> Why?\n"),
        (" \t\n\u00a0\n  Indented.\n", "  Indented.\n"),
        ("At once.\n\nLater.\n", "At once.\n\nLater.\n"),
        ("\n \n", ""),
    ],
)
def test_a_text_is_shown_from_its_first_words_on(text: str, shown: str) -> None:
    assert from_first_line(text) == shown
