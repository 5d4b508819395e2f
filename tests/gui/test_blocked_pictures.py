"""Pictures that are not loaded: their words stay, their place is not kept."""

from __future__ import annotations

from PySide6.QtGui import QColor, QImage, QTextDocument
from pytestqt.qtbot import QtBot

from mailclient.gui.reader.blocked import replace_missing
from mailclient.gui.reader.body_view import BodyView

GREY = QColor("#808080")


def test_a_picture_that_is_not_loaded_leaves_its_words(qtbot: QtBot) -> None:
    document = QTextDocument()
    document.setHtml('<p>Before <img alt="A lighthouse" width="480" height="900"> after</p>')
    assert replace_missing(document, (), GREY) == 1
    assert document.toPlainText() == "Before [A lighthouse] after"
    assert document.size().height() < 100


def test_pictures_without_words_vanish_and_those_of_the_message_stay(qtbot: QtBot) -> None:
    document = QTextDocument()
    document.setHtml('<p>a<img width="300"><img src="cid:own"><img src="cid:other"><img>b</p>')
    assert replace_missing(document, {"own"}, GREY) == 3
    assert document.toPlainText() == "a\N{OBJECT REPLACEMENT CHARACTER}b"


def test_the_words_of_a_picture_cannot_turn_the_text(qtbot: QtBot) -> None:
    document = QTextDocument()
    document.setHtml(f'<img alt="one\N{RIGHT-TO-LEFT OVERRIDE}two{"x" * 500}">')
    replace_missing(document, (), GREY)
    told = document.toPlainText()
    assert told.startswith("[onetwo")
    assert len(told) < 150


def test_the_reader_shows_pictures_of_the_message_and_words_for_the_others(qtbot: QtBot) -> None:
    view = BodyView()
    qtbot.addWidget(view)
    image = QImage(2, 2, QImage.Format.Format_RGB32)
    view.show_html('<img src="cid:in"> <img alt="out" width="400">', {"in": image})
    assert "[out]" in view.document().toPlainText()
    assert "\N{OBJECT REPLACEMENT CHARACTER}" in view.document().toPlainText()
