"""Learning keys from mail that arrives (Autocrypt), without ever trusting them by that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mailclient.crypto.api import Plugin
from mailclient.message.security import State
from mailclient.services.assess import Assessment
from mailclient.services.tentative import Tentative


class Observer:
    """Shows the plug-ins what came with a message."""

    def __init__(
        self,
        plugins: Callable[[], tuple[Plugin, ...]],
        tentative: Tentative,
        clock: Callable[[], datetime],
    ) -> None:
        self._plugins = plugins
        self._tentative = tentative
        self._clock = clock

    def observe(self, assessment: Assessment) -> bool:
        """Take in the keys that a message brings for its own sender; whether one was new."""
        outer = assessment.outer
        senders = assessment.envelope.from_
        if outer.headers.count("from") != 1 or len(senders) != 1:
            return False
        if outer.content_type == "multipart/report" or assessment.verdict.state is State.BROKEN:
            return False
        now = self._clock()
        date = min(assessment.envelope.date or now, now)
        fields = tuple(outer.headers.items())
        new = False
        for plugin in self._plugins():
            sightings = plugin.observe(fields, senders[0].key, date)
            new |= self._tentative.sighted(sightings, plugin.keys)
        return new
