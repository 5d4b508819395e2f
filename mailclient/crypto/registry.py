"""Finds the plug-ins and answers which one is responsible for a protocol.

All come in by the entry point group, the one that ships with the program too. A plug-in is checked
before anything changes; one that does not fit is refused with a sentence and stops nothing.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Collection, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points

from mailclient.crypto.api import ENTRY_POINT, Host, Keys, KeySource, Plugin
from mailclient.crypto.several import Drawer, Several
from mailclient.errors import EngineMissing

log = logging.getLogger(__name__)

SEALING = "application/pgp-encrypted"
_METHODS = ("open", "seal", "announce", "observe", "discover", "publish", "check", "close")
_KEY_METHODS = (
    "list",
    "inspect",
    "generate",
    "import_keys",
    "export",
    "backup",
    "restore",
    "delete",
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plug-in that is in use; `source` is the package that it comes from."""

    name: str
    version: str
    source: str
    protocols: frozenset[str]


class Registry:
    """The plug-ins that fit."""

    def __init__(self) -> None:
        self._plugins: dict[str, Plugin] = {}
        self._loaded: list[Loaded] = []
        self._refused: list[tuple[str, str]] = []
        self._several: Several | None = None

    @classmethod
    def load(cls, host: Host, blocked: Collection[str] = ()) -> Registry:
        """Build every plug-in that is installed, but those whose names are `blocked`."""
        registry = cls()
        found = sorted(entry_points(group=ENTRY_POINT), key=lambda one: (_source(one), one.name))
        ours = [one for one in found if _source(one).split()[0] == "mailclient"]
        for entry in (*ours, *(one for one in found if one not in ours)):
            if entry.name not in blocked:
                registry._take(entry, host)
        return registry

    def _take(self, entry: EntryPoint, host: Host) -> None:
        """Build one plug-in; whatever it raises is its own fault and is told as such."""
        own = replace(host, folder=host.folder / entry.name, vault=Drawer(host.vault, entry.name))
        try:
            made = entry.load()(own)
            reason = self._misfit(made)
        except (Exception, SystemExit) as fault:  # noqa: BLE001 - strangers may raise anything
            log.warning("The plug-in %s was refused: %s", entry.name, type(fault).__name__)
            self._refused.append((entry.name, f"it could not be started ({fault})"))
            return
        if reason:
            self._refused.append((entry.name, reason))
            return
        for protocol in made.protocols:
            self._plugins[protocol] = made
        self._loaded.append(Loaded(made.name, made.version, _source(entry), made.protocols))

    def _misfit(self, made: object) -> str:
        """Why a plug-in does not fit; "" if it does."""
        if not isinstance(made, Plugin):
            wanted_of_all = (*_METHODS, "name", "version", "protocols", "sources", "keys")
            missing = [name for name in wanted_of_all if not hasattr(made, name)]
            return f"it lacks {', '.join(missing)}"
        for name in _METHODS:
            wanted = _parameters(getattr(Plugin, name))
            if _parameters(getattr(type(made), name)) != wanted:
                return f"its {name}() does not take {', '.join(wanted)}"
        if not isinstance(made.name, str) or not isinstance(made.version, str):
            return "its name or its version is no text"
        if not made.name or any(one.name == made.name for one in self._loaded):
            return "another plug-in has its name"
        for name in _KEY_METHODS:
            if _parameters(getattr(Keys, name)) != _parameters(getattr(type(made.keys), name)):
                return f"its keys.{name}() does not fit"
        sources: Iterable[object] = made.sources
        if not isinstance(sources, frozenset) or not all(isinstance(o, KeySource) for o in sources):
            return "its sources of keys are not some that there are"
        protocols: Iterable[object] = made.protocols
        if not isinstance(protocols, frozenset) or not protocols:
            return "it names no protocols"
        if not all(isinstance(one, str) for one in protocols):
            return "one of its protocols is no text"
        taken = sorted(protocols & self._plugins.keys())
        if taken:
            return f"another plug-in is responsible for {', '.join(taken)}"
        return ""

    def for_protocol(self, protocol: str) -> Plugin | None:
        """The plug-in that opens layers of this protocol."""
        return self._plugins.get(protocol)

    def sealing(self) -> Plugin:
        """What protects what is sent and knows all keys: the one for OpenPGP first, then all
        others; raises EngineMissing without it."""
        first = self._plugins.get(SEALING)
        if first is None:
            raise EngineMissing(
                "No plug-in for encryption is in use.", "'mailclient plugins' says why."
            )
        if self._several is None:
            rest = [one for one in self.all() if one is not first]
            self._several = Several([first, *rest])
        return self._several

    def all(self) -> tuple[Plugin, ...]:
        """Every plug-in, each once."""
        return tuple(dict.fromkeys(self._plugins.values()))

    def close(self) -> None:
        """Close every plug-in, also where one of them fails."""
        with ExitStack() as all_of_them:
            for plugin in self.all():
                all_of_them.callback(plugin.close)

    def loaded(self) -> tuple[Loaded, ...]:
        """What is in use."""
        return tuple(self._loaded)

    def refused(self) -> tuple[tuple[str, str], ...]:
        """What is not, and why."""
        return tuple(self._refused)


def _parameters(function: Callable[..., object]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)[1:]


def _source(entry: EntryPoint) -> str:
    distribution = entry.dist
    return f"{distribution.name} {distribution.version}" if distribution else "mailclient"
