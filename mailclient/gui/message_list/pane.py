"""The middle pane: what is listed, quick filters, the list, and words where it is empty."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from mailclient.gui import icons, parts, theme
from mailclient.gui.message_list.model import MessageModel
from mailclient.gui.message_list.view import MessageListView
from mailclient.gui.parts import EmptyState
from mailclient.gui.strip import Strip


@dataclass(frozen=True, slots=True)
class Filter:
    """A quick filter: its search word, its icon, its words."""

    query: str
    icon: str
    words: str


FILTERS = (
    Filter("is:unread", "unread", "Unread"),
    Filter("is:flagged", "star", "Starred"),
    Filter("has:attachment", "attachment", "With attachment"),
    Filter("is:encrypted", "encrypted", "Encrypted"),
)


class MessagePane(QFrame):
    """Shows a list with its title, count and filters."""

    filters_changed = Signal()
    order_changed = Signal()
    search_closed = Signal()
    keep_wanted = Signal()  # this search among the folders
    forget_wanted = Signal()  # the kept search that is listed

    def __init__(self, model: MessageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "pane")
        self.list = MessageListView(model)
        self.empty = EmptyState()
        self.strip = Strip()
        self._title = parts.Title()
        self._count = parts.label(look="secondary", factor=0.9)
        self._back = parts.icon_button("close", "Close the search", self.search_closed.emit)
        self._best = parts.icon_button("best", "Best match first")
        self._best.setCheckable(True)
        self._best.toggled.connect(lambda on: self.order_changed.emit())
        self._keep = parts.icon_button("keep", "Keep this search", self.keep_wanted.emit)
        self._forget = parts.icon_button(
            "delete", "Forget this search; its messages stay", self.forget_wanted.emit
        )
        self._buttons = {one.query: self._filter(one) for one in FILTERS}
        top = QHBoxLayout()
        top.setContentsMargins(14, 8, 8, 6)
        top.setSpacing(2)
        top.addWidget(self._title)
        top.addSpacing(8)
        top.addWidget(self._count)
        for button in (self._back, self._best, self._keep, self._forget):
            top.addWidget(button)
            button.hide()
        top.addStretch(1)
        for button in self._buttons.values():
            top.addWidget(button)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.list)
        self._pages.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(parts.hairline())
        column.addWidget(self.strip)
        column.addWidget(self._pages, 1)

    @property
    def filters(self) -> tuple[str, ...]:
        """The search words of the filters that are on."""
        return tuple(query for query, button in self._buttons.items() if button.isChecked())

    @property
    def best(self) -> bool:
        """Whether what fits a search best comes first."""
        return self._best.isChecked()

    def newest_first(self) -> None:
        """List the newest first again, without telling."""
        self._best.blockSignals(True)
        self._best.setChecked(False)
        self._best.blockSignals(False)

    def clear_filters(self) -> None:
        """Switch all filters off, without telling."""
        for button in self._buttons.values():
            button.blockSignals(True)
            button.setChecked(False)
            button.blockSignals(False)

    def title(
        self,
        words: str,
        count: int | None,
        *,
        search: bool = False,
        kept: bool = False,
        grouped: bool = False,
    ) -> None:
        """Say what is listed and how much it is: a `search`, or one that is `kept`."""
        self._title.setText(words)
        self._title.setToolTip(escape(words))
        self._title.setAccessibleName(words)
        noun = ("conversation" if grouped else "message") + ("" if count == 1 else "s")
        self._count.setText(f"{count:,}" if count is not None else "")
        told = f"{count} {noun}" if count is not None else ""
        self._count.setAccessibleName(told)
        self._count.setToolTip(told)
        self._back.setVisible(search)
        self._best.setVisible(search or kept)
        self._keep.setVisible(search)
        self._forget.setVisible(kept and not search)

    def show_list(self) -> None:
        """Show the list."""
        self._pages.setCurrentIndex(0)

    def show_empty(self, title: str, text: str = "") -> None:
        """Show words in place of the list."""
        self.empty.say(title, text)
        self._pages.setCurrentIndex(1)

    def _filter(self, one: Filter) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setIcon(icons.icon(one.icon, "secondary"))
        button.setIconSize(QSize(theme.ICON - 1, theme.ICON - 1))
        button.setToolTip(f"Only: {one.words.lower()}")
        button.setAccessibleName(f"Only: {one.words.lower()}")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.toggled.connect(lambda on: self.filters_changed.emit())
        return button
