"""What GnuPG says on its status channel (doc/DETAILS), read strictly. Pure.

Lines end at LF and nowhere else: a User ID may hold any other separator, and a reader that breaks
lines there lets a stranger's key speak in GnuPG's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mailclient.message.facts import SignatureStatus

_PREFIX = b"[GNUPG:] "
STRONG_HASHES = {"8": "SHA256", "9": "SHA384", "10": "SHA512"}
WEAK_HASHES = {"1": "MD5", "2": "SHA1", "3": "RIPEMD160", "11": "SHA224"}
_CLASSES = frozenset({"00", "01"})  # a binary and a text document
_NO_KEY = "9"
_UNSUPPORTED = frozenset({"4", "5"})  # its algorithm, its hash
# gpg-error: bad passphrase, no pinentry, pinentry faults, cancelled, no passphrase, fully cancelled
_FROM_PINENTRY = 5  # the part of gpg-error that says where a fault comes from
_PASSPHRASE_CODES = frozenset({11, 85, 86, 99, 177, 198})
_REFUSING = frozenset(
    {"NODATA", "UNEXPECTED", "ERROR", "FAILURE", "BADMDC", "DECRYPTION_FAILED", "BADARMOR"}
)


@dataclass(frozen=True, slots=True)
class Line:
    """One status line: its keyword and its arguments."""

    keyword: str
    arguments: tuple[str, ...]

    def argument(self, at: int) -> str:
        """The argument at a place; "" if there is none."""
        return self.arguments[at] if at < len(self.arguments) else ""


def read_status(data: bytes) -> tuple[Line, ...]:
    """The status lines in what came over the status channel."""
    found: list[Line] = []
    for line in data.split(b"\n"):
        if not line.startswith(_PREFIX):
            continue
        words = line[len(_PREFIX) :].decode("utf-8", "replace").rstrip("\r").split(" ")
        if words[0]:
            found.append(Line(words[0], tuple(words[1:])))
    return tuple(found)


def words_of(lines: Sequence[Line], keyword: str) -> tuple[Line, ...]:
    """The lines with this keyword."""
    return tuple(line for line in lines if line.keyword == keyword)


@dataclass(frozen=True, slots=True)
class Block:
    """One signature: `fingerprint` is the primary key's, `made_by` that of the key that made it,
    from VALIDSIG and nowhere else. `of_text` tells a text document (class 01) from a binary one."""

    status: SignatureStatus
    fingerprint: str = ""
    key_id: str = ""
    made: datetime | None = None
    hash_algorithm: str = ""
    made_by: str = ""
    of_text: bool = False


def signature_blocks(lines: Sequence[Line]) -> tuple[Block, ...]:
    """Each signature apart, from its NEWSIG to the next."""
    blocks: list[list[Line]] = []
    for line in lines:
        if line.keyword == "NEWSIG":
            blocks.append([])
        elif blocks:
            blocks[-1].append(line)
    return tuple(_block(block) for block in blocks)


def _block(lines: Sequence[Line]) -> Block:
    said = {line.keyword: line for line in lines}
    valid = said.get("VALIDSIG")
    key_id = next((line.argument(0) for line in lines if line.keyword in _NAMING), "")
    if valid is None:
        error = said.get("ERRSIG")
        return Block(_failure(said, error), key_id=error.argument(0) if error else key_id)
    number = valid.argument(7)
    return Block(
        status=_success(said, number, valid.argument(8)),
        fingerprint=(valid.argument(9) or valid.argument(0)).upper(),
        key_id=key_id,
        made=_time(valid.argument(2)),
        hash_algorithm=STRONG_HASHES.get(number) or WEAK_HASHES.get(number, number),
        made_by=valid.argument(0).upper(),
        of_text=valid.argument(8) == "01",
    )


_NAMING = frozenset({"GOODSIG", "BADSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG"})


def _failure(said: dict[str, Line], error: Line | None) -> SignatureStatus:
    if "BADSIG" in said:
        return SignatureStatus.BAD
    if error is not None and error.argument(5) == _NO_KEY:
        return SignatureStatus.UNKNOWN_KEY
    if error is not None and error.argument(5) in _UNSUPPORTED:
        return SignatureStatus.WEAK
    return SignatureStatus.ERROR


def _success(said: dict[str, Line], hash_number: str, signature_class: str) -> SignatureStatus:
    """VALIDSIG alone says little: an expired or a revoked key's signature has one too."""
    for keyword, status in (
        ("BADSIG", SignatureStatus.BAD),
        ("REVKEYSIG", SignatureStatus.REVOKED_KEY),
        ("EXPKEYSIG", SignatureStatus.EXPIRED_KEY),
        ("EXPSIG", SignatureStatus.EXPIRED),
        ("ERRSIG", SignatureStatus.ERROR),
    ):
        if keyword in said:
            return status
    if "GOODSIG" not in said or signature_class not in _CLASSES:
        return SignatureStatus.ERROR
    return SignatureStatus.GOOD if hash_number in STRONG_HASHES else SignatureStatus.WEAK


