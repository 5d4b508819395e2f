"""What a message paints stays in its own frame: the seal line, the sender and the list say what was
checked, whatever subject, name and text say."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.gui.reader.reader import Reader
from mailclient.message.security import State
from tests.gui.conftest import MakeApp, Snap

CLAIM = "Encrypted, signed by bob@example.org. Confirmed by you."
PAINTED = {
    "a bar that is fixed above": '<div style="position:fixed;top:-120px;z-index:99">{}</div>',
    "a bar that is moved up": '<div style="margin-top:-300px">{}</div><p>text</p>',
    "a table as wide as the window": '<table width="4000"><tr><td>{}</td></tr></table>',
    "letters of another size": '<font size="7" color="#17714A">{}</font>',
    "a style for everything": "<style>* {{ margin: -200px; position: absolute }}</style><p>{}</p>",
}


@pytest.fixture
def app(make_app: MakeApp) -> App:
    return make_app("ann")


def reader_with(qtbot: QtBot, app: App, folder: Path, body: str) -> Reader:
    message = EmailMessage()
    message["From"] = '"✓ Signed by bob@example.org" <mallory@example.net>'
    message["To"] = "ann@example.org"
    message["Subject"] = f"🔒 {CLAIM}"
    message.set_content(CLAIM)
    message.add_alternative(body.format(f"🔒 {CLAIM}"), subtype="html")
    path = folder / "painted.eml"
    path.write_bytes(message.as_bytes())
    view = app.read.view_file(path)
    assert view.verdict.state is State.UNPROTECTED
    reader = Reader()
    qtbot.addWidget(reader)
    reader.resize(640, 560)
    reader.show()
    reader.show_message(view, {})
    return reader


def place(widget: QWidget, within: QWidget) -> QRect:
    return QRect(widget.mapTo(within, QPoint(0, 0)), widget.size())


@pytest.mark.parametrize("painted", list(PAINTED))
def test_nothing_in_the_text_reaches_the_seal_line(
    painted: str, qtbot: QtBot, app: App, tmp_path: Path, snap: Snap
) -> None:
    reader = reader_with(qtbot, app, tmp_path, PAINTED[painted])
    assert reader.seal.isVisible()  # or what is painted would stand where it stands
    assert reader.seal.sentence.text() == "Neither encrypted nor signed, like a postcard."
    assert not reader.seal.encryption.isVisible()
    assert not reader.seal.signature.isVisible()
    body, head = place(reader.body, reader), place(reader.header, reader)
    assert head.bottom() < place(reader.seal, reader).top()
    assert place(reader.seal, reader).bottom() < body.top()
    assert body.left() >= 0
    assert body.right() <= reader.width()
    assert reader.body.window() is reader  # and no window of its own
    html = reader.body.document().toHtml()
    assert "-300px" not in html
    assert "fixed" not in html
    if painted == next(iter(PAINTED)):
        snap(reader, "painted-seal")


def test_the_address_is_shown_whatever_the_name_claims(
    qtbot: QtBot, app: App, tmp_path: Path
) -> None:
    reader = reader_with(qtbot, app, tmp_path, "<p>{}</p>")
    chips = " ".join(one.accessibleName() + one.toolTip() for one in reader.findChildren(QWidget))
    assert "mallory@example.net" in chips


def test_what_is_said_above_the_text_begins_below_the_subject(
    qtbot: QtBot, app: App, tmp_path: Path
) -> None:
    reader = reader_with(qtbot, app, tmp_path, '<p>{}</p><img src="http://evil.example/1">')
    reader.link.say("A note below the text.")
    [(_, strip)] = reader.strips._strips
    left = {
        place(one, reader).left()
        for one in (reader.header.subject, reader.seal._icon, strip._icon, reader.link._icon)
    }
    assert len(left) == 1
