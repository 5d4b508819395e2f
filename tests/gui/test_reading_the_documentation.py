"""The documentation, read inside the program and without any network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QImage, QTextDocument
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.gui import pages
from mailclient.gui.bridge import Bridge
from mailclient.gui.documentation import DocumentationWindow
from mailclient.gui.main_window import MainWindow
from mailclient.gui.settings.window import SettingsWindow
from mailclient.gui.wizard.window import Wizard
from tests.gui.conftest import MakeApp, Snap

PATIENCE = 60_000  # milliseconds until a wait gives up; nothing is measured by it
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)]+)\)")


@pytest.fixture
def shown(qtbot: QtBot) -> Iterator[DocumentationWindow]:
    window = DocumentationWindow()
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.close()


def titles(window: DocumentationWindow) -> list[str]:
    return [window.list.item(row).text() for row in range(window.list.count())]


def test_each_page_is_in_the_list_and_can_be_read(
    qtbot: QtBot, shown: DocumentationWindow, snap: Snap
) -> None:
    assert titles(shown)[:3] == ["Contents", "Getting started", "Accounts"]
    assert len(titles(shown)) == len(pages.pages()) > 12
    for row in range(shown.list.count()):
        shown.list.setCurrentRow(row)
        shown.list.itemActivated.emit(shown.list.item(row))
        assert len(shown.text.document().toPlainText()) > 200
    shown.show_page("getting-started.md")
    block, levels = shown.text.document().begin(), []
    while block.isValid():
        levels.append(block.blockFormat().headingLevel())
        block = block.next()
    assert levels[:3] == [1, 2, 0]
    assert levels.count(1) == 1
    snap(shown, "documentation")
    assert "Getting started" in shown.windowTitle()


@pytest.mark.parametrize("page", pages.pages(), ids=lambda page: page.name)
def test_each_link_leads_to_a_part_that_is_there(page: pages.Page) -> None:
    for link in LINK.findall(page.text):
        name, _, anchor = link.partition("#")
        if "://" in link or name.startswith("../") or name.endswith("/"):
            continue
        target = pages.page(name or page.name)
        headings = re.findall(r"^#+ (.*)$", target.text, re.MULTILINE)
        assert not anchor or anchor in [pages.anchor(one) for one in headings], link


def test_a_link_goes_to_its_part_and_one_can_go_back(
    qtbot: QtBot, shown: DocumentationWindow
) -> None:
    shown.show_page("command-line.md")
    shown.text.anchorClicked.emit(QUrl("accounts.md#certificates"))
    assert shown.text.name == "accounts.md"
    assert shown.text.textCursor().block().text() == "Certificates"
    assert shown.text.verticalScrollBar().value() > 0
    QTest.keyClick(shown, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert shown.text.name == "command-line.md"
    QTest.keyClick(shown, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert shown.text.name == "accounts.md"
    shown.text.anchorClicked.emit(QUrl("decisions/"))
    assert shown.text.name == "decisions/README.md"
    shown.text.anchorClicked.emit(QUrl("../../CONTRIBUTING.md"))
    assert "comes with the source" in shown.told.text()


def test_words_are_found_on_every_page_and_marked(
    qtbot: QtBot, shown: DocumentationWindow, snap: Snap
) -> None:
    QTest.keyClick(shown, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(shown.field, "fingerprint")
    assert 1 < len(titles(shown)) < len(pages.pages())
    count = len(shown.text.extraSelections())
    assert count > 0
    assert shown.told.text() == f"{count} on this page"
    first = shown.text.textCursor().position()
    QTest.keyClick(shown.field, Qt.Key.Key_Return)
    assert count == 1 or shown.text.textCursor().position() > first
    snap(shown, "documentation-search")
    qtbot.keyClicks(shown.field, " zinnoberrot")
    assert titles(shown) == []
    assert "No page holds" in shown.told.text()
    shown.field.clear()
    assert len(titles(shown)) == len(pages.pages())
    assert shown.text.extraSelections() == []


def test_only_its_own_pictures_are_loaded(shown: DocumentationWindow) -> None:
    kind = QTextDocument.ResourceType.ImageResource.value
    inside = shown.text.loadResource(kind, QUrl("images/main-light.png"))
    assert isinstance(inside, QImage)
    assert 0 < inside.width() <= shown.text.viewport().width()
    for name in (
        "https://example.org/x.png", "file:///etc/passwd", "../resources/mailclient.svg",
        "images/../../resources/mailclient.svg", "/etc/passwd",
    ):  # fmt: skip
        assert shown.text.loadResource(kind, QUrl(name)) is None, name


def test_what_leads_elsewhere_opens_in_the_browser(
    shown: DocumentationWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    shown.text.anchorClicked.emit(QUrl("https://www.rfc-editor.org/"))
    assert opened == ["https://www.rfc-editor.org/"]
    assert shown.text.name == pages.INDEX


def test_f1_opens_the_page_that_belongs_to_a_window(
    qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[[App], Bridge]
) -> None:
    app = make_app("bob")
    main = MainWindow(app, bridge_of(app))
    qtbot.addWidget(main)
    main.show()
    wizard, settings = Wizard(app, main.bridge, main), SettingsWindow(app, main.bridge, main)
    for window, page in (
        (main, "README.md"), (wizard, "accounts.md"), (settings, "settings.md")
    ):  # fmt: skip
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)
        QTest.keyClick(window, Qt.Key.Key_F1)
        found = window.findChildren(
            DocumentationWindow, options=Qt.FindChildOption.FindDirectChildrenOnly
        )
        assert [one.text.name for one in found] == [page]
        found[0].close()
    settings.close()
    wizard.close()