def _time(seconds: str) -> datetime | None:
    if not seconds.isdigit():
        return None
    return datetime.fromtimestamp(min(int(seconds), 253_402_300_799), UTC)


def refusal(lines: Sequence[Line], code: int, size: int) -> str:
    """Why what came out of a decryption may not be used; "" if it may.

    The engine's own "okay" is not enough: versions before 2.2.43 say it of tampered data.
    """
    order = [line.keyword for line in lines]
    wanted = ("BEGIN_DECRYPTION", "PLAINTEXT", "DECRYPTION_OKAY")
    if any(order.count(word) != 1 for word in wanted):
        return "it is not exactly one encrypted message"
    places = [order.index(word) for word in wanted]
    if places != sorted(places) or "DECRYPTION_INFO" not in order:
        return "its parts stand in the wrong order"
    if bad := _REFUSING & set(order):
        return f"its integrity could not be confirmed ({', '.join(sorted(bad))})"
    lengths = words_of(lines, "PLAINTEXT_LENGTH")
    if any(line.argument(0).isdigit() and int(line.argument(0)) != size for line in lengths):
        return "its length is not what it says"
    if code == 0 or (code == 2 and _tried_another_key(lines, order)):
        return ""
    return "GnuPG reported a fault after decrypting it"


def has_bad_signature(lines: Sequence[Line]) -> bool:
    """Whether some signature could not be checked or is not valid."""
    return any(line.keyword in ("ERRSIG", "BADSIG") for line in lines)


def _tried_another_key(lines: Sequence[Line], order: Sequence[str]) -> bool:
    """Mail to a hidden recipient ends with code 2 whenever another key was tried first."""
    hidden = any(set(line.argument(0)) == {"0"} for line in words_of(lines, "ENC_TO"))
    guarded = any(line.argument(0) == "2" for line in words_of(lines, "DECRYPTION_INFO"))
    return hidden and guarded and "GOODMDC" in order


def container(lines: Sequence[Line]) -> str:
    """How the data were encrypted: "SEIPDv1", "OCB" or ""."""
    info = words_of(lines, "DECRYPTION_INFO")
    if not info:
        return ""
    return "OCB" if info[0].argument(2) not in ("", "0") else "SEIPDv1"


def needs_passphrase(lines: Sequence[Line]) -> bool:
    """Whether a secret key is here and its passphrase was not given."""
    return any(
        code & 0xFFFF in _PASSPHRASE_CODES or code >> 24 & 0x7F == _FROM_PINENTRY
        for code in error_codes(lines)
    )


def error_codes(lines: Sequence[Line]) -> tuple[int, ...]:
    """The numbers of gpg-error in what went wrong."""
    return tuple(
        int(line.argument(1))
        for line in lines
        if line.keyword in ("ERROR", "FAILURE") and line.argument(1).isdigit()
    )
