"""Sign and encrypt a MIME entity (RFC 3156): one OpenPGP message, to full fingerprints only.

Everything is checked before and after; what does not come out as asked for is not returned at all.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from itertools import chain

from mailclient.cancel import CancelToken
from mailclient.crypto.api import KeyInfo
from mailclient.crypto.openpgp import cards
from mailclient.crypto.openpgp.engine import Engine, Run
from mailclient.crypto.openpgp.status import STRONG_HASHES, needs_passphrase, words_of
from mailclient.errors import KeyLocked, KeyMissing, SealFailed

_MESSAGE = b"-----BEGIN PGP MESSAGE-----"
_SIGNATURE = b"-----BEGIN PGP SIGNATURE-----"

PIECE = 256 * 1024


class Sealing:
    """Seals entities."""

    def __init__(
        self,
        engine: Engine,
        find_key: Callable[[str], KeyInfo | None],
        ask_passphrase: Callable[[str], str | None],
    ) -> None:
        self._engine = engine
        self._find_key = find_key
        self._ask_passphrase = ask_passphrase

    def seal(
        self, entity: bytes, sign_with: str | None, encrypt_to: Sequence[str], cancel: CancelToken
    ) -> bytes:
        """Raises KeyMissing, KeyLocked, SealFailed, Cancelled, EngineMissing."""
        if sign_with is not None:
            self._signing_key(sign_with)
        if encrypt_to:
            return self._encrypted(entity, sign_with, encrypt_to, cancel)
        if sign_with is None:
            raise SealFailed("The message was to be neither encrypted nor signed.")
        return self._signed(entity, sign_with, cancel)

    def _encrypted(
        self, entity: bytes, sign_with: str | None, encrypt_to: Sequence[str], cancel: CancelToken
    ) -> bytes:
        options = ["--armor", "--compress-algo", "none", "--no-encrypt-to", "--encrypt"]
        for fingerprint in encrypt_to:
            options += ["--recipient", self._recipient(fingerprint)]
        if sign_with is not None:
            options += ["--sign", "--digest-algo", "SHA512", "--local-user", sign_with]
        run = self._run(options, entity, cancel)
        refused = words_of(run.status, "INV_RECP")
        signed = sign_with is None or run.says("SIG_CREATED")
        if (
            run.code != 0
            or refused
            or not signed
            or not run.says("END_ENCRYPTION")
            or not run.out.startswith(_MESSAGE)
        ):
            raise _failure(run, "encrypted")
        return _multipart(
            'multipart/encrypted; protocol="application/pgp-encrypted"',
            (
                b"Content-Type: application/pgp-encrypted\r\n"
                b"Content-Description: PGP/MIME version identification\r\n\r\n",
                b"Version: 1\r\n",
            ),
            chain(
                (
                    b'Content-Type: application/octet-stream; name="encrypted.asc"\r\n'
                    b"Content-Description: OpenPGP encrypted message\r\n"
                    b'Content-Disposition: inline; filename="encrypted.asc"\r\n\r\n',
                ),
                _crlf(run.out),
            ),
        )

    def _signed(self, entity: bytes, sign_with: str, cancel: CancelToken) -> bytes:
        options = ["--armor", "--digest-algo", "SHA512", "--local-user", sign_with, "--detach-sign"]
        run = self._run(options, entity, cancel)
        created = words_of(run.status, "SIG_CREATED")
        if run.code != 0 or len(created) != 1 or not run.out.startswith(_SIGNATURE):
            raise _failure(run, "signed")
        name = STRONG_HASHES.get(created[0].argument(2))
        if name is None:
            raise SealFailed("GnuPG would have signed by a weak method; nothing was sent.")
        return _multipart(
            'multipart/signed; protocol="application/pgp-signature";'
            f"\r\n micalg=pgp-{name.lower()}",
            (entity,),
            chain(
                (
                    b'Content-Type: application/pgp-signature; name="signature.asc"\r\n'
                    b"Content-Description: OpenPGP digital signature\r\n\r\n",
                ),
                _crlf(run.out),
            ),
        )

    def _run(self, options: Sequence[str], data: bytes, cancel: CancelToken) -> Run:
        """Without asking first; where only a passphrase is missing, with the one that is given."""
        run = self._engine.run(options, data, cancel=cancel)
        if run.code == 0 or not needs_passphrase(run.status):
            return run
        passphrase = self._ask_passphrase("your signing key")
        if passphrase is None:
            return run
        return self._engine.run(options, data, cancel=cancel, passphrase=passphrase)

    def _recipient(self, fingerprint: str) -> str:
        key = self._find_key(fingerprint)
        if key is None:
            raise KeyMissing(f"The key {fingerprint} is not here any more. Nothing was sent.")
        if not key.usable:
            who = key.addresses[0] if key.addresses else fingerprint
            if key.weak:
                raise KeyMissing(
                    f"The key of {who} is of a kind that can be broken. Nothing was sent.",
                    "Ask for a new one.",
                )
            raise KeyMissing(
                f"The key of {who} has expired or was withdrawn. Nothing was sent.",
                "Ask for a new one.",
            )
        return key.fingerprint

    def _signing_key(self, fingerprint: str) -> None:
        key = self._find_key(fingerprint)
        if key is None or not key.has_secret or not key.can_sign or key.expired or key.revoked:
            raise KeyMissing(
                "There is no key of yours that could sign. Nothing was sent.",
                "Make one in Keys and people.",
            )


def _failure(run: Run, what: str) -> SealFailed | KeyLocked:
    if trouble := cards.trouble(run.status):
        return KeyLocked(f"{trouble} Nothing was sent.", cards.next_step(trouble))
    if needs_passphrase(run.status):
        return KeyLocked(
            f"The message could not be {what}: the passphrase of your key, or the PIN of its card, "
            "is needed. Nothing was sent.",
            "Unlock your key and send it again.",
        )
    lines = [line for line in run.log.splitlines() if line.strip()]
    return SealFailed(
        f"The message could not be {what}; nothing was sent.",
        "See 'mailclient doctor'.",
        lines[-1][:200] if lines else run.cut,
    )


def _multipart(content_type: str, *parts: Iterable[bytes]) -> bytes:
    """The parts, each in pieces, put together: nothing large is copied more than once."""
    boundary = f"=_{secrets.token_hex(16)}"
    line = f"--{boundary}".encode("ascii")
    whole = BytesIO()
    whole.write(f'Content-Type: {content_type};\r\n boundary="{boundary}"\r\n\r\n'.encode("ascii"))
    for part in parts:
        for piece in chain((line, b"\r\n"), part, (b"\r\n",)):
            whole.write(piece)
    whole.write(line + b"--\r\n")
    return whole.getvalue()


def _crlf(armor: bytes) -> Iterator[bytes]:
    """GnuPG's lines, which end in LF on some systems and in CRLF on others, in pieces."""
    is_crlf = b"\r\n" in armor[:200]
    for start in range(0, len(armor), PIECE):
        piece = armor[start : start + PIECE]
        yield piece if is_crlf else piece.replace(b"\n", b"\r\n")
