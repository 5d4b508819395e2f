"""Alice and Bob write to each other, encrypted: it is one conversation on both sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.scenarios.people import Person
from tests.scenarios.test_passing_on import befriend, write

MakePerson = Callable[[str], Person]


def threads(one: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = one.json("list", "--threads")["threads"]
    return found


def test_an_encrypted_answer_joins_what_it_answers(person: MakePerson) -> None:
    alice, bob = person("alice"), person("bob")
    for one in (alice, bob):
        one.set_up()
        one.json("key", "generate", one.address, "--no-passphrase")
    befriend(alice, bob)
    here = write(alice, bob, "--encrypt", "yes")
    bob.json("reply", here, "--send")
    alice.json("receive")
    [mine] = threads(alice)
    assert (mine["count"], mine["unread"]) == (2, 1)
    assert [who["address"] for who in mine["people"]] == [bob.address, alice.address]
    [his] = threads(bob)
    assert his["count"] == 2
    shown = bob.json("show", here, "--thread")["messages"]
    assert [one["depth"] for one in shown] == [0, 1]
    assert {one["security"]["encryption"] for one in shown} == {"encrypted"}
