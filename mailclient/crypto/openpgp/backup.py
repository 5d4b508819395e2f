"""A secret key and the certificate that ends it, in one file that a recovery code opens.

The file is a plain symmetric OpenPGP message, so that GnuPG alone opens it, too. Its text holds the
key first; the certificate stands behind it with a colon before its first line, as GnuPG keeps it,
so that nobody ends a key by taking the file in.
"""

from __future__ import annotations

import re

from mailclient.crypto.openpgp.engine import Engine
from mailclient.crypto.openpgp.status import refusal
from mailclient.errors import BadInput, SealFailed

LARGEST = 1024 * 1024
_MESSAGE = b"-----BEGIN PGP MESSAGE-----"
_SECRET = re.compile(
    rb"^-----BEGIN PGP PRIVATE KEY BLOCK-----$.*?^-----END PGP PRIVATE KEY BLOCK-----$",
    re.DOTALL | re.MULTILINE,
)
_HEAD = b"This is a secret key. To take it in: gpg --import THIS-FILE\n\n"
_ENDING = (
    b"\n\nBelow stands the certificate that ends the key for everybody, for the day when somebody\n"
    b"else has it. To use it, take away the colon before its first line, then gpg --import.\n\n"
)


def close_up(engine: Engine, secret: bytes, revocation: bytes, code: str) -> bytes:
    """The armored file; raises SealFailed."""
    text = _HEAD + secret.strip() + b"\n" + _ENDING + b":" + revocation
    options = [
        "--armor", "--symmetric", "--no-symkey-cache", "--cipher-algo", "AES256",
        "--s2k-mode", "3", "--s2k-digest-algo", "SHA512", "--s2k-count", "65011712",
    ]  # fmt: skip
    run = engine.run(options, text, passphrase=code)
    if run.code != 0 or not run.says("END_ENCRYPTION") or not run.out.startswith(_MESSAGE):
        raise SealFailed("The copy could not be made.", "See 'mailclient doctor'.", run.log[-200:])
    return run.out


def open_up(engine: Engine, data: bytes, code: str) -> bytes:
    """The armored secret key in such a file; raises BadInput."""
    if len(data) > LARGEST or _MESSAGE not in data:
        raise BadInput(
            "This file is no copy of a key.", "Choose the one that was saved as your backup."
        )
    run = engine.run(["--no-symkey-cache", "--decrypt"], data, passphrase=code, largest=LARGEST)
    if run.cut or refusal(run.status, run.code, len(run.out)):
        raise BadInput(
            "The recovery code does not open this file.",
            "Compare it with your recovery sheet, group by group.",
        )
    found = _SECRET.search(run.out.replace(b"\r\n", b"\n"))
    if found is None:
        raise BadInput("There is no secret key in this file.")
    return found[0] + b"\n"
