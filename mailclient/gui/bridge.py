"""The one place where work leaves the GUI thread and where its results come back.

`run` puts a use case on a lane; `done` and `failed` are called in the GUI thread, and never once
their owner is gone. Events of the services arrive here in batches of 40 ms, merged into one
`Changes`. No other module of the window may start a thread or hand a callback to a lane.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from mailclient.cancel import CancelToken
from mailclient.errors import Cancelled, MailError
from mailclient.services.events import (
    AccountsChanged,
    CollectionEnded,
    Event,
    Events,
    FoldersChanged,
    JobChanged,
    KeysChanged,
    MessagesChanged,
    OutboxChanged,
    SettingChanged,
    SignInShown,
    SourceTried,
)
from mailclient.services.jobs import Job, Jobs

log = logging.getLogger(__name__)
R = TypeVar("R")

BATCH_MS = 40
Done = Callable[[Any], None]
Failed = Callable[[MailError], None]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a batch of events adds up to."""

    folders_of_messages: frozenset[int] = frozenset()
    messages: frozenset[int] = frozenset()
    folders: bool = False
    accounts: bool = False
    outbox: bool = False
    keys: bool = False
    settings: frozenset[str] = frozenset()
    jobs: frozenset[int] = frozenset()
    collections: tuple[CollectionEnded, ...] = ()  # the last of each account
    tried: tuple[SourceTried, ...] = ()
    signing_in: tuple[SignInShown, ...] = ()


def merge(events: list[Event]) -> Changes:
    """Add up a batch of events."""
    folders: set[int] = set()
    messages: set[int] = set()
    settings: set[str] = set()
    jobs: set[int] = set()
    collections = {e.account_id: e for e in events if isinstance(e, CollectionEnded)}
    kinds = {type(event) for event in events}
    for event in events:
        if isinstance(event, MessagesChanged):
            folders.update(event.folders)
            messages.update(event.ids)
        elif isinstance(event, SettingChanged):
            settings.add(event.key)
        elif isinstance(event, JobChanged):
            jobs.add(event.id)
    return Changes(
        frozenset(folders),
        frozenset(messages),
        folders=FoldersChanged in kinds,
        accounts=AccountsChanged in kinds,
        outbox=OutboxChanged in kinds,
        keys=KeysChanged in kinds,
        settings=frozenset(settings),
        jobs=frozenset(jobs),
        collections=tuple(collections.values()),
        tried=tuple(event for event in events if isinstance(event, SourceTried)),
        signing_in=tuple(event for event in events if isinstance(event, SignInShown)),
    )


class Task:
    """A piece of work under way; `cancel` stops it and makes sure that nothing of it arrives.

    Work and callbacks hold the widgets that they act on. The lane, which may be the last to know of
    the task, finds them here alone, and `_deliver` takes them away.
    """

    def __init__(
        self,
        work: Callable[[Job], Any],
        done: Done | None,
        failed: Failed | None,
        owner: QObject | None,
    ) -> None:
        self.work: Callable[[Job], Any] | None = work
        self.done = done
        self.failed = failed
        self.owner = owner
        self.token: CancelToken | None = None
        self.future: Future[Any] | None = None
        self.dropped = False

    @property
    def wanted(self) -> bool:
        """Whether somebody still waits for the result."""
        gone = self.owner is not None and not shiboken6.isValid(self.owner)
        return not (self.dropped or gone)

    def let_go(self) -> None:
        """Drop every widget that is held, in the thread that called."""
        self.work = self.done = self.failed = self.owner = None

    def cancel(self) -> None:
        """Stop the work; neither `done` nor `failed` will be called."""
        self.dropped = True
        if self.token is not None:
            self.token.cancel()
        if self.future is not None:
            self.future.cancel()


