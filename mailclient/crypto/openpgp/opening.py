"""Decrypt and verify one layer: GnuPG's answers become facts, by our own rule of acceptance.

What is not accepted gives no byte. A signature is good only by GOODSIG and VALIDSIG of its own
block, with a sound hash, over a document; whose it is, the primary fingerprint alone says.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mailclient.cancel import CancelToken
from mailclient.crypto.api import KeyInfo
from mailclient.crypto.openpgp.engine import Engine, Run
from mailclient.crypto.openpgp.status import (
    Block,
    container,
    has_bad_signature,
    needs_passphrase,
    refusal,
    signature_blocks,
    words_of,
)
from mailclient.errors import EngineMissing
from mailclient.message.facts import (
    Form,
    Layer,
    Opened,
    Outcome,
    SignatureFact,
    SignatureStatus,
)

LARGEST_SIGNATURE = 256 * 1024
_SIGNED_TEXT = b"-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = b"-----BEGIN PGP SIGNATURE-----"
_HASH_LINE = re.compile(rb"Hash: [A-Za-z0-9, -]+\s*$")
_BARE_LF = re.compile(rb"(?<!\r)\n")

FindKey = Callable[[str], KeyInfo | None]


class Opening:
    """Opens layers."""

    def __init__(
        self, engine: Engine, find_key: FindKey, ask_passphrase: Callable[[str], str | None]
    ) -> None:
        self._engine = engine
        self._find_key = find_key
        self._ask_passphrase = ask_passphrase

    def open(self, layer: Layer, cancel: CancelToken, *, may_ask: bool) -> Opened:
        """Open one layer; raises Cancelled only."""
        try:
            if layer.form is Form.SIGNED:
                return self._verify(layer, cancel)
            if layer.form is Form.INLINE and layer.data.lstrip().startswith(_SIGNED_TEXT):
                return self._cleartext(layer, cancel)
            return self._decrypt(layer, cancel, may_ask=may_ask)
        except EngineMissing as problem:
            return Opened(Outcome.FAILED, reason=problem.text)

    # Signatures

    def _verify(self, layer: Layer, cancel: CancelToken) -> Opened:
        """A detached signature over the bytes as received, with the line ends of RFC 3156."""
        armor = layer.data.strip()
        if not armor.startswith(_SIGNATURE) or len(armor) > LARGEST_SIGNATURE:
            fact = SignatureFact(SignatureStatus.ERROR, reason="The signature part holds none.")
            return Opened(Outcome.CLEAR, signatures=(fact,))
        signed = _BARE_LF.sub(b"\r\n", layer.signed)
        run = self._engine.run(["--verify", "--", "@", "-"], signed, cancel=cancel, attached=armor)
        if run.cut:
            return Opened(Outcome.FAILED, reason="GnuPG took too long.")
        facts = self._facts(run, sound=not run.says("PLAINTEXT"))
        if not facts:
            facts = (SignatureFact(SignatureStatus.ERROR, reason="GnuPG cannot read it."),)
        return Opened(Outcome.CLEAR, signatures=facts)

    def _cleartext(self, layer: Layer, cancel: CancelToken) -> Opened:
        """A text signed in the open (RFC 9580 section 7); only what GnuPG gives out counts."""
        run = self._engine.run(["--decrypt"], layer.data, cancel=cancel)
        sound = _plain_armor(layer.data) and not run.says("BEGIN_DECRYPTION")
        if run.cut or not run.out:
            return Opened(Outcome.BROKEN, reason="The signed text could not be read.")
        return Opened(Outcome.CLEAR, run.out, signatures=self._facts(run, sound=sound))

    def _facts(self, run: Run, *, sound: bool) -> tuple[SignatureFact, ...]:
        return tuple(self._fact(block, sound=sound) for block in signature_blocks(run.status))

    def _fact(self, block: Block, *, sound: bool) -> SignatureFact:
        key = self._find_key(block.fingerprint) if block.fingerprint else None
        status = block.status
        if status is SignatureStatus.GOOD and (key is None or not sound):
            status = SignatureStatus.ERROR
        if status is SignatureStatus.GOOD and key is not None and key.revoked:
            status = SignatureStatus.REVOKED_KEY
        return SignatureFact(
            status=status,
            fingerprint=block.fingerprint,
            key_id=block.key_id,
            user_id=key.user_ids[0] if key is not None and key.user_ids else "",
            addresses=key.addresses if key is not None else (),
            made=block.made,
            hash_algorithm=block.hash_algorithm,
        )

    # Encryption

    def _decrypt(self, layer: Layer, cancel: CancelToken, *, may_ask: bool) -> Opened:
        data = layer.data.strip().replace(b"\xc2\xa0", b" ")
        run = self._run(data, cancel, may_ask=may_ask)
        if run.cut:
            reason = {
                "size": "It grows beyond all measure when it is opened.",
                "time": "GnuPG took too long.",
            }[run.cut]
            outcome = Outcome.BROKEN if run.cut == "size" else Outcome.FAILED
            return Opened(outcome, reason=reason)
        if not run.says("BEGIN_DECRYPTION"):
            return self._not_encrypted(run)
        why = refusal(run.status, run.code, len(run.out))
        if why and has_bad_signature(run.status) and self._sound_within(run, data, cancel):
            why = ""
        recipients = tuple(line.argument(0) for line in words_of(run.status, "ENC_TO"))
        if why and not run.says("DECRYPTION_OKAY") and not run.says("GOODMDC") and _locked(run):
            return Opened(Outcome.LOCKED, recipients=recipients, reason=_why_locked(run))
        if why:
            reason = f"It cannot be shown, because {why}."
            return Opened(Outcome.BROKEN, recipients=recipients, reason=reason)
        return Opened(
            Outcome.DECRYPTED,
            run.out,
            signatures=self._facts(run, sound=True),
            recipients=recipients,
            container=container(run.status),
            old_engine=container(run.status) == "OCB" and self._engine.is_old,
        )

    def _run(self, data: bytes, cancel: CancelToken, *, may_ask: bool) -> Run:
        """Decrypt without asking; if only a passphrase is missing, ask where that is allowed."""
        run = self._engine.run(["--pinentry-mode", "error", "--decrypt"], data, cancel=cancel)
        if run.says("DECRYPTION_OKAY") or run.cut or not needs_passphrase(run.status):
            return run
        if not may_ask:
            return run
        passphrase = self._ask_passphrase("the key that opens this message")
        if passphrase is None:  # GnuPG's own window asks, where there is one
            return self._engine.run(["--decrypt"], data, cancel=cancel)
        return self._engine.run(["--decrypt"], data, cancel=cancel, passphrase=passphrase)

    def _sound_within(self, first: Run, data: bytes, cancel: CancelToken) -> bool:
        """Whether only the signature within is at fault: GnuPG ends with a fault for that, too.

        Opened again without a look at the signature there must be no fault left; the key is at hand
        since the first time.
        """
        if refusal(first.status, 0, len(first.out)):
            return False
        options = ["--pinentry-mode", "error", "--skip-verify", "--decrypt"]
        again = self._engine.run(options, data, cancel=cancel)
        sound = not again.cut and not refusal(again.status, again.code, len(again.out))
        return sound and again.out == first.out

    def _not_encrypted(self, run: Run) -> Opened:
        """It calls itself encrypted and is not: shown as what it is, without any seal."""
        if run.says("PLAINTEXT") and run.code == 0 and not run.says("NODATA"):
            return Opened(Outcome.CLEAR, run.out, reason="It was not encrypted.")
        if _locked(run):
            return Opened(Outcome.LOCKED, reason=_why_locked(run))
        return Opened(Outcome.BROKEN, reason="It is not an OpenPGP message, or it is damaged.")


def _locked(run: Run) -> bool:
    return run.says("NO_SECKEY") or needs_passphrase(run.status)


def _why_locked(run: Run) -> str:
    if needs_passphrase(run.status):
        return "The passphrase of your key is needed."
    return "There is no secret key here that opens it."


def _plain_armor(data: bytes) -> bool:
    """Whether nothing but Hash lines stands between the armor's first line and its text."""
    head = data.lstrip().replace(b"\r\n", b"\n").partition(b"\n\n")[0].split(b"\n")[1:]
    return all(_HASH_LINE.match(line) for line in head)
