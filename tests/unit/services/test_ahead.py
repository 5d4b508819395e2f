"""Layers are opened ahead of their turn, and come out in order, whatever happens to one of them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from mailclient.errors import NotFound
from mailclient.message.facts import Form, Layer, Opened, Outcome, SignatureFact, SignatureStatus
from mailclient.message.security import OpenedLayer
from mailclient.message.tree import Part, parse
from mailclient.services.ahead import AHEAD, AT_ONCE, LARGEST, Ahead
from mailclient.services.unwrap import Unwrapped

PLAIN = b"Subject: %d\r\n\r\nplain"
SEALED = (
    b"Subject: %d\r\nContent-Type: multipart/encrypted; boundary=e;"
    b' protocol="application/pgp-encrypted"\r\n\r\n--e\r\n'
    b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
    b"--e\r\nContent-Type: application/octet-stream\r\n\r\n%s\r\n--e--\r\n"
)


@dataclass(slots=True)
class Shelf:
    """Messages by number, and what an engine makes of them."""

    messages: dict[int, bytes]
    opened: list[int] = field(default_factory=list)
    status: SignatureStatus = SignatureStatus.GOOD
    busy: threading.Barrier | None = None
    here: str = ""

    def read(self, id: int) -> Part:
        if id not in self.messages:
            raise NotFound(f"There is no message {id}.")
        return parse(self.messages[id])

    def unwrap(self, outer: Part) -> Unwrapped:
        number = int(outer.headers.get("subject") or 0)
        self.here = threading.current_thread().name
        self.opened.append(number)
        if self.busy is not None:
            self.busy.wait()
        facts = (SignatureFact(self.status),)
        layer = Layer("application/pgp-encrypted", Form.ENCRYPTED, b"")
        return Unwrapped(
            outer, (OpenedLayer(layer, Opened(Outcome.DECRYPTED, b"", signatures=facts)),), outer
        )


def subjects(shelf: Shelf, ids: list[int]) -> list[str | None]:
    with Ahead(shelf.read, shelf.unwrap) as ahead:
        return [opened().outer.headers.get("subject") for _, opened in ahead.each(ids)]


def sealed(*numbers: int) -> dict[int, bytes]:
    return {at: SEALED % (at, b"x") for at in numbers}


def test_they_come_in_their_order_and_each_is_opened_once() -> None:
    shelf = Shelf({at: (SEALED % (at, b"x") if at % 3 else PLAIN % at) for at in range(20)})
    assert subjects(shelf, list(range(20))) == [str(at) for at in range(20)]
    assert sorted(shelf.opened) == list(range(20))


def test_some_are_opened_at_the_same_time() -> None:
    shelf = Shelf(sealed(*range(6)), busy=threading.Barrier(AT_ONCE))
    assert len(subjects(shelf, list(range(6)))) == 6  # each waits for another one


def test_what_is_not_protected_needs_no_other_thread() -> None:
    shelf = Shelf({1: PLAIN % 1})
    assert subjects(shelf, [1]) == ["1"]
    assert shelf.here == threading.current_thread().name


def test_a_large_one_is_opened_when_it_is_its_turn() -> None:
    shelf = Shelf({1: SEALED % (1, b"x" * LARGEST)})
    assert subjects(shelf, [1]) == ["1"]
    assert shelf.here == threading.current_thread().name


def test_one_that_is_gone_says_so_in_its_own_turn() -> None:
    shelf = Shelf(sealed(1, 3))
    with Ahead(shelf.read, shelf.unwrap) as ahead:
        turns = ahead.each([1, 2, 3])
        assert next(turns)[1]().outer is not None
        _, missing = next(turns)
        with pytest.raises(NotFound, match="There is no message 2"):
            missing()
        assert next(turns)[1]().outer is not None


def test_a_key_that_came_meanwhile_has_unknown_signatures_looked_at_again() -> None:
    shelf = Shelf(sealed(1, 2), status=SignatureStatus.UNKNOWN_KEY)
    with Ahead(shelf.read, shelf.unwrap) as ahead:
        turns = ahead.each([1, 2])
        _, first = next(turns)
        first()
        ahead.key_came()
        shelf.status = SignatureStatus.GOOD
        _, second = next(turns)
        assert second().layers[0].opened.signatures[0].status is SignatureStatus.GOOD


def test_a_key_that_came_changes_nothing_of_what_was_good() -> None:
    shelf = Shelf(sealed(1, 2))
    with Ahead(shelf.read, shelf.unwrap) as ahead:
        turns = ahead.each([1, 2])
        next(turns)[1]()
        ahead.key_came()
        next(turns)[1]()
    assert shelf.opened.count(2) == 1


def test_no_more_than_a_few_are_held_before_their_turn() -> None:
    read: list[int] = []
    shelf = Shelf({at: PLAIN % at for at in range(50)})

    def watched(id: int) -> Part:
        read.append(id)
        return shelf.read(id)

    with Ahead(watched, shelf.unwrap) as ahead:
        for turn, (_, opened) in enumerate(ahead.each(list(range(50))), 1):
            opened()
            assert len(read) <= turn + AHEAD
