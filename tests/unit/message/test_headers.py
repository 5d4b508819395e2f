"""Header protection: what is written is found by programs that know the older form only."""

from __future__ import annotations

import pytest

from mailclient.message.headers import protect, protected
from mailclient.message.tree import parse

FIELDS = (
    ("From", "alice@example.org"),
    ("To", "carol@example.org"),
    ("Subject", "Where it lies"),
    ("Date", "Wed, 25 Nov 2026 10:00:00 +0000"),
)
ENTITY = b"Content-Type: text/plain; charset=utf-8\r\n\r\nUnder the pear tree.\r\n"


@pytest.mark.parametrize(("encrypted", "mode"), [(True, "cipher"), (False, "clear")])
def test_a_payload_is_marked_for_old_and_new_readers(encrypted: bool, mode: str) -> None:
    payload, _ = protect(ENTITY, FIELDS, encrypted=encrypted)
    root = parse(payload)
    assert root.params["hp"] == mode
    assert root.params["protected-headers"] == "v1"  # all that Thunderbird 153 looks for
    found = protected(root, encrypted=encrypted)
    assert (found.mode, found.confidential) == (mode, ("Subject",) if encrypted else ())
