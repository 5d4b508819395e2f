"""The activity line: what is running and how far, with a way to stop each of it.

A job that failed stays here, in words, until it is read or until the same work succeeds; once it
has been read, the same words are not told again. Bugs are not told here: they have a window of
their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from mailclient.errors import CertificateRejected, LoginRefused, SignInNeeded
from mailclient.gui import parts
from mailclient.gui.strip import Choice, Kind, Strip
from mailclient.services.jobs import JobState, JobView

LATE_MS = 300
LOOK_MS = 250
MOST_ROWS = 3  # more of them are counted
MOST_STRIPS = 3
REPEATED = ("fetch:", "send:")  # lanes whose work can be started again from here
RUNNING = (JobState.WAITING, JobState.RUNNING)
Key = tuple[str, str]


def current(views: Sequence[JobView]) -> tuple[JobView, ...]:
    """The jobs that the line tells about: those that run, else the first that waits."""
    running = [view for view in views if view.state is JobState.RUNNING]
    waiting = [view for view in views if view.state is JobState.WAITING]
    return tuple(running or waiting[:1])


def problems(views: Sequence[JobView]) -> tuple[JobView, ...]:
    """The jobs that failed and were not followed by a success of the same kind on their lane."""
    latest = {_key(view): view.id for view in views if view.state is JobState.DONE}
    failed: dict[Key, JobView] = {}
    for view in views:
        failed_so = view.state is JobState.FAILED and view.problem is not None
        if failed_so and latest.get(_key(view), 0) < view.id:
            failed[_key(view)] = view
    return tuple(failed.values())


def ended(views: Sequence[JobView]) -> tuple[int, ...]:
    """The jobs whose picture nobody needs any more."""
    kept = {view.id for view in problems(views)}
    return tuple(view.id for view in views if view.state not in RUNNING and view.id not in kept)


def words(view: JobView) -> str:
    """What a job does and how far it is."""
    told = view.title
    if view.state is JobState.WAITING:
        told = f"{told}: waiting for its turn"
    elif view.note:
        told = f"{told}: {view.note}"
    elif view.total:
        told = f"{told}: {view.done:,} of {view.total:,}"
    return told


def _key(view: JobView) -> Key:
    return view.lane, view.title


class JobRow(QWidget):
    """One job: its words, how far it is, and a button that stops it."""

    stop_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._id = 0
        self.text = parts.label(look="secondary", factor=0.9)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(120)
        self.bar.setAccessibleName("Progress")
        self.stop = parts.icon_button("stop", "Stop this", lambda: self.stop_wanted.emit(self._id))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.stop)
        row.addWidget(self.text, 1)

    def show_job(self, view: JobView) -> None:
        """Show how a job stands."""
        self._id = view.id
        self.text.setText(words(view))
        self.text.setToolTip(words(view))
        self.text.setAccessibleName(words(view))
        scale = max(1, view.total >> 20)  # a progress bar counts to 2^31, mail does not
        self.bar.setUpdatesEnabled(False)  # else each value is painted at once, some 12 ms each
        self.bar.setRange(0, max(view.total // scale, 0))
        self.bar.setValue(view.done // scale)
        self.bar.setUpdatesEnabled(True)
        self.stop.setToolTip(f"Stop: {view.title}")
        self.stop.setAccessibleName(f"Stop: {view.title}")


class ActivityLine(QFrame):
    """Shows the pictures of the jobs."""

    looked = Signal()  # it is time to see how far the jobs are
    stop_wanted = Signal(int)  # a job
    read = Signal(int)  # a failed job whose problem was closed
    again = Signal(object)  # the JobView of a failed job that is to be tried again
    certificate_wanted = Signal(str)  # the lane of the job that a certificate has stopped
    settings_wanted = Signal(str)  # the lane of a job whose log-in was refused
    sign_in_wanted = Signal(str)  # the lane of a job whose provider wants the user to sign in

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.setAccessibleName("Activity")
        self._views: tuple[JobView, ...] = ()
        self._long: set[int] = set()  # jobs that are not short
        self._rows: dict[int, JobRow] = {}
        self._strips: dict[int, Strip] = {}
        self._notices: dict[int, Strip] = {}
        self._known: dict[int, str] = {}  # notices that were read, by their accounts
        self._read: dict[Key, str] = {}  # problems that were read
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(LATE_MS)
        self._late.timeout.connect(self._show_all)
        self._look = QTimer(self)
        self._look.setInterval(LOOK_MS)
        self._look.timeout.connect(self.looked)
        self.idle = parts.label(look="secondary", factor=0.9)
        self.others = parts.label(look="secondary", factor=0.9)
        self._arrange()

    def _arrange(self) -> None:
        self._jobs = QVBoxLayout()
        self._jobs.setSpacing(0)
        self._jobs.addWidget(self.others)
        self.others.hide()
        row = QHBoxLayout()
        row.setContentsMargins(12, 2, 8, 2)
        row.addLayout(self._jobs, 1)
        row.addWidget(self.idle, 0, Qt.AlignmentFlag.AlignBottom)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self._more = parts.label(look="secondary", factor=0.9)
        self._more.setContentsMargins(12, 2, 8, 2)
        self._more.hide()
        self._column.addWidget(self._more)
        self._column.addLayout(row)
        self.setMinimumHeight(28)

    def show_jobs(
        self, views: Sequence[JobView], next_try: Mapping[str, str] | None = None
    ) -> None:
        """Show how the jobs stand; a short job is never seen, so that nothing flickers.

        `next_try` says, by lane, when what failed is tried again.
        """
        for view in views:
            if view.state is JobState.DONE:
                self._read.pop(_key(view), None)
        self._views = current(views)
        self._long &= {view.id for view in self._views}
        known = [view for view in self._views if view.id in self._long]
        self._show(known)
        if len(known) < len(self._views):
            if not self._late.isActive():
                self._late.start()
        else:
            self._late.stop()
        self._show_problems(problems(views), next_try or {})

    def say(self, text: str) -> None:
        """Say something lasting at the right: how many messages there are, say."""
        self.idle.setText(text)

    @property
    def running(self) -> tuple[str, ...]:
        """What is shown of the jobs that run, in words."""
        return tuple(row.text.text() for row in self._rows.values())

    @property
    def told(self) -> tuple[str, ...]:
        """The problems that are shown, in words."""
        shown = (*self._strips.values(), *self._notices.values())
        return tuple(strip.words for strip in shown)

    def tell(self, account_id: int, text: str) -> None:
        """Say what was noticed while mail was collected, until it is read or no longer so."""
        if not text:
            self._known.pop(account_id, None)
        old = self._notices.pop(account_id, None)
        if old is not None:
            self._take_out(old)
        if text and self._known.get(account_id) != text:
            strip = Strip()
            strip.say(
                text, Kind.CAUTION, [("Close", lambda: self._know(account_id, text))], lasting=True
            )
            self._notices[account_id] = strip
            self._column.insertWidget(self._column.count() - 2, strip)

    def close_problem(self, id: int) -> None:
        """Take a problem away: it has been read."""
        if (strip := self._strips.pop(id, None)) is not None:
            self._take_out(strip)
            self.read.emit(id)

    def _know(self, account_id: int, text: str) -> None:
        """A notice was read."""
        self._known[account_id] = text
        if (strip := self._notices.pop(account_id, None)) is not None:
            self._take_out(strip)

    def _take_out(self, strip: QWidget) -> None:
        self._column.removeWidget(strip)
        strip.hide()
        strip.deleteLater()

    # Jobs that run

    def _show_all(self) -> None:
        """What runs still is not short."""
        self._long = {view.id for view in self._views}
        self._show(self._views)

    def _show(self, views: Sequence[JobView]) -> None:
        """Show rows for these, the first few, and count the others."""
        shown = views[:MOST_ROWS]
        for id in self._rows.keys() - {view.id for view in shown}:
            row = self._rows.pop(id)
            self._jobs.removeWidget(row)
            row.hide()
            row.deleteLater()
        for view in shown:
            if view.id not in self._rows:
                made = self._rows[view.id] = JobRow()
                made.stop_wanted.connect(self.stop_wanted)
                self._jobs.insertWidget(self._jobs.count() - 1, made)
            self._rows[view.id].show_job(view)
        if not shown:
            self._look.stop()
        elif not self._look.isActive():
            self._look.start()
        others = len(views) - len(shown)
        self.others.setText(f"and {others:,} more" if others else "")
        self.others.setVisible(bool(others))

    # Jobs that failed

    def _show_problems(self, views: Sequence[JobView], next_try: Mapping[str, str]) -> None:
        for view in views:
            if self._read.get(_key(view)) == str(view.problem):
                self.read.emit(view.id)
        wanted = [view for view in views if self._read.get(_key(view)) != str(view.problem)]
        for id in [id for id in self._strips if id not in {view.id for view in wanted}]:
            self._take_out(self._strips.pop(id))
        for view in wanted:
            if view.id not in self._strips:
                self._add(view)
            strip = self._strips[view.id]
            what = f"{view.title}: " if view.title else ""
            strip.tell(f"{what}{view.problem} {next_try.get(view.lane, '')}".rstrip())
        for at, strip in enumerate(self._strips.values()):
            strip.setVisible(at < MOST_STRIPS)
        hidden = len(self._strips) - MOST_STRIPS
        self._more.setText(f"{hidden:,} more could not be done; close these to see them.")
        self._more.setVisible(hidden > 0)

    def _add(self, view: JobView) -> None:
        strip = Strip()
        problem = view.problem
        choices: list[Choice] = [("Close", lambda: self._close(view))]
        if view.lane.startswith(REPEATED):
            choices.insert(0, ("Try again", lambda: self.again.emit(view)))
            if isinstance(problem, CertificateRejected):
                choices.insert(
                    0, ("Show certificate", lambda: self.certificate_wanted.emit(view.lane))
                )
            if isinstance(problem, SignInNeeded):
                choices.insert(0, ("Sign in…", lambda: self.sign_in_wanted.emit(view.lane)))
            elif isinstance(problem, LoginRefused):
                choices.insert(0, ("Type it again…", lambda: self.settings_wanted.emit(view.lane)))
        strip.say(str(problem), Kind.DANGER, choices, lasting=True)
        if problem is not None:
            strip.setToolTip(problem.detail)
        self._strips[view.id] = strip
        self._column.insertWidget(self._column.count() - 2, strip)

    def _close(self, view: JobView) -> None:
        self._read[_key(view)] = str(view.problem)
        self.close_problem(view.id)
