"""Clearing out a folder: from what age on, what would go, and only then the deletion."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from mailclient.app import App
from mailclient.gui import dates, parts, people
from mailclient.gui.bridge import Bridge
from mailclient.gui.strip import Strip
from mailclient.services.jobs import Job
from mailclient.services.organise import Undo
from mailclient.services.retention import MOST_DAYS, Old
from mailclient.sizes import size_words
from mailclient.store.folders import Folder
from mailclient.store.messages import MessageRow

SHOWN = 300  # messages that are named before they go
USUAL_DAYS = 365
TYPING_MS = 250


class ClearingOutWindow(QWidget):
    """Shows what of a folder is old; nothing goes before the button is pressed."""

    cleared = Signal(object)  # an Undo

    def __init__(
        self, app: App, bridge: Bridge, parent: QWidget, folders: Sequence[Folder], chosen: int
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Clear out a folder")
        self.resize(640, 560)
        self._app = app
        self._bridge = bridge
        self.old: Old | None = None
        self.strip = Strip()
        self.folder = QComboBox()
        self.folder.setAccessibleName("Folder")
        several = len({one.account_id for one in folders}) > 1
        addresses = {one.id: one.address for one in app.accounts.list()}
        for one in folders:
            name = people.plain(one.name)
            words = f"{name} — {addresses.get(one.account_id, '')}" if several else name
            self.folder.addItem(words, one.id)
        self.folder.setCurrentIndex(max(0, self.folder.findData(chosen)))
        self.days: QSpinBox = parts.number(1, MOST_DAYS)
        self.days.setSuffix(" days")
        self.days.setAccessibleName("Older than so many days")
        self.remember = QCheckBox("Remind me when something in this folder gets older")
        self.told = parts.label(weight=QFont.Weight.DemiBold, wrap=True)
        self.kept = parts.label(look="secondary", wrap=True)
        self.list = QListWidget()
        self.list.setAccessibleName("What would go")
        self.go = QPushButton()
        self._arrange()
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self.look)
        self.folder.currentIndexChanged.connect(lambda at: self._take_folder())
        self.days.valueChanged.connect(lambda value: self._wait())
        self.remember.clicked.connect(lambda on: self._keep_rule())
        self.go.clicked.connect(self._go)
        self._take_folder()

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(self.strip)
        row = QHBoxLayout()
        row.addWidget(parts.label("In"))
        row.addWidget(self.folder, 1)
        row.addWidget(parts.label("what is older than"))
        row.addWidget(self.days)
        column.addLayout(row)
        column.addWidget(self.remember)
        for part in (self.told, self.kept):
            column.addWidget(part)
        column.addWidget(self.list, 1)
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.go)
        column.addLayout(below)

    # What would go

    def _take_folder(self) -> None:
        days = self._app.retention.rules().get(int(self.folder.currentData() or 0))
        self.days.blockSignals(True)
        self.days.setValue(days or USUAL_DAYS)
        self.days.blockSignals(False)
        self.remember.setChecked(days is not None)
        self.look()

    def _wait(self) -> None:
        """Another number of days: nothing can go until it is known what."""
        self.old = None
        self.go.setEnabled(False)
        self._typing.start()

    def look(self) -> None:
        """Find what would go."""
        self.old = None
        self.go.setEnabled(False)
        folder, days = int(self.folder.currentData() or 0), self.days.value()
        if self.remember.isChecked():
            self._keep_rule()

        def work(job: Job) -> tuple[Old, Sequence[MessageRow]]:
            old = self._app.retention.old(folder, days)
            return old, self._app.search.rows(old.ids[:SHOWN])

        self._bridge.run(
            "search", work, self._found, self.strip.problem, newest="clearing", owner=self
        )

    def _found(self, found: tuple[Old, Sequence[MessageRow]]) -> None:
        old, rows = found
        self.old = old
        count = len(old.ids)
        noun = "message" if count == 1 else "messages"
        verb = "would be deleted for good" if old.for_good else "would go to the trash"
        self.told.setText(
            f"{count:,} {noun}, {size_words(old.size)}, {verb}."
            if count
            else "Nothing in this folder is as old as that."
        )
        more = f" Of these the newest {SHOWN} are listed." if count > SHOWN else ""
        kept = f"{old.kept:,} starred ones as old stay. " if old.kept else "What is starred stays. "
        self.kept.setText(f"{kept}Nothing is deleted before you press the button.{more}")
        self.list.clear()
        self.list.addItems([_line(row) for row in rows])
        word = "Delete" if old.for_good else "Move"
        end = "for good" if old.for_good else "to the trash"
        self.go.setText(f"{word} {count:,} {noun} {end}")
        self.go.setEnabled(count > 0)

    # Doing it

    def _keep_rule(self) -> None:
        folder = int(self.folder.currentData() or 0)
        days = self.days.value() if self.remember.isChecked() else None
        self._bridge.run("work", lambda job: self._app.retention.set_rule(folder, days), owner=self)

    def _go(self) -> None:
        old = self.old
        if old is None or not old.ids:
            return
        self.go.setEnabled(False)
        self._bridge.run(
            "work",
            lambda job: self._app.retention.expire(old, job),
            self._cleared,
            self.strip.problem,
            title="Clearing out a folder",
            owner=self,
        )

    def _cleared(self, undo: Undo) -> None:
        self.cleared.emit(undo)
        self.strip.say(undo.text)
        self.look()


def _line(row: MessageRow) -> str:
    who = people.several(row.from_) or "Unknown sender"
    subject = people.plain(row.subject) or "No subject"
    return f"{dates.day(row.date)}   {who}   {subject}   ({size_words(row.size)})"
