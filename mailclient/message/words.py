"""Text out of header bytes and bodies: charsets and encoded words (RFC 2047), tolerant and total.

Everything that is shown, quoted or composed passes `clean` first: no control character, no line
separator and no lone surrogate survives it.
"""

from __future__ import annotations

import codecs
import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Iterator
from encodings.aliases import aliases

ALIASES = {
    "": "utf-8",
    "ansi": "cp1252",
    "ansi_x3.4-1968": "ascii",
    "binary": "latin-1",
    "cp-850": "cp850",
    "cp-1252": "cp1252",
    "default": "utf-8",
    "default_charset": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "iso-8859-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-9": "cp1254",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "latin1": "cp1252",
    "macintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "unicode-1-1-utf-7": "utf-7",
    "us-ascii": "ascii",
    "utf8": "utf-8",
    "utf-8mb4": "utf-8",
    "windows-874": "cp874",
    "windows-949": "cp949",
    "windows-31j": "cp932",
    "x-unknown": "utf-8",
    "unknown-8bit": "utf-8",
    "x-user-defined": "utf-8",
}
_NAMELESS_NAMES = (
    "cp720 cp737 cp856 cp874 cp875 cp1006 koi8_r koi8_t koi8_u mac_arabic mac_croatian mac_farsi "
    "mac_romanian utf_8_sig"
)
# All charsets that Python knows, those without an alias too. For any other name that a stranger
# writes it would search the disk, and remember it for ever.
_KNOWN = frozenset({*aliases, *aliases.values()}) | frozenset(_NAMELESS_NAMES.split())
_UNWANTED = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)[ \t\r\n]+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_QP = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)
_PADDING = re.compile(rb"=+")


def clean(text: str) -> str:
    """Turn line breaks and controls into spaces, lone surrogates into U+FFFD."""
    if text.isprintable():  # nothing of these is; most texts are
        return text
    return _SURROGATE.sub("\ufffd", _UNWANTED.sub(" ", text.replace("\t", " ")))


def decode_text(data: bytes, charset: str, *, cut: bool = False) -> str:
    """Decode a body; a charset that is unknown or wrong falls back to UTF-8, then Windows-1252.

    `cut` says that the last character may not be there as a whole.
    """
    given = _codec(charset)
    for name in (given, "utf-8"):
        if name is None:
            continue
        try:
            if cut:
                return codecs.getincrementaldecoder(name)().decode(data)
            return data.decode(name)
        except (UnicodeError, LookupError, ValueError):
            continue
    if given not in (None, "utf-8", "ascii"):
        try:
            return data.decode(given, "replace")
        except (UnicodeError, LookupError, ValueError):
            pass
    return data.decode("cp1252", "replace")


def lines_of(data: bytes, charset: str, *, cut: bool = False) -> str:
    """A body as text with LF line ends; any charset gives something."""
    text = decode_text(data, charset, cut=cut)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _codec(charset: str) -> str | None:
    """The name of a codec from bytes to text; None if there is none."""
    name = charset.strip().strip("\"'").lower()
    name = ALIASES.get(name, name)
    if name.replace("-", "_") not in _KNOWN:
        return None
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return None
    return found.name if found._is_text_encoding else None


def decode_words(raw: bytes | str) -> str:
    """Decode a header value: 8-bit bytes, encoded words, folding; the result is clean."""
    text = raw if isinstance(raw, str) else decode_text(raw, "utf-8")
    if "=?" in text:
        text = _decode_runs(_BETWEEN.sub(r"\1", text))
    return clean(text)


def _decode_runs(text: str) -> str:
    """Decode words that follow one another in one charset together: a character may be split."""
    out: list[str] = []
    pending = bytearray()
    charset, position = "", 0
    for match in _WORD.finditer(text):
        if pending and (match.start() != position or match[1].lower() != charset):
            out.append(decode_text(bytes(pending), charset))
            pending.clear()
        out.append(text[position : match.start()])
        pending += _word_bytes(match[2], match[3])
        charset, position = match[1].lower(), match.end()
    if pending:
        out.append(decode_text(bytes(pending), charset))
    out.append(text[position:])
    return "".join(out)


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "bB":
        return tolerant_base64(data)
    return _QP.sub(lambda match: bytes([int(match[1], 16)]), data.replace(b"_", b" "))


def tolerant_base64(data: bytes) -> bytes:
    """Decode base64, whatever is mixed in or cut off; what follows the padding is not of it."""
    return b"".join(base64_pieces((data,)))


def base64_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Decode base64 that comes in pieces, cut anywhere."""
    held = b""
    for piece in pieces:
        letters, begun, ended = held + piece.translate(None, _NOT_BASE64), b"", False
        if b"=" in letters:
            letters, begun, ended = _until_padding(letters)
        whole = len(letters) - len(letters) % 4
        held = letters[whole:] + begun
        if whole:
            yield a2b_base64(letters[:whole])
        if ended:
            break
    rest = held.rstrip(b"=")
    if len(rest) > 1:  # one letter is less than a byte
        yield a2b_base64(rest + b"=" * (4 - len(rest)))


def _until_padding(letters: bytes) -> tuple[bytes, bytes, bool]:
    """The letters before the padding that ends them (else all), padding that has only begun, and
    whether it ends them."""
    kept = bytearray()
    at = 0
    for match in _PADDING.finditer(letters):
        kept += letters[at : match.start()]
        at = match.end()
        over = len(kept) % 4
        if over == 3 or (over == 2 and len(match[0]) > 1):
            return bytes(kept), b"", True
        if over == 2 and at == len(letters):
            return bytes(kept), b"=", False
    return bytes(kept + letters[at:]), b"", False


def encode_words(text: str) -> str:
    """Encode a header value: clean ASCII as it is, else UTF-8 words of at most 75 characters."""
    text = clean(text)
    if text.isascii() and "=?" not in text:
        return text
    words: list[str] = []
    piece = b""
    for character in text:
        data = character.encode("utf-8")
        if len(piece) + len(data) > 45:
            words.append(_base64_word(piece))
            piece = b""
        piece += data
    if piece:
        words.append(_base64_word(piece))
    return " ".join(words)


def _base64_word(data: bytes) -> str:
    return f"=?utf-8?b?{b2a_base64(data, newline=False).decode('ascii')}?="
