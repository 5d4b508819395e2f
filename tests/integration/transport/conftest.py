"""Certificates for scripted servers."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

import pytest
import trustme


@dataclass(frozen=True, slots=True)
class Papers:
    """What a server proves itself by, and the file that a client checks it with."""

    context: ssl.SSLContext
    elsewhere: ssl.SSLContext
    ca_file: str


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Papers for localhost, and some for elsewhere."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("papers") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return Papers(_context(authority, "localhost"), _context(authority, "else.where"), str(path))


def _context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context
