"""What the second engine has to say about a layer: opened in GnuPG's place, or a second opinion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC

from mailclient.cancel import CancelToken
from mailclient.crypto.api import KeyInfo
from mailclient.crypto.openpgp import second
from mailclient.crypto.openpgp.engine import Engine
from mailclient.crypto.openpgp.newer import PKESK, seen
from mailclient.crypto.openpgp.newer_keys import NewerKeys
from mailclient.crypto.openpgp.status import STRONG_HASHES
from mailclient.message.facts import Opened, Outcome, SignatureFact, SignatureStatus

MOST_KEYS = 16
TO_A_PASSPHRASE = "It was encrypted to a passphrase and not to a key; that is not opened here."
DISAGREE = "Two engines disagree about the signature, so it does not count."
UNDATED = "It is signed, but there is no telling when, so the signature does not count."
_NO_KEY = "There is no secret key here that opens it."


class SecondLook:
    """Asks the second engine, where it is installed."""

    def __init__(
        self,
        engine: Engine,
        newer: NewerKeys,
        list_keys: Callable[[], tuple[KeyInfo, ...]],
        ask_passphrase: Callable[[str], str | None],
    ) -> None:
        self._engine = engine
        self._newer = newer
        self._list_keys = list_keys
        self._ask_passphrase = ask_passphrase

    # In GnuPG's place

    def decrypt(
        self, packets: bytes, cancel: CancelToken, largest: int, *, may_ask: bool
    ) -> Opened:
        """Open a message of the newer form; raises Cancelled."""
        if not second.is_here():
            return Opened(Outcome.LOCKED, reason=second.INSTALL)
        if not any(one.tag == PKESK for one in seen(packets) or ()):
            return Opened(Outcome.LOCKED, reason=TO_A_PASSPHRASE)
        found = self._tried(packets, cancel, largest, None)
        if found.outcome in ("closed", "passphrase") and may_ask and self._own():
            passphrase = self._ask_passphrase("the key that opens this message")
            if passphrase is not None:
                found = self._tried(packets, cancel, largest, passphrase)
        return self._told(found)

    def _tried(
        self, packets: bytes, cancel: CancelToken, largest: int, passphrase: str | None
    ) -> second.Found:
        return second.decrypt(
            packets,
            self._secrets(cancel, passphrase),
            self._newer.public(),
            cancel,
            passphrase=passphrase,
            largest=largest,
        )

    def _told(self, found: second.Found) -> Opened:
        match found.outcome:
            case "opened":
                return Opened(
                    Outcome.DECRYPTED,
                    found.content,
                    signatures=tuple(self._undated(one) for one in found.signers),
                    container="SEIPDv2",
                    reason="" if found.checked else "A signature inside could not be confirmed.",
                )
            case "size":
                reason = "It grows beyond all measure when it is opened."
                return Opened(Outcome.BROKEN, reason=reason)
            case "passphrase":
                return Opened(Outcome.LOCKED, reason="The passphrase of your key is needed.")
            case "closed":
                return Opened(Outcome.LOCKED, reason=_NO_KEY)
            case _:
                return Opened(Outcome.FAILED, reason="The second engine stopped in its work.")

    def _undated(self, fingerprint: str) -> SignatureFact:
        """The library does not tell when what it found inside was signed."""
        key = self._key(fingerprint)
        return SignatureFact(
            SignatureStatus.ERROR,
            fingerprint=fingerprint,
            user_id=key.user_ids[0] if key and key.user_ids else "",
            addresses=key.addresses if key else (),
            reason=UNDATED,
        )

    def verify(self, signature: bytes, signed: bytes) -> Opened:
        """Check a signature of the newer form."""
        if not second.is_here():
            fact = SignatureFact(SignatureStatus.UNKNOWN_KEY, reason=second.INSTALL)
            return Opened(Outcome.CLEAR, signatures=(fact,))
        for public in self._newer.public():
            checked = second.verify(signature, signed, public)
            if checked is not None:
                return Opened(Outcome.CLEAR, signatures=(self._fact(checked),))
        reason = "The key that signed it is not here, or the text was changed."
        fact = SignatureFact(SignatureStatus.UNKNOWN_KEY, reason=reason)
        return Opened(Outcome.CLEAR, signatures=(fact,))

    def _fact(self, checked: second.Checked) -> SignatureFact:
        key = self._key(checked.fingerprint)
        status = SignatureStatus.GOOD
        if key is None:
            status = SignatureStatus.ERROR
        elif key.revoked:
            status = SignatureStatus.REVOKED_KEY
        elif key.expired:
            status = SignatureStatus.EXPIRED_KEY
        elif checked.hash_algorithm not in STRONG_HASHES.values():
            status = SignatureStatus.WEAK
        return SignatureFact(
            status,
            fingerprint=checked.fingerprint,
            user_id=key.user_ids[0] if key and key.user_ids else "",
            addresses=key.addresses if key else (),
            made=checked.made.astimezone(UTC) if checked.made else None,
            hash_algorithm=checked.hash_algorithm,
        )

    # A second opinion

    def opinion(
        self, facts: Sequence[SignatureFact], signature: bytes, signed: bytes, cancel: CancelToken
    ) -> tuple[SignatureFact, ...]:
        """The same facts; what both engines do not call good is not."""
        good = [one for one in facts if one.status is SignatureStatus.GOOD]
        if not good or len(facts) != 1 or not second.is_here():
            return tuple(facts)
        [exported] = self._exported([good[0].fingerprint], cancel) or [b""]
        checked = second.verify(signature, signed, exported)
        if checked is not None and checked.fingerprint == good[0].fingerprint:
            return tuple(facts)
        return (replace(good[0], status=SignatureStatus.ERROR, reason=DISAGREE),)

    # Keys

    def _key(self, fingerprint: str) -> KeyInfo | None:
        return next((one for one in self._list_keys() if one.fingerprint == fingerprint), None)

    def _own(self) -> list[KeyInfo]:
        return [one for one in self._list_keys() if one.has_secret][:MOST_KEYS]

    def _secrets(self, cancel: CancelToken, passphrase: str | None) -> list[bytes]:
        """The secret keys that can be had without a question: GnuPG's for this one moment."""
        found = list(self._newer.secrets())
        for one in self._own():
            if one.in_vault:
                continue
            mode = () if passphrase is not None else ("--pinentry-mode", "error")
            options = [*mode, "--export-secret-keys", one.fingerprint]
            run = self._engine.run(options, cancel=cancel, passphrase=passphrase)
            if run.code == 0 and run.out:
                found.append(run.out)
        return found

    def _exported(self, fingerprints: Sequence[str], cancel: CancelToken) -> list[bytes]:
        if not fingerprints:
            return []
        run = self._engine.run(["--export", *fingerprints], cancel=cancel)
        return [run.out] if run.code == 0 and run.out else []
