"""How two people find out that they have the same key: words read aloud, or a code to scan. Pure.

Ten words of 256 stand for one key, found slowly: whoever wants another key with the same words has
2^80 keys to make and 2^16 steps of a hash for each. The text of a code is the one that other
programs for OpenPGP show and read.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass

COUNT = 10
_ROUNDS = 65_536
_PURPOSE = b"mailclient words of a key"
CODE = "OPENPGP4FPR:"
_ARMOR = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
_HEX = re.compile(r"(?:[0-9A-F]{40}|[0-9A-F]{64})")

# Short, known to everybody, and hard to mistake for each other over a telephone.
WORDS = tuple(
    """
acid admiral album almond amber anchor angle apple apron arena armour arrow artist atlas autumn
avenue badge bakery balcony ballet bamboo banana bandit banjo barley barrel basket beacon beaver
bishop blanket blossom bottle boulder bracelet brandy bridge broom bubble bucket buffalo butter
cabin cactus camel candle canoe canyon captain caravan carpet castle cedar cello cement chalk
cherry chimney cinema circus clarinet clover cobra cocoa coffee comet copper coral cotton cougar
cradle crayon cricket crystal cushion daisy dancer denim desert diamond dinner doctor dolphin
domino dragon dwarf eagle earth echo elbow elephant emerald engine envelope evening fabric
falcon farmer feather fiddle finger flag flamingo flute forest fortress fox galaxy garden garlic
gazelle gallery giraffe glacier gloves goblet gorilla granite grape guitar hammer harbour harvest
hazel helmet herring hockey honey horizon hotel hunter iceberg igloo insect island ivory jacket
jaguar jasmine jelly jewel journal jungle kettle kidney kitchen koala ladder lagoon lantern lemon
leopard library lizard lobster magnet mango marble market meadow melon mermaid mirror monkey
mountain mushroom mustard napkin needle nephew nickel noodle novel nutmeg ocean octopus olive onion
opera orange orchid ostrich otter oyster padlock palace panther paper parrot peanut pebble pelican
pepper piano picnic pigeon pilot pirate planet plum poster polar pony potato prince pumpkin puppet
purple pyramid quarter rabbit raccoon rainbow raven reindeer river rocket rubber saddle saffron
sailor salmon sandal saxophone scarf school scooter shadow shelter shepherd silver skeleton slipper
snail spider spinach squirrel stadium summer taxi teapot temple thunder tiger tomato tractor
trumpet tulip umbrella valley vanilla velvet violin volcano walnut window
""".split()  # noqa: SIM905  # a list of 256 strings would take 256 lines
)


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a code, or a text that somebody gave, stands for: a key by its fingerprint, or a key."""

    fingerprint: str = ""
    key: bytes = b""


def words_of(fingerprint: str) -> tuple[str, ...]:
    """The ten words of a key; takes some hundredths of a second."""
    digest = hashlib.pbkdf2_hmac("sha512", fingerprint.upper().encode("ascii"), _PURPOSE, _ROUNDS)
    return tuple(WORDS[byte] for byte in digest[:COUNT])


def code_of(fingerprint: str) -> str:
    """The text of the code to scan."""
    return f"{CODE}{fingerprint.upper()}"


def scanned(text: str) -> Scanned | None:
    """What a scanned or pasted text stands for; None for something else."""
    stripped = text.strip()
    if _ARMOR in stripped:
        return Scanned(key=stripped.encode("utf-8", "replace"))
    if stripped[: len(CODE)].upper() == CODE:
        stripped = stripped[len(CODE) :].partition("#")[0]  # some put more behind it
    plain = re.sub(r"[\s:]", "", stripped).upper().removeprefix("0X")
    if _HEX.fullmatch(plain):
        return Scanned(fingerprint=plain)
    return _binary(stripped)


def _binary(text: str) -> Scanned | None:
    """A public key as bare base64, as small codes hold it."""
    try:
        data = b64decode("".join(text.split()), validate=True)
    except (Base64Error, ValueError):
        return None
    return Scanned(key=data) if len(data) > 100 and data[0] in (0x98, 0x99, 0xC6) else None


def same(given: str, fingerprint: str) -> bool | None:
    """Whether what somebody gave - a fingerprint, the text of a code or the ten words - is this
    key's; None while it is not complete."""
    found = scanned(given)
    if found is not None and found.fingerprint:
        return found.fingerprint == fingerprint.upper()
    typed = given.lower().replace(",", " ").split()
    if len(typed) >= COUNT and all(one.isalpha() for one in typed):
        return tuple(typed) == words_of(fingerprint)
    return None
