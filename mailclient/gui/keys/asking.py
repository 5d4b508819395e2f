"""Asks in the main window, in time, about keys of one's own that are about to end."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mailclient.app import App, now
from mailclient.crypto.api import KeyInfo
from mailclient.gui import dates, people
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.keys.card import KeyVerb
from mailclient.gui.keys.words import ending
from mailclient.gui.strip import Kind, Strip


class KeyAsking(QObject):
    """One strip, with the one click that lets a key go on; put off, it comes at the next start."""

    def __init__(self, app: App, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        self._bridge = bridge
        self.strip = Strip()
        self._later = False
        bridge.changed.connect(self._changed)

    def begin(self) -> None:
        """Look whether there is something to ask."""
        self._bridge.run(
            "read", lambda job: self._app.recovery.ending(), self._show, self._failed, owner=self
        )

    def _changed(self, changes: Changes) -> None:
        if changes.keys and self.strip.isVisible():
            self.begin()

    def _show(self, ends: tuple[KeyInfo, ...]) -> None:
        if not ends or ends[0].expires is None or self._later:
            self.strip.clear()
            return
        key = ends[0]
        who = people.plain(next(iter(key.addresses), ""))
        choices = (
            (KeyVerb.EXTEND.value, lambda: self._extend(key.fingerprint)),
            ("Not now", self._put_off),
        )
        self.strip.say(ending(ends[0].expires, who, now()), Kind.CAUTION, choices, lasting=True)

    def _put_off(self) -> None:
        self._later = True
        self.strip.clear()

    def _extend(self, fingerprint: str) -> None:
        self._bridge.run(
            "work",
            lambda job: self._app.recovery.extend(fingerprint),
            self._extended,
            self.strip.problem,
            owner=self,
        )

    def _extended(self, key: KeyInfo) -> None:
        until = f" until {dates.day(key.expires)}" if key.expires else ""
        self.strip.say(f"Your key is valid{until}. Others learn of it with your next letters.")

    def _failed(self, problem: object) -> None:
        """Without GnuPG there is nothing to ask; what is wrong with it is said elsewhere."""
        self.strip.clear()
