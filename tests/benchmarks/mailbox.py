"""Generated mail of realistic sizes: the same messages for the same seed, about 38 kB on average.

Most messages are short letters, some are newsletters in HTML, a few carry an attachment; those few
hold most of the bytes, as in a real mailbox. Words follow Zipf's law, so that an index has the work
that it would have with real text.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from itertools import accumulate

SEED = 1939
WORDS = 20_000
PEOPLE = 400
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
LETTERS = "etaoinshrdlcumwfgypbvk"
LINE = 12  # words


@dataclass(frozen=True, slots=True)
class Content:
    """What a mailbox holds: the messages, their bytes on the wire, and the hash of all of them."""

    messages: int
    size: int
    size_lf: int  # with LF in place of CRLF, as many programs store mail
    digest: str  # SHA-256 of the messages one after the other, with CRLF

    @classmethod
    def of(cls, messages: Iterator[bytes]) -> Content:
        """Count messages (with LF) through."""
        count = size = lines = 0
        digest = sha256()
        for raw in messages:
            wire = raw.replace(b"\n", b"\r\n")
            digest.update(wire)
            count, size, lines = count + 1, size + len(wire), lines + len(wire) - len(raw)
        return cls(count, size, size - lines, digest.hexdigest())


class _Writer:
    """Writes mail by a random generator of its own."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.words = sorted(
            {self._word() for _ in range(WORDS)}, key=lambda word: (len(word), word)
        )
        self._weights = list(accumulate(1 / (at + 1) for at in range(len(self.words))))
        self._people = [
            (f"{one.title()} {other.title()}", f"{one}.{other}{at}@example.net")
            for at, (one, other) in enumerate(zip(*[iter(self._some(2 * PEOPLE))] * 2, strict=True))
        ]

    def _word(self) -> str:
        length = min(2 + int(self._random.expovariate(0.25)), 14)
        return "".join(self._random.choices(LETTERS, k=length))

    def _some(self, count: int) -> list[str]:
        return self._random.choices(self.words, cum_weights=self._weights, k=count)

    def _text(self, size: int) -> str:
        words = self._some(max(size // 6, 5))
        lines = [" ".join(words[at : at + LINE]) for at in range(0, len(words), LINE)]
        return "\n".join(line.capitalize() + "." for line in lines) + "\n"

    def _html(self, size: int) -> str:
        rows = [
            f'<tr><td style="padding:12px 24px;font-family:Arial,sans-serif;color:#333333">'
            f'<a href="https://news.example.net/{self._random.getrandbits(64):x}">{line}</a>'
            "</td></tr>"
            for line in self._text(size // 3).splitlines()
        ]
        table = "\n".join(rows)
        return f'<html><body><table width="600" align="center">\n{table}\n</table></body></html>\n'

    def message(self, number: int) -> bytes:
        """One message with LF."""
        name, address = self._random.choice(self._people)
        date = BEGIN + timedelta(minutes=31 * number)
        subject = " ".join(self._some(self._random.randint(3, 9)))
        unique = f"{number}.{self._random.getrandbits(64):016x}@example.net"
        transfer = f"from mx{number % 7}.example.net (mx.example.net [192.0.2.{number % 250}])"
        head = (
            f"Return-Path: <{address}>\n"
            f"Received: {transfer}\n\tby mail.example.org with ESMTPS id {number:08x};\n"
            f"\t{format_datetime(date)}\n"
            f"Date: {format_datetime(date)}\nFrom: {name} <{address}>\n"
            f"To: Alice <alice@example.org>\nSubject: {subject.capitalize()}\n"
            f"Message-ID: <{unique}>\nMIME-Version: 1.0\n"
        )
        return (head + self._body(f"=_{number:x}_limit")).encode()

    def _body(self, limit: str) -> str:
        kind = self._random.random()
        if kind < 0.6:
            text = self._text(int(self._random.lognormvariate(7.6, 0.8)))
            return f"Content-Type: text/plain; charset=utf-8\n\n{text}"
        if kind < 0.9:
            html = self._html(min(int(self._random.lognormvariate(10, 0.6)), 200_000))
            text = self._text(1500)
            return _multipart("alternative", limit, [_part("plain", text), _part("html", html)])
        size = min(int(self._random.lognormvariate(11.9, 1)), 4_000_000)
        data = base64.encodebytes(self._random.randbytes(size)).decode()
        return _multipart("mixed", limit, [_part("plain", self._text(1500)), _file(data)])


def _part(kind: str, text: str) -> str:
    return f"Content-Type: text/{kind}; charset=utf-8\n\n{text}"


def _file(data: str) -> str:
    return (
        'Content-Type: application/pdf; name="plan.pdf"\nContent-Transfer-Encoding: base64\n'
        f'Content-Disposition: attachment; filename="plan.pdf"\n\n{data}'
    )


def _multipart(kind: str, limit: str, parts: list[str]) -> str:
    inner = "".join(f"--{limit}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{limit}"\n\n{inner}--{limit}--\n'


def messages(count: int, seed: int = SEED) -> Iterator[bytes]:
    """So many messages with LF, oldest first; always the same ones for the same seed."""
    writer = _Writer(seed)
    return (writer.message(number) for number in range(count))


def vocabulary(seed: int = SEED) -> list[str]:
    """All words that the messages are made of, the most frequent first."""
    return _Writer(seed).words
