"""A message that cannot be understood is kept where one sees it, and never stops the others."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable

from tests.scenarios.people import Person

FAULTS = (
    *("ValueError", "KeyError", "IndexError", "TypeError", "AttributeError", "AssertionError"),
    *("RecursionError", "MemoryError", "OverflowError", "ZeroDivisionError", "RuntimeError"),
    *("UnicodeDecodeError", "StopIteration", "EOFError", "NotImplementedError"),
)


def letter(subject: str) -> bytes:
    return f"From: ann@example.org\r\nSubject: {subject}\r\n\r\nThe text of {subject}\r\n".encode()


def run(bob: Person, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = bob.command(*arguments)
    command[2:3] = ["tests.scenarios.failing"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)


def test_whatever_fails_over_one_message_the_others_come_in(
    person: Callable[[str], Person],
) -> None:
    bob = person("bob")
    bob.set_up()
    for name in FAULTS:
        bob.servers.deliver("bob", letter(f"good before {name}"))
        bob.servers.deliver("bob", letter(f"fail {name}"))
    bob.servers.deliver("bob", letter("good at the end"))

    received = run(bob, "receive", "--json")
    assert received.returncode == 0, received.stderr
    assert json.loads(received.stdout)["accounts"][0]["received"] == 2 * len(FAULTS) + 1

    rows = bob.json("list", "--limit", "100")["messages"]
    by_subject = {row["subject"]: row for row in rows}
    assert len(by_subject) == 2 * len(FAULTS) + 1
    assert bob.json("search", "text")["count"] == len(FAULTS) + 1  # all the others are readable

    for name in FAULTS:
        id = str(by_subject[f"fail {name}"]["id"])
        shown = run(bob, "show", id)
        assert shown.returncode == 0, shown.stderr
        assert "From: ann@example.org" in shown.stdout
        assert f"could not be understood ({name})" in shown.stdout
        assert "source is kept unchanged" in shown.stdout
        assert run(bob, "show", id, "--raw").stdout.encode() == letter(f"fail {name}").replace(
            b"\r\n", b"\n"
        )
    assert run(bob, "reply", id, "--json").returncode == 0
    assert json.loads(run(bob, "receive", "--json").stdout)["accounts"][0]["received"] == 0
