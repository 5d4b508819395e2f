"""Small documents over verified HTTPS; nothing else, and never another scheme on the way."""

from __future__ import annotations

import time
import urllib.request
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import IO
from urllib.error import HTTPError
from urllib.parse import urlsplit

from mailclient.errors import BadInput, NotFound, Unreachable
from mailclient.transport import tls

LARGEST = 256 * 1024
SECONDS = 5.0  # for each step
PATIENCE = 30.0  # seconds for the whole document
PIECE = 1 << 14


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https alone."""

    max_redirections = 3

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The next request; None ends it with the redirect itself as an error."""
        if urlsplit(newurl).scheme != "https":
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(url: str, *, limit: int = LARGEST, timeout: float = SECONDS) -> bytes:
    """Fetch at most `limit` bytes; `timeout` is for each step, in seconds.

    Raises BadInput for another scheme, NotFound, Unreachable.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise BadInput("Only https addresses are fetched.")
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=tls.context()),
        _HttpsOnly(),
        urllib.request.ProxyHandler({}),
    )
    request = urllib.request.Request(url, headers={"User-Agent": "mailclient"})
    try:
        with opener.open(request, timeout=timeout) as answer:
            data = _read(answer, limit)
    except HTTPError as refused:
        refused.close()
        raise NotFound(
            f"{parts.hostname} has nothing there.", detail=str(refused.code)
        ) from refused
    except (OSError, HTTPException, ValueError) as fault:
        raise Unreachable(f"{parts.hostname} does not answer.", "Try again later.") from fault
    if len(data) > limit:
        raise BadInput(f"What {parts.hostname} sent is too large.")
    return data


def _read(answer: HTTPResponse, limit: int) -> bytes:
    """The document, or a little more than `limit` of it; what drips in without end is given up."""
    deadline = time.monotonic() + PATIENCE
    data = bytearray()
    while len(data) <= limit and (piece := answer.read1(PIECE)):
        data += piece
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(data)
