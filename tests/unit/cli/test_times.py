"""Times that a user types."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from mailclient.cli.times import read_time
from mailclient.errors import BadInput

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("+90m", timedelta(minutes=90)),
        (" +2h ", timedelta(hours=2)),
        ("+3d", timedelta(days=3)),
        ("2026-11-24T15:00:00+02:00", timedelta(hours=1)),
        ("2026-11-24T13:00Z", timedelta(hours=1)),
    ],
)
def test_a_time_or_a_span_is_read(words: str, span: timedelta) -> None:
    assert read_time(words, NOW) == NOW + span


def test_a_time_without_an_offset_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert read_time("2026-12-24 08:00", NOW) == datetime(2026, 12, 24, 7, 0, tzinfo=UTC)
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


@pytest.mark.parametrize("words", ["", "soon", "+5", "+5y", "08:00", "2026-13-01", "9999-99-99 1"])
def test_what_is_no_time_is_refused_with_examples(words: str) -> None:
    with pytest.raises(BadInput, match="is not a time") as told:
        read_time(words, NOW)
    assert "2026-12-24 08:00" in told.value.advice
