"""The bytes of messages: whole, checked, and without a trace until they are."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailclient.errors import NotFound, StoreDamaged
from mailclient.store import Store
from mailclient.store.bodies import CHUNK, IN_MEMORY
from mailclient.store.folders import Role
from tests.unit.store.box import Box

SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, IN_MEMORY, IN_MEMORY + 1, 5 * IN_MEMORY + 17]


def noise(size: int) -> bytes:
    """Bytes in which no two chunks are alike."""
    return b"".join(number.to_bytes(8, "big") for number in range(-(-size // 8)))[:size]


def rows(store: Store, table: str) -> int:
    row = store.database.row(f"SELECT count(*) FROM {table}")
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("size", SIZES)
def test_a_message_of_any_size_comes_back_byte_for_byte(box: Box, size: int) -> None:
    raw = noise(size)
    id = box.put(raw)
    assert box.store.bodies.raw(id) == raw
    assert max((len(piece) for piece in box.store.bodies.chunks(id)), default=0) <= CHUNK
    assert box.store.messages.get(id).size == size
    box.store.bodies.verify(id)


@pytest.mark.parametrize("piece", [1000, 65536, 3 * IN_MEMORY])
def test_a_spool_takes_any_pieces_and_knows_hash_and_size(box: Box, piece: int) -> None:
    raw = noise(3 * IN_MEMORY + 5)
    spool = box.store.bodies.spool(len(raw))
    for at in range(0, len(raw), piece):
        spool.write(raw[at : at + piece])
    assert spool.sha256 == sha256(raw).digest()
    assert spool.size == len(raw)
    with box.store.database.write():
        id = box.store.messages.store_raw(
            box.account.id, box.folder().id, spool, unread=True, received=box.clock()
        )
    assert box.store.bodies.raw(id) == raw


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.integers(0, 400_000), max_size=12))
def test_however_it_is_cut_the_bytes_are_the_same(box: Box, cuts: list[int]) -> None:
    spool = box.store.bodies.spool(0)
    expected = bytearray()
    for number, size in enumerate(cuts):
        piece = bytes([number]) * size
        spool.write(piece)
        expected += piece
    with box.store.database.write():
        id = box.store.messages.store_raw(
            box.account.id, box.folder().id, spool, unread=False, received=box.clock()
        )
    assert box.store.bodies.raw(id) == expected


def test_a_large_body_is_invisible_until_its_message_is_committed(box: Box) -> None:
    spool = box.store.bodies.spool(0)
    spool.write(b"Subject: large\r\n\r\n" + noise(4 * IN_MEMORY))
    assert rows(box.store, "body_chunks") > 0
    assert box.store.messages.ids_in([box.folder().id]).tolist() == []


def test_an_aborted_spool_leaves_nothing(box: Box) -> None:
    for size in (10, 4 * IN_MEMORY):
        spool = box.store.bodies.spool(size)
        spool.write(noise(size))
        spool.abort()
        spool.abort()
    assert rows(box.store, "bodies") == rows(box.store, "body_chunks") == 0


def test_what_a_crash_left_half_written_is_swept_at_the_next_start(
    box: Box, reopen: Callable[[], Store]
) -> None:
    id = box.put(noise(2 * IN_MEMORY))
    box.store.bodies.spool(0).write(noise(3 * IN_MEMORY))
    assert rows(box.store, "bodies") == 2
    again = reopen()
    assert rows(again, "bodies") == 1
    assert again.bodies.raw(id) == noise(2 * IN_MEMORY)


def test_a_deleted_message_takes_its_bytes_along(box: Box) -> None:
    kept = box.put(noise(IN_MEMORY + 5))
    box.store.messages.delete([box.put(noise(2 * IN_MEMORY)), box.put(b"small")])
    assert rows(box.store, "bodies") == 1
    assert box.store.bodies.raw(kept) == noise(IN_MEMORY + 5)
    box.store.messages.delete([kept])
    assert rows(box.store, "body_chunks") == 0
    assert box.store.database.check() == ""


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE body_chunks SET data = x'00' WHERE id = (SELECT max(id) FROM body_chunks)",
        "DELETE FROM body_chunks WHERE id = (SELECT min(id) FROM body_chunks)",
        "UPDATE bodies SET sha256 = zeroblob(32)",
    ],
)
def test_bytes_that_changed_are_never_given_out_as_whole(box: Box, harm: str) -> None:
    id = box.put(noise(IN_MEMORY))
    box.store.database.run(harm)
    with pytest.raises(StoreDamaged, match="have changed"):
        box.store.bodies.raw(id)
    with pytest.raises(StoreDamaged, match="have changed"):
        box.store.bodies.verify(id)


def test_a_message_that_is_not_there_is_told(box: Box) -> None:
    with pytest.raises(NotFound, match="no message 77"):
        box.store.bodies.raw(77)


def test_equal_bytes_are_known_within_an_account(box: Box) -> None:
    raw = b"Subject: one\r\n\r\ntext\r\n"
    id = box.put(raw, Role.ARCHIVE)
    digest = sha256(raw).digest()
    assert box.store.messages.by_hash(box.account.id, digest) == id
    assert box.store.messages.by_hash(box.account.id + 1, digest) is None
    assert box.store.messages.by_hash(box.account.id, sha256(b"other").digest()) is None
