"""Every window: names for a screen reader, letters that are unique, the keyboard alone, and room.

The windows stand over the demo, with its mail, its keys and its servers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, Qt, QTimer
from PySide6.QtGui import QAccessible, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QScrollArea,
    QTabWidget,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from mailclient.account import Account
from mailclient.demo import world
from mailclient.errors import KeyringLocked
from mailclient.gui.bridge import Bridge
from mailclient.gui.certificate import CertificateDialog
from mailclient.gui.compose.redirect import RedirectDialog
from mailclient.gui.documentation import DocumentationWindow
from mailclient.gui.help_window import AboutWindow, ShortcutWindow
from mailclient.gui.keys.new_key import NewKeyDialog
from mailclient.gui.keys.recovery_sheet import RecoverySheet
from mailclient.gui.keys.window import KeysWindow
from mailclient.gui.main_window import MainWindow
from mailclient.gui.message_window import MessageWindow
from mailclient.gui.move_dialog import MoveDialog
from mailclient.gui.new_folder import NewFolderDialog
from mailclient.gui.passphrase import PassphraseDialog
from mailclient.gui.reader.source import SourceWindow
from mailclient.gui.send_later import SendLaterDialog
from mailclient.gui.server_mailbox import ServerMailboxWindow
from mailclient.gui.settings.moving import MovingWindow
from mailclient.gui.settings.removing import RemovingDialog
from mailclient.gui.settings.taking_in import TakingInWindow
from mailclient.gui.settings.window import SettingsWindow
from mailclient.gui.signing_in import SignInWindow
from mailclient.gui.waiting import WaitingWindow
from mailclient.gui.wizard.window import KEY, Wizard
from mailclient.services.removing import Holding
from tests.gui.conftest import Snap

PATIENCE = 30_000  # milliseconds until a wait gives up; nothing is measured by it
ROOM = (1024, 700)
MOST_TABS = 400
INTERACTIVE = (
    QLineEdit, QAbstractButton, QComboBox, QAbstractSpinBox, QAbstractItemView, QPlainTextEdit,
    QTextEdit,
)  # fmt: skip
Make = Callable[[MainWindow], QWidget]


@pytest.fixture(scope="module")
def main(qapp: QApplication) -> Iterator[MainWindow]:
    with ExitStack() as stack:
        running = stack.enter_context(world.running())
        window = MainWindow(running.app, Bridge(running.app.events, running.app.jobs))
        window.resize(*ROOM)
        window.show()
        running.app.receive.start(running.app.accounts.list()[0])
        until(lambda: window.model.rowCount() >= 4)
        stack.callback(QCoreApplication.sendPostedEvents, None, QEvent.Type.DeferredDelete)
        stack.callback(window.deleteLater)
        stack.callback(window.close)
        stack.callback(window.bridge.close)
        yield window


def until(condition: Callable[[], bool]) -> None:
    """Let the windows live until something has come about."""
    loop, look = QEventLoop(), QTimer()
    look.timeout.connect(lambda: condition() and loop.quit())
    look.start(10)
    if not condition():
        loop.exec()


def account(main: MainWindow) -> Account:
    return main.app.accounts.list()[0]


def wizard(main: MainWindow, page: str) -> Wizard:
    made = Wizard(main.app, main.bridge, main)
    made.who.address.setText("alice@demo.example")
    if page == "by hand":
        made.by_hand.click()
        made.servers.by_hand.show_files.click()
        made.servers.by_hand.incoming.security.setCurrentIndex(2)
        made.servers.log_ins.begin()
    if page == "key":
        made.keys.begin("alice@demo.example", None)
        made._go(KEY)
    return made


def settings(main: MainWindow, tab: int) -> SettingsWindow:
    made = SettingsWindow(main.app, main.bridge, main)
    made.tabs.setCurrentIndex(tab)
    return made


def waiting(main: MainWindow, *, failed: bool) -> WaitingWindow:
    made = WaitingWindow(lambda: True, may_choose=True)
    made.wait()
    if failed:
        made.fail(KeyringLocked("The OS keyring does not answer.", "Unlock it, then try again."))
    return made


def composer(main: MainWindow) -> QWidget:
    before = set(main.verbs._composers)
    main.verbs.compose("mailto:bob@demo.example")
    until(lambda: len(main.verbs._composers) > len(before))
    [made] = set(main.verbs._composers) - before
    return made


def message(main: MainWindow) -> QWidget:
    window = main._message_window()
    window.show_id(main.model.ids[0])
    until(lambda: window.windowTitle() != "Message")
    return window


WINDOWS: dict[str, Make] = {
    "main": lambda main: main,
    "message": message,
    "composer": composer,
    "keys": lambda main: KeysWindow(main.app, main.bridge, main),
    "new key": lambda main: NewKeyDialog(["alice@demo.example"], main),
    "recovery sheet": lambda main: RecoverySheet("A sheet.", "file.asc", main),
    "settings: accounts": lambda main: settings(main, 0),
    "settings: addresses": lambda main: settings(main, 1),
    "settings: general": lambda main: settings(main, 2),
    "settings: storage": lambda main: settings(main, 3),
    "wizard: who": lambda main: wizard(main, "who"),
    "wizard: by hand": lambda main: wizard(main, "by hand"),
    "wizard: key": lambda main: wizard(main, "key"),
    "moving": lambda main: MovingWindow(main.app, main.bridge, main),
    "taking in": lambda main: TakingInWindow(main.app, main.bridge, main),
    "removing": lambda main: RemovingDialog("a@demo.example", Holding(3, 2), local=False),
    "signing in": lambda main: SignInWindow(main.app, main.bridge, account(main), main),
    "certificate": lambda main: CertificateDialog(
        main.app, main.bridge, account(main), "incoming", main
    ),
    "keyboard": lambda main: ShortcutWindow(main),
    "about": lambda main: AboutWindow("0.1.0", main),
    "documentation": lambda main: DocumentationWindow(parent=main),
    "passphrase": lambda main: PassphraseDialog("It is locked."),
    "new passphrase": lambda main: PassphraseDialog("There is none.", new=True),
    "waiting": lambda main: waiting(main, failed=False),
    "waiting, failed": lambda main: waiting(main, failed=True),
    "move to": lambda main: MoveDialog(main.folders.places, main),
    "mail on the server": lambda main: ServerMailboxWindow(main.app, main.bridge, main),
    "new folder": lambda main: NewFolderDialog(main.app.accounts.list() * 2, 0, main),
    "source": lambda main: SourceWindow("Source", "Subject: x", main),
    "send later": lambda main: SendLaterDialog(datetime.now(UTC), lambda when: None, main),
}


@pytest.fixture(params=WINDOWS, ids=str)
def window(request: pytest.FixtureRequest, qtbot: QtBot, main: MainWindow) -> Iterator[QWidget]:
    made = WINDOWS[request.param](main)
    made.setProperty("called", request.param)
    made.show()
    qtbot.waitExposed(made)
    yield made
    if made is main:
        return
    if request.param == "composer":
        made._discard()  # type: ignore[attr-defined]
    else:
        made.hide()
        made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def own(window: QWidget) -> list[QWidget]:
    """What is of this window and can be seen, without what Qt puts inside its own widgets."""
    return [
        one
        for one in window.findChildren(QWidget)
        if one.window() is window
        and one.isVisible()
        and not one.objectName().startswith("qt_")
        and not isinstance(one.parent(), QAbstractSpinBox | QComboBox)
        and "Header" not in type(one).__name__
    ]


def name(widget: QWidget) -> str:
    """What a screen reader says."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface else ""


