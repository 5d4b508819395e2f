"""Unknown words are marked while one writes; the marks are drawn, and in nothing that is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor, QTextLayout
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from mailclient.account import Account, Identity
from mailclient.app import App
from mailclient.gui import theme
from mailclient.gui.bridge import Bridge
from mailclient.gui.compose.keeper import Standing
from mailclient.gui.compose.window import ComposeWindow
from mailclient.message.address import Address
from mailclient.message.draft import Draft
from mailclient.message.rich import Line, Run, to_html
from mailclient.settings import SPELLING_LANGUAGE
from tests.gui.conftest import MakeApp, Snap

PATIENCE = 60_000
ME = Address("Ann", "ann@example.org")
TEXT = "I recieve it tommorow.\n> You recieve it\n\n-- \nAnn of Quuxheim\n"


@pytest.fixture
def write(
    qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[[App], Bridge]
) -> Callable[..., ComposeWindow]:
    app = make_app("ann")
    app.accounts.add(Account((Identity("ann@example.org", "Ann"),)), "")
    app.settings.set(SPELLING_LANGUAGE, "en_US")
    bridge = bridge_of(app)

    def open_(text: str = TEXT, **fields: object) -> ComposeWindow:
        window = ComposeWindow(app, bridge, Draft(ME, text=text, **fields))  # type: ignore[arg-type]
        qtbot.addWidget(window, before_close_func=lambda one: one.keeper.end())
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)
        return window

    return open_


def marked(window: ComposeWindow) -> list[str]:
    """The words with a mark below them, as they are drawn."""
    found: list[str] = []
    block = window.form.text.document().begin()
    while block.isValid():
        text = block.text()
        for one in block.layout().formats():
            assert isinstance(one, QTextLayout.FormatRange)
            units = text.encode("utf-16-le")[2 * one.start : 2 * (one.start + one.length)]
            found.append(units.decode("utf-16-le"))
        block = block.next()
    return found


def menu(window: ComposeWindow, word: str) -> QMenu:
    """The menu over a word."""
    editor = window.form.text
    cursor = editor.document().find(word)
    cursor.setPosition(cursor.selectionStart() + 1)
    return window.spelling.menu_at(editor.cursorRect(cursor).center() + QPoint(1, 0))


def choose(menu: QMenu, text: str) -> None:
    [action] = [one for one in menu.actions() if one.text() == text]
    action.trigger()


def until_marked(qtbot: QtBot, window: ComposeWindow, words: list[str]) -> None:
    qtbot.waitUntil(lambda: marked(window) == words, timeout=PATIENCE)


def test_unknown_words_of_ones_own_text_are_marked(
    qtbot: QtBot, write: Callable[..., ComposeWindow], snap: Snap
) -> None:
    window = write("It was 🙂 tommorow.\n" + TEXT)
    until_marked(qtbot, window, ["tommorow", "recieve", "tommorow"])
    snap(window, "spelling")
    window.form.text.setFocus()
    qtbot.keyClicks(window.form.text, "Wrods ")
    until_marked(qtbot, window, ["Wrods", "tommorow", "recieve", "tommorow"])


def test_a_quote_in_rich_text_is_not_marked(
    qtbot: QtBot, write: Callable[..., ComposeWindow]
) -> None:
    lines = (Line((Run("I recieve it"),)), Line((Run("You recieve tommorow"),), quote=1))
    window = write("", html=to_html(lines))
    until_marked(qtbot, window, ["recieve"])


def test_a_suggestion_takes_the_place_of_the_word(
    qtbot: QtBot, write: Callable[..., ComposeWindow]
) -> None:
    window = write()
    until_marked(qtbot, window, ["recieve", "tommorow"])
    choose(menu(window, "recieve"), "receive")
    assert window.form.text.text.startswith("I receive it")
    until_marked(qtbot, window, ["tommorow"])
    window.form.text.undo()
    assert window.form.text.text.startswith("I recieve it")


def test_a_word_is_learned_forgotten_and_left_in_one_message(
    qtbot: QtBot, write: Callable[..., ComposeWindow]
) -> None:
    window = write("quuxify the quuxify\n")
    until_marked(qtbot, window, ["quuxify", "quuxify"])
    choose(menu(window, "quuxify"), "Add “quuxify” to your words")
    until_marked(qtbot, window, [])
    choose(menu(window, "quuxify"), "Forget “quuxify”")
    until_marked(qtbot, window, ["quuxify", "quuxify"])
    choose(menu(window, "quuxify"), "Leave it in this message")
    until_marked(qtbot, window, [])
    until_marked(qtbot, write("quuxify\n"), ["quuxify"])


def test_f7_goes_from_word_to_word_and_from_the_last_to_the_first(
    qtbot: QtBot, write: Callable[..., ComposeWindow]
) -> None:
    window = write("🙂 recieve\n" + TEXT)
    until_marked(qtbot, window, ["recieve", "recieve", "tommorow"])
    window.form.text.moveCursor(QTextCursor.MoveOperation.Start)
    chosen: list[tuple[int, str]] = []
    for _ in range(4):
        qtbot.keyClick(window.form.text, Qt.Key.Key_F7)
        cursor = window.form.text.textCursor()
        chosen.append((cursor.blockNumber(), cursor.selectedText()))
    assert chosen == [(0, "recieve"), (1, "recieve"), (1, "tommorow"), (0, "recieve")]


def test_f7_says_where_every_word_is_known(
    qtbot: QtBot, write: Callable[..., ComposeWindow]
) -> None:
    window = write("All is well.\n")
    qtbot.keyClick(window.form.text, Qt.Key.Key_F7)
    assert window.strip.words == "Every word is known."


def test_marks_are_no_edit_and_are_in_nothing_that_is_kept(
    qtbot: QtBot, write: Callable[..., ComposeWindow]
) -> None:
    window = write("", html=to_html((Line((Run("I recieve it"),)),)))
    touched: list[bool] = []
    window.form.touched.connect(lambda: touched.append(True))
    until_marked(qtbot, window, ["recieve"])
    window.spelling.marks.rehighlight()
    assert touched == []
    assert window.keeper.standing is not Standing.CHANGED
    html = window.form.draft().html
    assert "recieve" in html
    assert "underline" not in html
    assert "wave" not in html
    editor = window.form.text
    editor.selectAll()
    assert "wave" not in editor.createMimeDataFromSelection().html()
    qtbot.keyClicks(editor, "x")
    assert touched


def test_switched_off_nothing_is_marked(qtbot: QtBot, write: Callable[..., ComposeWindow]) -> None:
    window = write()
    until_marked(qtbot, window, ["recieve", "tommorow"])
    [switches] = [one.menu() for one in menu(window, "it").actions() if one.text() == "Spelling"]
    assert isinstance(switches, QMenu)
    choose(switches, "Mark unknown words")
    until_marked(qtbot, window, [])
    qtbot.keyClick(window.form.text, Qt.Key.Key_F7)
    assert window.strip.words == "The check of spelling is off."


def test_marks_follow_the_theme(
    qtbot: QtBot, write: Callable[..., ComposeWindow], snap: Snap
) -> None:
    window = write("recieve\n")
    until_marked(qtbot, window, ["recieve"])
    snap(window, "spelling-one")

    def color() -> str:
        [one] = window.form.text.document().begin().layout().formats()
        return str(one.format.underlineColor().name())  # type: ignore[attr-defined]

    wanted = theme.of(window.palette()).color("danger").name()
    qtbot.waitUntil(lambda: color() == wanted, timeout=PATIENCE)
