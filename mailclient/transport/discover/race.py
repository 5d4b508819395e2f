"""Several questions at once, each on a thread of its own, with one time for all of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import TypeVar

from mailclient.cancel import CancelToken
from mailclient.errors import MailError

T = TypeVar("T")
Question = Callable[[CancelToken], T]


def race(
    questions: Sequence[Question[T]], seconds: float, cancel: CancelToken
) -> Iterator[tuple[int, T | MailError]]:
    """The answers with the number of their question, as they come, for at most `seconds`.

    When the caller wants no more, or the time is up, what is under way is stopped and not waited
    for: a system that looks up a name cannot be interrupted. Raises Cancelled.
    """
    cancel.check()
    answers: SimpleQueue[tuple[int, T | BaseException] | None] = SimpleQueue()
    tokens = [CancelToken() for _ in questions]
    deadline = time.monotonic() + seconds
    for at, question in enumerate(questions):
        threading.Thread(
            target=_ask, args=(at, question, tokens[at], answers), name="discover", daemon=True
        ).start()
    try:
        with cancel.interrupting(lambda: answers.put(None)):
            for _ in questions:
                try:
                    answer = answers.get(timeout=max(deadline - time.monotonic(), 0.001))
                except Empty:
                    return
                cancel.check()
                if answer is not None:
                    yield _checked(*answer)
    finally:
        for token in tokens:
            token.cancel()


def _ask(
    at: int,
    question: Question[T],
    token: CancelToken,
    answers: SimpleQueue[tuple[int, T | BaseException] | None],
) -> None:
    try:
        answers.put((at, question(token)))
    except Exception as fault:  # noqa: BLE001  raised again in the thread that waits
        answers.put((at, fault))


def _checked(at: int, answer: T | BaseException) -> tuple[int, T | MailError]:
    """A fault is an answer; a bug goes on in the thread that asked."""
    if isinstance(answer, BaseException) and not isinstance(answer, MailError):
        raise answer
    return at, answer
