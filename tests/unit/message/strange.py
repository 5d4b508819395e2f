"""Strange mail for the tests: built, mutated, and sent through all that reads mail."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from mailclient.message.body import body, safe_name, snippet
from mailclient.message.envelope import envelope
from mailclient.message.flowed import flow
from mailclient.message.headers import effective_envelope, protected
from mailclient.message.judge import judge
from mailclient.message.layers import errant, find_layer, is_damaged
from mailclient.message.quote import Whom, forward_text, reply_draft
from mailclient.message.security import Trust
from mailclient.message.tree import Part, parse

ARRIVED = datetime(2026, 11, 24, tzinfo=UTC)


def read_wholly(raw: bytes) -> Part:
    """Do with a message all that the program does with one; returns its root."""
    root = parse(raw)
    seen = envelope(root.headers)
    shown = body(root, sealed=True)
    snippet(shown.text)
    for one in shown.attachments:
        safe_name(one.name)
        for _ in one.chunks():
            continue
    answer = reply_draft(seen, shown.text, mine="bob@example.org".__eq__, whom=Whom.EVERYONE)
    flow(answer.text)
    forward_text(seen, shown.text)
    find_layer(root)
    errant(root)
    is_damaged(root)
    for encrypted in (False, True):
        effective_envelope(root, root, protected(root, encrypted=encrypted))
    judge(
        outer=root,
        layers=(),
        payload=root,
        trust=lambda fingerprint, address: Trust.UNKNOWN,
        arrived=ARRIVED,
        own_addresses=("bob@example.org",),
        known=lambda address: None,
    )
    for part in root.walk(embedded=True):
        assert part.filename is not None
        assert part.content_id is not None
    for text in (seen.subject, shown.text, shown.html or "", *(a.name for a in seen.from_)):
        text.encode("utf-8")  # no lone surrogate anywhere
    return root


# Mutations


def _splice(raw: bytes, other: bytes, chance: random.Random) -> bytes:
    at, start = chance.randrange(len(raw) + 1), chance.randrange(len(other) + 1)
    return raw[:at] + other[start : start + chance.randrange(4000)] + raw[at:]


def _flip(raw: bytes, other: bytes, chance: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(chance.randrange(1, 20)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(raw: bytes, other: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randrange(len(raw))]


def _repeat(raw: bytes, other: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(raw))
    piece = raw[start : start + chance.randrange(1, 3000)]
    return raw[:start] + piece * chance.randrange(2, 30) + raw[start:]


def _word(raw: bytes, other: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    return raw[:at] + chance.choice(WORDS) + raw[at:]


def _head_word(raw: bytes, other: bytes, chance: random.Random) -> bytes:
    return chance.choice(WORDS) + b"\n" + raw if chance.random() < 0.5 else _in_head(raw, chance)


def _in_head(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(min(len(raw), 2000))
    return raw[:at] + chance.choice(WORDS) + raw[at + chance.randrange(20) :]


MUTATIONS: tuple[Callable[[bytes, bytes, random.Random], bytes], ...] = (
    _splice,
    _flip,
    _cut,
    _repeat,
    _word,
    _head_word,
)
WORDS = (
    b"\0",
    b"\r\n\r\n",
    b"\n\n",
    b"\r",
    b"\xff\xfe\xed\xa0\x80",
    b"=?utf-8?b?7aCA?=",
    b"=?utf-7?q?+2AA-?=",
    b"=?unknown\0?q?x?=",
    b"=?iso-2022-jp?b?GyRC?=",
    b"=?utf-16?b?ANg=?=",
    b"=?utf-8?q?a=0D=0ABcc:_x?=",
    b"=?idna?q?xn--a?=",
    b"Content-Type: multipart/mixed; boundary=a\n\n--a\n",
    b"Content-Type: multipart/alternative; boundary=\n",
    b'Content-Type: multipart/signed; protocol="a/b"; boundary="--a"\n\n----a\n',
    b"Content-Type: multipart/encrypted; protocol=x; boundary=a\n",
    b"Content-Type: message/rfc822\n\n",
    b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n",
    b"Content-Type: text/html; charset=utf-16\n",
    b'Content-Type: text/html; charset="unknown-\xff"; hp=cipher; hp-legacy-display=1\n\n<p>',
    b"Content-Type: text/plain; format=flowed; delsp=yes; hp=clear\n",
    b"Content-Type: text/plain; name*1=b; name*0*=utf-8''%ff%; name*99999=c; name*=''\n",
    b"Content-Disposition: attachment; filename*=iso-2022-jp'x'%1b%24%42%00%ed%a0%80\n",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: quoted-printable\n",
    b"Date: Mon, 99 Foo 99999999999 99:99:99 +99999999\n",
    b"Date: 1 Jan 0 00:00 -2400\n",
    b'From: =?utf-8?q?=00?= <"a\\\n (((<@[:;,\n',
    b'To: a:b:;,,;<<>>@,""@x, (\\\n',
    b"References: <><<a> <b\xc2\x85>\n",
    b'List-Post: <mailto:">\n',
    b"-----BEGIN PGP MESSAGE-----\n\n",
    b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: x\n\n",
    b"-----END PGP MESSAGE-----",
    b'<a href="x"><table><td><blockquote><pre><![CDATA[<!--<script>&#xd800;&#0;&#99999999;',
)


def mutants(raw: bytes, other: bytes, chance: random.Random) -> Iterator[bytes]:
    """Endless changed copies of a message; `other` is another one to take pieces of."""
    while True:
        changed = raw or b"\n"
        for _ in range(chance.randrange(1, 5)):
            changed = chance.choice(MUTATIONS)(changed, other, chance) or b"\n"
        yield changed


# Mail that is meant to take long


def _mixed(content: bytes, boundary: bytes = b"a") -> bytes:
    return b"Content-Type: multipart/mixed; boundary=" + boundary + b"\n\n" + content


def _html(content: bytes) -> bytes:
    return b"Content-Type: text/html\n\n" + content


def _nested(count: int) -> bytes:
    """Multiparts in each other, each boundary the beginning of the next."""
    return b"".join(_mixed(b"--" + b"a" * (at + 1) + b"\n", b"a" * (at + 1)) for at in range(count))


def _times(piece: bytes, size: int) -> bytes:
    return piece * (size // len(piece))


# By name: a message of about so many bytes, made to be as much work as can be.
HEAVY: dict[str, Callable[[int], bytes]] = {
    "parts": lambda n: _mixed(_times(b"--a\n\nx\n", n)),
    "empty parts": lambda n: _mixed(_times(b"--a\n", n)),
    "false delimiters": lambda n: _mixed(_times(b"--ab\n", n)),
    "false delimiters in all depths": lambda n: (
        _nested(100) + _times(b"--" + b"a" * 101 + b"\n", n)
    ),
    "blank delimiters": lambda n: _mixed(_times(b"--a   b\n", n)),
    "padded delimiter": lambda n: _mixed(b"--a" + b" " * n),
    "nested multiparts": lambda n: _nested(min(n // 60, 3000)),
    "nested, then much": lambda n: _nested(99) + b"\n\n" + _times(b"some text\n", n),
    "nested messages": lambda n: _times(b"Content-Type: message/rfc822\n\n", n),
    "nested encoded messages": lambda n: (
        _times(
            b"Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n", 9000
        )
        + b"\n\n"
        + _times(b"some text\n", n)
    ),
    "signed parts": lambda n: _mixed(
        _times(
            b"--a\nContent-Type: multipart/signed; protocol=p/s; boundary=b\n\n"
            b"--b\n\nx\n--b\nContent-Type: p/s\n\n--b--\n",
            n,
        )
    ),
    "armored parts": lambda n: _mixed(
        _times(b"--a\n\n-----BEGIN PGP MESSAGE-----\n\nx\n-----END PGP MESSAGE-----\n", n)
    ),
    "armor that begins and begins": lambda n: b"\n" + _times(b"-----BEGIN PGP MESSAGE-----\n", n),
    "one field": lambda n: b"Subject: " + b"x" * n,
    "short fields": lambda n: _times(b"a:\n", n) + b"\n\n",
    "recipients in fields": lambda n: _times(b"To: a@b\n", n) + b"\n\n",
    "no fields": lambda n: _times(b"a\n", n),
    "folds": lambda n: b"Subject: x" + _times(b"\n x", n) + b"\n\n",
    "big headers in parts": lambda n: _mixed(
        _times(b"--a\n" + _times(b"a: b\n", 20_000) + b"\n", n)
    ),
    "words in a subject": lambda n: b"Subject: " + _times(b"=?utf-8?q?=C3?= ", n) + b"\n\n",
    "charsets in a subject": lambda n: (
        b"Subject: " + b"".join(b"=?x%d?q?a?=" % at for at in range(n // 12)) + b"\n\n"
    ),
    "half words": lambda n: b"Subject: " + _times(b"=?a*=?", n) + b"\n\n",
    "half words with question marks": lambda n: b"Subject: " + _times(b"=?a?q?", n) + b"\n\n",
    "blanks between words": lambda n: b"Subject: ?=" + b" " * n + b"=?\n\n",
    "brackets": lambda n: b"From: " + b"(" * n + b"\n\n",
    "angles": lambda n: b"From: " + b"<" * n + b"\n\n",
    "quotes": lambda n: b"From: " + _times(b'"\\', n) + b"\n\n",
    "groups": lambda n: b"From: " + _times(b"a:b@c;", n) + b"\n\n",
    "at signs": lambda n: b"From: " + b"@" * n + b"\n\n",
    "routes": lambda n: b"From: <" + _times(b"@a,", n) + b":b@c>\n\n",
    "wide domain": lambda n: "From: a@{}\n\n".format("ü" * (n // 2)).encode(),
    "wide labels": lambda n: "From: a@{}\n\n".format("ü." * (n // 3)).encode(),
    "wide people": lambda n: "From: {}\n\n".format("a@ü.de," * (n // 8)).encode(),
    "message ids": lambda n: b"References: " + _times(b"<a@b> ", n) + b"\n\n",
    "half ids": lambda n: b"References: " + b"<" * n + b"\n\n",
    "list-post": lambda n: b"List-Post: " + _times(b"<mailto:", n) + b"\n\n",
    "date": lambda n: b"Date: " + b"1 " * (n // 2) + b"\n\n",
    "date in brackets": lambda n: b"Date: " + b"(" * n + b"\n\n",
    "answers": lambda n: b"Subject: " + _times(b"Re: ", n) + b"x\n\n",
    "answers without end": lambda n: b"Subject: " + _times(b"re ", n) + b"x\n\n",
    "long parameter": lambda n: b"Content-Type: a/b; " + b"x" * n + b"=y\n\n",
    "long parameter without value": lambda n: b"Content-Type: a/b; " + b"x" * n + b"\n\n",
    "blank parameters": lambda n: b"Content-Type: a/b;" + b" " * n + b"\n\n",
    "parameters": lambda n: b"Content-Type: a/b" + _times(b";x=y", n) + b"\n\n",
    "open quotes": lambda n: b"Content-Type: a/b" + _times(b';x="', n) + b"\n\n",
    "backslashes": lambda n: b'Content-Type: a/b;x="' + b"\\" * n + b"\n\n",
    "continuations": lambda n: (
        b"Content-Type: a/b" + b"".join(b";x*%d*=%%41" % at for at in range(n // 10)) + b"\n\n"
    ),
    "per cents": lambda n: b"Content-Type: a/b; name*=utf-8''" + b"%41" * (n // 3) + b"\n\n",
    "long boundary": lambda n: _mixed(_times(b"--" + b"b" * 20_000 + b"\n\nx\n", n), b"b" * 20_000),
    "protected names": lambda n: (
        b"Content-Type: text/plain; hp=cipher\nreferences: "
        + b"=?utf-8?q?x?=" * (n // 13)
        + b"\n"
        + b"".join(
            bytes(c ^ (32 if at >> bit & 1 else 0) for bit, c in enumerate(b"references"))
            + b": x\n"
            for at in range(1024)
        )
        + b"\n"
    ),
    "base64 padding": lambda n: b"Content-Transfer-Encoding: base64\n\n" + b"=" * n,
    "base64 in fours": lambda n: b"Content-Transfer-Encoding: base64\n\n" + _times(b"QQ=", n),
    "soft ends": lambda n: b"Content-Transfer-Encoding: quoted-printable\n\n" + _times(b"=\r", n),
    "escapes": lambda n: b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * n,
    "flowed": lambda n: b"Content-Type: text/plain; format=flowed\n\n" + _times(b"a \n", n),
    "flowed quotes": lambda n: (
        b"Content-Type: text/plain; format=flowed\n\n" + b">" * n + b"\n> \n"
    ),
    "one line": lambda n: b"\n" + _times(b"some words ", n),
    "one word": lambda n: b"\n" + b"x" * n,
    "blank lines": lambda n: b"\n" + b"\n" * n,
    "quotes of quotes": lambda n: b"\n" + _times(b">>>>>>>> a\n", n),
    "html: comments": lambda n: _html(_times(b"<!-- ", n)),
    "html: comments in a deep one": lambda n: _html(b"<b>" * 300 + _times(b"<!-- >", n)),
    "html: angles": lambda n: _html(b"<" * n),
    "html: scripts": lambda n: _html(b"<b>" * 300 + _times(b"<script", n)),
    "html: blanks in urls": lambda n: _html(_times(b"url(" + b" " * 2000, n)),
    "html: blank lines": lambda n: _html(b"a" + b"\n" * n + b"b"),
    "html: blank lines and letters": lambda n: _html(_times(b"a" + b"\n" * 49, n)),
    "html: blanks": lambda n: _html(b"a" + b" " * n + b"b"),
    "html: digits": lambda n: _html(b"1" * n + b"x"),
    "html: special signs": lambda n: _html(_times(b"- + 1. ` * _ \\ ", n)),
    "html: deep": lambda n: _html(_times(b"<div>", n)),
    "html: quotes": lambda n: _html(b"<blockquote>" * 200 + _times(b"a<br>", n)),
    "html: lists": lambda n: _html(b"<ul>" * 200 + _times(b"<li>a", n)),
    "html: pre": lambda n: _html(b"<blockquote>" * 200 + b"<pre>" + _times(b"a\n", n)),
    "html: open fonts": lambda n: _html(
        b"<p>"
        + b"".join(b"<font color=c%d>" % at for at in range(200))
        + b"</p>"
        + _times(b"<p>x</p>", n)
    ),
    "html: open letters": lambda n: _html(
        b"<p>"
        + b"".join(b"<b title=%d><i title=%d>" % (at, at) for at in range(100))
        + b"</p>"
        + _times(b"<p>x</p>", n)
    ),
    "html: tables": lambda n: _html(_times(b"<table><tr><td>", min(n, 3000)) + _times(b"a<b>", n)),
    "html: rows": lambda n: _html(b"<table>" + _times(b"<tr><td>a<td>b", n)),
    "html: foster parents": lambda n: _html(b"<table>" + _times(b"a<b>x</b>", n)),
    "html: links": lambda n: _html(_times(b"<a href=http://a/>a</a>", n)),
    "html: pictures": lambda n: _html(b"".join(b"<img src=//a/%d>" % at for at in range(n // 18))),
    "html: entities": lambda n: _html(_times(b"&amp;", n)),
    "html: half entities": lambda n: _html(_times(b"&a", n)),
    "html: attributes": lambda n: _html(b"<a " + _times(b"a=b ", n) + b">"),
    "html: own attributes": lambda n: _html(
        b"<a " + b"".join(b"a%d " % at for at in range(n // 7)) + b">"
    ),
    "html: ended ends": lambda n: _html(_times(b"</p>", n)),
    "html: misnested": lambda n: _html(_times(b"<b><i></b></i>", n)),
    "html: misnested paragraphs": lambda n: _html(_times(b"<a><p></a></p>", n)),
    "html: forms of display": lambda n: (
        b"Content-Type: text/html; hp=cipher; hp-legacy-display=1\n\n"
        + _times(b"<div class=header-protection-legacy-display>", n)
    ),
    "html: half divs": lambda n: (
        b"Content-Type: text/html; hp=cipher; hp-legacy-display=1\n\n" + _times(b"<div ", n)
    ),
    "html: base64": lambda n: (
        b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(_times(b"<p>a</p>\n", n * 3 // 4))
    ),
}
