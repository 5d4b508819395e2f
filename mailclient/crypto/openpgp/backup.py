"""A secret key and the certificate that ends it, in one file that a recovery code opens.

The file is a plain symmetric OpenPGP message, so that GnuPG alone opens it, too. Its text holds the
key first; the certificate stands behind it with a colon before its first line, as GnuPG keeps it,
so that nobody ends a key by taking the file in.
"""

from __future__ import annotations

import re

from mailclient.crypto.openpgp.armor import MESSAGE, unarmored
from mailclient.crypto.openpgp.engine import Engine, Run
from mailclient.crypto.openpgp.status import refusal
from mailclient.errors import BadInput, SealFailed

LARGEST = 1024 * 1024
_MESSAGE = b"-----BEGIN PGP MESSAGE-----"
_BLOCK = re.compile(
    rb"^-----BEGIN PGP MESSAGE-----[ \t]*$.*?^-----END PGP MESSAGE-----[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
_SYMMETRIC = [
    "--armor", "--symmetric", "--no-symkey-cache", "--cipher-algo", "AES256",
    "--s2k-mode", "3", "--s2k-digest-algo", "SHA512", "--s2k-count", "65011712",
]  # fmt: skip
_SETUP = b"""<html><body>
<p>This file holds the key of a mail account for another program of its owner. Open the letter in
that program and type the code that was shown where the letter was made.</p>
<pre>
%s
</pre></body></html>
"""
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
    run = engine.run(_SYMMETRIC, text, passphrase=code)
    if run.code != 0 or not run.says("END_ENCRYPTION") or not run.out.startswith(_MESSAGE):
        raise _not_made(run)
    return run.out


def setup_file(engine: Engine, secret: bytes, code: str, *, prefer_encrypt: bool) -> bytes:
    """The file of a setup message (Autocrypt 1.1): the armored secret key, behind a code.

    GnuPG must not use a container of its own, which others could not open. Raises SealFailed.
    """
    wish = b"mutual" if prefer_encrypt else b"nopreference"
    inside = _with_header(secret.strip(), b"Autocrypt-Prefer-Encrypt: " + wish) + b"\n"
    options = ["--rfc4880", *_SYMMETRIC]
    run = engine.run(options, inside, passphrase=code)
    if run.code != 0 or not run.says("END_ENCRYPTION") or not run.out.startswith(_MESSAGE):
        raise _not_made(run)
    hint = b"Passphrase-Format: numeric9x4\nPassphrase-Begin: " + code[:2].encode("ascii")
    return _SETUP % _with_header(run.out.strip(), hint)


def _with_header(armor: bytes, lines: bytes) -> bytes:
    """An armored block with header lines behind its first line."""
    first, line_end, rest = armor.replace(b"\r\n", b"\n").partition(b"\n")
    return first + line_end + lines + line_end + rest


def _not_made(run: Run) -> SealFailed:
    return SealFailed("The copy could not be made.", "See 'mailclient doctor'.", run.log[-200:])


def open_up(engine: Engine, data: bytes, code: str) -> bytes:
    """The armored secret key in such a file, or in that of a setup message; raises BadInput."""
    block = _BLOCK.search(data.replace(b"\r\n", b"\n")) if len(data) <= LARGEST else None
    if block is None:
        raise BadInput(
            "This file is no copy of a key.", "Choose the one that was saved as your backup."
        )
    packets = unarmored(block[0], MESSAGE) or b""
    run = engine.run(["--no-symkey-cache", "--decrypt"], packets, passphrase=code, largest=LARGEST)
    # A key that opens it instead would prove nothing of who has made it.
    if run.cut or run.says("ENC_TO") or refusal(run.status, run.code, len(run.out)):
        raise BadInput(
            "The recovery code does not open this file.",
            "Compare it with your recovery sheet, group by group.",
        )
    found = _SECRET.search(run.out.replace(b"\r\n", b"\n"))
    if found is None:
        raise BadInput("There is no secret key in this file.")
    return found[0] + b"\n"
