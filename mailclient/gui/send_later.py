"""Choosing when a message goes out: a menu of usual times, and a dialog for any other.

The times are worked out by `presets`, which is pure.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

from PySide6.QtCore import QDateTime
from PySide6.QtWidgets import (
    QDateTimeEdit,
    QDialog,
    QDialogButtonBox,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from mailclient.gui import parts

MORNING, EVENING = time(8), time(18)
ASLEEP = (
    "The program has to run at that time. If it is closed, or the computer sleeps, the message "
    "goes out when the program runs next."
)
Choose = Callable[[datetime], object]


def presets(now: datetime) -> tuple[tuple[str, datetime], ...]:
    """Usual times to send at, in the user's zone, the nearest first."""
    here = now.astimezone()

    def at(days: int, clock: time) -> datetime:
        # Noted without a zone first, so that a change to summer time keeps the clock's time.
        return datetime.combine(here.date() + timedelta(days=days), clock).astimezone()

    found = [("In one hour", (here + timedelta(hours=1)).replace(second=0, microsecond=0))]
    if here.time() < time(EVENING.hour - 1):
        found.append(("This evening", at(0, EVENING)))
    found.append(("Tomorrow morning", at(1, MORNING)))
    to_monday = 7 - here.weekday()
    if to_monday > 1:
        found.append(("Monday morning", at(to_monday, MORNING)))
    return tuple(found)


def fill_menu(menu: QMenu, now: datetime, choose: Choose, parent: QWidget) -> None:
    """Put the times of this moment into a menu."""
    menu.clear()
    menu.setToolTipsVisible(True)
    for words, when in presets(now):
        action = menu.addAction(f"{words} ({when:%a %H:%M})")
        action.setToolTip(ASLEEP)
        action.triggered.connect(lambda checked=False, when=when: choose(when))
    menu.addSeparator()
    menu.addAction("Another time…").triggered.connect(
        lambda: SendLaterDialog(now, choose, parent).open()
    )


class SendLaterDialog(QDialog):
    """Asks for a date and a time."""

    def __init__(self, now: datetime, choose: Choose, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Send later")
        self._choose = choose
        first = presets(now)[-1][1]
        self.when = QDateTimeEdit(QDateTime.fromSecsSinceEpoch(int(first.timestamp())))
        self.when.setCalendarPopup(True)
        self.when.setMinimumDateTime(QDateTime.fromSecsSinceEpoch(int(now.timestamp()) + 60))
        self.when.setDisplayFormat("dddd, d MMMM yyyy, HH:mm")
        self.when.setAccessibleName("When to send it")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        send = buttons.addButton("Send at this time", QDialogButtonBox.ButtonRole.AcceptRole)
        send.setDefault(True)
        buttons.accepted.connect(self._accepted)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(12)
        column.addWidget(parts.label("When shall it go out?"))
        column.addWidget(self.when)
        column.addWidget(parts.label(ASLEEP, look="secondary", wrap=True))
        column.addWidget(buttons)
        self.resize(420, self.sizeHint().height())

    def _accepted(self) -> None:
        self._choose(datetime.fromtimestamp(self.when.dateTime().toSecsSinceEpoch()).astimezone())
        self.accept()
