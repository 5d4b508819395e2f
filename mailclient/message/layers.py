"""Where a message is protected: the layer around the whole of it, and protected parts elsewhere.

Only a well-formed layer at the root counts (RFC 3156, RFC 9787); whatever stands beside or inside
other content is named by its number, and opens only by itself. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailclient.message.facts import Form, Layer
from mailclient.message.tree import Part

ENCRYPTED = "application/pgp-encrypted"
INLINE = "inline-pgp"
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_CMS_SIGNED = bytes.fromhex("2a864886f70d010702")  # the object identifiers of RFC 5652 and others
_CMS_ENVELOPED = bytes.fromhex("2a864886f70d010703")
_CMS_AUTHENTICATED = bytes.fromhex("2a864886f70d0109100117")
_CMS_COMPRESSED = bytes.fromhex("2a864886f70d0109100109")
_CMS_SEEN_WITHIN = 32
_BEGIN = re.compile(rb"(?:^|\n)-----BEGIN PGP (SIGNED )?MESSAGE-----[ \t]*\r?\n")
_VERSION = re.compile(rb"^version:[ \t]*1[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_ENDS = {False: b"-----END PGP MESSAGE-----", True: b"-----END PGP SIGNATURE-----"}
_SPACE = b" \t\r\n\xa0\xc2"  # armor is often pasted with no-break spaces around it
_ARMOR_SEEN_WITHIN = 4096
_LONGEST_CONTROL = 4096
LARGEST_LAYER = 32 * 1024 * 1024  # bytes; plug-ins are given layers whole


@dataclass(frozen=True, slots=True)
class Wrapping:
    """A layer by its parts, with none of its bytes read: `content` is the ciphertext, the detached
    signature or the armored text, `signed` what a detached signature speaks for."""

    protocol: str
    form: Form
    number: str
    content: Part
    signed: Part | None = None

    @property
    def is_too_large(self) -> bool:
        """Whether it is more than is read into memory."""
        signed = 0 if self.signed is None else self.signed.length
        return self.content.length + signed > LARGEST_LAYER

    def closed(self) -> Layer:
        """The layer without its bytes."""
        return Layer(self.protocol, self.form, b"", number=self.number)

    def layer(self) -> Layer:
        """The layer with its bytes."""
        data = self.content.decoded()
        if self.form is Form.INLINE:
            data = data.strip(_SPACE) + b"\n"
        signed = b"" if self.signed is None else self.signed.raw
        return Layer(self.protocol, self.form, data, signed=signed, number=self.number)


def find_layer(root: Part) -> Layer | None:
    """The layer that wraps the whole of `root`, with its bytes, if it is well-formed."""
    found = find_wrapping(root)
    return None if found is None else found.layer()


def find_wrapping(root: Part) -> Wrapping | None:
    """Where the layer that wraps the whole of `root` is, if it is well-formed."""
    if root.content_type in ("multipart/encrypted", "multipart/signed"):
        return _of_two_parts(root)
    if root.content_type in _SMIME:
        return _of_smime(root)
    if root.content_type == "text/plain" and root.disposition != "attachment":
        return Wrapping(INLINE, Form.INLINE, root.number, root) if _is_one_block(root) else None
    return None


def _of_smime(root: Part) -> Wrapping | None:
    """RFC 8551 section 3.2: what it is says its beginning, and the parameter only where that is
    not to be read. Certificates alone, and what is only compressed, protect nothing."""
    said = root.params.get("smime-type", "").lower()
    start = root.start(_CMS_SEEN_WITHIN)
    if said in ("certs-only", "compressed-data") or _CMS_COMPRESSED in start:
        return None
    clearly_sealed = _CMS_ENVELOPED in start or _CMS_AUTHENTICATED in start
    signed = _CMS_SIGNED in start or (said == "signed-data" and not clearly_sealed)
    form = Form.OPAQUE if signed else Form.ENCRYPTED
    return Wrapping(root.content_type, form, root.number, root)


def _of_two_parts(root: Part) -> Wrapping | None:
    """RFC 1847, RFC 3156 sections 4 and 5: a control part and the ciphertext, or exactly what is
    signed and its signature."""
    protocol = root.params.get("protocol", "").strip().lower()
    if not protocol or len(root.children) != 2:
        return None
    first, second = root.children
    if root.content_type == "multipart/signed":
        if second.content_type != protocol:
            return None
        return Wrapping(protocol, Form.SIGNED, root.number, second, first)
    if first.content_type != protocol or second.content_type != "application/octet-stream":
        return None
    if protocol == ENCRYPTED and not _VERSION.search(first.start(_LONGEST_CONTROL)):
        return None
    return Wrapping(protocol, Form.ENCRYPTED, root.number, second)


def _is_one_block(part: Part) -> bool:
    """Whether a text is one armored block and nothing else."""
    if not part.start(_ARMOR_SEEN_WITHIN).lstrip(_SPACE).startswith(b"-----BEGIN PGP"):
        return False
    if part.length > LARGEST_LAYER:
        return False
    text = part.decoded().strip(_SPACE)
    begin = _BEGIN.match(text)
    if begin is None:
        return False
    end = _ENDS[begin[1] is not None]
    return text.endswith(end) and len(_BEGIN.findall(text)) == 1 and text.count(b"\n" + end) == 1


def errant(root: Part) -> tuple[Layer, ...]:
    """The protected parts that do not wrap the whole of `root`, without their bytes; none of them
    is looked into."""
    found: list[Layer] = []
    waiting = [root]
    while waiting:
        part = waiting.pop()
        wrapping = find_wrapping(part) if part is not root else None
        if wrapping is not None:
            found.append(wrapping.closed())
            continue
        waiting.extend(reversed(part.children))
    return tuple(found)


def is_damaged(root: Part) -> bool:
    """Whether this is PGP/MIME that a server has rebuilt as ordinary attachments."""
    kinds = [part.content_type for part in root.children]
    return root.content_type == "multipart/mixed" and ENCRYPTED in kinds and len(kinds) <= 3