def test_everything_that_can_be_used_has_a_name(window: QWidget) -> None:
    nameless = [
        f"{type(one).__name__} in {type(one.parent()).__name__}"
        for one in own(window)
        if isinstance(one, INTERACTIVE)
        and one.focusPolicy() is not Qt.FocusPolicy.NoFocus
        and not name(one).strip()
    ]
    assert nameless == []


def test_no_letter_stands_for_two_things(window: QWidget) -> None:
    texts = [
        one.text() for one in own(window) if isinstance(one, QAbstractButton) and one.isEnabled()
    ]
    texts += [one.text() for one in own(window) if isinstance(one, QLabel) and one.buddy()]
    assert doubles(texts) == {}
    for menu in window.findChildren(QMenu):
        assert doubles([one.text() for one in menu.actions() if one.isVisible()]) == {}


def doubles(texts: list[str]) -> dict[str, int]:
    letters = Counter(QKeySequence.mnemonic(one).toString() for one in texts)
    return {letter: count for letter, count in letters.items() if letter and count > 1}


def test_a_message_in_its_own_window_has_a_menu_with_what_concerns_it(
    qtbot: QtBot, main: MainWindow
) -> None:
    window = message(main)
    assert isinstance(window, MessageWindow)
    assert window.menu.shortcut() == QKeySequence("F10")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)
    QTest.keyClick(window, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: bool(window.findChildren(SourceWindow)), timeout=PATIENCE)
    for one in window.findChildren(SourceWindow):
        one.close()
    entry = {one.text().replace("&", ""): one for one in window.menu.menu().actions()}
    entry["Redirect…"].trigger()
    qtbot.waitUntil(lambda: bool(main.findChildren(RedirectDialog)), timeout=PATIENCE)
    for dialog in main.findChildren(RedirectDialog):
        dialog.close()
    before = main.model.rowCount()
    entry["Archive"].trigger()
    assert not window.isVisible()
    qtbot.waitUntil(lambda: main.model.rowCount() == before - 1, timeout=PATIENCE)
    main.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: main.model.rowCount() == before, timeout=PATIENCE)


