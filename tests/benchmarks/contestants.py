"""Who collects: this program, the peers, and the limit. Each begins empty; nothing is deleted.

A contestant writes its configuration into a folder of its own (`prepare`), is a command that is
timed, and is checked afterwards: the number of messages, and their bytes. Peers may add a line to
each message (Received, Delivered-To) or store LF in place of CRLF; that is allowed for.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from tests.benchmarks.mailbox import Content
from tests.benchmarks.measure import RunFailed

CHILDREN = Path(__file__).with_name("children")
MOST_ADDED = 1000  # bytes that a peer may add to a message
PASSPHRASE = "of the benchmark"
NOBODY = "mail"
TIMES = "times.json"


@dataclass(frozen=True, slots=True)
class Target:
    """The mailbox that is collected from, and through which port."""

    port: int
    ca_file: Path
    user: str
    password: str
    content: Content


@dataclass(slots=True)
class Attempt:
    """One run of one contestant: where it works, and what it started besides."""

    folder: Path
    target: Target
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def login(self) -> list[str]:
        one = self.target
        return [str(one.port), str(one.ca_file), one.user, one.password, str(one.content.messages)]

    def write(self, name: str, text: str) -> Path:
        """A file with secrets, readable by its owner only."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        return path


@dataclass(frozen=True, slots=True)
class Contestant:
    """How one is prepared and started, and how one knows what it has fetched.

    `ahead` says that it does not wait for each answer; `needs` is a program that must be there, and
    comes with the Debian package `package`.
    """

    name: str
    label: str
    prepare: Callable[[Attempt], list[str]]
    check: Callable[[Attempt], None]
    ahead: bool = True
    needs: str = ""
    package: str = ""

    @property
    def missing(self) -> bool:
        return bool(self.needs) and shutil.which(self.needs) is None


def _expect(attempt: Attempt, messages: int, size: int, added: int = 0) -> None:
    """Raise unless all is there: so many messages, and with LF at least and CRLF at most so many
    bytes, besides `added` for each message."""
    wanted = attempt.target.content
    most = wanted.size + added * wanted.messages
    if messages != wanted.messages or not wanted.size_lf <= size <= most:
        raise RunFailed(
            f"{messages} messages with {size} bytes, not {wanted.messages} with {wanted.size}"
        )


def _exact(attempt: Attempt, messages: int, digest: str) -> None:
    wanted = attempt.target.content
    if (messages, digest) != (wanted.messages, wanted.digest):
        raise RunFailed(f"{messages} messages, and not the bytes that are on the server")


# The limit, and a script


def _reader(script: str) -> Callable[[Attempt], list[str]]:
    def prepare(attempt: Attempt) -> list[str]:
        path = str(CHILDREN / script)
        return [sys.executable, path, *attempt.login, str(attempt.folder / "mail")]

    return prepare


def _check_file(attempt: Attempt) -> None:
    with (attempt.folder / "mail").open("rb") as file:
        digest = sha256()
        while piece := file.read(1 << 20):
            digest.update(piece)
    _exact(attempt, attempt.target.content.messages, digest.hexdigest())


# This program


