"""Addresses of people (RFC 5322 section 3.4), read with tolerance and written with none.

The reader scans once from left to right, without recursion: two thousand opening brackets cost no
more than two thousand letters. The writer refuses what could become another header or command.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase
from unicodedata import normalize

import idna

from mailclient.errors import BadInput
from mailclient.message.words import clean, decode_words, encode_words

MOST_ADDRESSES = 10_000
_ATEXT = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+$")
_DOT_ATOM = re.compile(r"[^\s@<>(),;:\\\"\[\]]+$")
_WIRE = re.compile(r"[^\s@<>(),;:\\\x00-\x1f\x7f]+@[^\s@<>(),;:\\\x00-\x1f\x7f\"]+\Z")
# One person and nothing that must be read letter by letter: what most fields are.
_PLAIN = re.compile(r"([^\"(),:;<>\x00]*)<([^<>]*)>[ \t]*\Z")
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Address:
    """A person: the name (may be empty) and the addr-spec as it was written."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The part behind the last @."""
        return self.address.rpartition("@")[2]

    @property
    def key(self) -> str:
        """The form to compare and look up by."""
        return normalise(self.address)


def normalise(address: str) -> str:
    """An addr-spec in lower case with its domain as A-labels (RFC 5890).

    Of the local part only A to Z have a small form: others look like a letter and are none, as the
    Kelvin sign, and nobody's address may turn into somebody else's.
    """
    local, at, domain = address.strip().rpartition("@")
    return f"{local.translate(_LOWER)}{at}{ascii_domain(domain)}" if at else domain.lower()


def without_tag(address: str) -> str:
    """The address without what stands behind a plus sign, normalised: ann+shop@x is ann@x."""
    local, at, domain = normalise(address).rpartition("@")
    name = local.partition("+")[0]
    return f"{name or local}{at}{domain}"