def test_a_folder_is_made_where_one_is_and_a_name_that_is_taken_is_told(
    qtbot: QtBot, main: MainWindow
) -> None:
    main.actions_["new-folder"].trigger()
    [dialog] = main.findChildren(NewFolderDialog)
    dialog.make.click()
    qtbot.waitUntil(lambda: "needs a name" in dialog.strip.words, timeout=PATIENCE)
    dialog.name.setText("Sent")
    dialog.make.click()
    qtbot.waitUntil(lambda: "Sent" in dialog.strip.words, timeout=PATIENCE)
    dialog.name.setText("Plans")
    dialog.make.click()
    qtbot.waitUntil(lambda: "Plans" in {one.title for one in main.folders.places}, timeout=PATIENCE)


def test_each_entry_of_the_menu_has_a_letter(main: MainWindow) -> None:
    for menu in main.toolbar.menu.menu().findChildren(QMenu):
        bare = [one.text() for one in menu.actions() if not one.isSeparator()]
        assert [one for one in bare if QKeySequence.mnemonic(one).isEmpty()] == []


def test_the_tab_key_leads_everywhere(qtbot: QtBot, window: QWidget) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)
    wanted = {
        one
        for one in own(window)
        if isinstance(one, INTERACTIVE)
        and one.isEnabled()
        and one.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not isinstance(one.parent(), QTextEdit | QPlainTextEdit)
    }
    if window.focusWidget() is None and wanted:
        next(iter(wanted)).setFocus()
    been: set[QWidget] = set()
    for _ in range(MOST_TABS):  # a page has a stop at each of its links
        if wanted <= been:
            break
        has = QApplication.focusWidget()
        if has is None:
            break
        been.add(has)
        writes = isinstance(has, QTextEdit) and not (has.isReadOnly() or has.tabChangesFocus())
        QTest.keyClick(has, Qt.Key.Key_F6 if writes else Qt.Key.Key_Tab)
    missed = [f"{type(one).__name__} {name(one)!r}" for one in wanted - been if not _grouped(one)]
    assert missed == []


def _grouped(widget: QWidget) -> bool:
    """Of buttons that exclude each other the Tab key reaches one; the arrows do the rest."""
    return isinstance(widget, QAbstractButton) and widget.group() is not None


def test_all_of_it_fits_on_a_small_screen(window: QWidget, snap: Snap) -> None:
    needed = window.minimumSizeHint()
    assert needed.width() <= ROOM[0]
    assert needed.height() <= ROOM[1]
    assert window.width() <= ROOM[0]
    assert window.height() <= ROOM[1]
    cut = [
        f"{type(one).__name__} {one.text()!r}"
        for one in own(window)
        if isinstance(one, QAbstractButton)
        and one.text()
        and type(one).paintEvent is QAbstractButton.paintEvent
        and one.width() < one.minimumSizeHint().width()
    ]
    assert cut == []
    snap(window, f"every-{window.property('called')}".replace(" ", "-").replace(":", ""))


def test_the_chips_of_the_seal_are_whole_on_a_small_screen_and_beside_it_on_a_large_one(
    qtbot: QtBot, main: MainWindow
) -> None:
    seal = main.reader.seal
    for at in range(main.model.rowCount()):
        main.pane.list.select_row(at)
        id = main.model.ids[at]
        qtbot.waitUntil(
            lambda id=id: main.reader.view is not None and main.reader.view.id == id,  # type: ignore[misc]
            timeout=PATIENCE,
        )
        if seal.encryption.isVisible():
            break
    chips = (seal.encryption, seal.signature)
    for width, below in ((ROOM[0], True), (1920, False)):
        main.resize(width, ROOM[1])
        qtbot.waitUntil(
            lambda below=below: (
                (  # type: ignore[misc]
                    chips[0].mapTo(seal, chips[0].rect().topLeft()).y()
                    > seal.sentence.geometry().top() + seal.sentence.height() // 2
                )
                is below
            ),
            timeout=PATIENCE,
        )
        assert [one.width() >= one.sizeHint().width() for one in chips] == [True, True]
    main.resize(*ROOM)


def test_the_tabs_of_the_settings_are_all_walked(main: MainWindow) -> None:
    made = settings(main, 0)
    assert isinstance(made.tabs, QTabWidget)
    assert made.tabs.count() == sum(one.startswith("settings: ") for one in WINDOWS)
    assert made.findChildren(QScrollArea)
    made.deleteLater()
