"""Header fields from text, as they stand in a message."""

from __future__ import annotations

from mailclient.message.fields import Headers, read_headers


def headers(text: str) -> Headers:
    """The fields of a header that is written with LF line ends."""
    data = text.strip("\n").replace("\n", "\r\n").encode("utf-8") + b"\r\n\r\n"
    return read_headers(data, 0, len(data))[0]
