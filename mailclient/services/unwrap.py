"""Take the protected layers off a message, one after the other, from the outside in.

Only layers that wrap the whole message are opened; anything protected deeper down is left closed
(message-security: covert content, decryption oracles). Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Plugin
from mailclient.message.facts import Form, Layer, Opened, Outcome
from mailclient.message.layers import find_layer
from mailclient.message.security import OpenedLayer
from mailclient.message.tree import Part, parse

MOST_LAYERS = 3


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A message with its layers off.

    `payload` is the root of what was protected, `outer` itself where nothing was, and None where
    nothing may be shown.
    """

    outer: Part
    layers: tuple[OpenedLayer, ...]
    payload: Part | None


def unwrap(
    raw: bytes,
    plugin_for: Callable[[str], Plugin | None],
    cancel: CancelToken,
    *,
    may_ask: bool,
) -> Unwrapped:
    """Open the layers of `raw` with the plug-ins that claim their protocols; raises Cancelled."""
    outer = parse(raw)
    layers: list[OpenedLayer] = []
    payload: Part | None = outer
    while payload is not None and len(layers) < MOST_LAYERS:
        layer = find_layer(payload)
        if layer is None:
            break
        opened = open_layer(layer, plugin_for(layer.protocol), cancel, may_ask=may_ask)
        layers.append(OpenedLayer(layer, opened))
        payload = inside(layer, opened)
    return Unwrapped(outer, tuple(layers), payload)


def open_layer(
    layer: Layer, plugin: Plugin | None, cancel: CancelToken, *, may_ask: bool
) -> Opened:
    """Let the plug-in open one layer; without one, say so."""
    if plugin is not None:
        return plugin.open(layer, cancel, may_ask=may_ask)
    outcome = Outcome.LOCKED if layer.form is Form.ENCRYPTED else Outcome.CLEAR
    return Opened(outcome, reason=f"No plug-in here can open {layer.protocol}.")


def inside(layer: Layer, opened: Opened) -> Part | None:
    """The root of what a layer protects, or None where it may not be shown."""
    if layer.form is Form.SIGNED:
        return parse(layer.signed)
    if opened.content is None:
        return None
    if layer.form is Form.INLINE:
        head = f"Content-Type: text/plain; charset={opened.charset}\r\n\r\n"
        return parse(head.encode("ascii") + opened.content)
    return parse(opened.content)
