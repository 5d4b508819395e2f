"""A large message is read from the store in pieces, and is the same as in memory."""

from __future__ import annotations

import random

import pytest

from mailclient.errors import NotFound, StoreDamaged
from mailclient.message.body import body
from mailclient.message.tree import parse
from mailclient.store.bodies import CHUNK, IN_MEMORY, StoredBytes
from tests.unit.message.strange import HEAVY
from tests.unit.store.box import Box

SIZE = IN_MEMORY + 3 * CHUNK + 17


def test_ranges_are_those_of_the_bytes_in_memory(box: Box) -> None:
    chance = random.Random(7)
    raw = chance.randbytes(SIZE)
    source = box.store.bodies.open(box.put(raw))
    assert isinstance(source, StoredBytes)
    assert len(source) == len(raw)
    for _ in range(300):
        start, end = sorted((chance.randrange(SIZE + 9), chance.randrange(SIZE + 9)))
        assert source[start:end] == raw[start:end]


def test_what_is_looked_for_is_found_where_it_is(box: Box) -> None:
    chance = random.Random(8)
    raw = bytearray(chance.randbytes(SIZE))
    long = b"x" * (CHUNK + 5)
    raw[CHUNK - 3 : CHUNK + 4] = b"needle1"  # over the seam of two chunks
    raw[2 * CHUNK - 5 : 2 * CHUNK + CHUNK] = long  # over three
    raw[-7:] = b"needle2"
    source = box.store.bodies.open(box.put(bytes(raw)))
    for what in (b"needle1", b"needle2", b"needle", b"nowhere at all", long, bytes(raw[99:103])):
        for _ in range(20):
            start, end = sorted((chance.randrange(SIZE + 9), chance.randrange(SIZE + 9)))
            assert source.find(what, start, end) == raw.find(what, start, end)
        assert source.find(what, 0, SIZE) == raw.find(what)


@pytest.mark.parametrize("name", HEAVY)
def test_a_message_is_the_same_tree(box: Box, name: str) -> None:
    raw = HEAVY[name](IN_MEMORY + 200_000)
    source = box.store.bodies.open(box.put(raw))
    here, stored = parse(raw), parse(source)
    for one, other in zip(here.walk(embedded=True), stored.walk(embedded=True), strict=True):
        assert (one.number, one.content_type) == (other.number, other.content_type)
        assert one.raw == other.raw
        assert one.headers.names() == other.headers.names()
    assert here.problems == stored.problems
    assert body(here).text == body(stored).text


def test_what_has_changed_on_the_disk_is_found_before_it_is_read(box: Box) -> None:
    id = box.put(b"x" * SIZE)
    box.store.database.run("UPDATE body_chunks SET data = zeroblob(?) WHERE id & 7 = 2", (CHUNK,))
    with pytest.raises(StoreDamaged):
        box.store.bodies.open(id)


def test_a_message_that_is_gone_is_said_to_be(box: Box) -> None:
    id = box.put(b"x" * SIZE)
    source = box.store.bodies.open(id)
    box.store.messages.delete([id])
    with pytest.raises(NotFound):
        assert source[0:10]
