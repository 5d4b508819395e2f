"""Decrypt and verify one layer: GnuPG's answers become facts, by our own rule of acceptance.

What is not accepted gives no byte. A signature is good only by GOODSIG and VALIDSIG of its own
block, with a sound hash, over a document; whose it is, the primary fingerprint alone says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from mailclient.cancel import CancelToken
from mailclient.crypto.api import KeyInfo
from mailclient.crypto.openpgp import cards
from mailclient.crypto.openpgp.armor import (
    MESSAGE,
    SIGNATURE,
    signed_text,
    unarmored,
)
from mailclient.crypto.openpgp.engine import Engine, Run
from mailclient.crypto.openpgp.newer import is_newer, is_one_message
from mailclient.crypto.openpgp.packets import holds_signatures_alone
from mailclient.crypto.openpgp.second_look import SecondLook
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
from mailclient.message.layers import LARGEST_LAYER

LARGEST_SIGNATURE = 256 * 1024
LARGEST_OPENED = 4 * LARGEST_LAYER  # what no honest text grows beyond when it is opened
_SIGNED_TEXT = b"-----BEGIN PGP SIGNED MESSAGE-----"
_BARE_LF = re.compile(rb"(?<!\r)\n")

_ODD_ARMOR = (
    "Its armor is not written as it must be, and this GnuPG has faults in reading such: see "
    "'mailclient doctor'."
)
_NO_AGENT = "can't connect to the agent"
_BY_PASSPHRASE = "NEED_PASSPHRASE_SYM"

FindKey = Callable[[str], KeyInfo | None]


class Opening:
    """Opens layers."""

    def __init__(
        self,
        engine: Engine,
        find_key: FindKey,
        ask_passphrase: Callable[[str], str | None],
        second: SecondLook,
    ) -> None:
        self._engine = engine
        self._second = second
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
        packets = unarmored(layer.data, SIGNATURE) if len(layer.data) <= LARGEST_SIGNATURE else None
        if packets is None or not holds_signatures_alone(packets):
            fact = SignatureFact(SignatureStatus.ERROR, reason="The signature part holds none.")
            return Opened(Outcome.CLEAR, signatures=(fact,))
        signed = _BARE_LF.sub(b"\r\n", layer.signed)
        if is_newer(packets):
            return self._second.verify(packets, signed)
        return self._detached(packets, signed, cancel)

    def _detached(
        self, signature: bytes, signed: bytes, cancel: CancelToken, *, only_text: bool = False
    ) -> Opened:
        options = ["--verify", "--", "@", "-"]
        try:
            run = self._engine.run(options, signed, cancel=cancel, attached=signature)
        except EngineMissing as problem:
            return _unchecked(problem.text)
        if run.cut or run.code < 0:
            return _unchecked(_why_failed(run))
        blocks = signature_blocks(run.status)
        sound = not run.says("PLAINTEXT") and all(one.of_text or not only_text for one in blocks)
        facts = self._facts(run, sound=sound)
        if not facts:
            facts = (SignatureFact(SignatureStatus.ERROR, reason="GnuPG cannot read it."),)
        facts = self._second.opinion(facts, signature, signed, cancel)
        return Opened(Outcome.CLEAR, signatures=facts)

    def _cleartext(self, layer: Layer, cancel: CancelToken) -> Opened:
        """A text signed in the open (RFC 9580 section 7); what is shown is what was checked, byte
        for byte, and nothing that GnuPG makes of it."""
        found = signed_text(layer.data)
        if found is None or not holds_signatures_alone(found.signature):
            reason = "The signed text is not written as it must be."
            fact = SignatureFact(SignatureStatus.ERROR, reason=reason)
            return Opened(Outcome.CLEAR, layer.data, signatures=(fact,))
        checked = self._detached(found.signature, found.text, cancel, only_text=True)
        return replace(checked, content=found.text + b"\r\n")

    def _facts(self, run: Run, *, sound: bool) -> tuple[SignatureFact, ...]:
        return tuple(self._fact(block, sound=sound) for block in signature_blocks(run.status))

    def _fact(self, block: Block, *, sound: bool) -> SignatureFact:
        key = self._find_key(block.fingerprint) if block.fingerprint else None
        status = block.status
        if status is SignatureStatus.GOOD and (key is None or not sound):
            status = SignatureStatus.ERROR
        if status is SignatureStatus.GOOD and key is not None and key.revoked:
            status = SignatureStatus.REVOKED_KEY
        if status is SignatureStatus.GOOD and key is not None and _is_weak(block, key):
            status = SignatureStatus.WEAK
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
        packets = unarmored(layer.data, MESSAGE)
        if packets is not None and is_newer(packets):
            return self._second.decrypt(packets, cancel, LARGEST_OPENED, may_ask=may_ask)
        if packets is None and b"-----BEGIN" in layer.data and not self._engine.is_sound:
            return Opened(Outcome.BROKEN, reason=_ODD_ARMOR)
        data = packets or layer.data.strip().replace(b"\xc2\xa0", b" ")
        run = self._run(data, cancel, may_ask=may_ask)
        if run.cut == "size":
            reason = "It grows beyond all measure when it is opened."
            return Opened(Outcome.BROKEN, reason=reason)
        if run.cut or run.code < 0:
            return Opened(Outcome.FAILED, reason=_why_failed(run))
        if not run.says("BEGIN_DECRYPTION"):
            return self._not_encrypted(run)
        why = refusal(run.status, run.code, len(run.out))
        if why and has_bad_signature(run.status) and self._sound_within(run, data, cancel):
            why = ""
        if not why and packets is not None and not is_one_message(packets):
            why = "it is not exactly one encrypted message"
        recipients = tuple(line.argument(0) for line in words_of(run.status, "ENC_TO"))
        if why and not run.says("DECRYPTION_INFO") and _locked(run):  # it never came to the content
            return Opened(Outcome.LOCKED, recipients=recipients, reason=self._why_locked(run))
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
        run = self._gnupg(["--pinentry-mode", "error", "--decrypt"], data, cancel)
        lacks = needs_passphrase(run.status) or cards.trouble(run.status) not in ("", cards.BLOCKED)
        if run.says("DECRYPTION_OKAY") or run.cut or not lacks:
            return run
        if not may_ask or run.says(_BY_PASSPHRASE):  # a stranger may not make a question appear
            return run
        passphrase = self._ask_passphrase("the key that opens this message")
        if passphrase is None:  # GnuPG's own window asks, where there is one
            return self._gnupg(["--decrypt"], data, cancel)
        return self._gnupg(["--decrypt"], data, cancel, passphrase)

    def _gnupg(
        self, options: list[str], data: bytes, cancel: CancelToken, passphrase: str | None = None
    ) -> Run:
        return self._engine.run(
            options, data, cancel=cancel, passphrase=passphrase, largest=LARGEST_OPENED
        )

    def _sound_within(self, first: Run, data: bytes, cancel: CancelToken) -> bool:
        """Whether only the signature within is at fault: GnuPG ends with a fault for that, too.

        Opened again without a look at the signature there must be no fault left; the key is at hand
        since the first time.
        """
        if refusal(first.status, 0, len(first.out)):
            return False
        options = ["--pinentry-mode", "error", "--skip-verify", "--decrypt"]
        again = self._gnupg(options, data, cancel)
        sound = not again.cut and not refusal(again.status, again.code, len(again.out))
        return sound and again.out == first.out

    def _not_encrypted(self, run: Run) -> Opened:
        """It calls itself encrypted and is not: shown as what it is, without any seal."""
        if run.says("PLAINTEXT") and run.code == 0 and not run.says("NODATA"):
            return Opened(Outcome.CLEAR, run.out, reason="It was not encrypted.")
        if _locked(run):
            return Opened(Outcome.LOCKED, reason=self._why_locked(run))
        return Opened(Outcome.BROKEN, reason="It is not an OpenPGP message, or it is damaged.")

    def _why_locked(self, run: Run) -> str:
        if _is_to_a_passphrase(run):
            return "It was encrypted to a passphrase and not to a key; that is not opened here."
        if trouble := cards.trouble(run.status):
            return trouble
        if needs_passphrase(run.status):
            on_card = any(key.on_card for key in self._considered(run))
            return cards.MISSING if on_card else "The passphrase of your key is needed."
        if _NO_AGENT in run.log:  # no status line says it; the words matter to the reader alone
            return "The part of GnuPG that keeps the keys (gpg-agent) does not start."
        return "There is no secret key here that opens it."

    def _considered(self, run: Run) -> Iterator[KeyInfo]:
        """The keys that GnuPG has tried."""
        for line in words_of(run.status, "KEY_CONSIDERED"):
            if key := self._find_key(line.argument(0)):
                yield key


def _unchecked(why: str) -> Opened:
    """A signature that could not be looked at; the text is there all the same."""
    return Opened(Outcome.FAILED, signatures=(SignatureFact(SignatureStatus.ERROR, reason=why),))


def _is_weak(block: Block, key: KeyInfo) -> bool:
    return bool({block.fingerprint, block.made_by} & set(key.weak))


def _locked(run: Run) -> bool:
    lacking = needs_passphrase(run.status) or bool(cards.trouble(run.status))
    return run.says("NO_SECKEY") or _is_to_a_passphrase(run) or lacking


def _is_to_a_passphrase(run: Run) -> bool:
    """Whether GnuPG would ask for one before it begins; inside, it is a trap or damage."""
    words = [line.keyword for line in run.status]
    return _BY_PASSPHRASE in words[: [*words, "BEGIN_DECRYPTION"].index("BEGIN_DECRYPTION")]


def _why_failed(run: Run) -> str:
    return "GnuPG took too long." if run.cut else "GnuPG stopped in the middle of its work."
