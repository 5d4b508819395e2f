"""What in a message looks protected and stays closed, because it is not the whole of the message.

Said beside the text, and believed in nothing: anybody can write such lines. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailclient.message.layers import find_wrapping
from mailclient.message.tree import Part

ENCRYPTED_TEXT = (
    "There is encrypted text in this message. It is not opened: only a message that is encrypted "
    "as a whole is."
)
SIGNED_TEXT = (
    "There is signed text in this message. It is not checked: only a message that is signed as a "
    "whole is."
)
ENCRYPTED_FILE = "A file that is attached is encrypted. It is not opened here."
_ARMOR = "-----BEGIN PGP "  # RFC 9580 section 6.2.1
_ENCRYPTED = f"{_ARMOR}MESSAGE-----"
_SIGNED = f"{_ARMOR}SIGNED MESSAGE-----"  # section 7
_SEEN_WITHIN = 64  # bytes of a file


def hints(texts: Iterable[tuple[str, Part]], files: Iterable[Part]) -> tuple[str, ...]:
    """What there is to say of the texts of a message, each with its part, and of what is attached;
    a part that is one block is told of as such, where the message is judged."""
    loose = [text for text, part in texts if _ARMOR in text and find_wrapping(part) is None]
    found = [ENCRYPTED_TEXT] if any(_ENCRYPTED in text for text in loose) else []
    found += [SIGNED_TEXT] if any(_SIGNED in text for text in loose) else []
    start = _ENCRYPTED.encode()
    if any(part.start(_SEEN_WITHIN).lstrip().startswith(start) for part in files):
        found.append(ENCRYPTED_FILE)
    return tuple(found)
