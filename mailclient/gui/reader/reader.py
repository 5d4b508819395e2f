"""The reader: head, seal line, strips, text, attachments, one below the other.

It shows a MessageView and tells what the user wants; it loads, saves and sends nothing. The text
has a place of its own in the layout and is clipped to it, so that no message can draw over the head
or the seal line. Of an encrypted message only the plain text is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFrame, QStackedWidget, QVBoxLayout, QWidget

from mailclient.gui import dates, parts
from mailclient.gui.parts import EmptyState
from mailclient.gui.reader.attachments import AttachmentBar
from mailclient.gui.reader.blocked import is_too_much
from mailclient.gui.reader.body_view import BodyView
from mailclient.gui.reader.details import Details
from mailclient.gui.reader.find_bar import FindBar
from mailclient.gui.reader.header import Header
from mailclient.gui.reader.links import Links
from mailclient.gui.reader.neighbours import Neighbours
from mailclient.gui.reader.notices import Notice, Offer
from mailclient.gui.reader.place import head_notice, place_words
from mailclient.gui.reader.route_entries import origin
from mailclient.gui.reader.seal_line import LEFT, SealLine
from mailclient.gui.reader.strips import StripStack, strips_for
from mailclient.gui.reader.wording import explanation
from mailclient.gui.strip import Strip

if TYPE_CHECKING:
    from mailclient.services.mailbox import Line
    from mailclient.services.read import MessageView

WAIT_MS = 300
RECEIPT_OFFERS = (Offer.RECEIPT, Offer.NO_RECEIPT, Offer.NEVER_RECEIPT)
NO_PICTURES: Mapping[str, QImage] = {}


class Format(Enum):
    """How the text is shown."""

    FORMATTED = "formatted"
    PLAIN = "plain"


class Reader(QWidget):
    """Shows one message, or says why there is none."""

    shown = Signal()  # another message
    write_wanted = Signal(str)  # an address or a mailto: link
    search_wanted = Signal(str)  # an address
    link_wanted = Signal(str)  # a web address to be opened outside
    open_wanted = Signal(object)  # an Attachment
    save_wanted = Signal(object)
    save_all_wanted = Signal()
    part_wanted = Signal(str)  # the number of a protected part
    edit_wanted = Signal()  # the draft that is shown
    check_wanted = Signal()
    keys_wanted = Signal()
    key_wanted = Signal(str)  # the place of an attachment that is a key
    again_wanted = Signal(int, str)  # a sent message, and for whom
    message_wanted = Signal(int)
    receipt_decided = Signal(object)  # an Offer: what to do about a read receipt
    rest_wanted = Signal()  # of a message of which only the head is here
    pictures_wanted = Signal()  # those that lie on the network

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Message")
        self.view: MessageView | None = None
        self._is_too_much = False
        self._pictures = NO_PICTURES
        self._pictured = ""  # the HTML with places for pictures from the network
        self._format = Format.FORMATTED
        self.nothing = EmptyState()
        self.neighbours = Neighbours()
        self.header = Header()
        self.seal = SealLine()
        self.strips = StripStack()
        self.body = BodyView()
        self.find_bar = FindBar(self.body)
        self.link = Strip(left=LEFT)
        self.attachments = AttachmentBar()
        self.target = parts.label(look="secondary", factor=0.9)
        self.target.setContentsMargins(16, 3, 16, 3)
        self.target.setAccessibleName("Where the link leads")
        self.target.hide()
        self._links = Links(self.body, self.link, self.target)
        self._details = Details(self)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT_MS)
        self._wait.timeout.connect(self._say_waiting)
        self._waiting = ""
        self._pages = self._arrange()
        self._connect()
        self.show_nothing("No message selected", "Choose one from the list to read it here.")

    def _arrange(self) -> QStackedWidget:
        page = QFrame()
        page.setProperty("look", "pane")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = (self.neighbours, self.header, parts.hairline(), self.seal, self.strips)
        for part in (*head, self.find_bar):
            column.addWidget(part)
        column.addWidget(self.body, 1)
        for part in (self.link, self.target, self.attachments):
            column.addWidget(part)
        empty = QFrame()
        empty.setProperty("look", "pane")
        around = QVBoxLayout(empty)
        around.addWidget(self.nothing)
        pages = QStackedWidget()
        pages.addWidget(empty)
        pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(pages)
        return pages

    def _connect(self) -> None:
        self.header.write_wanted.connect(self.write_wanted)
        self.header.search_wanted.connect(self.search_wanted)
        self.seal.details_wanted.connect(self.show_details)
        self._links.write_wanted.connect(self.write_wanted)
        self._links.link_wanted.connect(self.link_wanted)
        self.body.shortened.connect(self._tell_shortened)
        self.attachments.open_wanted.connect(self.open_wanted)
        self.attachments.save_wanted.connect(self.save_wanted)
        self.attachments.save_all_wanted.connect(self.save_all_wanted)
        self._details.check_again.connect(self.check_wanted)
        self._details.keys_wanted.connect(self.keys_wanted)
        self._offers: Mapping[Offer, Callable[[str], object]] = {
            Offer.EDIT: lambda part: self.edit_wanted.emit(),
            Offer.UNLOCK: lambda part: self.check_wanted.emit(),
            Offer.OPEN_PART: self.part_wanted.emit,
            Offer.KEYS: lambda part: self.keys_wanted.emit(),
            Offer.TAKE_KEY: self.key_wanted.emit,
            Offer.SHOW_ALL: lambda part: self.body.show_whole(),
            Offer.DETAILS: lambda part: self.show_details(),
            Offer.CORRECT: self._again,
            Offer.AGAIN: self._again,
            **{one: self._decide(one) for one in RECEIPT_OFFERS},
            Offer.SENT: lambda part: self.message_wanted.emit(int(part.partition(" ")[0])),
            Offer.FETCH_REST: lambda part: self.rest_wanted.emit(),
            Offer.PICTURES: lambda part: self.pictures_wanted.emit(),
        }

    # What is shown

    def show_message(
        self, view: MessageView, pictures: Mapping[str, QImage], line: Line | None = None
    ) -> None:
        """Show a message with the pictures that came inside it, and what the ledger knows of it."""
        self._wait.stop()
        self.view = view
        self._is_too_much = bool(view.body.html) and is_too_much(view.body.html or "")
        self._pictures = pictures
        self._pictured = ""
        mismatch = "from-mismatch" in view.verdict.warnings
        self.header.show_envelope(
            view.envelope,
            view.outer_from if mismatch else view.envelope.from_,
            place_words(line),
        )
        self.seal.show_verdict(view.verdict)
        self.seal.setHidden(view.is_draft)  # how it will go out is chosen later
        self.strips.show_notices((*head_notice(line), *strips_for(view)), self._offers)
        self.link.clear()
        self._links.tell("")
        self.find_bar.hide()
        self._show_body()
        self.attachments.show_attachments(
            [one for one in view.body.attachments if not self._is_shown(one.content_id)]
        )
        self._pages.setCurrentIndex(1)
        self.setAccessibleName(f"Message: {self.header.subject.text()}")
        self.shown.emit()
        if self._details.isVisible():
            self.show_details()

    def show_pictured(self, html: str, pictures: Mapping[str, QImage], missing: int) -> None:
        """Show the same message with pictures that were fetched for it, by their places."""
        self._pictured = html
        self._pictures = {**self._pictures, **pictures}
        self.strips.drop(Offer.PICTURES)
        self._show_body()
        if missing:
            what = "1 picture" if missing == 1 else f"{missing:,} pictures"
            self.link.say(f"{what} could not be fetched.")

    def show_nothing(self, title: str, text: str = "") -> None:
        """Show words in place of a message."""
        self._wait.stop()
        self.view = None
        self.nothing.say(title, text)
        self.body.empty()
        self._details.close()
        self._pages.setCurrentIndex(0)
        self.setAccessibleName("Message")

    def wait_for(self, text: str) -> None:
        """Say what is waited for, if it takes longer than a moment; until then nothing changes."""
        self._waiting = text
        self._wait.start()

    def _say_waiting(self) -> None:
        self.show_nothing(self._waiting)

    def show_details(self) -> None:
        """Open the explanation of the seal line."""
        if self.view is None:
            return
        verdict = self.view.verdict
        checked = f"On {dates.full(self.view.checked)}."
        told = (*explanation(verdict, checked), *origin(self.view.journey))
        self._details.tell(verdict.summary, told)
        self._details.show()
        self._details.raise_()

    def _decide(self, offer: Offer) -> Callable[[str], object]:
        return lambda part: self.receipt_decided.emit(offer)

    def _again(self, part: str) -> None:
        row, _, recipient = part.partition(" ")
        self.again_wanted.emit(int(row), recipient)

    def choose(self, format: Format) -> None:
        """Show formatted mail as such, or its text alone."""
        self._format = format
        if self.view is not None:
            self._show_body()

    @property
    def pictures(self) -> Mapping[str, QImage]:
        """The pictures that came inside the message that is shown."""
        return self._pictures

    @property
    def shows_html(self) -> bool:
        """Whether the message that is shown is shown formatted."""
        view = self.view
        return (
            view is not None
            and bool(view.body.html)
            and not view.encrypted
            and self._format is Format.FORMATTED
            and not self._is_too_much
        )

    def _show_body(self) -> None:
        if self.view is None:
            return
        html = self.view.body.html
        if self.shows_html and html:
            self.body.show_html(self._pictured or html, self._pictures)
            return
        self.body.show_text(self.view.body.text)
        if self._is_too_much and self._format is Format.FORMATTED and not self.view.encrypted:
            self.link.say("There is more formatting in this message than can be shown.")

    def _is_shown(self, content_id: str) -> bool:
        """Whether a picture stands in the text already."""
        html = self.view.body.html if self.view is not None else None
        return (
            self.shows_html
            and bool(content_id)
            and content_id in self._pictures
            and f"cid:{content_id}" in (html or "")
        )

    def _tell_shortened(self, shortened: bool) -> None:
        if shortened:
            notice = Notice(
                "This message is very long; only its beginning is shown.", offer=Offer.SHOW_ALL
            )
            self.strips.add(notice, self._offers)
