"""The cipher of a store: told by the file, chosen by the machine, moved by a new key."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from mailclient.errors import StoreDamaged
from mailclient.store import backup, cipher
from mailclient.store.cipher import Cipher, cipher_for, preferred
from mailclient.store.database import Database
from tests.unit.store.box import Clock

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
ADD = "INSERT INTO settings (key, value) VALUES (?, ?)"


def made(path: Path, one: Cipher) -> Path:
    """A store that was made with that cipher and holds something."""
    with patch.object(cipher, "preferred", lambda: one):
        database = Database.open(path, KEY, clock=Clock())
    database.run(ADD, ("plan", "boathouse " * 2000))
    database.close()
    return path


def machine(folder: Path, flags: str) -> Path:
    path = folder / "cpuinfo"
    path.write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t: none\n", encoding="ascii")
    return path


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [("fpu sse2 aes avx2", Cipher.AEGIS), ("fpu sse2 vaes avx2", Cipher.CHACHA20)],
)
def test_aegis_is_for_machines_with_aes_instructions(
    tmp_path: Path, flags: str, wanted: Cipher
) -> None:
    assert preferred(machine(tmp_path, flags)) is wanted
    assert preferred(tmp_path / "nothing is said of the processor") is Cipher.CHACHA20


@pytest.mark.parametrize("one", Cipher)
@pytest.mark.parametrize("here", Cipher)
def test_a_store_opens_with_its_own_cipher_on_any_machine(
    tmp_path: Path, one: Cipher, here: Cipher
) -> None:
    path = made(tmp_path / "store.db", one)
    with patch.object(cipher, "preferred", lambda: here):
        database = Database.open(path, KEY, clock=Clock())
        database.run(ADD, ("more", "x" * 50_000))
        assert database.check() == ""
        assert database.row("SELECT length(value) FROM settings WHERE key = 'plan'") == (20_000,)
        database.close()
        assert cipher_for(path) is one
        again = Database.open(path, KEY, clock=Clock())
        assert again.row("SELECT length(value) FROM settings WHERE key = 'more'") == (50_000,)
        again.close()


@pytest.mark.parametrize("one", Cipher)
def test_a_store_that_was_killed_before_its_log_was_moved_opens_as_it_is(
    tmp_path: Path, one: Cipher
) -> None:
    with patch.object(cipher, "preferred", lambda: one):
        database = Database.open(tmp_path / "store.db", KEY, clock=Clock())
    database.run(ADD, ("plan", "boathouse"))
    database.close(keep_log=True)
    again = Database.open(tmp_path / "store.db", KEY, clock=Clock())
    assert again.row("SELECT value FROM settings WHERE key = 'plan'") == ("boathouse",)
    again.close()
    assert cipher_for(tmp_path / "store.db") is one


@pytest.mark.parametrize("one", Cipher)
@pytest.mark.parametrize("to", Cipher)
def test_a_new_key_moves_a_store_to_the_cipher_of_the_machine(
    tmp_path: Path, one: Cipher, to: Cipher
) -> None:
    path = made(tmp_path / "store.db", one)
    with patch.object(backup, "preferred", lambda: to):
        backup.change_key(path, KEY, OTHER)
    assert cipher_for(path) is to
    with pytest.raises(StoreDamaged):
        Database.open(path, KEY, clock=Clock())
    database = Database.open(path, OTHER, clock=Clock())
    assert database.check() == ""
    assert database.row("SELECT length(value) FROM settings WHERE key = 'plan'") == (20_000,)
    database.close()


@pytest.mark.parametrize("one", Cipher)
def test_a_copy_has_the_cipher_of_its_store(tmp_path: Path, one: Cipher) -> None:
    database = Database.open(made(tmp_path / "store.db", one), KEY, clock=Clock())
    backup.copy(database, KEY, tmp_path / "copy.db")
    database.close()
    assert cipher_for(tmp_path / "copy.db") is one


@pytest.mark.parametrize("one", Cipher)
def test_every_byte_is_signed(tmp_path: Path, one: Cipher) -> None:
    path = made(tmp_path / "store.db", one)
    content = bytearray(path.read_bytes())
    pages = len(content) // 4096
    for page in range(0, pages, 7):
        changed = bytearray(content)
        changed[page * 4096 + 1000 + page] ^= 1
        path.write_bytes(changed)
        assert is_damaged(path), page


def is_damaged(path: Path) -> bool:
    try:
        database = Database.open(path, KEY, clock=Clock())
    except StoreDamaged:
        return True
    try:
        return database.check() != ""
    finally:
        database.close(keep_log=True)
