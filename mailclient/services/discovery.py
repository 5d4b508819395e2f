"""From an address to its servers, and what the user has to know or decide before they are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum

from mailclient.cancel import CancelToken
from mailclient.services.events import Events, SourceTried
from mailclient.transport.discover.places import Places
from mailclient.transport.discover.search import search
from mailclient.transport.discover.values import Found, Outcome, Report, Step


class Situation(Enum):
    """What stands between the servers that were found and a log-in; the gravest alone."""

    OFFLINE = "offline"
    NOT_FOUND = "not found"
    UNENCRYPTED = "unencrypted"
    OAUTH2 = "needs OAuth 2"
    UNSIGNED = "named by unsigned DNS"
    STEP = "needs a step at the provider"
    READY = "ready"


def situation(report: Report, *, offline: bool) -> Situation:
    """How things stand after a search."""
    found = report.found
    if found is None:
        silent = {one.outcome for one in report.tried[1:]} <= {Outcome.SILENT, Outcome.NOT_ASKED}
        return Situation.OFFLINE if offline or silent else Situation.NOT_FOUND
    if not found.encrypted:
        return Situation.UNENCRYPTED
    if found.needs_oauth2:
        return Situation.OAUTH2
    if found.foreign:
        return Situation.UNSIGNED
    if found.provider is not None and found.provider.step is not Step.NONE:
        return Situation.STEP
    return Situation.READY


class Discovery:
    """Asks the sources; their addresses come from the environment."""

    def __init__(self, events: Events, environment: Mapping[str, str], *, offline: bool) -> None:
        self._events = events
        self._environment = environment
        self.offline = offline

    def find(self, address: str, cancel: CancelToken, *, ca_file: str = "") -> Report:
        """Look for the servers of an address; `SourceTried` is published for each source.

        With `ca_file` the certificates in it are trusted besides, also by the servers that are
        found. Raises BadInput, Cancelled.
        """
        places = Places.of(self._environment)
        report = search(
            address,
            replace(places, ca_file=ca_file or places.ca_file),
            cancel,
            offline=self.offline,
            told=lambda tried: self._events.publish(SourceTried(address, tried)),
        )
        if report.found is None or not ca_file:
            return report
        return replace(report, found=_trusting(report.found, ca_file))


def _trusting(found: Found, ca_file: str) -> Found:
    incoming, outgoing = (
        replace(server, ca_file=ca_file) for server in (found.incoming, found.outgoing)
    )
    return replace(found, incoming=incoming, outgoing=outgoing)
