"""Alice gets another computer: mail, passwords and keys move, or stay where they are."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.people import Person

MakePerson = Callable[[str], Person]
WORDS = "Sieben Lampions am Fluss"
CANARIES = ("Zinnoberrot", "Perlmutterstrauch", WORDS)


def two_computers(person: MakePerson) -> tuple[Person, Person]:
    """The old one with an account and a key, and the new one with nothing."""
    old, new = person("alice"), person("elsewhere")
    old.set_up()
    old.ok("key", "generate", old.address, "--name", "Alice", "--no-passphrase")
    old.secret("words", WORDS)
    new.secret("words", WORDS)
    return old, new


def export(old: Person, *options: str, crash_at: str = "") -> subprocess.CompletedProcess[str]:
    target = str(old.home / "mail.moved")
    words = str(old.home / "words")
    return old.run("profile", "export", target, "--lock-with", words, *options, crash_at=crash_at)


def import_(
    new: Person, old: Person, *options: str, crash_at: str = ""
) -> subprocess.CompletedProcess[str]:
    source, words = str(old.home / "mail.moved"), str(new.home / "words")
    return new.run("profile", "import", source, "--unlock-with", words, *options, crash_at=crash_at)


def readable(folder: Path) -> bytes:
    """All that lies in a folder but the files that the test itself has written."""
    own = {"words", "passphrase", "password"}
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in own)
    return b"".join(path.read_bytes() for path in files)


def test_mail_passwords_and_keys_work_on_the_new_computer(person: MakePerson) -> None:
    old, new = two_computers(person)
    letter = ("send", "--to", old.address, "--subject", "Zinnoberrot", "--body-file", "-")
    old.ok(*letter, "--encrypt", "yes", stdin="Perlmutterstrauch")
    old.ok("receive")
    done = export(old, "--with-keys")
    assert done.returncode == 0, done.stderr
    assert "accounts 1, passwords and tokens 2, keys 1" in done.stdout

    done = import_(new, old)
    assert done.returncode == 0, done.stderr
    assert "take-keys" in done.stdout
    assert "1 of your own, 0 of others" in new.ok("profile", "take-keys")
    assert "No keys came" in new.run("profile", "take-keys").stderr

    new.ok("account", "test", old.address)  # by the passwords that came along
    ids = [row["id"] for row in new.json("list", "--limit", "9")["messages"]]
    shown = [new.ok("show", str(id)) for id in ids]
    assert any("Perlmutterstrauch" in one for one in shown)  # by the key that came along
    new.ok("receive")
    assert [row["id"] for row in new.json("list", "--limit", "9")["messages"]] == ids
    secret = old.servers.password("alice")
    for home in (old.home, new.home):
        held = readable(home)
        assert [one for one in (*CANARIES, secret) if one.encode() in held] == []


def test_settings_alone_bring_the_mail_of_the_server_again(person: MakePerson) -> None:
    old, new = two_computers(person)
    old.servers.deliver("alice", b"Subject: Zinnoberrot\r\n\r\nPerlmutterstrauch\r\n")
    old.ok("receive")
    assert export(old, "--settings-only").returncode == 0
    assert b"Zinnoberrot" not in readable(old.home)
    done = import_(new, old)
    assert done.returncode == 0, done.stderr
    assert new.json("list")["messages"] == []
    new.ok("receive")
    assert [row["subject"] for row in new.json("list")["messages"]] == ["Zinnoberrot"]


def test_who_does_not_know_the_passphrase_gets_nothing(person: MakePerson) -> None:
    old, new = two_computers(person)
    assert export(old).returncode == 0
    (new.home / "words").write_text("Acht Lampions am Fluss\n", encoding="utf-8")
    done = import_(new, old)
    assert done.returncode == 1
    assert "not the passphrase" in done.stderr
    assert not (new.home / "profile" / "store.db").exists()


@pytest.mark.parametrize("point", ["packed", "key_made", "secrets_kept", "before_swap"])
def test_a_kill_in_the_middle_leaves_nothing_half_and_the_next_try_is_whole(
    person: MakePerson, point: str
) -> None:
    old, new = two_computers(person)
    if point == "packed":
        assert export(old, crash_at="packed:1").returncode == -signal.SIGKILL
        assert not (old.home / "mail.moved").exists()
    assert export(old).returncode == 0
    assert [one.name for one in old.home.glob("mail.moved*")] == ["mail.moved"]
    if point != "packed":
        assert import_(new, old, crash_at=f"{point}:1").returncode == -signal.SIGKILL
        assert new.json("account", "list") == {"accounts": []}  # empty, and it opens
    held = readable(old.home) + readable(new.home)
    assert old.servers.password("alice").encode() not in held
    done = import_(new, old)
    assert done.returncode == 0, done.stderr
    new.ok("account", "test", old.address)


def test_a_kill_after_the_decision_leaves_the_whole_profile(person: MakePerson) -> None:
    old, new = two_computers(person)
    assert export(old).returncode == 0
    assert import_(new, old, crash_at="after_swap:1").returncode == -signal.SIGKILL
    new.ok("account", "test", old.address)


SCRIPT = """
import sys
from pathlib import Path
from mailclient.app import now, open_profile
from mailclient.paths import Profile
from mailclient.services.upkeep import Upkeep
from mailclient.store.keyrings import pick_keyring

profile = Profile(Path(sys.argv[1]))
keyring = pick_keyring()
assert keyring is not None, "no keyring answers"
Upkeep(profile, now, passphrase=None, keyring=keyring).take_in(Path(sys.argv[2]), sys.argv[3])
app = open_profile(profile)
[account] = app.accounts.list()
print(app.accounts.password(account, "incoming"))
print(app._store.database.rows("SELECT * FROM secrets"))
app.close()
"""


def test_the_passwords_go_into_the_keyring_of_the_new_computer(
    person: MakePerson, tmp_path: Path
) -> None:
    old = person("alice")
    old.set_up()
    old.secret("words", WORDS)
    assert export(old).returncode == 0
    command = (
        "printf 'login' | gnome-keyring-daemon --unlock --components=secrets >/dev/null && "
        'exec "$@"'
    )
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", command, "sh", sys.executable, "-c", SCRIPT,
         str(tmp_path / "new"), str(old.home / "mail.moved"), WORDS],
        capture_output=True, text=True, check=False,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path),
             "GNUPGHOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == [old.servers.password("alice"), "[]"]
    assert old.servers.password("alice").encode() not in readable(tmp_path / "new")
