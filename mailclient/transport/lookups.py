"""The one way by which plug-ins reach the network: small documents over https, from where they say,
and over http what proves itself.

The variables of the environment are in `docs/encryption.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, Unreachable
from mailclient.transport.https import LARGEST, Body, document, post, refusal
from mailclient.transport.reach import host_name

PREFIX = "MAILCLIENT_KEYS_"
SECONDS = 5.0
LARGEST_LIST = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Lookups:
    """`private` takes answers from inside private networks, `seconds` is the time of one search."""

    offline: bool = False
    private: bool = False
    ca_file: str = ""
    seconds: float = SECONDS

    @classmethod
    def of(cls, environment: Mapping[str, str], *, offline: bool) -> Lookups:
        """As the environment says; raises BadInput for what cannot be used."""
        private = environment.get(f"{PREFIX}PRIVATE", "").strip().lower()
        return cls(
            offline=offline,
            private=private in ("1", "yes", "true", "on"),
            ca_file=environment.get(f"{PREFIX}CA_FILE", "").strip(),
            seconds=_seconds(environment.get(f"{PREFIX}SECONDS", "").strip()),
        )

    def fetch(
        self, url: str, cancel: CancelToken, *, json: bytes = b"", proves_itself: bool = False
    ) -> bytes:
        """The document at `url`, or the answer to `json` that is sent there; over http, too, where
        it `proves_itself`.

        Raises NotFound, NoSuchHost, Busy, Unreachable, CertificateRejected, BadInput, Cancelled.
        """
        if self.offline:
            raise Unreachable(
                "The program was started without network.", "Start it without --offline."
            )
        host_name(urlsplit(url).hostname or "", private=self.private)
        if not json:
            return document(
                url,
                cancel,
                limit=LARGEST_LIST if proves_itself else LARGEST,
                private=self.private,
                ca_file=self.ca_file,
                plain=proves_itself,
            ).data
        status, answer = post(
            url,
            Body(json, "application/json"),
            cancel,
            limit=LARGEST,
            private=self.private,
            ca_file=self.ca_file,
        )
        if status == 400:
            raise BadInput(
                "The server did not take it.", detail=answer[:200].decode(errors="replace")
            )
        if (refused := refusal(status, str(urlsplit(url).hostname))) is not None:
            raise refused
        return answer


def _seconds(text: str) -> float:
    if not text:
        return SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 600:
        raise BadInput(f"{PREFIX}SECONDS is no number of seconds.", "Set it to 5, for example.")
    return seconds
