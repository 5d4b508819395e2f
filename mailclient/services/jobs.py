"""Lanes: named one-thread executors on which the use cases run.

First in, first out inside a lane is the queue; what must survive a crash is a row in the store,
never an entry here. Every job has a title, progress, a cancel token, and ends in a result or in a
problem that is told in words.
"""

from __future__ import annotations

import itertools
import logging
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, TypeVar

from mailclient.cancel import CancelToken
from mailclient.errors import Cancelled, MailError
from mailclient.services.events import Events, JobChanged

log = logging.getLogger(__name__)
R = TypeVar("R")
FOR_SOMEBODY = ("read", "search")  # lanes whose work somebody sits and waits for
BEHIND = 5  # so much later than others (nice) does work get its turn that nobody waits for
Picture = tuple[int, int, str]  # how much is done, of how much (0: unknown), and in words


class JobState(Enum):
    """How a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class JobView:
    """A picture of a job; `total` is 0 while it is not known."""

    id: int
    lane: str
    title: str
    state: JobState = JobState.WAITING
    done: int = 0
    total: int = 0
    note: str = ""
    problem: MailError | None = None
    bug: BaseException | None = None


@dataclass(slots=True)
class Job:
    """What a running use case holds: its token, and where it reports its progress."""

    id: int
    cancel: CancelToken = field(default_factory=CancelToken)
    _report: Callable[[int, int, int, str], None] = lambda *_: None
    _watch: Callable[[int, Callable[[], Picture] | None], None] = lambda *_: None

    def progress(self, done: int, total: int = 0, note: str = "") -> None:
        """Say how far the job is."""
        self._report(self.id, done, total, note)

    def watch(self, look: Callable[[], Picture] | None) -> None:
        """Have it looked up how far the job is, whenever somebody wants to know; from any thread.

        For work that moves on too fast, or stands still too long, to tell of itself. None ends it.
        """
        self._watch(self.id, look)


class Jobs:
    """Runs use cases on lanes and keeps a picture of each until it is forgotten."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._lanes: dict[str, ThreadPoolExecutor] = {}
        self._views: dict[int, JobView] = {}
        self._jobs: dict[int, Job] = {}
        self._looks: dict[int, Callable[[], Picture]] = {}
        self._behind: int | None = None  # where lanes that nobody waits for stand; None: anywhere
        self._closed = False

    def give_way(self) -> None:
        """Let a window go first from now on: where cores are few, what nobody waits for steps back
        a little, with the programs that it starts. Only lanes that are not there yet do so."""
        self._behind = place() + BEHIND

    def submit(
        self, lane: str, work: Callable[[Job], R], *, title: str = "", quiet: bool = False
    ) -> Future[R]:
        """Run `work` on `lane`; `quiet` jobs (reading, searching) are not shown or announced."""
        with self._lock:
            if self._closed:
                raise Cancelled("The program is closing.")
            executor = self._lanes.get(lane)
            if executor is None:
                behind = None if lane in FOR_SOMEBODY else self._behind
                executor = ThreadPoolExecutor(1, lane, step_back, (behind,))
                self._lanes[lane] = executor
            job = Job(next(self._ids))
            self._jobs[job.id] = job
            if not quiet:
                job._report = self._progress
                job._watch = self._watch
                self._views[job.id] = JobView(job.id, lane, title)
        if not quiet:
            self._events.publish(JobChanged(job.id))
        return executor.submit(self._run, job, work)

    def _run(self, job: Job, work: Callable[[Job], R]) -> R:
        """Run one job to its end; every way of ending leaves a picture that says so."""
        try:
            job.cancel.check()
            self._update(job.id, state=JobState.RUNNING)
            result = work(job)
        except Cancelled:
            self._update(job.id, state=JobState.CANCELLED)
            raise
        except MailError as problem:
            self._update(job.id, state=JobState.FAILED, problem=problem)
            raise
        except Exception as bug:  # the lane runner: logged and shown, never swallowed
            log.exception("A job ended in a bug")
            self._update(job.id, state=JobState.FAILED, bug=bug)
            raise
        else:
            self._update(job.id, state=JobState.DONE)
            return result
        finally:
            with self._lock:
                self._jobs.pop(job.id, None)
                self._looks.pop(job.id, None)

    def _progress(self, id: int, done: int, total: int, note: str) -> None:
        self._update(id, done=done, total=total, note=note)

    def _watch(self, id: int, look: Callable[[], Picture] | None) -> None:
        with self._lock:
            if look is None:
                self._looks.pop(id, None)
            else:
                self._looks[id] = look

    def _update(self, id: int, **changes: Any) -> None:
        with self._lock:
            view = self._views.get(id)
            if view is None:
                return
            self._views[id] = replace(view, **changes)
        self._events.publish(JobChanged(id))

    def get(self, id: int) -> JobView | None:
        """How job `id` stands; None once it was forgotten."""
        with self._lock:
            return self._views.get(id)

    def views(self) -> tuple[JobView, ...]:
        """All jobs that were not forgotten, oldest first."""
        with self._lock:
            views, looks = tuple(self._views.values()), dict(self._looks)
        return tuple(_looked_at(view, looks.get(view.id)) for view in views)

    def forget(self, id: int) -> None:
        """Drop the picture of a job that ended (the user has read it)."""
        with self._lock:
            self._views.pop(id, None)
        self._events.publish(JobChanged(id))

    def cancel(self, id: int) -> None:
        """Ask job `id` to stop."""
        with self._lock:
            job = self._jobs.get(id)
        if job is not None:
            job.cancel.cancel()

    def stop(self, lane: str) -> None:
        """Ask what runs or waits on a lane, and is shown, to stop."""
        with self._lock:
            ids = [id for id, view in self._views.items() if view.lane == lane]
            jobs = [self._jobs[id] for id in ids if id in self._jobs]
        for job in jobs:
            job.cancel.cancel()

    def close(self) -> None:
        """Stop everything and wait for the lanes to end."""
        with self._lock:
            self._closed = True
            jobs, lanes = list(self._jobs.values()), list(self._lanes.values())
        for job in jobs:
            job.cancel.cancel()
        for lane in lanes:
            lane.shutdown(wait=True, cancel_futures=True)


def _looked_at(view: JobView, look: Callable[[], Picture] | None) -> JobView:
    """The picture with how far the job is at this moment."""
    if look is None or view.state is not JobState.RUNNING:
        return view
    done, total, note = look()
    return replace(view, done=done, total=total, note=note)


def place() -> int:
    """How far behind others this thread stands; elsewhere than on Linux no thread does alone."""
    return os.getpriority(os.PRIO_PROCESS, 0) if sys.platform == "linux" else 0


def step_back(behind: int | None) -> None:
    """Have this thread get its turn later; one that is begun by such a thread stands there
    already."""
    if behind is not None and sys.platform == "linux":
        os.nice(max(0, behind - place()))
