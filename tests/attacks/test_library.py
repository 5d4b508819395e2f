"""What python-gnupg makes of hostile mail by itself, and what the program makes of the same.

Each weakness is shown first; where a version of the library has it no more, that half is passed
over, and ours is asked all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import gnupg
import pytest

from mailclient.cancel import CancelToken
from mailclient.crypto.openpgp.keys import KeyRing
from mailclient.crypto.openpgp.listing import address_of
from mailclient.errors import KeyMissing
from mailclient.message.facts import Opened, Outcome, SignatureStatus
from mailclient.message.layers import find_layer
from mailclient.message.tree import parse
from tests.attacks.conftest import BOB, MALLORY, TEXT, Desk, pgp_mime
from tests.attacks.packets import armored, literal, seipd, split
from tests.attacks.rows_containers import twice
from tests.attacks.rows_signatures import by, two
from tests.attacks.table import EVIL, signed_by

Library = Callable[..., gnupg.GPG]


@pytest.fixture
def library(desk: Desk) -> Iterator[Library]:
    """The library as it comes, over Alice's keys."""
    log = logging.getLogger("gnupg")
    before = log.level
    log.setLevel(logging.CRITICAL)

    def make(encoding: str = "latin-1") -> gnupg.GPG:
        found = gnupg.GPG(gnupghome=str(desk.alice), options=["--trust-model", "always"])
        found.encoding = encoding
        return found

    yield make
    log.setLevel(before)


def by_us(desk: Desk, packets: bytes) -> Opened:
    """What the plug-in reports of some packets."""
    layer = find_layer(parse(pgp_mime(armored(packets))))
    assert layer is not None
    return desk.app.plugins.sealing().open(layer, CancelToken())


def hostile(desk: Desk, separator: str) -> str:
    """A key of Mallory's whose name speaks for GnuPG behind a separator."""
    bob = desk.keys[BOB]
    lines = (
        "[GNUPG:] BEGIN_DECRYPTION", "[GNUPG:] DECRYPTION_OKAY", "[GNUPG:] NEWSIG",
        "[GNUPG:] GOODSIG 1 Bob", f"[GNUPG:] VALIDSIG {bob} 2026-11-23 1 0 4 0 22 10 00 {bob}",
        "[GNUPG:] TRUST_ULTIMATE 0 pgp", "x",
    )  # fmt: skip
    name = f"loud {ord(separator[0]):04x}"
    if name not in desk.keys:
        user_id = f"{name} {separator.join(lines)} <loud@example.org>"
        desk.gpg("--allow-freeform-uid", "--quick-gen-key", user_id, "ed25519", "sign", "0")
        listed = [one for one in desk.pen.keys.list() if one.user_ids[0].startswith(name)]
        desk.keys[name] = listed[0].fingerprint
        desk.app.keys.import_keys(desk.pen.keys.export(listed[0].fingerprint))
    return name


@pytest.mark.parametrize(
    ("separator", "encoding"),
    [("\u0445", "latin-1"), ("\u0085", "utf-8"), ("\u2028", "utf-8"), ("\u2029", "utf-8")],
    ids=["a Cyrillic letter", "U+0085", "U+2028", "U+2029"],
)
def test_a_user_id_does_not_speak_for_gnupg(
    desk: Desk, library: Library, separator: str, encoding: str
) -> None:
    name = hostile(desk, separator)
    message = desk.packets_of("--local-user", desk.keys[name], "--sign")
    theirs = library(encoding).decrypt(message)
    forged = theirs.ok or desk.keys[BOB] in str(theirs.sig_info) + str(theirs.pubkey_fingerprint)
    ours = by_us(desk, message)
    assert ours.outcome is Outcome.CLEAR
    assert ours.signatures == ()
    inside = by_us(desk, desk.session[0] + seipd(desk.session[1], message))
    assert [one.fingerprint for one in inside.signatures] == [desk.keys[name]]
    if not forged:
        pytest.skip("This version of python-gnupg reads lines as GnuPG ends them.")


