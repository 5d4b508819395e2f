"""Take the protected layers off a message, one after the other, from the outside in.

Only layers that wrap the whole message are opened; anything protected deeper down is left closed
(message-security: covert content, decryption oracles). Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Plugin
from mailclient.message.facts import Form, Opened, Outcome
from mailclient.message.layers import LARGEST_LAYER, Wrapping, find_wrapping
from mailclient.message.security import OpenedLayer
from mailclient.message.tree import Part, parse
from mailclient.sizes import size_words

MOST_LAYERS = 3
_TOO_LARGE = (
    f"What is protected has more than {size_words(LARGEST_LAYER)}, and that is not opened here."
)


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
    outer: Part,
    plugin_for: Callable[[str], Plugin | None],
    cancel: CancelToken,
    *,
    may_ask: bool,
) -> Unwrapped:
    """Open the layers with the plug-ins that claim their protocols; raises Cancelled."""
    layers: list[OpenedLayer] = []
    payload: Part | None = outer
    while payload is not None and len(layers) < MOST_LAYERS:
        wrapping = find_wrapping(payload)
        if wrapping is None:
            break
        found = open_layer(wrapping, plugin_for(wrapping.protocol), cancel, may_ask=may_ask)
        layers.append(found)
        payload = inside(wrapping, found.opened)
    return Unwrapped(outer, tuple(layers), payload)


def signed_inside(outer: Part) -> Part:
    """What `unwrap` came to where every layer was a signature of MIME; asks no plug-in."""
    payload = outer
    for _ in range(MOST_LAYERS):
        wrapping = find_wrapping(payload)
        if wrapping is None or wrapping.signed is None:
            break
        payload = wrapping.signed.alone()
    return payload


def open_layer(
    wrapping: Wrapping, plugin: Plugin | None, cancel: CancelToken, *, may_ask: bool
) -> OpenedLayer:
    """Let the plug-in open one layer; without one, and for too large a one, say so."""
    if plugin is not None and not wrapping.is_too_large:
        layer = wrapping.layer()
        return OpenedLayer(layer, plugin.open(layer, cancel, may_ask=may_ask))
    hides = wrapping.form in (Form.ENCRYPTED, Form.OPAQUE)
    outcome = Outcome.LOCKED if hides else Outcome.CLEAR
    reason = f"No plug-in here can open {wrapping.protocol}." if plugin is None else _TOO_LARGE
    return OpenedLayer(wrapping.closed(), Opened(outcome, reason=reason))


def inside(wrapping: Wrapping, opened: Opened) -> Part | None:
    """The root of what a layer protects, or None where it may not be shown."""
    if wrapping.signed is not None:
        return wrapping.signed.alone()
    if opened.content is None:
        return None
    if wrapping.form is Form.INLINE:
        head = f"Content-Type: text/plain; charset={opened.charset}\r\n\r\n"
        return parse(head.encode("ascii") + opened.content)
    return parse(opened.content)
