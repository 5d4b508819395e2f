"""The signatures of sending servers (DKIM, RFC 6376), checked with keys from the name servers.

Only when the user asks: the question tells the sender's name servers that somebody looks at a
message of theirs. The library stands in an extra (dkimpy, 67 kB; 160 ms to import, so late).
"""

from __future__ import annotations

import re
from types import ModuleType

from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, MailError, NotFound
from mailclient.message.signatures import Fit, ServerSignature
from mailclient.message.tree import parse
from mailclient.transport.discover.names import asked
from mailclient.transport.discover.places import Places

FIELD = "dkim-signature"
MOST = 5
LARGEST = 32 * 1024 * 1024
SHORTEST_KEY = 1024  # bits; RFC 8301 section 3.2
_NAME = re.compile(rb"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,250})[A-Za-z0-9]\.?")
_PART = re.compile(r"(?:^|;)\s*l\s*=", re.IGNORECASE)
_TAG = re.compile(r"(?:^|;)\s*d\s*=\s*([A-Za-z0-9.-]{1,253})", re.IGNORECASE)
# What the library raises over a signature or a key that is none, besides its own exceptions.
_BUGS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


def check_signatures(
    raw: bytes, places: Places, cancel: CancelToken
) -> tuple[ServerSignature, ...]:
    """Each signature of a message, and whether it fits; the newest first.

    Raises BadInput where the extra is missing or the message too large, Unreachable where the name
    servers do not answer, Cancelled.
    """
    if len(raw) > LARGEST:
        raise BadInput("The message is too large for its signatures to be checked.")
    values = [value for name, value in parse(raw).headers.items() if name.lower() == FIELD]
    return tuple(_check(raw, at, value, places, cancel) for at, value in enumerate(values[:MOST]))


def _check(raw: bytes, at: int, value: str, places: Places, cancel: CancelToken) -> ServerSignature:
    domain = _TAG.search(value)
    of = domain[1].lower() if domain else ""
    cancel.check()
    keys = _Keys(places)
    dkim = _library()
    try:
        made = dkim.DKIM(raw, minkey=SHORTEST_KEY)
        fits = bool(made.verify(at, dnsfunc=keys))
    except (dkim.DKIMException, *_BUGS):
        fits = False
    if keys.problem is not None:
        raise keys.problem
    if fits:
        return ServerSignature(of, Fit.PARTLY if _PART.search(value) else Fit.WHOLE)
    return ServerSignature(of, Fit.NO_KEY if keys.missing else Fit.NOT)


def _library() -> ModuleType:
    try:
        import dkim
    except ImportError as missing:
        raise BadInput(
            "Checking the signatures of servers needs a package that is not installed.",
            "Install it with 'pip install mailclient[dkim]'.",
        ) from missing
    found: ModuleType = dkim
    return found


class _Keys:
    """Asks for a key as the library wants it; what went wrong is kept for after it."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.problem: MailError | None = None
        self.missing = False

    def __call__(self, name: bytes | str, timeout: float = 0) -> bytes | None:
        """The TXT record of a name (RFC 6376 section 3.6.2); None where there is none."""
        wanted = name if isinstance(name, bytes) else name.encode("ascii", "replace")
        if not _NAME.fullmatch(wanted):
            self.missing = True
            return None
        try:
            records = asked(wanted.decode("ascii"), "TXT", self._places)
        except NotFound:
            self.missing = True
            return None
        except MailError as problem:
            self.problem = problem
            return None
        texts = [b"".join(one.strings) for one in records]
        return next((one for one in texts if b"p=" in one), None)