class Bridge(QObject):
    """Carries work to the lanes, and results and events back."""

    changed = Signal(object)  # Changes
    problem = Signal(object)  # a MailError that nobody else took
    bug = Signal(object)  # any other exception
    _knock = Signal()

    def __init__(self, events: Events, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._arrived: deque[tuple[Task, Future[Any]]] = deque()
        self._events: deque[Event] = deque()
        self._newest: dict[str, Task] = {}
        self.closed = False
        self._knocked = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(BATCH_MS)
        self._timer.timeout.connect(self._flush)
        self._knock.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe = events.subscribe(self._take)
        jobs.give_way()

    def run(
        self,
        lane: str,
        work: Callable[[Job], R],
        done: Callable[[R], None] | None = None,
        failed: Failed | None = None,
        *,
        title: str = "",
        newest: str = "",
        owner: QObject | None = None,
    ) -> Task:
        """Run `work` on `lane`, then `done` with its result or `failed` with its fault, here.

        A job with a `title` is shown in the activity line, one without is quiet. Of those with the
        same `newest` only the last started counts: it cancels the one before. A fault without
        `failed` is emitted as `problem`, a bug always as `bug`; stopped work calls nothing.
        """
        task = Task(work, done, failed, owner)
        if newest:
            older = self._newest.get(newest)
            if older is not None:
                older.cancel()
            self._newest[newest] = task

        def begin(job: Job) -> R:
            task.token = job.cancel
            if task.dropped or task.work is None:
                raise Cancelled("Stopped.")
            result: R = task.work(job)
            return result

        try:
            task.future = self._jobs.submit(lane, begin, title=title, quiet=not title)
        except Cancelled:
            task.dropped = True
            return task
        task.future.add_done_callback(lambda future: self._arrive(task, future))
        return task

    def close(self) -> None:
        """Deliver nothing any more."""
        self.closed = True
        self._unsubscribe()
        self._timer.stop()

    def _arrive(self, task: Task, future: Future[Any]) -> None:
        """From a lane: leave the result for the GUI thread."""
        self._arrived.append((task, future))
        self._wake()

    def _take(self, event: Event) -> None:
        """From any thread: leave the event for the next batch."""
        self._events.append(event)
        self._wake()

    def _wake(self) -> None:
        """Make the GUI thread look; from any thread, also while the program ends."""
        if not (self.closed or self._knocked) and shiboken6.isValid(self):
            self._knocked = True
            self._knock.emit()

    def _answer(self) -> None:
        """In the GUI thread: hand over results now, events with the next batch."""
        self._knocked = False  # before looking, so that nothing that comes now is missed
        if self.closed:
            return
        if self._events and not self._timer.isActive():
            self._timer.start()
        while self._arrived:
            task, future = self._arrived.popleft()
            self._deliver(task, future)
            task.let_go()

    def _flush(self) -> None:
        """Emit what has gathered."""
        events: list[Event] = []
        while self._events:
            events.append(self._events.popleft())
        if events and not self.closed:
            self.changed.emit(merge(events))

    def _deliver(self, task: Task, future: Future[Any]) -> None:
        """Call back for one finished task; a bug in the callback is shown like any other."""
        if not task.wanted:
            return
        try:
            result = future.result()
        except (Cancelled, CancelledError):
            return
        except MailError as problem:
            self._call(task.failed or self.problem.emit, problem.with_traceback(None))
        except Exception as bug:  # noqa: BLE001  the bridge: shown with a copy button
            self.bug.emit(bug)
            if task.failed is not None:
                self._call(task.failed, unexpected(bug))
        else:
            if task.done is not None:
                self._call(task.done, result)

    def _call(self, callback: Callable[[Any], None], value: object) -> None:
        try:
            callback(value)
        except Exception as bug:  # the bridge: a bug in the window is shown too
            log.exception("The window could not show a result")
            self.bug.emit(bug)


def unexpected(bug: BaseException) -> MailError:
    """What a screen says beside the thing acted on when a bug of ours ended the work."""
    return MailError(
        "Something went wrong inside the program.",
        "Nothing was lost. Please report it; the details are in the window that opened.",
        type(bug).__name__,
    )