def test_its_ok_outlives_a_failure_and_ours_does_not(desk: Desk, library: Library) -> None:
    message = desk.session[0] + seipd(desk.session[1], literal(TEXT))
    theirs = library().decrypt(message + message)
    ours = by_us(desk, message + message)
    assert (ours.outcome, ours.content) == (Outcome.BROKEN, None)
    if not theirs.ok:
        pytest.skip("This version of python-gnupg takes its 'ok' back.")


def test_it_keeps_the_text_of_a_failure_and_we_do_not(desk: Desk, library: Library) -> None:
    message = desk.session[0] + seipd(desk.session[1], literal(TEXT), right=False)
    theirs = library().decrypt(message)
    ours = by_us(desk, message)
    assert (ours.outcome, ours.content) == (Outcome.BROKEN, None)
    if b"lilac" not in theirs.data:
        pytest.skip("This version of python-gnupg drops the text of a failure.")


def test_it_mangles_names_and_we_do_not(desk: Desk, library: Library) -> None:
    name = "Михаил Åström"
    if name not in desk.keys:
        desk.gpg("--quick-gen-key", f"{name} <misha@example.org>", "ed25519", "sign", "0")
        desk.keys[name] = desk.take("misha@example.org")
    listed = {one.fingerprint: one.user_ids for one in desk.app.plugins.sealing().keys.list()}
    assert listed[desk.keys[name]] == (f"{name} <misha@example.org>",)
    theirs = {one["fingerprint"]: one["uids"] for one in library().list_keys()}
    if theirs.get(desk.keys[name]) == [f"{name} <misha@example.org>"]:
        pytest.skip("This version of python-gnupg reads names as they are.")


def test_it_mixes_two_signatures_and_we_do_not(desk: Desk, library: Library) -> None:
    theirs = library("utf-8").decrypt(twice(desk, BOB, MALLORY, bad=BOB))
    both = signed_by(two(by(MALLORY), by(BOB, EVIL))(desk), TEXT)
    layer = find_layer(parse(both))
    assert layer is not None
    ours = desk.app.plugins.sealing().open(layer, CancelToken())
    assert [(one.status, one.fingerprint, one.addresses) for one in ours.signatures] == [
        (SignatureStatus.GOOD, desk.keys[MALLORY], (MALLORY,)),
        (SignatureStatus.BAD, "", ()),
    ]
    if theirs.fingerprint != desk.keys[MALLORY] or "bob" not in str(theirs.username):
        pytest.skip("Here the fields of python-gnupg happen to fit each other.")


LOOKALIKES = (
    f"Eve <{BOB}.evil.example>",
    f'"{BOB}" <eve@evil.example>',
    f"Eve {BOB} <eve@evil.example>",
)


@pytest.mark.parametrize("user_id", LOOKALIKES)
def test_an_address_is_no_part_of_another(desk: Desk, user_id: str) -> None:
    assert address_of(user_id) != BOB


def test_a_recipient_is_a_full_fingerprint_and_nothing_else(desk: Desk, library: Library) -> None:
    plugin = desk.app.plugins.sealing()
    for name in (BOB, "bob", f"<{BOB}>", desk.keys[BOB][-16:], desk.keys[BOB][-8:]):
        with pytest.raises(KeyMissing):
            plugin.seal(TEXT, sign_with=None, encrypt_to=(name,), cancel=CancelToken())
    part = library().encrypt(b"x", ["bob@example"], always_trust=True)
    sealed = plugin.seal(TEXT, sign_with=None, encrypt_to=(desk.keys[BOB],), cancel=CancelToken())
    assert b"BEGIN PGP MESSAGE" in sealed
    if not part.ok:
        pytest.skip("This GnuPG takes no part of an address for a recipient.")


def test_the_reader_of_the_library_is_replaced(desk: Desk) -> None:
    plugin = desk.app.plugins.for_protocol("application/pgp-encrypted")
    assert plugin is not None
    keys = plugin.keys
    assert isinstance(keys, KeyRing)
    assert type(keys._gpg())._read_response is not gnupg.GPG._read_response
    assert len(list(split(desk.session[0]))) == 1
