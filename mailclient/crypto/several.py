"""All plug-ins as one: each key is asked of the plug-in that has it.

For the rest of the program there is one list of keys and one way to seal. Each message is sealed
by one plug-in; keys of two kinds in one message are a mistake, and nothing comes of it.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from datetime import datetime

from mailclient.cancel import CancelToken
from mailclient.crypto.api import (
    Finding,
    Imported,
    Introducing,
    KeyInfo,
    Keys,
    KeySource,
    Plugin,
    Published,
    Sighting,
)
from mailclient.errors import BadInput, SealFailed
from mailclient.message.facts import Layer, Opened


class Drawer(MutableMapping[str, bytes]):
    """What one plug-in keeps among the things of all."""

    def __init__(self, whole: MutableMapping[str, bytes], owner: str) -> None:
        self._whole = whole
        self._prefix = f"{owner}:"

    def __getitem__(self, name: str) -> bytes:
        return self._whole[self._prefix + name]

    def __setitem__(self, name: str, data: bytes) -> None:
        self._whole[self._prefix + name] = data

    def __delitem__(self, name: str) -> None:
        del self._whole[self._prefix + name]

    def __iter__(self) -> Iterator[str]:
        size = len(self._prefix)
        return iter([one[size:] for one in self._whole if one.startswith(self._prefix)])

    def __len__(self) -> int:
        return sum(1 for _ in self)


class SeveralKeys:
    """The keys of all plug-ins."""

    def __init__(self, plugins: Sequence[Plugin]) -> None:
        self._plugins = tuple(plugins)
        self._parts: tuple[tuple[KeyInfo, ...], ...] = ()
        self._listed: tuple[KeyInfo, ...] = ()

    def list(self) -> tuple[KeyInfo, ...]:
        """All keys; the same tuple until one of the plug-ins gives another one."""
        parts = tuple(one.keys.list() for one in self._plugins)
        same = len(parts) == len(self._parts)
        if not same or any(a is not b for a, b in zip(parts, self._parts, strict=True)):
            self._parts, self._listed = parts, tuple(key for part in parts for key in part)
        return self._listed

    def owner(self, fingerprint: str) -> Plugin:
        """The plug-in that has a key, else the first one, which says what is wrong."""
        wanted = fingerprint.upper()
        for plugin in self._plugins[1:]:
            if any(key.fingerprint == wanted for key in plugin.keys.list()):
                return plugin
        return self._plugins[0]

    def inspect(self, data: bytes) -> tuple[KeyInfo, ...]:
        """The keys in `data`, as the first plug-in that can read it sees them."""
        for plugin in self._plugins:
            if found := plugin.keys.inspect(data):
                return found
        return ()

    def import_keys(self, data: bytes) -> tuple[Imported, ...]:
        """Take the keys in `data` into the engine that can read them; raises BadInput."""
        for plugin in self._plugins:
            if plugin.keys.inspect(data):
                return plugin.keys.import_keys(data)
        refused: BadInput | None = None
        for plugin in reversed(self._plugins):  # a file that has to be opened first
            try:
                return plugin.keys.import_keys(data)
            except BadInput as problem:
                refused = _clearer(refused, problem)
        raise refused or BadInput("There is no key in it.")

    def generate(self, address: str, name: str, passphrase: str | None) -> KeyInfo:
        """Make a key with the first plug-in."""
        return self._plugins[0].keys.generate(address, name, passphrase)

    def export(self, fingerprint: str, *, secret: bool = False) -> bytes:
        """The key as text."""
        return self._of(fingerprint).export(fingerprint, secret=secret)

    def backup(self, fingerprint: str, code: str) -> bytes:
        """A file that `code` opens."""
        return self._of(fingerprint).backup(fingerprint, code)

    def setup_file(self, fingerprint: str, code: str, *, prefer_encrypt: bool) -> bytes:
        """The file of a setup message."""
        return self._of(fingerprint).setup_file(fingerprint, code, prefer_encrypt=prefer_encrypt)

    def restore(self, data: bytes, code: str) -> bytes:
        """The secret key in such a file; raises BadInput."""
        refused: BadInput | None = None
        for plugin in reversed(self._plugins):
            try:
                return plugin.keys.restore(data, code)
            except BadInput as problem:
                refused = _clearer(refused, problem)
        raise refused or BadInput("This file is no copy of a key.")

    def extend(self, fingerprint: str) -> KeyInfo:
        """Let a key go on."""
        return self._of(fingerprint).extend(fingerprint)

    def add_subkey(self, fingerprint: str, passphrase: str = "") -> KeyInfo:
        """Give a key a new part."""
        return self._of(fingerprint).add_subkey(fingerprint, passphrase)

    def change_passphrase(self, fingerprint: str, old: str, new: str) -> None:
        """Guard a key by another passphrase."""
        self._of(fingerprint).change_passphrase(fingerprint, old, new)

    def revoke(self, fingerprint: str) -> None:
        """End a key."""
        self._of(fingerprint).revoke(fingerprint)

    def delete(self, fingerprint: str, *, secret: bool = False) -> None:
        """Remove a key."""
        self._of(fingerprint).delete(fingerprint, secret=secret)

    def _of(self, fingerprint: str) -> Keys:
        return self.owner(fingerprint).keys


class Several:
    """The plug-ins, the one that makes keys first."""

    name = "all"
    version = ""

    def __init__(self, plugins: Sequence[Plugin]) -> None:
        self._plugins = tuple(plugins)
        self._keys = SeveralKeys(plugins)
        self.keys: Keys = self._keys
        self.protocols = frozenset().union(*(one.protocols for one in plugins))
        self.sources: frozenset[KeySource] = frozenset().union(*(one.sources for one in plugins))

    def open(self, layer: Layer, cancel: CancelToken, *, may_ask: bool = False) -> Opened:
        """Let the plug-in that claims the protocol open it."""
        for plugin in self._plugins:
            if layer.protocol in plugin.protocols:
                return plugin.open(layer, cancel, may_ask=may_ask)
        return self._plugins[0].open(layer, cancel, may_ask=may_ask)

    def seal(
        self,
        entity: bytes,
        *,
        sign_with: str | None,
        encrypt_to: Sequence[str],
        cancel: CancelToken,
    ) -> bytes:
        """Seal with the one plug-in that has all the keys; raises SealFailed."""
        wanted = [*encrypt_to, *([] if sign_with is None else [sign_with])]
        owners = list(dict.fromkeys(self._keys.owner(one) for one in wanted)) or self._plugins[:1]
        if len(owners) > 1:
            raise SealFailed(
                "The keys are of two kinds (OpenPGP and S/MIME), and one message can be protected "
                "in one way only. Nothing was sent.",
                "Write to these people one by one.",
            )
        return owners[0].seal(entity, sign_with=sign_with, encrypt_to=encrypt_to, cancel=cancel)

    def announce(
        self, fingerprint: str, address: str, *, prefer_encrypt: bool
    ) -> tuple[tuple[str, str], ...]:
        """What the plug-in that has the key says."""
        owner = self._keys.owner(fingerprint)
        return owner.announce(fingerprint, address, prefer_encrypt=prefer_encrypt)

    def observe(
        self, headers: Sequence[tuple[str, str]], sender: str, date: datetime
    ) -> tuple[Sighting, ...]:
        """What each of them finds."""
        return tuple(
            sighting for one in self._plugins for sighting in one.observe(headers, sender, date)
        )

    def discover(
        self, address: str, source: KeySource, cancel: CancelToken
    ) -> tuple[Sighting, ...]:
        """What those find that can ask there."""
        return tuple(
            sighting
            for one in self._plugins
            if source in one.sources
            for sighting in one.discover(address, source, cancel)
        )

    def publish(self, fingerprint: str, address: str, cancel: CancelToken) -> Published:
        """Let the plug-in that has the key publish it."""
        return self._keys.owner(fingerprint).publish(fingerprint, address, cancel)

    def introduce(self, people: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """What the plug-in that has these keys says of them, if it can."""
        owners = {self._keys.owner(fingerprint) for _, fingerprint in people}
        owner = owners.pop() if len(owners) == 1 else None
        return owner.introduce(people) if isinstance(owner, Introducing) else ()

    def overhear(
        self, headers: Sequence[tuple[str, str]], people: Sequence[str], date: datetime
    ) -> tuple[Sighting, ...]:
        """What those find that can."""
        return tuple(
            sighting
            for one in self._plugins
            if isinstance(one, Introducing)
            for sighting in one.overhear(headers, people, date)
        )

    def check(self) -> tuple[Finding, ...]:
        """What each of them says."""
        return tuple(finding for one in self._plugins for finding in one.check())

    def close(self) -> None:
        """Nothing: whoever made the plug-ins closes them."""


def _clearer(before: BadInput | None, now: BadInput) -> BadInput:
    """The refusal that says what to do next, if one of them does."""
    return before if before is not None and before.advice else now
