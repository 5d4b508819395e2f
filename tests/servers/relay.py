"""A second Postfix behind the first: mail for its domain goes over two servers, and comes back.

Whom it knows gets the mail into a folder that the Dovecot beside it serves; one mailbox is full for
ever; everybody else does not exist.
"""

from __future__ import annotations

import os
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

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.{domain}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
alias_maps =
alias_database =
local_recipient_maps =
default_transport = error:5.1.2 no mail leaves this machine
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {mail}
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_mailbox_limit = 0
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_security_level = may
smtpd_tls_received_header = yes
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions =
  check_recipient_access texthash:{folder}/full, reject_unlisted_recipient
smtpd_client_event_limit_exceptions = static:all
smtpd_peername_lookup = no
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
    owner = pwd.getpwnam("mail")
    main = MAIN.format(folder=folder, mail=mail, domain=DOMAIN, uid=owner.pw_uid, gid=owner.pw_gid)
    (folder / "full").write_text(f"{FULL} 452 4.2.2 Mailbox full\n", encoding="utf-8")
    (folder / "main.cf").write_text(main, encoding="utf-8")
    listeners, _, rest = postfix.MASTER.partition("pickup ")
    first = listeners.splitlines()[1].format(smtp=port, smtps=0)
    (folder / "master.cf").write_text(f"{first}\npickup {rest}", encoding="utf-8")
    mailboxes = "".join(f"{user}@{DOMAIN} {user}/Maildir/\n" for user in (*USERS, "full"))
    (folder / "mailboxes").write_text(mailboxes, encoding="utf-8")
    (folder / "queue").mkdir()
    (folder / "data").mkdir()
    os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
    _postfix(folder, "start")


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
    _postfix(folder, "reload")


def _postfix(folder: Path, verb: str) -> None:
    done = subprocess.run(
        ["postfix", "-c", str(folder), verb], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"Postfix did not {verb}: {done.stdout}{done.stderr}")
