"""How a key of one's own goes on, and how it ends."""

from __future__ import annotations

import re

from mailclient.crypto.openpgp.engine import Engine, Run
from mailclient.crypto.openpgp.status import needs_passphrase
from mailclient.errors import KeyLocked, SealFailed

_CERTIFICATE = re.compile(
    rb"^:?-----BEGIN PGP PUBLIC KEY BLOCK-----$.*?^-----END PGP PUBLIC KEY BLOCK-----$",
    re.DOTALL | re.MULTILINE,
)
_NO_REASON = b"y\n0\n\ny\n"  # what GnuPG asks: sure, which reason, words about it, sure


def extend(engine: Engine, fingerprint: str, lifetime: str) -> None:
    """Let the key and all its subkeys end so long after today; raises KeyLocked, SealFailed."""
    for subkeys in ((), ("*",)):
        run = engine.run(["--quick-set-expire", fingerprint, lifetime, *subkeys])
        if run.code != 0:
            raise _failure(run, "The key could not be extended.")


def revocation(engine: Engine, fingerprint: str) -> bytes:
    """The certificate that ends a key: the one that GnuPG made with it, else a new one.

    Raises KeyLocked, SealFailed.
    """
    try:
        text = (engine.home / "openpgp-revocs.d" / f"{fingerprint}.rev").read_bytes()
    except OSError:
        text = b""
    found = _CERTIFICATE.search(text.replace(b"\r\n", b"\n"))
    if found is None:
        options = ["--no-batch", "--command-fd", "0", "--armor", "--gen-revoke", fingerprint]
        run = engine.run(options, _NO_REASON)
        found = _CERTIFICATE.search(run.out.replace(b"\r\n", b"\n"))
        if run.code != 0 or found is None:
            raise _failure(run, "The certificate that ends the key could not be made.")
    return found[0].lstrip(b":") + b"\n"


def _failure(run: Run, text: str) -> KeyLocked | SealFailed:
    if needs_passphrase(run.status):
        return KeyLocked(text, "The passphrase of the key is needed.")
    return SealFailed(text, "See 'mailclient doctor'.", run.log[-200:])
