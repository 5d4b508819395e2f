"""How a key of one's own goes on, changes and ends."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailclient.crypto.openpgp.engine import Engine, Run
from mailclient.crypto.openpgp.status import needs_passphrase, words_of
from mailclient.errors import KeyLocked, SealFailed

_CERTIFICATE = re.compile(
    rb"^:?-----BEGIN PGP PUBLIC KEY BLOCK-----$.*?^-----END PGP PUBLIC KEY BLOCK-----$",
    re.DOTALL | re.MULTILINE,
)
_SUBKEY = ("cv25519", "encr")
_PROTECTED, _CLEAR = "P", "C"  # what the agent says of how it keeps a secret key
_BAD_PASSPHRASE = "Bad passphrase"  # no status line says it where a subkey is made
_NO_REASON = b"y\n0\n\ny\n"  # what GnuPG asks: sure, which reason, words about it, sure


def extend(engine: Engine, fingerprint: str, lifetime: str, passphrase: str | None = None) -> None:
    """Let the key and all its subkeys end so long after today; raises KeyLocked, SealFailed.

    Without a passphrase GnuPG asks for it where one is needed and somebody can be asked.
    """
    for subkeys in ((), ("*",)):
        options = ["--quick-set-expire", fingerprint, lifetime, *subkeys]
        run = engine.run(options, passphrase=passphrase)
        if run.code != 0:
            raise _failure(run, "The key could not be extended.")


def add_subkey(engine: Engine, fingerprint: str, lifetime: str, passphrase: str) -> None:
    """Give the key a new part that others encrypt to; the old ones still open old mail.

    The passphrase of the key guards the new part, too. Raises KeyLocked, SealFailed.
    """
    options = ["--quick-add-key", fingerprint, *_SUBKEY, lifetime]
    run = engine.run(options, passphrase=passphrase)
    if run.code != 0:
        raise _failure(run, "The key could not be renewed.")


def change_passphrase(
    engine: Engine, fingerprint: str, grips: Sequence[str], old: str, new: str
) -> None:
    """Guard the secret key by another passphrase; "" is none. `grips` are the agent's names of its
    parts. Raises KeyLocked where `old` does not fit, SealFailed."""
    kept = [engine.kept(grip) for grip in grips]
    if _PROTECTED not in kept and _CLEAR not in kept:
        raise SealFailed(
            "The secret key does not lie on this computer, so its passphrase cannot be changed.",
            "A key on a card has a PIN, which 'gpg --card-edit' changes.",
        )
    # GnuPG asks for the old one only where there is one, then for the new one: for each part again
    # where there was none, and twice where it is empty.
    answers = [*([old] if _PROTECTED in kept else []), *[new] * (2 * len(grips) + 1)]
    options = ["--no-batch", "--pinentry-mode", "loopback", "--command-fd", "0"]
    data = "".join(f"{one}\n" for one in answers).encode("utf-8")
    run = engine.run([*options, "--passwd", fingerprint], data)
    done = any(line.argument(0) == "keyedit.passwd" for line in words_of(run.status, "SUCCESS"))
    if not done:
        if run.says("ERROR") and _PROTECTED in kept:
            raise KeyLocked("The passphrase was not changed: the present one is not right.")
        raise _failure(run, "The passphrase could not be changed.")


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
    if needs_passphrase(run.status) or _BAD_PASSPHRASE in run.log:
        return KeyLocked(text, "The passphrase of the key is needed.")
    return SealFailed(text, "See 'mailclient doctor'.", run.log[-200:])
