"""A Dovecot of its own: POP3 with STLS, POP3S, and the log-in service that Postfix asks."""

from __future__ import annotations

import base64
import hmac
import json
import subprocess
import time
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
auth_mechanisms = plain login cram-md5 apop scram-sha-256 xoauth2 oauthbearer
auth_username_format = %Ln
mail_location = maildir:{mail}/%n/Maildir
first_valid_uid = 1
mail_uid = mail
mail_gid = mail
mail_max_userip_connections = 100
login_trusted_networks = 127.0.0.0/8
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login cram-md5 apop scram-sha-256
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
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
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

TOKENS = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={folder}/keys/
username_attribute = sub
"""
TOKEN_SECRET = b"what the tokens of the tests are signed with"


def token(user: str, *, lasts: int = 3600, filler: str = "") -> str:
    """An access token (RFC 7519) that the server takes for so many seconds; `filler` only makes it
    longer, as those of large providers are."""
    now = int(time.time())
    parts = (
        {"typ": "JWT", "alg": "HS256"},
        {"sub": user, "iat": now - 7200, "nbf": now - 7200, "exp": now + lasts, "x": filler},
    )
    said = b".".join(_base64url(json.dumps(one).encode()) for one in parts)
    signature = hmac.new(TOKEN_SECRET, said, "sha256").digest()
    return (said + b"." + _base64url(signature)).decode()


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports that a Dovecot listens on."""

    pop3: int
    pop3s: int
    auth: int


ASKING = """
ssl_ca = <{folder}/clients.pem
ssl_require_crl = no
ssl_verify_client_cert = yes
auth_ssl_require_client_cert = yes
"""


def start(
    folder: Path, mail: Path, ports: Ports, *, asking: bool = False
) -> subprocess.Popen[bytes]:
    """Start it in the foreground of its own process; `folder` holds cert.pem, key.pem, users. One
    that is `asking` lets in only who shows a certificate by an authority in clients.pem."""
    text = CONFIGURATION.format(
        folder=folder, mail=mail, pop3=ports.pop3, pop3s=ports.pop3s, auth=ports.auth
    )
    if asking:
        text += ASKING.format(folder=folder)
    (folder / "oauth2.conf").write_text(TOKENS.format(folder=folder), encoding="utf-8")
    key = folder / "keys" / "default" / "HS256" / "default"
    key.parent.mkdir(parents=True)
    key.write_bytes(base64.b64encode(TOKEN_SECRET))
    path = folder / "dovecot.conf"
    path.write_text(text, encoding="utf-8")
    log = (folder / "dovecot.out").open("wb")
    with log:
        return subprocess.Popen(["dovecot", "-F", "-c", str(path)], stdout=log, stderr=log)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it and everything that it has started."""
    process.terminate()
    process.wait()
