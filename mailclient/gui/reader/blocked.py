"""What of formatted text is not shown as it is: pictures leave their words, not a hole as large as
the picture, and what would hold the window up is told apart.

Works on sanitised HTML before a document is filled with it: taking thousands of pictures out of a
filled one takes half a minute. Loads nothing.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Collection
from urllib.parse import unquote

from mailclient.gui import people

LONGEST_WORDS = 120
MOST_LETTERS = 200_000  # what is more than any of these would hold the window up
MOST_TAGS = 20_000
MOST_LINES = 15_000
LONGEST_PARAGRAPH = 20_000
_BREAK = re.compile(r"</?(?:p|div|br|hr|li|dd|dt|h[1-6]|t[dhr]|pre|blockquote)\b")
_PICTURE = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')  # as the sanitiser writes it
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')


def is_too_much(html: str) -> bool:
    """Whether the window would stand still while this is laid out."""
    kept_lines = html.count("\n") if "<pre" in html else 0
    if len(html) > MOST_LETTERS or html.count("<") > MOST_TAGS or kept_lines > MOST_LINES:
        return True
    return max(map(len, _BREAK.split(html))) > LONGEST_PARAGRAPH


def without_missing(html: str, shown: Collection[str], color: str) -> str:
    """Put its words in place of every picture that is not among the Content-IDs `shown`."""

    def words(match: re.Match[str]) -> str:
        attributes = dict(_ATTRIBUTE.findall(match[1]))
        scheme, _, content_id = entities.unescape(attributes.get("src", "")).partition(":")
        if scheme.lower() == "cid" and unquote(content_id) in shown:  # RFC 2392
            return match[0]
        told = people.plain(entities.unescape(attributes.get("alt", "")))[:LONGEST_WORDS]
        return f'<font color="{color}">[{entities.escape(told)}]</font>' if told else ""

    return _PICTURE.sub(words, html)
