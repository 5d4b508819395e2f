"""The address book of another program, also while that program is running."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from mailclient.errors import BadInput
from mailclient.message.address import Address
from mailclient.store.foreign import cards


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "abook 100%.sqlite"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE properties (card TEXT, name TEXT, value TEXT)")
    write(connection, "1", "Ann", "ann@example.org")
    connection.close()
    return path


def write(connection: apsw.Connection, card: str, name: str, address: str) -> None:
    for key, value in (("DisplayName", name), ("PrimaryEmail", address)):
        connection.execute("INSERT INTO properties VALUES (?, ?, ?)", (card, key, value))


@pytest.fixture
def running(book: Path) -> Iterator[apsw.Connection]:
    """The other program: it holds the file open, and has written into its log."""
    connection = apsw.Connection(str(book))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    write(connection, "2", "Bob", "bob@example.org")
    yield connection
    connection.close()


ANN, BOB = Address("Ann", "ann@example.org"), Address("Bob", "bob@example.org")


def test_the_people_of_a_closed_book_are_read(book: Path) -> None:
    before = sorted(os.listdir(book.parent))
    assert cards(book) == (ANN,)
    assert sorted(os.listdir(book.parent)) == before


def test_what_a_running_program_has_written_last_is_read_and_nothing_is_touched(
    book: Path, running: apsw.Connection
) -> None:
    before = {one.name: one.read_bytes() for one in book.parent.iterdir()}
    assert cards(book) == (ANN, BOB)
    assert {one.name: one.read_bytes() for one in book.parent.iterdir()} == before
    write(running, "3", "Carol", "carol@example.org")
    assert len(cards(book)) == 3


def test_a_log_that_belongs_to_no_book_is_told(tmp_path: Path) -> None:
    path = tmp_path / "abook.sqlite"
    path.write_bytes(b"no database" * 100)
    path.with_name("abook.sqlite-wal").write_bytes(b"x" * 5000)
    with pytest.raises(BadInput, match="cannot be read"):
        cards(path)
    with pytest.raises(BadInput, match="cannot be read"):
        cards(tmp_path / "missing.sqlite")
