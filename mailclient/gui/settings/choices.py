"""Fields of an account that are more than one widget: how long mail stays on the server, and how
often it is collected. They show a value and are read back as one."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from mailclient.account import Retention
from mailclient.gui import parts
from mailclient.sizes import size_words

FOR_EVER, AT_ONCE, LIMITED = "for ever", "at once", "limited"
MB = 1_000_000
MOST_MINUTES = 24 * 60
_SHORT = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon


def retention_words(retention: Retention) -> str:
    """What becomes of mail on the server, as a sentence."""
    if retention.days == 0:
        return "Mail is deleted on the server as soon as it is safely stored here."
    ends = []
    if retention.days is not None:
        ends.append(f"{retention.days:,} day{'' if retention.days == 1 else 's'} after it came")
    if retention.count is not None:
        ends.append(f"once {retention.count:,} newer ones are there")
    if retention.size is not None:
        ends.append(f"once the newer ones take more than {size_words(retention.size)}")
    if retention.follow:
        ends.append("after you have deleted it here for good")
    if not ends:
        return "Mail stays on the server until you delete it there."
    first = ", whichever comes first" if len(ends) > 1 else ""
    return f"Mail is deleted on the server {', or '.join(ends)}{first}; never before it is here."


class RetentionField(QWidget):
    """For ever, at once, or within limits, each of which can be set."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = QComboBox()
        for text, kind in (
            ("as long as these limits say", LIMITED),
            ("for ever", FOR_EVER),
            ("not at all", AT_ONCE),
        ):
            self.choice.addItem(text, kind)
        self.choice.setAccessibleName(name)
        self.days = _limit("for at most", "days", 1, 3650)
        self.count = _limit("the newest", "messages", 1, 1_000_000)
        self.room = _limit("the newest", "MB together", 1, 1_000_000)
        self.follow = QCheckBox("until I delete it here for good")
        self.told = parts.label(look="secondary", factor=0.9, wrap=True)
        self._limits = QWidget()
        self._arrange()
        self.choice.currentIndexChanged.connect(lambda at: self._show())
        self.follow.toggled.connect(lambda on: self._show())
        for box, number in (self.days, self.count, self.room):
            box.toggled.connect(lambda on: self._show())
            number.valueChanged.connect(lambda value: self._show())

    def _arrange(self) -> None:
        grid = QGridLayout(self._limits)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(2, 1)
        units = ("days", "messages", "MB together")
        limits = (self.days, self.count, self.room)
        for row, ((box, number), unit) in enumerate(zip(limits, units, strict=True)):
            grid.addWidget(box, row, 0)
            grid.addWidget(number, row, 1)
            grid.addWidget(parts.label(unit), row, 2)
        grid.addWidget(self.follow, len(limits), 0, 1, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (self.choice, self._limits, self.told):
            column.addWidget(part)

    def show_retention(self, retention: Retention) -> None:
        """Put a value in."""
        kind = LIMITED
        if retention.days == 0:
            kind = AT_ONCE
        elif retention == Retention(None):
            kind = FOR_EVER
        for (box, number), value, usual in (
            (self.days, retention.days, 14),
            (self.count, retention.count, 500),
            (self.room, None if retention.size is None else -(-retention.size // MB), 500),
        ):
            box.setChecked(bool(value))
            number.setValue(value or usual)
        self.follow.setChecked(retention.follow)
        self.choice.setCurrentIndex(self.choice.findData(kind))
        self._was = retention
        self._show()

    def retention(self) -> Retention:
        """What is chosen; limits without any are for ever."""
        kind = self.choice.currentData()
        if kind == AT_ONCE:
            return Retention(0)
        if kind == FOR_EVER:
            return Retention(None)
        size = _value(self.room)
        return Retention(
            _value(self.days),
            _value(self.count),
            None if size is None else self._bytes(size),
            self.follow.isChecked(),
        )

    def _bytes(self, megabytes: int) -> int:
        """A size that was set on the command line to the byte stays as it was."""
        was = self._was.size
        return was if was is not None and -(-was // MB) == megabytes else megabytes * MB

    def _show(self) -> None:
        self._limits.setVisible(self.choice.currentData() == LIMITED)
        for box, number in (self.days, self.count, self.room):
            number.setEnabled(box.isChecked())
        self.told.setText(retention_words(self.retention()))

    _was: Retention = Retention()


def _limit(text: str, unit: str, least: int, most: int) -> tuple[QCheckBox, QSpinBox]:
    number = parts.number(least, most)
    number.setGroupSeparatorShown(True)
    number.setAccessibleName(f"{text} so many {unit}")
    box = QCheckBox(text)
    box.setAccessibleName(f"{text} so many {unit}")
    return box, number


def _value(limit: tuple[QCheckBox, QSpinBox]) -> int | None:
    box, number = limit
    return number.value() if box.isChecked() else None


class IntervalField(QWidget):
    """As all accounts, every so many minutes, or only when the user asks."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = QComboBox()
        self.choice.addItems(["as often as all accounts", "every", "only when I ask"])
        self.choice.setAccessibleName(name)
        self.choice.setSizeAdjustPolicy(_SHORT)
        self.choice.setMinimumContentsLength(16)
        self.number = parts.number(1, MOST_MINUTES)
        self.number.setSuffix(" minutes")
        self.number.setFixedWidth(130)
        self.number.setAccessibleName(f"{name}: minutes")
        self.choice.currentIndexChanged.connect(lambda at: self.number.setVisible(at == 1))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.choice, 1)
        row.addWidget(self.number)

    def show_minutes(self, minutes: int | None, usual: int) -> None:
        """Put a value in; `usual` is what all accounts have."""
        every = "only when I ask"
        if usual:
            every = "every minute" if usual == 1 else f"every {usual:,} minutes"
        self.choice.setItemText(0, f"as often as all accounts: {every}")
        self.choice.setCurrentIndex(0 if minutes is None else 1 if minutes else 2)
        self.number.setValue(minutes or usual or 10)
        self.number.setVisible(bool(minutes))

    def minutes(self) -> int | None:
        """What is chosen: None for as all accounts, 0 for only when asked."""
        return (None, self.number.value(), 0)[self.choice.currentIndex()]
