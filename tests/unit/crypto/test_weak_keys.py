"""Keys whose method can be broken: nothing that they sign counts, nothing is encrypted to them."""

from __future__ import annotations

import pytest

from mailclient.crypto.api import KeyInfo
from mailclient.crypto.openpgp.listing import read_keys

PRIMARY, SUBKEY = "A" * 40, "B" * 40


def key(primary: str, subkey: str, validity: str = "-") -> KeyInfo:
    """A key as GnuPG lists it; `primary` and `subkey` are its bits and its algorithm's number."""
    listing = (
        f"pub:-:{primary}:1:1763892000:::-:::scESC::::::23::0:\nfpr:::::::::{PRIMARY}:\n"
        f"uid:-::::1763892000::X::Ann <ann@example.org>::::::::::0:\n"
        f"sub:{validity}:{subkey}:2:1763892000::::::e::::::23:\nfpr:::::::::{SUBKEY}:\n"
    )
    [found] = read_keys(listing.encode())
    return found


@pytest.mark.parametrize(
    ("primary", "subkey", "weak", "usable"),
    [
        ("255:22", "255:18", (), True),
        ("4096:1", "4096:1", (), True),
        ("2048:1", "2048:1", (), True),
        ("1024:1", "2048:1", (PRIMARY,), False),
        ("2047:1", "2048:1", (PRIMARY,), False),
        ("2048:1", "1024:1", (SUBKEY,), False),
        ("2048:17", "2048:16", (PRIMARY, SUBKEY), False),
        ("255:22", "4096:16", (SUBKEY,), False),
    ],
)
def test_dsa_elgamal_and_short_rsa_are_weak(
    primary: str, subkey: str, weak: tuple[str, ...], usable: bool
) -> None:
    found = key(primary, subkey)
    assert (found.weak, found.usable) == (weak, usable)


@pytest.mark.parametrize("validity", ["r", "e"])
def test_a_weak_subkey_that_is_gone_does_no_harm(validity: str) -> None:
    found = key("255:22", "1024:1", validity)
    assert found.weak == (SUBKEY,)
    assert found.can_encrypt
