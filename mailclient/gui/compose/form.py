"""The fields of a message that is being written, from the sender down to the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from mailclient.account import Identity
from mailclient.gui import parts, theme
from mailclient.gui.compose.asks import AskButton
from mailclient.gui.compose.attachments import AttachmentBar
from mailclient.gui.compose.editor import Editor
from mailclient.gui.compose.format_bar import FormatBar
from mailclient.gui.compose.protection import Protection
from mailclient.gui.compose.recipients import RecipientLine
from mailclient.message.address import Address, format_address, normalise, without_tag
from mailclient.message.build import new_message_id
from mailclient.message.draft import Draft
from mailclient.message.words import clean
from mailclient.services.identities import changed, enriched


class ComposeForm(QWidget):
    """Shows a draft and gives it back as it stands."""

    touched = Signal()  # the user has changed something
    people_changed = Signal()

    def __init__(self, identities: Sequence[Identity], draft: Draft, *, sign: bool) -> None:
        super().__init__()
        self._base = draft if draft.key else _renewed(draft)
        self._identities = tuple(identities)
        self.from_box = QComboBox()
        self.to = RecipientLine("To")
        self.cc = RecipientLine("Cc")
        self.bcc = RecipientLine("Bcc")
        self.subject = QLineEdit()
        self.protection = Protection()
        self.asks = AskButton(read=draft.ask_read, delivered=draft.ask_delivered)
        self.asks.touched.connect(self.touched)
        self.attachments = AttachmentBar()
        self.text = Editor()
        self.format = FormatBar(self.text)
        self._labels: dict[RecipientLine, QLabel] = {}
        self._arrange()
        self._fill(sign=sign)
        self._identity = self._chosen()
        self._connect()

    @property
    def lines(self) -> tuple[RecipientLine, RecipientLine, RecipientLine]:
        """To, Cc and Bcc."""
        return self.to, self.cc, self.bcc

    def renew(self) -> None:
        """From now on this is another message than the one that it began as."""
        self._base = _renewed(self._base)

    def draft(self) -> Draft:
        """The message as it stands."""
        is_rich = self.text.rich
        return replace(
            self._base,
            sender=self.writer(),
            to=self.to.people(),
            cc=self.cc.people(),
            bcc=self.bcc.people(),
            subject=clean(self.subject.text()),
            text=self.text.plain(),
            html=self.text.html() if is_rich else "",
            pictures=self.text.pictures,
            attachments=self.attachments.sources,
            ask_read=self.asks.read.isChecked(),
            ask_delivered=self.asks.delivered.isChecked(),
            encrypt=self.protection.encrypt.isChecked(),
            sign=self.protection.sign.isChecked(),
            decided=self.protection.touched,
        )

    def show_draft(self, draft: Draft) -> None:
        """Show another draft in place of what is here."""
        self._base = draft
        for line, people in zip(self.lines, (draft.to, draft.cc, draft.bcc), strict=True):
            line.show_people(people)
            self._show_line(line, bool(people) or line is self.to)
        self.subject.setText(draft.subject)
        self._show_text(draft)
        self.attachments.show_sources(draft.attachments)

    def make_rich(self, rich: bool) -> None:
        """Make the text rich, or plain; what plain text cannot say is lost."""
        draft = self.draft()
        if rich:
            draft = replace(draft, html=enriched(draft.text, self._identity))
        self._show_text(replace(draft, html=draft.html if rich else ""))
        self.touched.emit()

    def begin(self) -> None:
        """Put the keyboard where writing goes on: the text, or whom it is to."""
        (self.text if self._base.to and self._base.subject else self.to.entry).setFocus()

    def show_line(self, line: RecipientLine) -> None:
        """Show a row that was hidden, and go there."""
        self._show_line(line, True)
        line.entry.setFocus()

    def remove(self, address: str) -> None:
        """Take a recipient out."""
        for line in self.lines:
            line.remove(address)
        self.touched.emit()

    def _show_line(self, line: RecipientLine, shown: bool) -> None:
        line.setVisible(shown)
        self._labels[line].setVisible(shown)
        if line in self._more:
            self._more[line].setVisible(not shown)

    def _show_text(self, draft: Draft) -> None:
        if draft.html:
            self.text.show_rich(draft.html, draft.pictures)
        else:
            self.text.show_plain(draft.text)
        self.format.setVisible(self.text.rich)

    # Putting together

    def _arrange(self) -> None:
        fields = QGridLayout()
        fields.setContentsMargins(theme.PADDING, 8, theme.PADDING, 4)
        fields.setVerticalSpacing(4)
        fields.setHorizontalSpacing(10)
        self._more = {
            self.cc: parts.link_button("Cc", lambda: self.show_line(self.cc)),
            self.bcc: parts.link_button("Bcc", lambda: self.show_line(self.bcc)),
        }
        beside = QHBoxLayout()
        beside.setSpacing(0)
        for line, button in self._more.items():
            button.setAccessibleName(f"Add {line.name}")
            beside.addWidget(button)
        rows: tuple[tuple[str, QWidget], ...] = (
            ("From", self.from_box),
            ("To", self.to),
            ("Cc", self.cc),
            ("Bcc", self.bcc),
            ("Subject", self.subject),
        )
        for at, (name, widget) in enumerate(rows):
            words = parts.label(name, look="secondary")
            fields.addWidget(words, at, 0)
            fields.addWidget(widget, at, 1, 1, 1 if widget is self.to else 2)
            widget.setAccessibleName(name)
            if isinstance(widget, RecipientLine):
                self._labels[widget] = words
        fields.addLayout(beside, 1, 2)
        fields.addWidget(self.protection, len(rows), 1, 1, 2)
        fields.addWidget(self.attachments, len(rows) + 1, 1, 1, 2)
        fields.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(fields)
        column.addWidget(parts.hairline())
        column.addWidget(self.format)
        column.addWidget(self.text, 1)
        for one, next_ in zip(
            (self.from_box, self.to, self.cc, self.bcc, self.subject),
            (self.to, self.cc, self.bcc, self.subject, self.text),
            strict=True,
        ):
            QWidget.setTabOrder(one, next_)

    def _fill(self, *, sign: bool) -> None:
        draft = self._base
        keys = [normalise(one.address) for one in self._identities]
        for one in self._identities:
            person = Address(one.name, one.address)
            self.from_box.addItem(format_address(person), person)
        if draft.sender.key in keys:
            self.from_box.setCurrentIndex(keys.index(draft.sender.key))
        elif draft.sender.address:  # a tagged form of one of them
            self.from_box.insertItem(0, format_address(draft.sender), draft.sender)
            self.from_box.setCurrentIndex(0)
        self.show_draft(draft)
        self.protection.start(encrypt=draft.encrypt, sign=sign, decided=draft.decided)

    def _connect(self) -> None:
        for line in self.lines:
            line.touched.connect(self.touched)
            line.changed.connect(self.people_changed)
        self.from_box.currentIndexChanged.connect(lambda at: self._change_identity())
        self.subject.textEdited.connect(lambda text: self.touched.emit())
        self.text.edited.connect(self.touched)
        self.attachments.changed.connect(self.touched)
        self.protection.changed.connect(self.touched)
        self.protection.remove_wanted.connect(self.remove)

    # Who writes

    def writer(self) -> Address:
        """Who the message is from."""
        sender = self.from_box.currentData()
        return sender if isinstance(sender, Address) else self._base.sender

    def _chosen(self) -> Identity | None:
        sender = self.writer()
        for wanted in (sender.key, without_tag(sender.address)):
            for one in self._identities:
                if normalise(one.address) == wanted:
                    return one
        return None

    def _change_identity(self) -> None:
        """Another signature, Reply-To and copy to oneself; the cursor stays where it is."""
        before, after = self._identity, self._chosen()
        self._identity = after
        if before is not None and after is not None and before is not after:
            at = self.text.textCursor().position()
            self.show_draft(changed(self.draft(), before, after))
            cursor = self.text.textCursor()
            cursor.setPosition(min(at, len(self.text.toPlainText())))
            self.text.setTextCursor(cursor)
        self.touched.emit()
        self.people_changed.emit()


def _renewed(draft: Draft) -> Draft:
    return replace(draft, key=new_message_id(draft.sender.domain))