def ascii_domain(domain: str) -> str:
    """A domain as A-labels, lower case; as it is where it cannot be one."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return domain.lower()


def parse_addresses(value: str) -> tuple[Address, ...]:
    """The people in a header value; groups are flattened, what is no address is left out."""
    if not value:
        return ()
    value = value.replace("\x00", "\ufffd")  # it is the mark of a comment below
    plain = _PLAIN.match(value)
    found: list[Address] = []
    for text, angle in [(plain[1], plain[2])] if plain else _mailboxes(value):
        if len(found) >= MOST_ADDRESSES:
            break
        address = _one(text, angle)
        if address is not None:
            found.append(address)
    return tuple(found)


def typed_people(text: str) -> tuple[Address, ...]:
    """Everybody named in what somebody has typed. Unlike a stranger's field nothing is left out:
    what is unfinished, or holds a line break, stands as it is, and `wire_address` refuses it."""
    found: list[Address] = []
    for piece in _pieces(text):
        shown = clean(piece).strip()
        people = parse_addresses(shown) if shown == piece.replace("\t", " ").strip() else ()
        found += people or ((Address("", shown),) if shown else ())
    return tuple(found)


def _pieces(text: str) -> list[str]:
    """Split at commas outside of quotes."""
    pieces: list[str] = [""]
    quoted = False
    for sign in text:
        if sign == '"':
            quoted = not quoted
        if sign in ",;" and not quoted:
            pieces.append("")
        else:
            pieces[-1] += sign
    return pieces


def _one(text: str, angle: str | None) -> Address | None:
    """A mailbox from the text outside the angle brackets and the text inside."""
    if angle is None:
        bare, _, comment = text.partition("\x00")
        spec = _SPACE.sub("", bare)
        if "@" not in spec:
            return None
        return Address(_name(comment), clean(_unquoted_local(spec)))
    spec = _SPACE.sub("", angle)
    if spec.startswith("@") and ":" in spec:
        spec = spec.partition(":")[2]  # an obsolete route
    if not spec:
        return None
    return Address(_name(text.replace("\x00", " ")), clean(_unquoted_local(spec)))


def _unquoted_local(spec: str) -> str:
    """`"ann"@x` is ann@x; a local part that needs its quotes keeps them."""
    local, at, domain = spec.rpartition("@")
    if (
        local.startswith('"')
        and local.endswith('"')
        and len(local) > 2
        and _DOT_ATOM.match(local[1:-1])
    ):
        local = local[1:-1]
    return f"{local}{at}{domain}"


def _name(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == "'":
        text = text[1:-1]
    return _SPACE.sub(" ", decode_words(text)).strip()


def _mailboxes(value: str) -> list[tuple[str, str | None]]:
    """Split a list at its commas: (what stands outside <>, what stands inside or None).

    Quotes and comments are taken off; a comment's text follows a NUL. Group names are dropped.
    """
    found: list[tuple[str, str | None]] = []
    out: list[str] = []
    comment: list[str] = []
    angle: str | None = None

    def end() -> None:
        nonlocal angle
        text = "".join(out) + ("\x00" + "".join(comment) if comment and angle is None else "")
        if text.strip("\x00 \t") or angle is not None:
            found.append((text, angle))
        out.clear()
        comment.clear()
        angle = None

    position, length = 0, len(value)
    while position < length:
        character = value[position]
        if character == '"':
            text, position = _quoted(value, position)
            in_local = value[position : position + 1] == "@"
            out.append(f'"{text}"' if in_local else text)
            continue
        if character == "(":
            text, position = _comment(value, position)
            comment.append(text)
            continue
        if character == "<":
            close = value.find(">", position)
            close = length if close < 0 else close
            if angle is None:
                angle = value[position + 1 : close]
            position = close + 1
            continue
        if character in ",;":
            end()
        elif character == ":":
            out.clear()  # the name of a group
        else:
            out.append(character)
        position += 1
    end()
    return found


def _quoted(value: str, start: int) -> tuple[str, int]:
    """The text of a quoted string and the position behind it."""
    out: list[str] = []
    position = start + 1
    while position < len(value) and value[position] != '"':
        if value[position] == "\\":
            position += 1
        out.append(value[position : position + 1])
        position += 1
    return "".join(out), position + 1


def _comment(value: str, start: int) -> tuple[str, int]:
    """The text of a comment, nested ones flattened, and the position behind it."""
    out: list[str] = []
    depth, position = 0, start
    while position < len(value):
        character = value[position]
        position += 1
        if character == "\\":
            out.append(value[position : position + 1])
            position += 1
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                break
        else:
            out.append(character)
    return "".join(out), position


def format_address(address: Address) -> str:
    """A person as people read it."""
    return f"{address.name} <{address.address}>" if address.name else address.address


def encode_address(address: Address) -> str:
    """A person as it stands in a header field on the wire: ASCII, but for an address in other
    letters (RFC 6532).

    Raises BadInput for what is no address (RFC 5321 section 4.1.2), or holds a line break.
    """
    spec = wire_address(address.address)
    name = clean(address.name).strip()
    if not name:
        return spec
    if not name.isascii() or "=?" in name:
        return f"{encode_words(name)} <{spec}>"
    if _ATEXT.match(name):
        return f"{name} <{spec}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{spec}>'


def wire_address(address: str) -> str:
    """An addr-spec for the wire, its domain as A-labels; raises BadInput for what is none.

    The part before the @ may be in letters of any script: that needs SMTPUTF8 (RFC 6531).
    """
    local, _, domain = address.rpartition("@")
    spec = f"{normalize('NFC', local)}@{ascii_domain(domain)}"
    fits = _WIRE.match(spec) and len(spec) <= 320 and domain.strip(".") and clean(spec) == spec
    if not fits or not spec.rpartition("@")[2].isascii():
        raise BadInput(
            f"'{clean(address)[:80]}' is not an e-mail address.", "It looks like ann@example.org."
        )
    return spec
