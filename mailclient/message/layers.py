"""Where a message is protected: the layer around the whole of it, and protected parts elsewhere.

Only a well-formed layer at the root counts (RFC 3156, RFC 9787); whatever stands beside or inside
other content is named by its number, and opens only by itself. Pure.
"""

from __future__ import annotations

import re

from mailclient.message.facts import Form, Layer
from mailclient.message.tree import Part

ENCRYPTED = "application/pgp-encrypted"
INLINE = "inline-pgp"
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_BEGIN = re.compile(rb"(?:^|\n)-----BEGIN PGP (SIGNED )?MESSAGE-----[ \t]*\r?\n")
_VERSION = re.compile(rb"^version:[ \t]*1[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_ENDS = {False: b"-----END PGP MESSAGE-----", True: b"-----END PGP SIGNATURE-----"}
_SPACE = b" \t\r\n\xa0\xc2"  # armor is often pasted with no-break spaces around it
LONGEST_ARMOR = 64 * 1024 * 1024


def find_layer(root: Part) -> Layer | None:
    """The layer that wraps the whole of `root`, if it is well-formed."""
    if root.content_type == "multipart/encrypted":
        return _encrypted(root)
    if root.content_type == "multipart/signed":
        return _signed(root)
    if root.content_type in _SMIME and root.params.get("smime-type") != "signed-data":
        return Layer(root.content_type, Form.ENCRYPTED, root.decoded(), number=root.number)
    if root.content_type == "text/plain" and root.disposition != "attachment":
        return _inline(root)
    return None


def _encrypted(root: Part) -> Layer | None:
    """RFC 1847 section 2.2, RFC 3156 section 4: exactly a control part and the ciphertext."""
    protocol = root.params.get("protocol", "").strip().lower()
    if not protocol or len(root.children) != 2:
        return None
    control, content = root.children
    if control.content_type != protocol or content.content_type != "application/octet-stream":
        return None
    if protocol == ENCRYPTED and not _VERSION.search(control.decoded()):
        return None
    return Layer(protocol, Form.ENCRYPTED, content.decoded(), number=root.number)


def _signed(root: Part) -> Layer | None:
    """RFC 1847 section 2.1, RFC 3156 section 5: exactly what is signed, and its signature."""
    protocol = root.params.get("protocol", "").strip().lower()
    if not protocol or len(root.children) != 2:
        return None
    content, signature = root.children
    if signature.content_type != protocol:
        return None
    return Layer(protocol, Form.SIGNED, signature.decoded(), signed=content.raw, number=root.number)


def _inline(root: Part) -> Layer | None:
    """A text that is one armored block and nothing else."""
    if b"-----BEGIN PGP" not in root.body[:4096] and root.encoding not in ("base64",):
        return None
    text = root.decoded().strip(_SPACE)
    if not _is_one_block(text):
        return None
    return Layer(INLINE, Form.INLINE, text + b"\n", number=root.number)


def _is_one_block(text: bytes) -> bool:
    begin = _BEGIN.match(text)
    if begin is None or len(text) > LONGEST_ARMOR:
        return False
    end = _ENDS[begin[1] is not None]
    return text.endswith(end) and len(_BEGIN.findall(text)) == 1 and text.count(b"\n" + end) == 1


def errant(root: Part) -> tuple[Layer, ...]:
    """The protected parts that do not wrap the whole of `root`; none of them is looked into."""
    found: list[Layer] = []
    waiting = [root]
    while waiting:
        part = waiting.pop()
        layer = find_layer(part) if part is not root else None
        if layer is not None:
            found.append(layer)
            continue
        waiting.extend(reversed(part.children))
    return tuple(found)


def is_damaged(root: Part) -> bool:
    """Whether this is PGP/MIME that a server has rebuilt as ordinary attachments."""
    kinds = [part.content_type for part in root.children]
    return root.content_type == "multipart/mixed" and ENCRYPTED in kinds and len(kinds) <= 3
