"""Writing in the window: people as chips, rich text, files, identities, and what is asked first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, Qt, QUrl
from PySide6.QtGui import QColor, QGuiApplication, QImage, QImageWriter, QTextCursor
from PySide6.QtWidgets import QAbstractItemView, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from mailclient.account import Account, Authentication, EncryptionPolicy, Identity, Security, Server
from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.compose.doubts import Doubt
from mailclient.gui.compose.recipients import RecipientLine
from mailclient.gui.compose.window import ComposeWindow
from mailclient.message.address import Address
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.message.rich import Line, ListKind, Run, from_html, to_html
from mailclient.services.readiness import Readiness, ReadyState, RecipientReadiness
from tests.gui.conftest import MakeApp, Snap

PATIENCE = 60_000
ANN = Identity("ann@example.org", "Ann", signature="Ann Example")
SHOP = Identity(
    "shop@example.org", "Ann's shop", signature="The shop", reply_to="desk@example.org",
    bcc_self=True, signature_html="<b>The shop</b>",
)  # fmt: skip
BOB = Address("Bob", "bob@example.org")
ME = Address("Ann", "ann@example.org")
Write = Callable[..., ComposeWindow]


def picture(color: str = "#7fb069") -> bytes:
    image = QImage(320, 180, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(data.data())


@pytest.fixture
def ann(make_app: MakeApp) -> App:
    """Ann, who writes from two addresses; her server takes nothing: none of this is sent."""
    app = make_app("ann")
    server = Server("localhost", 9, Security.NONE, Authentication.NONE)
    app.accounts.add(Account((ANN, SHOP), outgoing=server), "")
    return app


@pytest.fixture
def write(qtbot: QtBot, ann: App, bridge_of: Callable[[App], Bridge]) -> Write:
    """Opens a window on a draft."""
    bridge = bridge_of(ann)

    def open_(draft: Draft | None = None, **fields: object) -> ComposeWindow:
        begun = draft if draft is not None else Draft(ME, **fields)  # type: ignore[arg-type]
        window = ComposeWindow(ann, bridge, begun)
        qtbot.addWidget(window, before_close_func=lambda one: one.keeper.end())
        window.show()
        qtbot.waitExposed(window)
        return window

    return open_


def queued(window: ComposeWindow, ann: App, qtbot: QtBot) -> Draft:
    """What was queued, as it would be kept as a draft."""
    qtbot.waitUntil(lambda: bool(ann.send.items()), timeout=PATIENCE)
    return window.form.draft()


def focus(inside: QWidget) -> QWidget:
    """What has the keyboard in a window."""
    found = inside.window().focusWidget()
    assert found is not None
    return found


# People


def offered(qtbot: QtBot, line: RecipientLine, typed: str) -> QAbstractItemView:
    """The list of people that is shown for what was typed."""
    line.blockSignals(True)  # so that nobody but Bob is looked for
    line.window().activateWindow()
    line.entry.setFocus()
    qtbot.waitUntil(line.entry.hasFocus, timeout=PATIENCE)
    qtbot.keyClicks(line.entry, typed)
    line.propose(typed, [BOB])
    popup = line._completer.popup()
    assert popup is not None
    assert popup.isVisible()
    return popup


def test_a_new_message_begins_at_the_people_and_an_answer_at_the_text(write: Write) -> None:
    window = write()
    assert focus(window) is window.form.to.entry
    window = write(to=(BOB,), subject="Re: Lunch")
    assert focus(window) is window.form.text


def test_what_is_typed_becomes_chips(qtbot: QtBot, write: Write) -> None:
    line = write().form.to
    line.entry.setFocus()
    qtbot.keyClicks(line.entry, "Bob <bob@example.org>,carol@example.org;")
    assert [one.address for one in line.people()] == ["bob@example.org", "carol@example.org"]
    assert line.entry.text() == ""
    qtbot.keyClicks(line.entry, "dan@example.org")
    qtbot.keyClick(line.entry, Qt.Key.Key_Return)
    assert [one.address for one in line.people()][2:] == ["dan@example.org"]
    assert line.entry.text() == ""


def test_chips_are_left_edited_and_removed_from_the_keyboard(qtbot: QtBot, write: Write) -> None:
    line = write(to=(BOB, Address("", "carol@example.org"))).form.to
    line.entry.setFocus()
    qtbot.keyClick(line.entry, Qt.Key.Key_Backspace)
    chip = focus(line)
    assert "carol@example.org" in chip.accessibleName()
    qtbot.keyClick(chip, Qt.Key.Key_Left)
    chip = focus(line)
    qtbot.keyClick(chip, Qt.Key.Key_Return)
    assert line.entry.text() == "Bob <bob@example.org>"
    line.commit()
    assert {one.address for one in line.people()} == {"bob@example.org", "carol@example.org"}
    qtbot.keyClick(line.entry, Qt.Key.Key_Left)
    chip = focus(line)
    qtbot.keyClick(chip, Qt.Key.Key_Delete)
    assert [one.address for one in line.people()] == ["carol@example.org"]


def test_a_list_of_people_is_pasted_as_chips(qtbot: QtBot, write: Write) -> None:
    line = write().form.to
    QGuiApplication.clipboard().setText('"Lee, Ann" <lee@example.org>\nbob@example.org\n')
    line.entry.setFocus()
    qtbot.keyClick(line.entry, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert line.people() == (Address("Lee, Ann", "lee@example.org"), Address("", BOB.address))


def test_somebody_written_to_before_is_offered_and_taken(qtbot: QtBot, write: Write) -> None:
    line = write().form.to
    for keys in ((Qt.Key.Key_Return,), (Qt.Key.Key_Tab,), (Qt.Key.Key_Down, Qt.Key.Key_Return)):
        popup = offered(qtbot, line, "bo")
        assert popup.width() > line.entry.fontMetrics().horizontalAdvance("Bob <bob@example.org>")
        for key in keys:
            qtbot.keyClick(popup, key)
        assert line.people() == (BOB,)
        assert line.entry.text() == ""
        assert focus(line) is line.entry
        line.show_people(())
    popup = offered(qtbot, line, "bo")
    at = popup.visualRect(popup.model().index(0, 0)).center()
    qtbot.mouseClick(popup.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert line.people() == (BOB,)


def test_a_whole_address_stands_whatever_is_offered(qtbot: QtBot, write: Write) -> None:
    line = write().form.to
    popup = offered(qtbot, line, "bob@example.or")
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert line.people() == (Address("", "bob@example.or"),)
    assert not popup.isVisible()


def test_each_chip_says_who_can_read_it_in_private(write: Write, snap: Snap) -> None:
    people = tuple(Address(one.name.title(), f"{one.value}@example.org") for one in ReadyState)
    window = write(to=people, cc=(Address("", "unfinished"),), bcc=(BOB,), encrypt=True)
    found = tuple(
        RecipientReadiness(one.address, state, "F" * 40, "file", f"Reason {state.value}.")
        for one, state in zip(people, ReadyState, strict=True)
    )
    policy = EncryptionPolicy.WHEN_POSSIBLE
    window.readying.show(Readiness(found), has_key=True, policy=policy)
    said = [chip.accessibleName() for chip in window.form.to._chips]
    assert ["Reason " in one for one in said] == [True] * len(ReadyState)
    assert "key confirmed" in said[0]
    assert "separate copy" in window.form.bcc._chips[0].accessibleName()
    assert "No usable key for" in window.protection.words
    snap(window, "compose-chips")


def test_cc_and_bcc_are_shown_when_they_are_wanted(qtbot: QtBot, write: Write) -> None:
    window = write()
    assert not window.form.cc.isVisible()
    assert not window.form.bcc.isVisible()
    window.form.show_line(window.form.bcc)
    assert window.form.bcc.isVisible()
    assert write(cc=(BOB,)).form.cc.isVisible()


# Identities


def test_another_sender_brings_its_signature_and_its_copy(write: Write, ann: App) -> None:
    draft = replace(ann.compose.blank(), to=(BOB,), subject="x")
    window = write(replace(draft, text=f"Hello{draft.text}"))
    window.form.from_box.setCurrentIndex(1)
    now = window.form.draft()
    assert now.sender == Address("Ann's shop", "shop@example.org")
    assert now.text.rstrip() == "Hello\n\n-- \nThe shop"
    assert now.reply_to == (Address("Ann's shop", "desk@example.org"),)
    assert [one.address for one in now.bcc] == ["shop@example.org"]
    window.form.from_box.setCurrentIndex(0)
    now = window.form.draft()
    assert now.text.rstrip() == "Hello\n\n-- \nAnn Example"
    assert now.bcc == ()


def test_rich_text_gets_the_rich_signature(write: Write, ann: App) -> None:
    window = write(replace(ann.compose.blank(), to=(BOB,)))
    window.rich_button.click()
    window.form.from_box.setCurrentIndex(1)
    lines = [one for one in from_html(window.form.draft().html) if one.runs]
    assert lines[-1] == Line((Run("The shop", bold=True),))
    assert lines[-2].text == "-- "


def test_a_tagged_address_can_be_written_from(write: Write) -> None:
    window = write(Draft(Address("Ann", "ann+shop@example.org"), to=(BOB,)))
    assert window.form.from_box.currentText() == "Ann <ann+shop@example.org>"
    assert window.form.draft().sender.address == "ann+shop@example.org"


# Rich text


def test_rich_text_is_written_with_the_bar(qtbot: QtBot, write: Write) -> None:
    window = write(to=(BOB,), subject="x")
    assert not window.form.format.isVisible()
    window.rich_button.click()
    assert window.form.format.isVisible()
    text, bar = window.form.text, window.form.format
    qtbot.keyClicks(text, "so ")
    bar.bold.click()
    qtbot.keyClicks(text, "bold")
    bar.bold.click()
    qtbot.keyClick(text, Qt.Key.Key_Return)
    bar.bullets.click()
    assert bar.bullets.isChecked()
    qtbot.keyClicks(text, "one")
    qtbot.keyClick(text, Qt.Key.Key_Return)
    qtbot.keyClicks(text, "two")
    qtbot.keyClick(text, Qt.Key.Key_Return)
    qtbot.keyClick(text, Qt.Key.Key_Return)  # leaves the list
    bar.quote.click()
    qtbot.keyClicks(text, "said")
    qtbot.keyClick(text, Qt.Key.Key_Return)  # leaves the quote
    bar.put_link("https://example.org/")
    assert from_html(window.form.draft().html) == (
        Line((Run("so "), Run("bold", bold=True))),
        Line((Run("one"),), list=ListKind.BULLETS),
        Line((Run("two"),), list=ListKind.BULLETS),
        Line((Run("said"),), quote=1),
        Line((Run("https://example.org/", link="https://example.org/"),)),
    )
    assert "so bold\n* one\n* two\n> said\nhttps://example.org/" in window.form.draft().text


def test_the_keys_of_the_bar_do_nothing_to_plain_text(qtbot: QtBot, write: Write) -> None:
    text = write(to=(BOB,), text="words").form.text
    text.selectAll()
    for key in (Qt.Key.Key_B, Qt.Key.Key_I, Qt.Key.Key_U):
        qtbot.keyClick(text, key, Qt.KeyboardModifier.ControlModifier)
    assert not text.is_formatted


LINES = (
    Line((Run("a "), Run("b", bold=True, italic=True), Run(" c", underline=True))),
    Line(),
    Line((Run("one"),), list=ListKind.NUMBERS),
    Line((Run("two"),), list=ListKind.NUMBERS),
    Line((Run("dot"),), list=ListKind.BULLETS),
    Line((Run("deep"),), quote=2),
    Line((Run("out"),), quote=1),
    Line((Run("see "), Run("this", link="https://example.org/"))),
    Line((Run("garden", picture="p@x"),)),
    Line((Run("-- "),)),
)


def test_rich_text_comes_through_the_editor_unchanged(write: Write, snap: Snap) -> None:
    garden = AttachmentSource("garden.png", "image/png", picture(), content_id="p@x")
    window = write(to=(BOB,), subject="The garden", html=to_html(LINES), pictures=(garden,))
    now = window.form.draft()
    assert from_html(now.html) == LINES
    assert now.pictures == (garden,)
    window.resize(1024, 700)
    snap(window, "compose-rich")


def test_making_it_plain_asks_before_anything_is_lost(write: Write) -> None:
    window = write(to=(BOB,), html=to_html(LINES[:2]))
    window.rich_button.click()
    assert window.rich_button.isChecked()
    assert "will be lost" in window.strip.words
    window._make_rich(False)
    assert window.form.draft().html == ""
    assert window.form.draft().text == "a b c\n"


def test_foreign_html_is_pasted_as_our_own(write: Write) -> None:
    window = write(html=to_html((Line(),)))
    data = QMimeData()
    data.setHtml(
        '<p style="color:red">a <b onclick="x()">b</b><script>evil()</script>'
        '<img src="https://evil.example/p.png"><a href="javascript:x()">c</a></p>'
    )
    window.form.text.insertFromMimeData(data)
    html = window.form.draft().html
    assert from_html(html) == (Line((Run("a "), Run("b", bold=True), Run("c"))),)
    assert "evil" not in html


def test_a_picture_is_shown_in_rich_text_and_attached_to_plain(write: Write) -> None:
    data = QMimeData()
    image = QImage()
    image.loadFromData(picture())
    data.setImageData(image)
    plain = write(to=(BOB,))
    plain.form.text.insertFromMimeData(data)
    assert [one.name for one in plain.form.draft().attachments] == ["picture.png"]
    rich = write(html=to_html((Line(),)))
    rich.form.text.insertFromMimeData(data)
    assert [one.content_type for one in rich.form.draft().pictures] == ["image/png"]
    assert rich.form.draft().attachments == ()


def test_it_can_be_pasted_as_plain(write: Write) -> None:
    window = write(html=to_html((Line(),)))
    data = QMimeData()
    data.setHtml("<b>bold</b>")
    data.setText("bold")
    QGuiApplication.clipboard().setMimeData(data)
    window.form.text.paste_plain()
    assert from_html(window.form.draft().html) == (Line((Run("bold"),)),)


# Files


def test_files_are_attached_by_dropping_and_pasting(
    qtbot: QtBot, write: Write, tmp_path: Path, snap: Snap
) -> None:
    window = write(to=tuple(Address(f"Person {n}", f"p{n}@example.org") for n in range(40)))
    paths = [tmp_path / f"a long name of a report about the year, part {n}.pdf" for n in range(9)]
    for path in paths:
        path.write_bytes(b"x" * 1500)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    window.form.text.insertFromMimeData(data)
    qtbot.waitUntil(lambda: len(window.form.draft().attachments) == 9, timeout=PATIENCE)
    assert window.form.draft().attachments[0].size == 1500
    window.resize(1024, 700)
    assert window.width() == 1024
    snap(window, "compose-many")


def test_a_folder_cannot_be_attached_and_that_is_said(
    qtbot: QtBot, write: Write, tmp_path: Path
) -> None:
    window = write(to=(BOB,))
    window.attach([tmp_path])
    qtbot.waitUntil(lambda: "is a folder" in window.strip.words, timeout=PATIENCE)


# Before it goes


def test_a_missing_file_and_a_missing_subject_are_asked_about_once(
    qtbot: QtBot, write: Write, ann: App
) -> None:
    window = write(to=(BOB,), text="the plan is attached")
    window.sending.send()
    assert "there is none" in window.strip.words
    window.sending._settle("", Doubt.FILE)[1]()
    assert "no subject" in window.strip.words
    assert ann.send.items() == ()
    window.sending._settle("", Doubt.SUBJECT)[1]()
    assert queued(window, ann, qtbot).subject == ""


def test_a_message_to_nobody_or_to_half_an_address_stays(write: Write, ann: App) -> None:
    window = write(subject="x")
    window.sending.send()
    assert "no recipient" in window.strip.words
    window.form.to.setText("bob")
    window.sending.send()
    assert "“bob” in To is no whole address" in window.strip.words
    assert ann.send.items() == ()


def test_what_was_encrypted_cannot_be_sent_in_clear_but_left_out(
    qtbot: QtBot, write: Write, ann: App
) -> None:
    file = AttachmentSource("map.pdf", "application/pdf", b"x", quoted=True)
    draft = Draft(
        ME, to=(BOB,), subject="Re: The secret place", attachments=(file,),
        text="Yes.\n\nOn Monday, Bob wrote:\n> under the tree", encrypt=True, quotes_protected=True,
    )  # fmt: skip
    window = write(draft)
    qtbot.waitUntil(lambda: bool(window.protection.missing()), timeout=PATIENCE)
    window.protection.encrypt.setChecked(False)
    window.sending.send()
    qtbot.waitUntil(lambda: "go out in clear" in window.strip.words, timeout=PATIENCE)
    window.protection.encrypt.setChecked(True)
    window.sending.send()
    assert "no usable key" in window.strip.words
    window.sending._leave_out()
    left = window.form.draft()
    assert (left.subject, left.text.strip(), left.attachments) == ("Re: [...]", "Yes.", ())
    assert not left.encrypt
    assert ann.send.items() == ()
    window.sending.send()
    assert queued(window, ann, qtbot).text.strip() == "Yes."


def test_what_is_all_encrypted_mail_stays_here(qtbot: QtBot, write: Write, ann: App) -> None:
    draft = Draft(ME, to=(BOB,), subject="s", text="secret", encrypt=True, quotes_protected=True,
                  all_protected=True)  # fmt: skip
    window = write(draft)
    window.sending._leave_out()
    assert "can only go out encrypted" in window.strip.words
    assert window.form.draft().text == "secret"


def test_it_is_saved_while_it_is_written_and_recovered(
    qtbot: QtBot, write: Write, ann: App, snap: Snap
) -> None:
    window = write(to=(BOB,), subject="Half a thought")
    window.form.text.moveCursor(QTextCursor.MoveOperation.End)
    qtbot.keyClicks(window.form.text, "and a half")
    assert window.windowTitle() == "Half a thought"
    qtbot.waitUntil(lambda: bool(ann.search.find("in:drafts").ids), timeout=PATIENCE)
    [id] = ann.search.find("in:drafts").ids
    kept = ann.compose.open_draft(id)
    assert (kept.to, kept.subject, kept.text) == ((BOB,), "Half a thought", "and a half")
    snap(window, "compose-plain")


def test_everything_has_a_name_and_the_tab_key_goes_down(qtbot: QtBot, write: Write) -> None:
    window = write(html=to_html((Line(),)), cc=(BOB,), bcc=(BOB,))
    buttons = [one for one in window.findChildren(QToolButton) if one.isVisible()]
    assert [one for one in buttons if not (one.accessibleName() or one.text())] == []
    form = window.form
    form.to.entry.setFocus()
    for wanted in (form.cc.entry, form.bcc.entry, form.subject, form.text):
        qtbot.keyClick(focus(window), Qt.Key.Key_Tab)
        assert focus(window) is wanted
