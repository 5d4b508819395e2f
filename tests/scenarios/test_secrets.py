"""Planted secrets are looked for wherever somebody could find them: on the disk, in logs and
messages, in the arguments, the environment and the open files of the program and its children."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.scenarios.people import Person

MakePerson = Callable[[str], Person]
SPY = Path(__file__).with_name("gpg_spy.sh")
SUBJECT = "Zinnoberrot liegt der Schatz"
TEXT = "Unter dem Perlmutterstrauch, drei Schritt nach Norden."
ATTACHED = "kartographie-zimtstern.txt"
INSIDE = "Quittengelb ist die Truhe."
DRAFTED = "Ein Entwurf mit Nebelkrähenfedern."
PASSPHRASE = "Sieben Lampions am Fluss"


@dataclass(slots=True)
class Watched:
    """A person whose program is watched; `said` is all that it has ever printed."""

    person: Person
    spied: Path
    said: list[str] = field(default_factory=list)

    def run(self, *arguments: str, stdin: str = "") -> str:
        done = self.person.run("--verbose", *arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        self.said.append(done.stderr)
        return done.stdout

    def killed(self, point: str) -> int:
        """Send an encrypted letter, and be killed at that point; the exit status."""
        letter = ("send", "--to", self.person.address, "--subject", SUBJECT, "--body-file", "-")
        done = self.person.run(*letter, "--encrypt", "yes", stdin=TEXT, crash_at=f"{point}:1")
        self.said.append(done.stderr)
        return done.returncode

    @property
    def secrets(self) -> list[str]:
        """What nobody may find; words of the subject, the text, the attachment and a draft."""
        return [
            self.person.servers.password(self.person.name),
            PASSPHRASE,
            "Zinnoberrot",
            "Perlmutterstrauch",
            "zimtstern",
            "Quittengelb",
            "Nebelkr",
        ]


@pytest.fixture
def alice(person: MakePerson, tmp_path: Path) -> Iterator[Watched]:
    spied, tools = tmp_path / "spied", tmp_path / "tools"
    spied.mkdir()
    tools.mkdir()
    shutil.copy(SPY, tools / "gpg")
    real = shutil.which("gpg")
    assert real is not None
    one = person("alice")
    one.warm = None  # whose arguments, environment and files are looked at is a process of its own
    one.secret("passphrase", PASSPHRASE)
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    one.environment = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "SPY_FOLDER": str(spied),
        "SPY_GPG": real,
        "HOME": str(one.home),
        "TMPDIR": str(runtime),
        "XDG_RUNTIME_DIR": str(runtime),
    }
    return Watched(one, spied)


def a_day_of_mail(alice: Watched, tmp_path: Path) -> None:
    """A key, encrypted mail with an attachment to oneself, receiving, reading, finding, mail that
    waits, and a refused log-in."""
    alice.person.set_up()
    alice.run("key", "generate", alice.person.address, "--no-passphrase", "--json")
    attached = tmp_path / ATTACHED
    attached.write_text(INSIDE, encoding="utf-8")
    letter = ("send", "--to", alice.person.address, "--subject", SUBJECT, "--body-file", "-")
    alice.run(*letter, "--attach", str(attached), "--encrypt", "yes", stdin=TEXT)
    attached.unlink()
    alice.run("receive")
    assert TEXT in alice.run("show", "1") + alice.run("show", "2")
    assert "Zinnoberrot" in alice.run("search", "Perlmutterstrauch")
    alice.run(*letter, "--encrypt", "yes", "--queue-only", stdin=DRAFTED)
    alice.run(*letter, "--encrypt", "yes", "--later", "+1d", stdin=DRAFTED)
    alice.run("outbox", "later", "2", "+2d")
    alice.run("outbox", "cancel", "2")
    alice.run("account", "set", alice.person.address, "username=bob@example.org")
    refused = alice.person.run("--verbose", "account", "test", alice.person.address)
    assert refused.returncode == 1
    alice.said += [refused.stderr, refused.stdout, alice.run("doctor")]
    alice.run("account", "set", alice.person.address, f"username={alice.person.address}")


def holders(secrets: list[str], *folders: Path) -> list[str]:
    """The files that hold a secret in any of the usual writings."""
    written = [one.encode(code) for one in secrets for code in ("utf-8", "utf-16-le", "latin-1")]
    return [
        f"{path}: {secret!r}"
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
        for secret in written
        if secret in path.read_bytes()
    ]


def test_a_day_of_mail_leaves_no_secret_where_anybody_could_find_it(
    alice: Watched, tmp_path: Path
) -> None:
    a_day_of_mail(alice, tmp_path)
    for point in ("before_queue", "dot_pending", "after_250"):
        assert alice.killed(point) == -signal.SIGKILL

    nothing_on_the_disk(alice)
    nothing_said(alice)
    nothing_to_be_seen_of_a_process(alice)


def nothing_on_the_disk(alice: Watched) -> None:
    for given in ("passphrase", "password"):  # the files that the user has written
        (alice.person.home / given).unlink()
    assert holders(alice.secrets, alice.person.home, alice.person.gnupg) == []


def nothing_said(alice: Watched) -> None:
    said = "\n".join(alice.said)
    assert [one for one in alice.secrets if one in said] == []


def nothing_to_be_seen_of_a_process(alice: Watched) -> None:
    """Neither in what the program was started with, nor in what it gives to its children."""
    own = [path for path in alice.spied.iterdir() if path.suffix in (".arguments", ".environment")]
    assert len(own) > 10
    for path in own:
        seen = path.read_text("utf-8", "replace")
        assert [one for one in alice.secrets if one in seen] == []
    assert holders([*alice.secrets[:2], "Perlmutterstrauch"], alice.spied) == []

    files = "\n".join(path.read_text("utf-8") for path in alice.spied.glob("*files"))
    unnamed = {line for line in files.splitlines() if line.endswith("(deleted)")}
    assert {one for one in unnamed if not one.startswith("/memfd:")} == set()

    limits = [path.read_text("utf-8").split() for path in alice.spied.glob("*limits")]
    assert all(words[4:6] == ["0", "0"] for words in limits), "a crash would write the memory down"


def test_secrets_that_are_planted_on_purpose_are_found(tmp_path: Path) -> None:
    (tmp_path / "leak").write_text("… Perlmutterstrauch …", encoding="utf-16-le")
    assert len(holders(["Perlmutterstrauch"], tmp_path)) == 1
    seen = {"SPY_FOLDER": str(tmp_path), "SPY_GPG": "true", "LEAK": "Quittengelb"}
    subprocess.run(["sh", str(SPY)], env={**os.environ, **seen}, check=True)
    assert holders(["Quittengelb"], tmp_path) != []
