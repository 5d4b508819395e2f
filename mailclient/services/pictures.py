"""Pictures of a letter that lie on the network, fetched when its reader asks, never before.

Whoever wrote the letter learns by that that it is read, when, and from where. So it is done for one
letter at a time, never for one that was encrypted, over https alone, without a cookie or a word on
what it is for, and no address inside a private network is spoken to.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from mailclient.cancel import CancelToken
from mailclient.errors import Cancelled, MailError, Unreachable
from mailclient.transport.https import document
from mailclient.transport.reach import host_name

log = logging.getLogger(__name__)
PREFIX = "MAILCLIENT_PICTURES_"
AT_ONCE = 4
MOST = 100  # of one letter
LARGEST = 4 * 1024 * 1024  # bytes of one
ROOM = 40 * 1024 * 1024  # bytes of all of one letter


@dataclass(frozen=True, slots=True)
class Pictured:
    """The HTML of a letter with places for its pictures, the files that belong there by the names
    of their places, and how many did not come."""

    html: str
    files: Mapping[str, bytes]
    missing: int


class Pictures:
    """Fetches them. MAILCLIENT_PICTURES_CA_FILE names certificates to trust besides, and with
    MAILCLIENT_PICTURES_PRIVATE set to `yes` private networks are spoken to (for tests)."""

    def __init__(self, environment: Mapping[str, str], *, offline: bool) -> None:
        self._offline = offline
        self._ca_file = environment.get(f"{PREFIX}CA_FILE", "").strip()
        self._private = environment.get(f"{PREFIX}PRIVATE", "").strip().lower() == "yes"

    def fetch(self, addresses: Sequence[str], cancel: CancelToken) -> dict[str, bytes]:
        """The pictures at these addresses, those that come; raises Unreachable, Cancelled."""
        if self._offline:
            raise Unreachable(
                "The program was started without network.", "Start it without --offline."
            )
        found: dict[str, bytes] = {}
        wanted = addresses[:MOST]
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="pictures") as pool:
            each = pool.map(lambda one: self._one(one, cancel), wanted)
            for address, data in _within(ROOM, zip(wanted, each, strict=True)):
                found[address] = data
        cancel.check()
        return found

    def _one(self, address: str, cancel: CancelToken) -> bytes:
        """A picture; b"" where none is to be had there."""
        try:
            url = _over_https(address)
            host_name(urlsplit(url).hostname or "", private=self._private)
            found = document(
                url, cancel, limit=LARGEST, private=self._private, ca_file=self._ca_file
            )
        except Cancelled:
            return b""
        except (MailError, ValueError) as problem:
            log.info("A picture did not come: %s", type(problem).__name__)
            return b""
        return found.data if found.content_type.startswith("image/") else b""


def _over_https(address: str) -> str:
    """The same place over https: what is asked for in clear can be read on its way."""
    return f"https:{address.partition(':')[2] if address[:1] != '/' else address}"


def _within(room: int, files: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Those that came, as long as there is room."""
    for address, data in files:
        room -= len(data)
        if data and room >= 0:
            yield address, data
