"""What a crypto plug-in reports about one protected layer of a message.

Facts only: which bytes came out, which fingerprint, what status, when. Nothing in here says whether
a message deserves a seal; `message.security` alone decides that. These values stand below the
plug-ins and below the judge, so that neither needs to know the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Form(Enum):
    """How a layer wraps what it protects."""

    ENCRYPTED = "encrypted"  # multipart/encrypted (RFC 1847 section 2.2)
    SIGNED = "signed"  # multipart/signed (RFC 1847 section 2.1)
    OPAQUE = "opaque"  # signed data that hold what they sign (RFC 8551 section 3.5.2)
    INLINE = "inline"  # a text body that is one armored block


@dataclass(frozen=True, slots=True)
class Layer:
    """One protected layer, found in the tree and given to the plug-in that claims its protocol.

    `data` is the ciphertext, the detached signature, or the armored text of an inline block;
    `signed` holds the exact bytes, as received, that a detached signature speaks for. `number` is
    the part's number in the tree that the layer was found in ("" is the root).
    """

    protocol: str
    form: Form
    data: bytes
    signed: bytes = b""
    number: str = ""


class Outcome(Enum):
    """What became of a layer."""

    CLEAR = "clear"  # nothing was encrypted (a signature alone)
    DECRYPTED = "decrypted"
    LOCKED = "locked"  # no secret key here, its passphrase not given, or a format we cannot read
    BROKEN = "broken"  # integrity failed; no byte may be shown
    FAILED = "failed"  # the engine is missing, hung or was stopped: try again later


class SignatureStatus(Enum):
    """What the engine found out about one signature block."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN_KEY = "unknown-key"
    EXPIRED_KEY = "expired-key"
    REVOKED_KEY = "revoked-key"
    EXPIRED = "expired"  # the signature itself has ended
    WEAK = "weak"  # a hash or an algorithm that can be forged
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class SignatureFact:
    """One signature block. `fingerprint` is the primary key's, in full; "" where it is not known.

    `addresses` are the addr-specs of the valid User IDs of that key, lower case. `vouched_by` names
    an authority that the user trusts and that vouches for all of them; `key` is what to import so
    that the key is known from now on, where it came with the signature. `reason` may tell of a good
    one, too, why it is to be believed or not.
    """

    status: SignatureStatus
    fingerprint: str = ""
    key_id: str = ""
    user_id: str = ""
    addresses: tuple[str, ...] = ()
    made: datetime | None = None
    hash_algorithm: str = ""
    reason: str = ""
    vouched_by: str = ""
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class Opened:
    """What came out of one layer.

    `content` is the entity (for MIME forms) or the text (inline, with `charset`) inside the layer,
    or None where nothing may be shown. For Form.SIGNED it is None too: the signed bytes are in the
    tree already. `guarded` is False for an encryption that does not notice whether somebody on the
    way has changed what comes out; `outdated` is True for a cipher of old that nobody should use.
    """

    outcome: Outcome
    content: bytes | None = None
    signatures: tuple[SignatureFact, ...] = ()
    recipients: tuple[str, ...] = ()
    container: str = ""
    reason: str = ""
    charset: str = "utf-8"
    old_engine: bool = False
    guarded: bool = True
    outdated: bool = False

    def __post_init__(self) -> None:
        if self.content is not None and self.outcome in (Outcome.LOCKED, Outcome.BROKEN):
            raise ValueError("a layer that is locked or broken gives no content")
