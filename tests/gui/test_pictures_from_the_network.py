"""Pictures on the network come when the reader of a letter asks for them, and never before."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import trustme
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.cancel import CancelToken
from mailclient.errors import Unreachable
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from mailclient.gui.reader.notices import Offer
from mailclient.message.html import placed_in, sanitise
from mailclient.services.jobs import Job
from mailclient.services.pictures import LARGEST, Pictures
from tests.gui.conftest import MakeApp, Snap
from tests.servers.web import Answer, Web, document, redirect, status, web_running

PATIENCE = 60_000  # milliseconds until a wait gives up; nothing is measured by it


def png(color: str) -> bytes:
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    kept = QByteArray()
    buffer = QBuffer(kept)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(kept.data())


@dataclass(slots=True)
class Gallery:
    """A web server with pictures, and what its visitors said of themselves."""

    web: Web
    fields: list[dict[str, str]]


@pytest.fixture
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gallery]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "gallery-ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    fields: list[dict[str, str]] = []
    teal = document(png("teal"), "image/png")

    def noted(to: BaseHTTPRequestHandler) -> None:
        fields.append({name.lower(): value for name, value in to.headers.items()})
        to.headers["Set-Cookie"] = "seen=1"
        teal(to)

    answers: dict[str, Answer] = {
        "/a.png?to=bob": noted,
        "/page": document(b"<b>no picture</b>", "text/html"),
        "/large": document(b"x" * (LARGEST + 1), "image/png"),
        "/broken": document(b"not a picture", "image/png"),
        "/moved": redirect("/a.png?to=bob"),
        "/in-clear": redirect("http://localhost/a.png"),
        "/missing": status(404),
    }
    with ExitStack() as stack:
        web = stack.enter_context(web_running(context, answers))
        monkeypatch.setenv("MAILCLIENT_PICTURES_CA_FILE", str(tmp_path / "gallery-ca.pem"))
        monkeypatch.setenv("MAILCLIENT_PICTURES_PRIVATE", "yes")
        yield Gallery(web, fields)


def service(tmp_path: Path, *, private: bool = True, offline: bool = False) -> Pictures:
    environment = {
        "MAILCLIENT_PICTURES_CA_FILE": str(tmp_path / "gallery-ca.pem"),
        "MAILCLIENT_PICTURES_PRIVATE": "yes" if private else "",
    }
    return Pictures(environment, offline=offline)


def test_what_is_no_picture_over_https_is_left_out(gallery: Gallery, tmp_path: Path) -> None:
    web = gallery.web
    good = [web.url("/a.png?to=bob"), web.url("/moved"), web.url("/a.png?to=bob")[len("https:") :]]
    bad = [web.url(path) for path in ("/page", "/large", "/in-clear", "/missing")]
    odd = ["https://", "file:///etc/passwd", "https://[::1", "javascript:alert(1)"]
    found = service(tmp_path).fetch([*good, *bad, *odd], CancelToken())
    assert found == dict.fromkeys(good, png("teal"))


def test_a_picture_named_in_clear_is_asked_for_over_tls(gallery: Gallery, tmp_path: Path) -> None:
    address = gallery.web.url("/a.png?to=bob").replace("https:", "http:")
    assert list(service(tmp_path).fetch([address], CancelToken())) == [address]


def test_whoever_is_asked_learns_nothing_beyond_the_address(
    gallery: Gallery, tmp_path: Path
) -> None:
    address = gallery.web.url("/a.png?to=bob")
    for _ in range(2):
        service(tmp_path).fetch([address], CancelToken())
    kept = {"host", "user-agent", "accept-encoding"}
    assert [set(one) - kept for one in gallery.fields] == [set(), set()]


def test_no_machine_inside_is_spoken_to_and_offline_nobody_is(
    gallery: Gallery, tmp_path: Path
) -> None:
    address = gallery.web.url("/a.png?to=bob")
    assert service(tmp_path, private=False).fetch([address], CancelToken()) == {}
    with pytest.raises(Unreachable, match="without network"):
        service(tmp_path, offline=True).fetch([address], CancelToken())
    assert gallery.web.asked == []


def test_the_text_without_pictures_says_nowhere_where_they_lie() -> None:
    html = '<p>x<img src="https://a.example/p.png?to=bob" alt="A"></p>'
    assert "a.example" not in sanitise(html).html
    assert placed_in(sanitise(html, pictures=True).html) == ("https://a.example/p.png?to=bob",)


def letter(gallery: Gallery, html: str) -> bytes:
    return (
        "From: News <news@example.org>\r\nTo: ann@example.org\r\nSubject: The harbour\r\n"
        "Date: Mon, 23 Nov 2026 11:00:00 +0000\r\nContent-Type: text/html\r\n\r\n"
        f"<p>Before</p>{html}<p>After</p>\r\n"
    ).encode()


@pytest.fixture
def read(
    qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[[App], Bridge], gallery: Gallery,
    tmp_path: Path,
) -> Callable[[str], MainWindow]:  # fmt: skip
    """A window that shows a letter with this HTML."""

    def shown(html: str) -> MainWindow:
        app = make_app("ann")
        (tmp_path / "one.eml").write_bytes(letter(gallery, html))
        app.transfer.import_paths([tmp_path / "one.eml"], None, Job(0))
        window = MainWindow(app, bridge_of(app))
        qtbot.addWidget(window)
        window.resize(1100, 700)
        window.show()
        qtbot.waitUntil(lambda: window.model.rowCount() == 1, timeout=PATIENCE)
        window.pane.list.setCurrentIndex(window.model.index(0, 0))
        qtbot.waitUntil(lambda: window.reader.view is not None, timeout=PATIENCE)
        return window

    return shown


def offered(window: MainWindow) -> bool:
    return any("from the network" in one for one in window.reader.strips.words)


def test_one_click_shows_the_pictures_of_this_letter(
    qtbot: QtBot, read: Callable[[str], MainWindow], gallery: Gallery, snap: Snap
) -> None:
    web = gallery.web
    html = f'<img src="{web.url("/a.png?to=bob")}" alt="teal"><img src="{web.url("/broken")}">'
    window = read(f'{html}<img src="{web.url("/missing")}">')
    body = window.reader.body
    assert "[teal]" in body.toPlainText()
    assert (offered(window), web.asked) == (True, [])
    buttons = window.reader.strips.findChildren(QPushButton)
    next(one for one in buttons if one.text() == Offer.PICTURES.value).click()
    qtbot.waitUntil(lambda: not offered(window), timeout=PATIENCE)
    assert sorted(web.asked) == ["/a.png?to=bob", "/broken", "/missing"]
    assert "[teal]" not in body.toPlainText()
    assert body.toPlainText().count("\N{OBJECT REPLACEMENT CHARACTER}") == 1
    assert window.reader.link.words == "2 pictures could not be fetched."
    snap(window, "pictures-from-the-network")
    view = window.reader.view
    assert view is not None
    for draft in (window.app.compose.reply(view).draft, window.app.compose.edit_as_new(view)):
        assert "localhost" not in draft.text + draft.html
