"""The benchmark of frames itself works: mail comes, and both windows tell. No clock decides."""

from __future__ import annotations

from tests.benchmarks import window


def test_a_small_run_shows_mail_in_the_window_and_tells_of_its_frames() -> None:
    found = window.measure(20)
    assert list(found) == [
        "at rest",
        "at rest, a bare shell",
        "while mail comes",
        "while mail comes, a bare shell",
    ]
    assert all(one["calls"] > 0 for one in found.values())
    assert found["while mail comes"]["messages_per_second"] > 0
