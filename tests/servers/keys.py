"""A domain's key directory and a key server, in one HTTPS server on the loopback."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import trustme

from mailclient.crypto.openpgp.discover import wkd_hash
from tests.servers.web import Answer, Web, document, web_running


@dataclass(frozen=True, slots=True)
class KeyServers:
    """`environment` makes the program ask here; `answers` may change while it runs."""

    web: Web
    answers: dict[str, Answer]
    environment: Mapping[str, str]

    def wkd_path(self, address: str) -> str:
        local, _, domain = address.rpartition("@")
        return f"/wkd/{domain}/hu/{wkd_hash(local)}?l={quote(local, safe='')}"

    def vks_path(self, address: str) -> str:
        return f"/vks/v1/by-email/{quote(address, safe='')}"

    def wkd(self, address: str, *keys: bytes) -> None:
        """Have the domain serve these keys for an address."""
        self.answers[self.wkd_path(address)] = document(b"".join(keys), "application/octet-stream")

    def vks(self, address: str, key: bytes) -> None:
        """Have the key server serve this key for an address."""
        self.answers[self.vks_path(address)] = document(key, "application/pgp-keys")

    def by_fingerprint(self, fingerprint: str, key: bytes) -> None:
        """Have the key server serve this key by its fingerprint."""
        path = f"/vks/v1/by-fingerprint/{fingerprint}"
        self.answers[path] = document(key, "application/pgp-keys")


@contextmanager
def key_servers_running(folder: Path, *, slow: str = "") -> Iterator[KeyServers]:
    """Both, under one certificate that only `environment` makes good."""
    authority = trustme.CA()
    ca_file = folder / "keys-ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    answers: dict[str, Answer] = {}
    with web_running(context, answers, slow=slow) as web:
        environment = {
            "MAILCLIENT_KEYS_WKD": web.url("/wkd/{domain}/hu/{hash}?l={local}"),
            "MAILCLIENT_KEYS_WKD_DIRECT": web.url("/direct/{domain}/hu/{hash}?l={local}"),
            "MAILCLIENT_KEYS_VKS": web.url(""),
            "MAILCLIENT_KEYS_CA_FILE": str(ca_file),
            "MAILCLIENT_KEYS_PRIVATE": "yes",
            "MAILCLIENT_KEYS_SECONDS": "120",
        }
        yield KeyServers(web, answers, environment)
