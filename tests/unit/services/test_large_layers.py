"""Layers are opened in memory, so what is larger than memory should hold stays closed, in words."""

from __future__ import annotations

from typing import cast

import pytest

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Plugin
from mailclient.message import layers
from mailclient.message.facts import Outcome
from mailclient.message.tree import parse
from mailclient.services.unwrap import unwrap

SIGNED = (
    b'Content-Type: multipart/signed; protocol="p/s"; boundary=a\r\n\r\n'
    b"--a\r\n\r\n" + b"signed text\r\n" * 100 + b"--a\r\nContent-Type: p/s\r\n\r\nxx\r\n--a--\r\n"
)
ENCRYPTED = (
    b'Content-Type: multipart/encrypted; protocol="p/e"; boundary=a\r\n\r\n'
    b"--a\r\nContent-Type: p/e\r\n\r\nVersion: 1\r\n"
    b"--a\r\nContent-Type: application/octet-stream\r\n\r\n" + b"x" * 1000 + b"\r\n--a--\r\n"
)


class _Plugin:
    """Must not be asked."""

    def open(self, *_: object, **__: object) -> None:
        raise AssertionError("a large layer was to be opened")


def plugin_for(protocol: str) -> Plugin:
    return cast(Plugin, _Plugin())


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "LARGEST_LAYER", 500)


def test_a_large_signed_message_is_shown_without_its_seal() -> None:
    root = parse(SIGNED)
    found = unwrap(root, plugin_for, CancelToken(), may_ask=False)
    assert found.payload is not None
    assert found.payload.text().startswith("signed text\n")
    [layer] = found.layers
    assert (layer.opened.outcome, layer.opened.signatures) == (Outcome.CLEAR, ())
    assert "not opened here" in layer.opened.reason


def test_a_large_encrypted_message_stays_locked() -> None:
    found = unwrap(parse(ENCRYPTED), plugin_for, CancelToken(), may_ask=False)
    assert found.payload is None
    [layer] = found.layers
    assert layer.opened.outcome is Outcome.LOCKED
    assert layer.layer.data == b""
