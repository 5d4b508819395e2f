"""The bar of attachments below a message. It offers; it opens and saves nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.gui import icons, parts, people, theme
from mailclient.gui.reader.flow import Flow
from mailclient.gui.reader.saving import is_program
from mailclient.sizes import size_words

if TYPE_CHECKING:
    from mailclient.message.body import Attachment


class AttachmentBar(QFrame):
    """Shows the attachments of one message."""

    open_wanted = Signal(object)  # an Attachment
    save_wanted = Signal(object)
    save_all_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.setAccessibleName("Attachments")
        self._attachments: tuple[Attachment, ...] = ()
        self._title = parts.label(look="secondary", factor=0.9)
        self._all = parts.link_button("Save all…", self.save_all_wanted.emit)
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self._all)
        self._holder = QWidget()
        self._flow = Flow(self._holder, 6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 10)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self._holder)
        self.hide()

    def show_attachments(self, attachments: Sequence[Attachment]) -> None:
        """Show these."""
        self._attachments = tuple(attachments)
        self._flow.clear()
        whole = size_words(sum(one.size for one in attachments))
        count = len(attachments)
        self._title.setText(f"{count} attachments, {whole}" if count != 1 else "1 attachment")
        self._all.setVisible(count > 1)
        for one in attachments:
            self._flow.addWidget(self._button(one))
        self._holder.updateGeometry()
        self.setVisible(bool(attachments))

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """What is shown."""
        return self._attachments

    @property
    def buttons(self) -> tuple[QToolButton, ...]:
        """The buttons, in the order of the attachments."""
        return tuple(self._holder.findChildren(QToolButton))

    def _button(self, one: Attachment) -> QToolButton:
        name = people.plain(one.name) or "unnamed"
        program = is_program(one.name, one.content_type)
        button = QToolButton()
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIcon(icons.icon(picture(one.content_type, program=program), "secondary"))
        button.setIconSize(QSize(theme.ICON, theme.ICON))
        metrics = button.fontMetrics()
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, 260)
        button.setText(f"{shown}  {size_words(one.size)}".replace("&", "&&"))
        words = f"{name}, {one.content_type}, {size_words(one.size)}"
        if program:
            words += ". This can run as a program"
        button.setAccessibleName(words)
        button.setToolTip(words)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(button)
        menu.addAction("Open", lambda: self.open_wanted.emit(one))
        menu.addAction("Save as…", lambda: self.save_wanted.emit(one))
        button.setMenu(menu)
        return button


def picture(content_type: str, *, program: bool) -> str:
    """The icon for a kind of file."""
    if program:
        return "file-program"
    if content_type.startswith("image/"):
        return "file-image"
    if content_type == "application/pdf":
        return "file-pdf"
    if content_type.startswith("text/"):
        return "file-text"
    if any(word in content_type for word in ("zip", "tar", "compressed", "rar")):
        return "file-archive"
    return "file"
