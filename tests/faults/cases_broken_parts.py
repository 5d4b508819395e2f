"""M2: mail of several parts that is damaged: every part that came is found somewhere."""

from __future__ import annotations

import base64
import json
import quopri
import random
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from tests.faults import disk_people as people
from tests.faults.cases_strange_mail import all_is_here, between_letters
from tests.faults.registry import Bench, case

EACH = 12
BOUNDARY = b"=_part"


@dataclass(frozen=True, slots=True)
class Part:
    """A part, and what must be found of it: a word of the text, or the hash of the content."""

    raw: bytes
    word: str = ""
    content: bytes = b""


def text_part(number: int, chance: random.Random) -> Part:
    word = f"Wört{number}"
    encoding, charset, body = chance.choice(
        (
            (b"8bit", b"utf-8", word.encode()),
            (b"7bit", b"utf-8", word.encode()),
            (b"quoted-printable", b"utf-8", quopri.encodestring(word.encode())),
            (b"base64", b"utf-8", base64.encodebytes(word.encode())),
            (b"8bit", b"nonsense", word.encode()),
            (b"8bit", b"us-ascii", word.encode("latin-1")),
            (b"no-such-encoding", b"utf-8", word.encode()),
        )
    )
    head = b"Content-Type: text/plain; charset=%b\r\nContent-Transfer-Encoding: %b\r\n\r\n"
    return Part(head % (charset, encoding) + body.replace(b"\n", b"\r\n") + b"\r\n", word)


def file_part(number: int, chance: random.Random) -> Part:
    content = chance.randbytes(chance.choice((1, 50, 3000)))
    coded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    if chance.random() < 0.5:  # what base64 does not know is to be passed over
        at = chance.randrange(len(coded))
        coded = coded[:at] + chance.choice((b"*", b" \t", b"\r\n", b"-")) + coded[at:]
    head = (
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="%d.bin"\r\n\r\n'
    )
    return Part(head % number + coded, content=content)


Damage = Callable[[list[bytes], bytes], bytes]


def whole(parts: list[bytes], head: bytes) -> bytes:
    line = b"--" + BOUNDARY + b"\r\n"
    return head + b"\r\n" + b"".join(line + one for one in parts) + b"--" + BOUNDARY + b"--\r\n"


def without_its_end(parts: list[bytes], head: bytes) -> bytes:
    return whole(parts, head).rpartition(b"--" + BOUNDARY)[0]


def encoded_as_a_whole(parts: list[bytes], head: bytes) -> bytes:
    return whole(parts, head + b"Content-Transfer-Encoding: base64\r\n")


def with_spaces_after_the_lines(parts: list[bytes], head: bytes) -> bytes:
    line = b"--" + BOUNDARY
    return whole(parts, head).replace(line + b"\r\n", line + b" \t\r\n")


def with_bare_line_ends(parts: list[bytes], head: bytes) -> bytes:
    return whole(parts, head).replace(b"\r\n", b"\n")


def with_text_around(parts: list[bytes], head: bytes) -> bytes:
    made = whole(parts, head).partition(b"\r\n\r\n")
    return made[0] + b"\r\n\r\nbefore\r\n" + made[2] + b"after\r\n"


def in_another_whole(parts: list[bytes], head: bytes) -> bytes:
    outer = b"Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n"
    fields, _, kind = head.partition(b"Content-Type")
    return fields + outer + b"Content-Type" + whole(parts, kind) + b"--outer--\r\n"


DAMAGES: tuple[Damage, ...] = (
    whole,
    without_its_end,
    encoded_as_a_whole,
    with_spaces_after_the_lines,
    with_bare_line_ends,
    with_text_around,
    in_another_whole,
)


@case("M2", "damaged mail of several parts: each text is read and each file is there, to the byte")
def no_part_is_lost(bench: Bench) -> None:
    chance = bench.chance
    wanted: dict[str, tuple[list[Part], str]] = {}
    raws = []
    for number in range(EACH * bench.cycles):
        parts = [text_part(number * 10, chance)]
        for at in range(1, chance.randrange(2, 6)):
            parts.append(chance.choice((text_part, file_part))(number * 10 + at, chance))
        damage = DAMAGES[number % len(DAMAGES)]
        head = (
            b"From: carol@example.org\r\nSubject: damaged %d\r\nMIME-Version: 1.0\r\n"
            b'Content-Type: multipart/mixed; boundary="%b"\r\n'
        )
        raws.append(damage([one.raw for one in parts], head % (number, BOUNDARY)))
        wanted[f"damaged {number}"] = (parts, damage.__name__)
    with people.person(bench) as bob:
        count = between_letters(bench, bob, raws)
        all_is_here(bob, count, bench.servers.mailbox("bob"))
        for row in bob.json("list", "--limit", "1000")["messages"]:
            if row["subject"] in wanted:
                shown = bob.json("show", str(row["id"]))
                nothing_is_lost(shown, *wanted.pop(row["subject"]))
                bench.tries["damaged messages"] += 1
        assert not wanted


def nothing_is_lost(shown: dict[str, object], parts: list[Part], damage: str) -> None:
    """Each part is in the text, or among the attachments."""
    attachments = json.dumps(shown["attachments"])
    for one in parts:
        if one.word:
            assert one.word in str(shown["text"]), (damage, one.raw, shown["text"])
        else:
            assert sha256(one.content).hexdigest() in attachments, (damage, one.raw, attachments)
