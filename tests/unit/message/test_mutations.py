"""Whatever the bytes are, reading a message raises nothing and does not run away.

The seeds are fixed, so a failure comes again. Longer runs: `MAILCLIENT_MUTANTS=100` makes so many
of each message, and MAILCLIENT_CORPUS names a folder of messages to change.
"""

from __future__ import annotations

import os
import random
import time
from itertools import islice

import pytest

from tests.unit.message.corpora import FOLDER, cpython, named
from tests.unit.message.strange import HEAVY, mutants, read_wholly

OF_EACH = int(os.environ.get("MAILCLIENT_MUTANTS", "8"))
SMALL, LARGE = 50_000, 200_000
TRIES = 5  # of a measurement that the machine can have disturbed

LETTER = (
    b"Received: from a.example (a.example [192.0.2.1])\r\n"
    b"\tby b.example; Mon, 2 Nov 2026 10:00:00 +0000\r\n"
    b"From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\n"
    b"To: Bob <bob@example.org>, group: c@d.example;\r\n"
    b"Subject: =?iso-8859-1?b?R3L832U=?= and more\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\n"
    b"Message-ID: <1@example.org>\r\nReferences: <0@example.org> <a@b>\r\nMIME-Version: 1.0\r\n"
)
MADE = (
    LETTER + b"\r\nHello\r\n-- \r\nJ\r\n",
    LETTER + b'Content-Type: multipart/mixed; boundary="=_1"\r\n\r\n'
    b"--=_1\r\nContent-Type: multipart/alternative; boundary==_2\r\n\r\n"
    b"--=_2\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n> Gr=C3=BC=C3=9Fe =\r\nan alle \r\n"
    b"--=_2\r\nContent-Type: text/html; charset=windows-1252\r\n\r\n"
    b"<p>Gr\xfc\xdfe <b>an</b> <a href=http://a.example/>alle</a><img src=cid:1></p>\r\n--=_2--\r\n"
    b"--=_1\r\nContent-Type: image/png; name*=utf-8''%C3%BC.png\r\nContent-ID: <1>\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgoAAAANSUhEUg==\r\n"
    b"--=_1\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner\r\n--=_1--\r\n",
    LETTER
    + b'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=s\r\n\r\n'
    b"--s\r\nContent-Type: text/plain; hp=clear\r\nSubject: signed\r\n\r\nsigned\r\n"
    b"--s\r\nContent-Type: application/pgp-signature\r\n\r\n"
    b"-----BEGIN PGP SIGNATURE-----\r\n\r\nxx\r\n-----END PGP SIGNATURE-----\r\n--s--\r\n",
    LETTER + b"\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nxxxx\r\n-----END PGP MESSAGE-----\r\n",
)


def test_changed_messages_are_read_without_a_fault() -> None:
    mails = [*MADE, *cpython()]
    if os.environ.get(FOLDER):
        mails += [raw for _, raw in named()]
    chance = random.Random(20261124)
    for number, raw in enumerate(mails):
        other = mails[chance.randrange(len(mails))]
        for count, changed in enumerate(islice(mutants(raw, other, chance), OF_EACH)):
            try:
                read_wholly(changed)
            except Exception as bug:
                bug.add_note(f"mail {number}, mutant {count}: {changed[:2000]!r}")
                raise


@pytest.mark.parametrize("name", HEAVY)
def test_reading_takes_no_more_for_a_byte_when_there_are_more(name: str) -> None:
    """Four times the bytes take no eight times as long. A busy machine can make it seem so, but not
    each time; what takes the square of a length seems so each time."""
    small, large = (HEAVY[name](size) for size in (SMALL, LARGE))
    assert any(_time(large) < max(0.3, 8 * _time(small)) for _ in range(TRIES))


def _time(raw: bytes) -> float:
    began = time.process_time()
    read_wholly(raw)
    return time.process_time() - began
