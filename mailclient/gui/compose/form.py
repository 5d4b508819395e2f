"""The fields of a message that is being written, from the sender down to the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontDatabase, QTextCursor
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from mailclient.account import Identity
from mailclient.gui import parts, theme
from mailclient.gui.compose.attachments import AttachmentBar
from mailclient.gui.compose.protection import Protection
from mailclient.gui.compose.recipients import RecipientLine
from mailclient.message.address import Address, format_address
from mailclient.message.draft import Draft
from mailclient.message.words import clean


class ComposeForm(QWidget):
    """Shows a draft and gives it back as it stands."""

    touched = Signal()  # the user has changed something
    people_changed = Signal()

    def __init__(self, identities: Sequence[Identity], draft: Draft, *, sign: bool) -> None:
        super().__init__()
        self._base = draft
        self.from_box = QComboBox()
        self.to = RecipientLine("To")
        self.cc = RecipientLine("Cc")
        self.bcc = RecipientLine("Bcc")
        self.subject = QLineEdit()
        self.protection = Protection()
        self.attachments = AttachmentBar()
        self.text = QPlainTextEdit()
        self._arrange()
        self._fill(identities, sign=sign)
        self._connect()

    @property
    def lines(self) -> tuple[RecipientLine, RecipientLine, RecipientLine]:
        """To, Cc and Bcc."""
        return self.to, self.cc, self.bcc

    def draft(self) -> Draft:
        """The message as it stands."""
        sender = self.from_box.currentData()
        return replace(
            self._base,
            sender=sender if isinstance(sender, Address) else self._base.sender,
            to=self.to.people(),
            cc=self.cc.people(),
            bcc=self.bcc.people(),
            subject=clean(self.subject.text()),
            text=self.text.toPlainText(),
            attachments=self.attachments.sources,
            encrypt=self.protection.encrypt.isChecked(),
            sign=self.protection.sign.isChecked(),
        )

    def remove(self, address: str) -> None:
        """Take a recipient out."""
        for line in self.lines:
            line.remove(address)
        self.touched.emit()

    def _arrange(self) -> None:
        fields = QGridLayout()
        fields.setContentsMargins(theme.PADDING, 8, theme.PADDING, 4)
        fields.setVerticalSpacing(4)
        rows: tuple[tuple[str, QWidget], ...] = (
            ("From", self.from_box),
            ("To", self.to),
            ("Cc", self.cc),
            ("Bcc", self.bcc),
            ("Subject", self.subject),
        )
        for at, (name, widget) in enumerate(rows):
            fields.addWidget(parts.label(name, look="secondary"), at, 0)
            fields.addWidget(widget, at, 1)
            widget.setAccessibleName(name)
        fields.addWidget(self.protection, len(rows), 1)
        fields.addWidget(self.attachments, len(rows) + 1, 1)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont))
        self.text.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.text.setProperty("look", "page")
        self.text.setTabChangesFocus(False)
        self.text.setAccessibleName("Message text")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(fields)
        column.addWidget(parts.hairline())
        column.addWidget(self.text, 1)

    def _fill(self, identities: Sequence[Identity], *, sign: bool) -> None:
        draft = self._base
        for one in identities:
            person = Address(one.name, one.address)
            self.from_box.addItem(format_address(person), person)
            if person.key == draft.sender.key:
                self.from_box.setCurrentIndex(self.from_box.count() - 1)
        for line, people in zip(self.lines, (draft.to, draft.cc, draft.bcc), strict=True):
            line.show_people(people)
        self.subject.setText(draft.subject)
        self.text.setPlainText(draft.text)
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        self.attachments.add(draft.attachments)
        self.protection.start(encrypt=draft.encrypt, sign=sign)
        (self.text if draft.to and draft.subject else self.to).setFocus()

    def _connect(self) -> None:
        for line in self.lines:
            line.textEdited.connect(lambda text: self.touched.emit())
            line.changed.connect(self.people_changed)
        self.from_box.currentIndexChanged.connect(lambda at: self.people_changed.emit())
        self.subject.textEdited.connect(lambda text: self.touched.emit())
        self.text.textChanged.connect(self.touched)
        self.attachments.changed.connect(self.touched)
        self.protection.changed.connect(self.touched)
