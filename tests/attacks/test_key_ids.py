"""A key is meant by its whole fingerprint: its end, which anybody can make to order, finds none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailclient.cancel import CancelToken
from mailclient.errors import KeyMissing
from mailclient.message.security import Trust
from tests.attacks.conftest import BOB, TEXT, Desk


@pytest.mark.parametrize("length", [8, 16, 39])
def test_no_part_of_a_fingerprint_names_a_key(desk: Desk, length: int) -> None:
    key = desk.keys[BOB]
    keys = desk.app.keys
    assert len(keys.find(key)) == 1
    for short in (key[-length:], f"0x{key[-length:]}", key[:length]):
        assert keys.find(short) == ()
        with pytest.raises(KeyMissing):
            keys.trust(short, BOB, "verified")
        with pytest.raises(KeyMissing):
            desk.app.plugins.sealing().seal(
                TEXT, sign_with=None, encrypt_to=[short], cancel=CancelToken()
            )
        assert keys.trust_of(short, BOB) is Trust.UNKNOWN


def test_what_is_thought_of_a_key_does_not_pass_to_one_with_the_same_end(desk: Desk) -> None:
    key = desk.keys[BOB]
    other = f"{'0' * 24}{key[24:]}"
    assert desk.app.keys.trust_of(key, BOB) is not Trust.UNKNOWN
    assert desk.app.keys.trust_of(other, BOB) is Trust.UNKNOWN
    [known] = desk.app.keys.find(key)
    assert replace(known, fingerprint=other).fingerprint != key
