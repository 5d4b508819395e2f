"""One Dovecot and one Postfix together, with a few users: the world outside of the program."""

from __future__ import annotations

import itertools
import os
import pwd
import random
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from mailclient.account import Account, Identity, Security, Server
from tests.servers import dovecot, postfix

DOMAIN = "example.org"
HOST = "localhost"
USERS = ["alice", "bob", "carol"]
FIRST_PORT = 10_000
RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


@dataclass(slots=True)
class MailServers:
    """The running servers; `ca_file` names the certificate that they can be checked by."""

    folder: Path
    pop3: dovecot.Ports
    smtp: postfix.Ports
    domain: str = DOMAIN
    _count: Iterator[int] = field(default_factory=itertools.count)

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def _mail(self) -> Path:
        return self.folder / "mail"

    def password(self, name: str) -> str:
        """The password of a user."""
        return f"secret of {name}"

    def account(self, name: str, security: Security = Security.TLS) -> Account:
        """The account of a user, over the kind of connection that is asked for."""
        tls = security is Security.TLS
        address = f"{name}@{self.domain}"
        common = {"security": security, "username": address, "ca_file": str(self.ca_file)}
        return Account(
            (Identity(address, name.title()),),
            Server(HOST, self.pop3.pop3s if tls else self.pop3.pop3, **common),  # type: ignore[arg-type]
            Server(HOST, self.smtp.smtps if tls else self.smtp.smtp, **common),  # type: ignore[arg-type]
        )

    def mailbox(self, name: str) -> list[bytes]:
        """The messages of a user that lie on the server now, oldest first, with CRLF."""
        folder = self._mail / name / "Maildir"
        files = [path for part in ("new", "cur") for path in (folder / part).iterdir()]
        files.sort(key=lambda path: (path.stat().st_mtime_ns, path.name))
        return [path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for path in files]

    def deliver(self, name: str, raw: bytes) -> None:
        """Put a message into a user's mailbox, as it is."""
        folder = self._mail / name / "Maildir"
        unique = f"{next(self._count):08}.{os.getpid()}.test"
        path = folder / "tmp" / unique
        path.write_bytes(raw)
        self._own(path)
        path.rename(folder / "new" / unique)

    def clear(self) -> None:
        """Empty every mailbox."""
        for user in USERS:
            shutil.rmtree(self._mail / user, ignore_errors=True)
            for part in ("new", "cur", "tmp"):
                (self._mail / user / "Maildir" / part).mkdir(parents=True, exist_ok=True)
            for path in (self._mail / user).rglob("*"):
                self._own(path)
            self._own(self._mail / user)

    def _own(self, path: Path) -> None:
        owner = pwd.getpwnam("mail")
        os.chown(path, owner.pw_uid, owner.pw_gid)


@contextmanager
def mail_servers_running(
    names: tuple[str, ...] = (HOST, "127.0.0.1"), first_ports: tuple[int, ...] = ()
) -> Iterator[MailServers]:
    """Start both servers in a folder of their own, and clear everything away afterwards.

    `names` are what they can prove to be; `first_ports` are those of POP3, POP3S, Dovecot's log-in
    service, submission and submissions, where it is not to be any free ones.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="mailclient-servers-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        _certificates(folder, names)
        users = "".join(f"{user}:{{PLAIN}}secret of {user}\n" for user in USERS)
        (folder / "users").write_text(users, encoding="utf-8")
        ports = [*first_ports, *free_ports(5 + len(postfix.VARIANTS))][: 5 + len(postfix.VARIANTS)]
        variants = dict(zip(postfix.VARIANTS, ports[5:], strict=True))
        servers = MailServers(
            folder, dovecot.Ports(*ports[:3]), postfix.Ports(ports[3], ports[4], ports[2], variants)
        )
        servers.clear()
        process = dovecot.start(folder, folder / "mail", servers.pop3)
        stack.callback(dovecot.stop, process)
        owner = pwd.getpwnam("mail")
        post = folder / "postfix"
        post.mkdir()
        for name in ("cert.pem", "key.pem"):
            shutil.copy(folder / name, post / name)
        users = {**{user: user for user in USERS}, postfix.INTERNATIONAL: USERS[0]}
        owned = (owner.pw_uid, owner.pw_gid)
        site = postfix.Site(post, folder / "mail", DOMAIN, owned, users)
        postfix.start(site, servers.smtp)
        stack.callback(postfix.stop, post)
        for port in ports:
            wait_for(port, folder)
        yield servers


def _certificates(folder: Path, names: tuple[str, ...]) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert(*names)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    with (folder / "cert.pem").open("wb") as file:
        for one in certificate.cert_chain_pems:
            file.write(one.bytes())


def free_ports(count: int) -> list[int]:
    """Ports that nobody has and nobody gets meanwhile: neither as the end of a connection, nor
    another test beside this one. They are this process's as long as it lives."""
    lowest_of_connections = int(RANGE.read_text(encoding="ascii").split()[0])
    chance = random.SystemRandom()
    found: list[int] = []
    while len(found) < count:
        port = chance.randrange(FIRST_PORT, lowest_of_connections)
        if _claimed(port):
            found.append(port)
    return found


def _claimed(port: int) -> bool:
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0mailclient tests {port}")  # a name that only one process has at a time
        with socket.create_server(("127.0.0.1", port)):
            pass
    except OSError:
        claim.close()
        return False
    claim.detach()  # and it stays this process's to its end
    return True


def wait_for(port: int, folder: Path) -> None:
    """Until somebody listens; a server that has not come up tells why in its log."""
    pause = threading.Event()
    for _ in range(2_400):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            pause.wait(0.05)
        else:
            return
    logs = [path.read_text("utf-8", "replace") for path in folder.rglob("*.log")]
    raise RuntimeError(f"Nothing listens on {port}: {' '.join(logs)[-2000:]}")
