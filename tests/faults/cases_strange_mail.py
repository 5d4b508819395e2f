"""M1–M3 and R16: mail that is strange, meant to take long, or broken, through the whole program.

Each kind lies on the server between ordinary letters. Afterwards all of it is here, byte for byte,
none is left half understood, every one can be shown in little time, and the letters are readable.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from hashlib import sha256
from itertools import islice

from mailclient.store import Store
from tests.faults import disk_people as people
from tests.faults.registry import Bench, case
from tests.scenarios.people import Person
from tests.unit.message.strange import HEAVY, mutants
from tests.unit.message.test_mutations import MADE

SIZE = 300_000
SLOWEST = 20.0  # seconds to start the program and show one, on a machine that has other work


def between_letters(bench: Bench, bob: Person, strange: Iterable[bytes]) -> int:
    """Let all of it arrive in one session; returns how many that were."""
    count = 0
    for count, raw in enumerate(strange, 1):
        bench.servers.deliver("bob", raw)
        bench.servers.deliver("bob", people.letter(count, word="Ordinary"))
    bob.ok("receive")
    return count


def all_is_here(bob: Person, count: int, served: list[bytes]) -> list[int]:
    """Look after all that must be true; returns the ids."""
    with people.opened(bob) as store:
        ids = list(store.messages.ids_in([folder.id for folder in store.folders.all()]))
        assert len(ids) == 2 * count
        assert store.messages.pending() == ()
        kept = sorted(_digest(store.bodies.raw(id)) for id in ids)
        assert kept == sorted(_digest(raw) for raw in served)
        ordinary = _ordinary(store, ids)
    assert ordinary == count
    return ids


def _digest(raw: bytes) -> bytes:
    """What a message is compared by: a server ends the last line where the message does not."""
    return sha256(raw.rstrip(b"\r\n")).digest()


def _ordinary(store: Store, ids: list[int]) -> int:
    return sum(
        row.processing.value == "ready"
        for row in store.messages.page(ids)
        if row.subject.startswith("Ordinary")
    )


def each_is_shown(bench: Bench, bob: Person, ids: Iterable[int]) -> None:
    """Each can be shown, answered, and looked at as it came, and nothing runs away."""
    for id in ids:
        began = time.monotonic()
        shown = json.loads(bob.ok("show", str(id), "--json"))
        assert time.monotonic() - began < SLOWEST or not bench.by_the_clock, id
        assert isinstance(shown["subject"], str)


@case("M1", "parts, depth, header fields and delimiters without end")
def more_than_mail_ever_is(bench: Bench) -> None:
    with people.person(bench) as bob:
        count = between_letters(bench, bob, (make(SIZE) for make in HEAVY.values()))
        ids = all_is_here(bob, count, bench.servers.mailbox("bob"))
        each_is_shown(bench, bob, bench.chance.sample(ids, 10 * bench.cycles))


@case(
    "M2", "wrong charsets, broken encodings, missing ends: something is read of each, nothing lost"
)
def broken_encodings(bench: Bench) -> None:
    broken = {
        b"charset=nonsense\r\n\r\nGr\xc3\xbc\xc3\x9fe": "Grüße",
        b"charset=us-ascii\r\n\r\nGr\xfc\xdfe": "Grüße",
        b"charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nR3LD*vM\r\nOfZQ": "Grüße",
        b"x=y\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe=Z=": "Grüße",
        b"x=y\r\nContent-Transfer-Encoding: nonsense\r\n\r\nGr\xc3\xbc\xc3\x9fe": "Grüße",
    }
    with people.person(bench) as bob:
        raws = [
            b"Subject: broken %d\r\nContent-Type: text/plain; %b\r\n" % (at, raw)
            for at, raw in enumerate(broken)
        ]
        raws.append(
            b"Subject: broken %d\r\nContent-Type: multipart/mixed; boundary=a\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n--a\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n"
            b"--a\r\n\r\nand no end" % len(broken)
        )
        count = between_letters(bench, bob, raws)
        all_is_here(bob, count, bench.servers.mailbox("bob"))
        for row in bob.json("list", "--limit", "1000")["messages"]:
            if row["subject"].startswith("broken"):
                assert "Grüße" in bob.json("show", str(row["id"]))["text"], row["subject"]


@case("M3", "encoded words that hide line ends, other writing directions, a megabyte")
def encoded_words(bench: Bench) -> None:
    subjects = (
        b"=?utf-8?q?a=0D=0ABcc:_eve@example.org?=",
        b"=?utf-8?b?7aCA7bCA?= =?utf-7?q?+2AA-?=",
        b"=?utf-8?q?=E2=80=AEfdp.exe=E2=80=8B?=",
        b"=?utf-8?q?a=E2=80=A8b=C2=85c=00d=0Be?=",
        b"=?utf-8?q?" + b"x" * 1_000_000 + b"?=",
        b"=?utf-8?q?=C3?= " * 80_000,
    )
    with people.person(bench) as bob:
        count = between_letters(
            bench,
            bob,
            (b"From: ann@example.org\r\nSubject: %b\r\n\r\nx\r\n" % one for one in subjects),
        )
        ids = all_is_here(bob, count, bench.servers.mailbox("bob"))
        for id in ids:
            for form in (bob.json("show", str(id)), bob.json("reply", str(id))):
                assert not set(form["subject"]) & set("\r\n\0\x0b\x85\u2028\u2029")
            assert "eve" not in json.dumps(form["to"])


@case("R16", "raw 8-bit headers, whatever their charset, and changed mail of all kinds")
def raw_headers(bench: Bench) -> None:
    mails = [
        b"From: J\xfcrgen <j@example.org>\r\nSubject: Gr\xfc\xdfe\r\n\r\nx\r\n",
        "From: Jürgen <j@example.org>\r\nSubject: Grüße\r\n\r\nx\r\n".encode(),
        "Subject: Привет\r\n\r\nx\r\n".encode("koi8-r"),
        b"\xff\xfe\r\n: \r\n\r\nx\r\n",
    ]
    for raw in MADE:
        found = islice(mutants(raw, MADE[0], bench.chance), 5 * bench.cycles)
        mails += [one.replace(b"\0", b"\1").replace(b"\r", b"\n") + b"\n" for one in found]
    with people.person(bench) as bob:
        count = between_letters(bench, bob, mails)
        ids = all_is_here(bob, count, bench.servers.mailbox("bob"))
        for row in bob.json("list", "--limit", "1000")["messages"]:
            if row["from"] == [{"name": "Jürgen", "address": "j@example.org"}]:
                assert row["subject"] == "Grüße"
        each_is_shown(bench, bob, bench.chance.sample(ids, 5))


@case("R16", "NUL, which servers change or refuse, from files")
def nul(bench: Bench) -> None:
    folder = bench.folder / "files"
    folder.mkdir()
    raws = [
        b"Subject: a\0b\nFrom: \0ann@example.org\n\nte\0xt\n",
        b"\0" * 1000,
        b"Subject: x\n\n" + b"\0" * 2_000_000,
    ]
    for at, raw in enumerate(raws):
        (folder / f"{at}.eml").write_bytes(raw)
    with people.person(bench) as bob:
        assert bob.json("import", str(folder))["imported"] == len(raws)
        bob.ok("export", "--all", "--eml", str(bench.folder / "out"))
        found = [path.read_bytes() for path in (bench.folder / "out").iterdir()]
        assert sorted(found) == sorted(raws)
        for id in range(1, len(raws) + 1):
            assert "\0" not in json.dumps(bob.json("show", str(id)), ensure_ascii=False)
