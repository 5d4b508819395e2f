"""Pictures that are not loaded: their words stay, their place is not kept."""

from __future__ import annotations

import time

from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from mailclient.gui.reader.blocked import is_too_much, without_missing
from mailclient.gui.reader.body_view import BodyView
from mailclient.message.html import sanitise

GREY = "#808080"
TRIES = 5  # of a measurement that the machine can have disturbed


def shown(html: str, *own: str) -> str:
    """What is left of the HTML of a message whose pictures `own` came with it."""
    return without_missing(sanitise(html).html, own, GREY)


def test_a_picture_that_is_not_loaded_leaves_its_words() -> None:
    html = (
        '<p>Before <img alt="A lighthouse" width="480" src="https://example.org/a.png"> after</p>'
    )
    told = f'<p>Before <font color="{GREY}">[A lighthouse]</font> after</p>'
    assert shown(html) == told


def test_pictures_without_words_vanish_and_those_of_the_message_stay() -> None:
    html = '<p>a<img width="300"><img src="cid:own%20one"><img src="CID:other"><img/>b</p>'
    assert shown(html, "own one") == '<p>a<img src="cid:own%20one">b</p>'


def test_the_words_of_a_picture_are_words_and_cannot_turn_the_text() -> None:
    turned = f"one\N{RIGHT-TO-LEFT OVERRIDE}two{'x' * 500}"
    told = shown(f'<img alt="{turned}">')
    assert told.startswith(f'<font color="{GREY}">[onetwo')
    assert len(told) < 180
    told = shown('<img alt="&lt;b&gt; &quot;a&quot; > b" title="x>y">')
    assert told == f'<font color="{GREY}">[&lt;b&gt; &quot;a&quot; &gt; b]</font>'


def test_the_reader_shows_pictures_of_the_message_and_words_for_the_others(qtbot: QtBot) -> None:
    view = BodyView()
    qtbot.addWidget(view)
    image = QImage(2, 2, QImage.Format.Format_RGB32)
    view.show_html('<img src="cid:in"> <img alt="out" width="400">', {"in": image})
    assert "[out]" in view.document().toPlainText()
    assert "\N{OBJECT REPLACEMENT CHARACTER}" in view.document().toPlainText()


def test_many_pictures_are_as_quick_as_as_many_words(qtbot: QtBot) -> None:
    def seconds(html: str) -> float:
        began = time.thread_time()
        view.show_html(html, {})
        return time.thread_time() - began

    view = BodyView()
    qtbot.addWidget(view)
    words, pictures = f'<font color="{GREY}">[a]</font>' * 15_000, '<img alt="a">' * 15_000
    # a busy machine can make it seem not so, but not each time
    assert any(seconds(pictures) < 5 * seconds(words) for _ in range(TRIES))


def test_what_would_hold_the_window_up_is_told_apart() -> None:
    assert is_too_much("<b>a</b>" * 11_000)
    assert is_too_much("<pre>" + "line\n" * 16_000 + "</pre>")
    assert is_too_much("<p>" + "word " * 50_000 + "</p>")
    assert is_too_much("<p>" + "<b>word</b> " * 3_000 + "</p>")
    assert not is_too_much("<p>a line<br>\n" * 9_000 + "</p>")
    assert not is_too_much("<p>text</p>" * 3_000)
