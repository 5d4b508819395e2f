"""Mail is brought in and taken out in the window, and put on paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage, QTextDocument
from PySide6.QtPrintSupport import QPrinter
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.bringing_in import ImportWindow
from mailclient.gui.main_window import MainWindow
from mailclient.gui.printing import Paper, page_of
from mailclient.gui.taking_out import ExportDialog
from mailclient.services.exporting import Target
from mailclient.services.jobs import Job
from tests.gui.conftest import MakeApp, Snap

PATIENCE = 30_000  # milliseconds until a wait gives up; nothing is measured by it

LETTER = (
    b"From: Ann <ann@example.org>\r\nTo: me@localhost\r\nSubject: <b>Plan</b> & more\r\n"
    b"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b'<p>A <b>table</b> of things</p><img src="http://127.0.0.1:9/a.png">'
    b'<img src="file:///etc/hostname">'
)


@pytest.fixture
def window(
    qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[[App], Bridge], tmp_path: Path
) -> MainWindow:
    app = make_app("ann")
    (tmp_path / "one.eml").write_bytes(LETTER)
    app.transfer.import_paths([tmp_path / "one.eml"], None, Job(0))
    made = MainWindow(app, bridge_of(app))
    qtbot.addWidget(made)
    made.resize(1024, 700)
    made.show()
    qtbot.waitUntil(lambda: made.model.rowCount() == 1, timeout=PATIENCE)
    made.pane.list.select_row(0)
    qtbot.waitUntil(lambda: made.reader.view is not None, timeout=PATIENCE)
    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which Claws Mail has some mail."""
    made = tmp_path / "home"
    (made / "Mail" / "inbox").mkdir(parents=True)
    for number in range(1, 4):
        text = f"From: bob@example.org\nSubject: Old {number}\n\nText.\n"
        (made / "Mail" / "inbox" / str(number)).write_text(text)
    (made / "Mail" / "inbox" / ".mh_sequences").write_text("unseen: 2\n")
    return made


def test_mail_of_another_program_is_offered_and_brought_in(
    qtbot: QtBot, window: MainWindow, home: Path, tmp_path: Path, snap: Snap
) -> None:
    bringing = ImportWindow(window.app, window.bridge, window, home)
    bringing.show()
    qtbot.waitUntil(lambda: bringing.chosen.count() == 1, timeout=PATIENCE)
    item = bringing.chosen.item(0)
    assert item.text() == f"Claws Mail: {home / 'Mail'}"
    assert not bringing.begin.isEnabled()
    item.setCheckState(Qt.CheckState.Checked)
    bringing.add([tmp_path / "one.eml", tmp_path / "gone.eml"])
    snap(bringing, "import-chosen")
    bringing.begin.click()
    assert not bringing.begin.isEnabled()
    assert bringing.stop.isVisible()
    qtbot.waitUntil(lambda: "imported" in bringing.told.text(), timeout=PATIENCE)
    assert bringing.told.text() == (
        "3 messages imported. 1 was here already. 1 thing could not be read."
    )
    assert "gone.eml cannot be read" in bringing.problems.toPlainText()
    snap(bringing, "import-done")
    assert window.app.search.find("is:unread").count == 1
    bringing.close()


def test_an_import_can_be_stopped_and_begun_again(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    letters = (f"From a 1\nSubject: L{at}\n\nText.\n\n" for at in range(3000))
    (tmp_path / "old.mbox").write_text("".join(letters))
    bringing = ImportWindow(window.app, window.bridge, window, tmp_path / "nobody")
    bringing.show()
    bringing.add([tmp_path / "old.mbox"])
    bringing.begin.click()
    bringing.stop.click()
    assert "begin again to go on" in bringing.told.text()
    assert bringing.begin.isEnabled()
    bringing.begin.click()
    qtbot.waitUntil(lambda: "imported" in bringing.told.text(), timeout=PATIENCE)
    assert window.app.search.find("subject:L").count in (0, 3000)
    assert sum(one.total for one in window.app.search.folders()) == 3001
    bringing.close()


def test_what_is_taken_out_is_chosen_and_written(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, snap: Snap
) -> None:
    window.actions_["export"].trigger()
    [dialog] = window.findChildren(ExportDialog)
    words = [button.text() for button in dialog.which.buttons()]
    assert words == ["All of Inbox", "The selected message", "All mail"]
    snap(dialog, "export")
    for target, name in ((Target.MBOX, "mail.mbox"), (Target.EML, "eml"), (Target.MAILDIR, "dir")):
        choice = window.commands.files._choices()[0]
        dialog.wanted.emit(choice, target, tmp_path / name)
        qtbot.waitUntil(lambda name=name: name in window.strip.words, timeout=PATIENCE)
    assert LETTER in (tmp_path / "mail.mbox").read_bytes()
    [file] = (tmp_path / "eml").iterdir()
    assert file.read_bytes() == LETTER
    [file] = (tmp_path / "dir" / "cur").iterdir()
    assert file.name.endswith(":2,S")
    dialog.close()


def test_a_message_is_written_as_pdf_and_loads_nothing(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "plan.pdf"
    window.commands.files.printing.save_pdf(path)
    qtbot.waitUntil(lambda: "Saved as" in window.strip.words, timeout=PATIENCE)
    written = path.read_bytes()
    assert written.startswith(b"%PDF")
    assert written.count(b"/Type /Page\n") == 1


def test_paper_answers_for_nothing_but_its_own_pictures(qtbot: QtBot) -> None:
    own = QImage(3, 3, QImage.Format.Format_RGB32)
    paper = Paper({"a@x": own})
    kind = QTextDocument.ResourceType
    assert paper.loadResource(kind.ImageResource.value, QUrl("cid:a@x")) == own
    for address in ("file:///etc/passwd", "http://127.0.0.1:9/a.png", "cid:b@x"):
        found = paper.loadResource(kind.ImageResource.value, QUrl(address))
        assert isinstance(found, QImage)
        assert found.size().width() == 1
    assert not paper.loadResource(kind.StyleSheetResource.value, QUrl("file:///etc/passwd"))


def test_a_page_holds_what_the_reader_shows(window: MainWindow) -> None:
    view = window.reader.view
    assert view is not None
    plain = page_of(view, formatted=False)
    assert "&lt;b&gt;Plan&lt;/b&gt; &amp; more" in plain
    assert "<b>table</b>" not in plain
    formatted = page_of(view, formatted=True)
    assert "<b>table</b>" in formatted
    assert "Ann &lt;ann@example.org&gt;" in formatted


def test_a_message_is_printed(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    printer = QPrinter()
    printer.setOutputFileName(str(tmp_path / "paper.pdf"))
    window.commands.files.printing.print_on(printer)
    qtbot.waitUntil(lambda: "handed to the printer" in window.strip.words, timeout=PATIENCE)
    assert (tmp_path / "paper.pdf").read_bytes().startswith(b"%PDF")


def test_a_window_that_is_about_to_go_asks_the_closed_profile_nothing(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.bridge.close()
    window.app.close()
    with qtbot.captureExceptions() as raised:
        window.activity.looked.emit()
    assert raised == []
