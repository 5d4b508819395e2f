"""A second Postfix behind the first: mail for its domain goes over two servers, and comes back.

Whom it knows gets the mail into a folder that the Dovecot beside it serves; one mailbox is full for
ever; everybody else does not exist.
"""

from __future__ import annotations

import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from tests.servers import postfix
from tests.servers.surroundings import (
    USERS,
    MailServers,
    free_ports,
    mail_servers_running,
    wait_for,
)

DOMAIN = "example.net"
FULL = f"full@{DOMAIN}"

MAIN = f"""
myhostname = mx.{DOMAIN}
mynetworks =
smtpd_tls_received_header = yes
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions =
  check_recipient_access texthash:{{folder}}/full, reject_unlisted_recipient
"""


@contextmanager
def relayed_servers_running() -> Iterator[tuple[MailServers, MailServers]]:
    """The servers of example.org, and the same machine seen as example.net behind its relay."""
    with ExitStack() as stack:
        servers = stack.enter_context(mail_servers_running())
        (port,) = free_ports(1)
        folder = servers.folder / "relay"
        _start(folder, servers.folder / "mail", port)
        stack.callback(postfix.stop, folder)
        wait_for(port, servers.folder)
        _send_on(servers.folder / "postfix", port)
        yield servers, replace(servers, domain=DOMAIN)


def _start(folder: Path, mail: Path, port: int) -> None:
    folder.mkdir()
    for name in ("cert.pem", "key.pem"):
        shutil.copy(folder.parent / name, folder / name)
    (folder / "full").write_text(f"{FULL} 452 4.2.2 Mailbox full\n", encoding="utf-8")
    owner = pwd.getpwnam("mail")
    users = {user: user for user in (*USERS, "full")}
    listeners, _, rest = postfix.MASTER.partition("pickup ")
    first = listeners.splitlines()[1].format(smtp=port, smtps=0)
    site = postfix.Site(folder, mail, DOMAIN, (owner.pw_uid, owner.pw_gid), users)
    site.start(MAIN.format(folder=folder), f"{first}\npickup {rest}")


def _send_on(folder: Path, port: int) -> None:
    """Have the first server hand mail for the relay's domain over to it, warning of delays."""
    settings = (
        f"transport_maps=inline:{{{DOMAIN}=relay:[127.0.0.1]:{port}}}",
        "smtp_tls_security_level=may",
        "smtp_tls_loglevel=0",
        "delay_warning_time=1s",
        "queue_run_delay=1s",
        "minimal_backoff_time=1s",
        "maximal_backoff_time=2s",
        "maximal_queue_lifetime=3d",
    )
    subprocess.run(["postconf", "-c", str(folder), "-e", *settings], check=True)
    with (folder / "master.cf").open("a", encoding="utf-8") as master:
        master.write("relay unix - - n - - smtp\n")
    postfix.tell(folder, "reload")
