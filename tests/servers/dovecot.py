"""A Dovecot of its own: POP3 with STLS, POP3S, and the log-in service that Postfix asks."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
ssl_dh =
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %Ln
mail_location = maildir:{mail}/%n/Maildir
first_valid_uid = 1
mail_uid = mail
mail_gid = mail
mail_max_userip_connections = 100
login_trusted_networks = 127.0.0.0/8
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={mail}/%n
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth}
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports that a Dovecot listens on."""

    pop3: int
    pop3s: int
    auth: int


def start(folder: Path, mail: Path, ports: Ports) -> subprocess.Popen[bytes]:
    """Start it in the foreground of its own process; `folder` holds cert.pem, key.pem, users."""
    text = CONFIGURATION.format(
        folder=folder, mail=mail, pop3=ports.pop3, pop3s=ports.pop3s, auth=ports.auth
    )
    path = folder / "dovecot.conf"
    path.write_text(text, encoding="utf-8")
    log = (folder / "dovecot.out").open("wb")
    with log:
        return subprocess.Popen(["dovecot", "-F", "-c", str(path)], stdout=log, stderr=log)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it and everything that it has started."""
    process.terminate()
    process.wait()