def _profile(attempt: Attempt) -> list[str]:
    """The options for a new profile with the account in it."""
    target, folder = attempt.target, attempt.folder
    (folder / "gnupg").mkdir(mode=0o700)
    secret = attempt.write("passphrase", PASSPHRASE)
    password = attempt.write("password", target.password)
    options = ["--profile", str(folder / "profile"), "--passphrase-file", str(secret)]
    command = [sys.executable, "-m", "mailclient", *options, "--gnupg-home", str(folder / "gnupg")]
    server = ["--pop3", f"localhost:{target.port}", "--ca-file", str(target.ca_file)]
    added = ["--address", target.user, "--smtp", "localhost:1", "--password-file", str(password)]
    done = subprocess.run(
        [*command, "account", "add", *added, *server, "--leave-on-server", "yes", "--no-test"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RunFailed(done.stderr)
    return command


def _complete(attempt: Attempt) -> list[str]:
    return [*_profile(attempt), "receive"]


def _ours(how: str) -> Callable[[Attempt], list[str]]:
    def prepare(attempt: Attempt) -> list[str]:
        _profile(attempt)
        return our_fetch(attempt, how)

    return prepare


def our_fetch(attempt: Attempt, how: str) -> list[str]:
    """Our own collecting in a child, in a profile that is there; it leaves its times behind."""
    module = "tests.benchmarks.children.our_fetch"
    paths = [str(attempt.folder / name) for name in ("profile", "passphrase")]
    return [sys.executable, "-m", module, *paths, how, str(attempt.folder / TIMES)]


def _check_profile(processed: bool) -> Callable[[Attempt], None]:
    def check(attempt: Attempt) -> None:
        module = "tests.benchmarks.children.our_content"
        paths = [str(attempt.folder / name) for name in ("profile", "passphrase")]
        command = [sys.executable, "-m", module, *paths]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RunFailed(done.stderr)
        found = json.loads(done.stdout)
        _exact(attempt, found["messages"], found["digest"])
        if found["processed"] != (found["messages"] if processed else 0):
            raise RunFailed(f"{found['processed']} messages are processed")

    return check


# Peers


def _maildir(attempt: Attempt) -> Path:
    folder = attempt.folder / "Maildir"
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    return folder


def _check_maildir(attempt: Attempt) -> None:
    sizes = [one.stat().st_size for one in os.scandir(attempt.folder / "Maildir" / "new")]
    _expect(attempt, len(sizes), sum(sizes), MOST_ADDED)


def _mpop(attempt: Attempt) -> list[str]:
    target = attempt.target
    configuration = attempt.write(
        "mpoprc",
        f"account a\nhost localhost\nport {target.port}\ntls on\ntls_starttls off\n"
        f"tls_trust_file {target.ca_file}\nauth user\nuser {target.user}\n"
        f'password "{target.password}"\nkeep on\ndelivery maildir {_maildir(attempt)}\n'
        f"uidls_file {attempt.folder / 'uidls'}\n",
    )
    return ["mpop", "-C", str(configuration), "--quiet", "a"]


def _fetchmail(attempt: Attempt) -> list[str]:
    """Into an SMTP sink, which is faster than a process for each message.

    The certificate is not insisted on: fetchmail asks for a common name, which this one has not.
    """
    target, folder = attempt.target, attempt.folder
    command = [sys.executable, str(CHILDREN / "smtp_sink.py"), str(folder / "taken")]
    sink = attempt.stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
    attempt.stack.callback(sink.terminate)
    assert sink.stdout is not None
    port = int(sink.stdout.readline())
    configuration = attempt.write(
        "fetchmailrc",
        f'set idfile "{folder / "ids"}"\nset pidfile "{folder / "pid"}"\n'
        f"poll localhost protocol pop3 port {target.port} auth password\n"
        f'  user "{target.user}" password "{target.password}" is "alice@example.org" here\n'
        f'  ssl no sslcertck sslcertfile "{target.ca_file}" keep fetchall\n'
        f"  smtphost localhost/{port} smtpname alice@example.org\n",
    )
    return ["fetchmail", "-f", str(configuration), "--nodetach", "--silent"]


def _check_sink(attempt: Attempt) -> None:
    attempt.stack.close()
    messages, size = (attempt.folder / "taken").read_text(encoding="ascii").split()
    _expect(attempt, int(messages), int(size), MOST_ADDED)


def _getmail(attempt: Attempt) -> list[str]:
    target = attempt.target
    attempt.write(
        "getmailrc",
        "[retriever]\ntype = SimplePOP3SSLRetriever\nserver = localhost\n"
        f"port = {target.port}\nca_certs = {target.ca_file}\nusername = {target.user}\n"
        f"password = {target.password}\n[destination]\ntype = Maildir\n"
        f"path = {_maildir(attempt)}/\n[options]\ndelete = false\nread_all = true\nverbose = 0\n",
    )
    command = ["getmail", "--getmaildir", str(attempt.folder), "--rcfile", "getmailrc"]
    if os.getuid():
        return command
    for path in (attempt.folder, *attempt.folder.rglob("*")):  # it delivers nothing as root
        shutil.chown(path, NOBODY, NOBODY)
    return ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", *command]


RAW, MPOP = "raw", "mpop"
ALL = (
    Contestant(RAW, "raw pipelined reader", _reader("raw_reader.py"), _check_file),
    Contestant("complete", "mailclient receive", _complete, _check_profile(True)),
    Contestant("side", "mailclient, as the window", _ours("side"), _check_profile(True)),
    Contestant("fetch", "mailclient, fetch alone", _ours("fetch"), _check_profile(False)),
    Contestant(MPOP, "mpop", _mpop, _check_maildir, needs="mpop", package="mpop"),
    Contestant(
        "fetchmail",
        "fetchmail",
        _fetchmail,
        _check_sink,
        ahead=False,
        needs="fetchmail",
        package="fetchmail",
    ),
    Contestant(
        "getmail",
        "getmail6",
        _getmail,
        _check_maildir,
        ahead=False,
        needs="getmail",
        package="getmail6",
    ),
    Contestant("poplib", "poplib loop", _reader("poplib_loop.py"), _check_file, ahead=False),
)
