"""A Postfix of its own: submission with log-in (STARTTLS and TLS), delivering into mail folders."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

COMMON = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
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
smtpd_client_event_limit_exceptions = static:all
smtpd_peername_lookup = no
"""
MAIN = """
myhostname = mail.{domain}
mynetworks = 127.0.0.1/32
transport_maps = inline:{{ {{{nowhere} = discard:}} }}
message_size_limit = 52428800
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_forbid_bare_newline_exclusions =
"""
MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{smtps} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
{variants}pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

NOWHERE = "nowhere.example"  # mail for it is taken and thrown away
INTERNATIONAL = "grün"  # another name of the first user, in letters that need SMTPUTF8

# The same server again over TLS, as other providers have it: what each leaves out or insists on
VARIANTS = {
    "without chunking": "smtpd_discard_ehlo_keywords=chunking",
    "one by one": "smtpd_discard_ehlo_keywords=chunking,pipelining,dsn,size",
    "seven bit": "smtpd_discard_ehlo_keywords=chunking,8bitmime,smtputf8",
    "small": "message_size_limit=20000",
    "strict": "smtpd_forbid_bare_newline=reject -o smtpd_discard_ehlo_keywords=chunking",
}


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports that a Postfix listens on, and the one of the log-in service that it asks;
    `variants` are by their names."""

    smtp: int
    smtps: int
    auth: int
    variants: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a Postfix lies and what it delivers for: `folder` holds cert.pem and key.pem, the
    mail of each of the `users` of a domain goes below `mail`, as its owner (uid, gid)."""

    folder: Path
    mail: Path
    domain: str
    owner: tuple[int, int]
    users: dict[str, str]  # the name in the address, and that of the folder

    def start(self, main: str, master: str) -> None:
        """Start one with these settings beside the common ones."""
        uid, gid = self.owner
        common = COMMON.format(
            folder=self.folder, mail=self.mail, domain=self.domain, uid=uid, gid=gid
        )
        mailboxes = "".join(
            f"{user}@{self.domain} {place}/Maildir/\n" for user, place in self.users.items()
        )
        for name, words in (
            ("main.cf", common + main),
            ("master.cf", master),
            ("mailboxes", mailboxes),
        ):
            (self.folder / name).write_text(words, encoding="utf-8")
        for name in ("queue", "data"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        tell(self.folder, "start")


def start(site: Site, ports: Ports) -> None:
    """Start the one that takes mail from people who log in."""
    main = MAIN.format(domain=site.domain, auth=ports.auth, nowhere=NOWHERE)
    variants = "".join(
        f"127.0.0.1:{port} inet n - n - - smtpd\n"
        f"  -o smtpd_tls_wrappermode=yes\n  -o {VARIANTS[name]}\n"
        for name, port in ports.variants.items()
    )
    site.start(main, MASTER.format(smtp=ports.smtp, smtps=ports.smtps, variants=variants))


def tell(folder: Path, verb: str) -> None:
    """Have a Postfix do something: start, reload."""
    done = subprocess.run(
        ["postfix", "-c", str(folder), verb], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"Postfix did not {verb}: {done.stdout}{done.stderr}")


def stop(folder: Path) -> None:
    """End it and everything that it has started."""
    subprocess.run(["postfix", "-c", str(folder), "stop"], capture_output=True, check=False)
