"""Generated letters of about 2 kB, for very many of them: made as quickly as a file is written.

The same letters for the same numbers. Words follow Zipf's law; each letter has some of its own, as
names and numbers in real mail are, so that the vocabulary grows with the mailbox. Four of five
belong to a thread, some have an attachment, one in fifty is in Chinese or Japanese.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from itertools import accumulate
from pathlib import Path

from tests.benchmarks.mailbox import BEGIN, LETTERS

SEED = 1912
WORDS = 30_000
SENTENCES = 20_000
PEOPLE = 3_000
ME = "me@example.org"
EVERYWHERE = "harbour"  # in nine of ten letters
RARE_EVERY = 50_000  # a letter with a word that is nowhere else near
IDEOGRAPHS = "東京都庁会議予定船港灯台天気明日午後時間電車駅前本日報告書確認願致申上"


class Letters:
    """Writes letter number N; what it consists of is made once."""

    def __init__(self, seed: int = SEED) -> None:
        chance = random.Random(seed)
        words = sorted({_word(chance) for _ in range(WORDS)}, key=lambda word: (len(word), word))
        weights = list(accumulate(1 / (at + 1) for at in range(len(words))))
        drawn = iter(chance.choices(words, cum_weights=weights, k=SENTENCES * 10))
        self.sentences = [
            " ".join(next(drawn) for _ in range(10)).capitalize() + ".\n" for _ in range(SENTENCES)
        ]
        names = chance.choices(words[2000:], k=2 * PEOPLE)
        self.people = [
            f"{one.title()} {two.title()} <{one}.{two}@example.net>"
            for one, two in zip(names[::2], names[1::2], strict=True)
        ]
        self.words = words

    def letter(self, number: int) -> bytes:
        """One message, with LF."""
        chance = random.Random(number)
        pick = chance.random
        date = format_datetime(BEGIN + timedelta(minutes=number % 500_000, seconds=number % 60))
        of_thread = number % 5
        subject = self._some(SENTENCES, number - of_thread)[:60].strip(" .\n")
        before = f"<{number - 1}.letter@example.net>"
        answers = f"In-Reply-To: {before}\nReferences: {before}\n" if of_thread else ""
        text = "".join(self._some(SENTENCES, int(pick() * SENTENCES)) for _ in range(28))
        own = f"Order {number:08d} for {chance.choice(self.words)}{number % 99_991}.\n"
        if number % 10:
            own += f"We meet at the {EVERYWHERE}.\n"
        if number % RARE_EVERY == 0:
            own += f"Quincunx{number // RARE_EVERY} it is.\n"
        if number % 50 == 7:
            own += "".join(chance.choices(IDEOGRAPHS, k=60)) + "\n"
        head = (
            f"Received: from mx{number % 7}.example.net by mail.example.org; {date}\n"
            f"Date: {date}\nFrom: {self.people[int(pick() * pick() * PEOPLE)]}\n"
            f"To: Me <{ME}>\nSubject: {'Re: ' if of_thread else ''}{subject}\n"
            f"Message-ID: <{number}.letter@example.net>\n{answers}MIME-Version: 1.0\n"
        )
        return (head + _body(number, own + text, chance)).encode()

    def _some(self, count: int, at: int) -> str:
        return self.sentences[at * 7919 % count]


def _body(number: int, text: str, chance: random.Random) -> str:
    plain = f"Content-Type: text/plain; charset=utf-8\n\n{text}"
    if number % 20:
        return plain
    limit = f"=_{number:x}"
    data = base64.encodebytes(chance.randbytes(600)).decode()
    return (
        f'Content-Type: multipart/mixed; boundary="{limit}"\n\n--{limit}\n{plain}\n--{limit}\n'
        f'Content-Type: application/octet-stream; name="plan-{number % 977}.bin"\n'
        "Content-Transfer-Encoding: base64\nContent-Disposition: attachment\n\n"
        f"{data}\n--{limit}--\n"
    )


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(LETTERS, k=min(2 + int(chance.expovariate(0.25)), 14)))


def write_mbox(path: Path, raws: Iterable[bytes]) -> int:
    """Write messages with LF into an mbox (mboxrd); returns its size."""
    with path.open("wb") as file:
        for raw in raws:
            file.write(b"From me@example.org Thu Jan  1 00:00:00 1970\n")
            file.write(raw.replace(b"\nFrom ", b"\n>From "))
            file.write(b"\n")
        return file.tell()


def each(letters: Letters, numbers: range) -> Iterator[tuple[int, bytes]]:
    """Letters with their numbers."""
    return ((number, letters.letter(number)) for number in numbers)
