"""The second engine, pysequoia, where it is installed: it reads what GnuPG cannot (RFC 9580), and
has a say about what GnuPG calls a good signature.

It never encrypts: it does so to keys that have ended. Where the two disagree nothing counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mailclient.cancel import CancelToken

LIBRARY = "pysequoia"
CHILD = Path(__file__).with_name("second_child.py")
SECONDS = 60.0
INSTALL = (
    "This message uses a newer form of encryption. Install the Python package 'pysequoia' "
    "(the extra 'sequoia') to read it."
)


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a decryption: "opened", or why not ("closed", "passphrase", "size", "failed").

    `signers` are the primary fingerprints of the good signatures; without `checked` there were some
    that were not good, or none could be looked at.
    """

    outcome: str
    content: bytes = field(default=b"", repr=False)
    signers: tuple[str, ...] = ()
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """One good signature: whose, by which of its keys, when."""

    fingerprint: str
    made_by: str
    made: datetime | None
    hash_algorithm: str


def is_here() -> bool:
    """Whether the library is installed."""
    return find_spec(LIBRARY) is not None


def _library() -> Any:
    import pysequoia  # late: most people do not have it

    return pysequoia


def decrypt(
    data: bytes,
    secrets: Sequence[bytes],
    certificates: Sequence[bytes],
    cancel: CancelToken,
    *,
    passphrase: str | None,
    largest: int,
) -> Found:
    """Open a message with one of these secret keys; raises Cancelled."""
    task = {
        "size": len(data),
        "secrets": [len(one) for one in secrets],
        "certificates": [len(one) for one in certificates],
        "passphrase": passphrase,
        "largest": largest,
    }
    whole = b"".join((json.dumps(task).encode("ascii"), b"\n", data, *secrets, *certificates))
    child = subprocess.Popen(
        [sys.executable, "-I", str(CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with child, cancel.interrupting(child.kill):
        try:
            out, _ = child.communicate(whole, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            out = b""
    cancel.check()
    if child.returncode != 0:
        return Found("failed")
    line, _, content = out.partition(b"\n")
    said = json.loads(line)
    signers = tuple(str(certificate).upper() for certificate, _ in said.get("signers", ()))
    return Found(said["outcome"], content, signers, bool(said.get("checked")))


def verify(signature: bytes, signed: bytes, certificate: bytes) -> Checked | None:
    """One detached signature by one key, or None where it is not good."""
    library = _library()
    try:
        known = library.Cert.from_bytes(certificate)
        one = library.Sig.from_bytes(signature)
        found = library.verify(bytes=signed, store=lambda ids: [known], signature=one)
    except (RuntimeError, ValueError):
        return None
    if len(found.valid_sigs) != 1:
        return None
    by = found.valid_sigs[0]
    hashed = str(one.hash_algorithm).rpartition(".")[2]
    return Checked(by.certificate.upper(), by.signing_key.upper(), one.created, hashed)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of version 6: what there is of it, and what others may have of it."""

    fingerprint: str
    user_ids: tuple[str, ...]
    created: datetime | None
    expires: datetime | None
    revoked: bool
    secret: bytes = field(repr=False)  # b"" where only the public part is here
    public: bytes = field(repr=False)


def armored(public: bytes) -> bytes:
    """A public key as text."""
    library = _library()
    return str(library.armor(public, library.ArmorKind.PublicKey)).encode("ascii")


def keys_in(packets: bytes, *, secret: bool) -> tuple[Key, ...]:
    """The keys in binary data, one of them if it is `secret`; () where there are none."""
    library = _library()
    try:
        if secret:
            whole = library.Tsk.from_bytes(packets)
            return (_key(whole.extract_certificate(), bytes(whole)),)
        return tuple(_key(one, b"") for one in library.Cert.split_bytes(packets))
    except (RuntimeError, ValueError):
        return ()


def _key(certificate: Any, secret: bytes) -> Key:
    public = bytes(certificate)
    first = next(iter(_library().packet.PacketPile.from_bytes(public)))
    return Key(
        fingerprint=certificate.fingerprint.upper(),
        user_ids=tuple(str(name) for name in certificate.user_ids),
        created=first.key_created,
        expires=certificate.expiration,
        revoked=certificate.is_revoked,
        secret=secret,
        public=public,
    )
