"""Questions that are put at the same time: answers as they come, faults among them, bugs raised."""

from __future__ import annotations

import pytest

from mailclient.cancel import CancelToken
from mailclient.errors import Cancelled, NotFound
from mailclient.transport.discover.race import race

LONG = 3600.0  # seconds that no test waits for


def waits(token: CancelToken) -> str:
    """Answers only when it is stopped."""
    token.wait(LONG)
    return "stopped"


def fails(token: CancelToken) -> str:
    raise NotFound("Nothing is there.")


def is_wrong(token: CancelToken) -> str:
    raise ZeroDivisionError


def test_answers_and_faults_come_with_their_number() -> None:
    came = dict(race([lambda token: "a", fails, lambda token: "c"], LONG, CancelToken()))
    assert (came[0], came[2]) == ("a", "c")
    assert isinstance(came[1], NotFound)


def test_what_takes_too_long_is_left_out_and_stopped() -> None:
    tokens: list[CancelToken] = []

    def slow(token: CancelToken) -> str:
        tokens.append(token)
        return waits(token)

    assert list(race([slow], 0.05, CancelToken())) == []
    assert tokens[0].cancelled


def test_who_has_heard_enough_waits_for_nobody() -> None:
    answers = race([waits, lambda token: "quick"], LONG, CancelToken())
    assert next(answers) == (1, "quick")
    answers.close()  # type: ignore[attr-defined]


def test_the_job_can_be_stopped() -> None:
    cancel = CancelToken()
    answers = race([waits, lambda token: "quick"], LONG, cancel)
    assert next(answers) == (1, "quick")
    cancel.cancel()
    with pytest.raises(Cancelled):
        next(answers)
    with pytest.raises(Cancelled):
        list(race([waits], LONG, cancel))


def test_a_bug_is_raised_where_somebody_sees_it() -> None:
    with pytest.raises(ZeroDivisionError):
        list(race([is_wrong], LONG, CancelToken()))
