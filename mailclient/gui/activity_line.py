"""The activity line: what is running and how far, with a way to stop it.

A job that failed stays here, in words, until it is read or until the same work succeeds. Bugs are
not told here: they have a window of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from mailclient.errors import CertificateRejected
from mailclient.gui import parts
from mailclient.gui.strip import Choice, Kind, Strip
from mailclient.services.jobs import JobState, JobView

LATE_MS = 300
REPEATED = ("fetch:", "send:")  # lanes whose work can be started again from here
RUNNING = (JobState.WAITING, JobState.RUNNING)


def current(views: Sequence[JobView]) -> JobView | None:
    """The job that the line tells about: one that runs, else one that waits."""
    running = [view for view in views if view.state is JobState.RUNNING]
    waiting = [view for view in views if view.state is JobState.WAITING]
    return next(iter(running or waiting), None)


def problems(views: Sequence[JobView]) -> tuple[JobView, ...]:
    """The jobs that failed and were not followed by a success of the same kind on their lane."""
    latest = {(view.lane, view.title): view.id for view in views if view.state is JobState.DONE}
    failed: dict[tuple[str, str], JobView] = {}
    for view in views:
        if view.state is JobState.FAILED and view.problem is not None:
            key = (view.lane, view.title)
            if latest.get(key, 0) < view.id:
                failed[key] = view
    return tuple(failed.values())


def ended(views: Sequence[JobView]) -> tuple[int, ...]:
    """The jobs whose picture nobody needs any more."""
    kept = {view.id for view in problems(views)}
    return tuple(view.id for view in views if view.state not in RUNNING and view.id not in kept)


def words(view: JobView) -> str:
    """What a job does and how far it is."""
    told = view.title
    if view.note:
        told = f"{told}: {view.note}"
    elif view.total:
        told = f"{told}: {view.done:,} of {view.total:,}"
    return told


class ActivityLine(QFrame):
    """Shows the pictures of the jobs."""

    stop_wanted = Signal(int)  # a job
    read = Signal(int)  # a failed job whose problem was closed
    again = Signal(object)  # the JobView of a failed job that is to be tried again
    certificate_wanted = Signal(str)  # the lane of the job that a certificate has stopped

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.setAccessibleName("Activity")
        self._shown: JobView | None = None
        self._strips: dict[int, Strip] = {}
        self._notices: dict[int, Strip] = {}
        self.text = parts.label(look="secondary", factor=0.9)
        self.idle = parts.label(look="secondary", factor=0.9)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(140)
        self.bar.setAccessibleName("Progress")
        self.stop = parts.icon_button("stop", "Stop this", self._stop)
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(LATE_MS)
        self._late.timeout.connect(self._show)
        row = QHBoxLayout()
        row.setContentsMargins(12, 2, 8, 2)
        row.addWidget(self.text)
        row.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.stop)
        row.addStretch(1)
        row.addWidget(self.idle)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self._column.addLayout(row)
        self.setMinimumHeight(28)
        self._show()

    def show_jobs(self, views: Sequence[JobView]) -> None:
        """Show how the jobs stand; a short job is never seen, so that nothing flickers."""
        before, self._shown = self._shown, current(views)
        if self._shown is None:
            self._late.stop()
            self._show()
        elif before is not None and not self._late.isActive():
            self._show()
        elif not self._late.isActive():
            self._late.start()
        self._show_problems(problems(views))

    def say(self, text: str) -> None:
        """Say something lasting at the right: how many messages there are, say."""
        self.idle.setText(text)

    @property
    def told(self) -> tuple[str, ...]:
        """The problems that are shown, in words."""
        shown = (*self._strips.values(), *self._notices.values())
        return tuple(strip.words for strip in shown)

    def tell(self, account_id: int, text: str) -> None:
        """Say what was noticed while mail was collected, until it is read or no longer so."""
        old = self._notices.pop(account_id, None)
        if old is not None:
            self._take_out(old)
        if text:
            strip = Strip()
            strip.say(
                text, Kind.CAUTION, [("Close", lambda: self.tell(account_id, ""))], lasting=True
            )
            self._notices[account_id] = strip
            self._column.insertWidget(self._column.count() - 1, strip)

    def close_problem(self, id: int) -> None:
        """Take a problem away: it has been read."""
        if (strip := self._strips.pop(id, None)) is not None:
            self._take_out(strip)
            self.read.emit(id)

    def _take_out(self, strip: Strip) -> None:
        self._column.removeWidget(strip)
        strip.hide()
        strip.deleteLater()

    def _show(self) -> None:
        view = self._shown
        for part in (self.text, self.bar, self.stop):
            part.setVisible(view is not None)
        if view is None:
            return
        self.text.setText(words(view))
        self.text.setAccessibleName(words(view))
        self.bar.setRange(0, max(view.total, 0))
        self.bar.setValue(view.done)
        self.stop.setToolTip(f"Stop: {view.title}")
        self.stop.setAccessibleName(f"Stop: {view.title}")

    def _show_problems(self, views: Sequence[JobView]) -> None:
        wanted = {view.id for view in views}
        for id in [id for id in self._strips if id not in wanted]:
            self._take_out(self._strips.pop(id))
        for view in views:
            if view.id not in self._strips and view.problem is not None:
                self._add(view)

    def _add(self, view: JobView) -> None:
        strip = Strip()
        problem = view.problem
        text = f"{view.title}: {problem}" if view.title else str(problem)
        choices: list[Choice] = [("Close", lambda: self.close_problem(view.id))]
        if view.lane.startswith(REPEATED):
            choices.insert(0, ("Try again", lambda: self.again.emit(view)))
            if isinstance(problem, CertificateRejected):
                choices.insert(
                    0, ("Show certificate", lambda: self.certificate_wanted.emit(view.lane))
                )
        strip.say(text, Kind.DANGER, choices, lasting=True)
        if problem is not None:
            strip.setToolTip(problem.detail)
        self._strips[view.id] = strip
        self._column.insertWidget(self._column.count() - 1, strip)

    def _stop(self) -> None:
        if self._shown is not None:
            self.stop_wanted.emit(self._shown.id)
