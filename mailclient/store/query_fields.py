"""What each field of a query asks for: words in columns of the index, or a test of a row. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from mailclient.message.address import normalise

SHORTEST_BEGINNING = 3  # shorter ones would begin half of all words
COLUMNS = {
    "from": "sender",
    "to": "recipients copies",
    "cc": "copies",
    "bcc": "copies",
    "subject": "subject",
    "body": "body",
    "attachment": "attachments files",
    "filename": "attachments",
}
IS = {
    "unread": "unread = 1",
    "read": "unread = 0",
    "flagged": "flagged = 1",
    "starred": "flagged = 1",
    "answered": "answered = 1",
    "forwarded": "forwarded = 1",
    "encrypted": "encryption <> 'none'",
    "locked": "encryption = 'locked'",
    "signed": "signature = 'good'",
    "undelivered": "undelivered = 1",
}
INDEXES = {
    "unread": "messages_unread",
    "flagged": "messages_flagged",
    "starred": "messages_flagged",
}
ATTACHED = "\ue000attached"  # a word that is indexed with the names of attachments
TESTS = {
    "is": "a state: unread, flagged, encrypted …",
    "has": "has:attachment",
    "in": "a folder",
    "account": "an account, by its address",
    "tag": "a tag",
    "before": "before a day, month or year",
    "after": "from a day, month or year on",
    "on": "in a day, month or year",
    "older": "older than 3d, 2w, 6m or 1y",
    "newer": "newer than 3d, 2w, 6m or 1y",
    "size": "size:>5mb or size:<100kb",
    "larger": "larger than 5mb",
    "smaller": "smaller than 100kb",
}
FIELDS = (*COLUMNS, *TESTS)
_CJK = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])")
_WORD = re.compile(r"[^\W_]")
_AGE = re.compile(r"([0-9]{1,4})\s*([dwmy])", re.IGNORECASE)
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_SIZE = re.compile(r"([<>]?)=?([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([kmg]?)(?:i?b)?", re.IGNORECASE)
_UNIT = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


class Wrong(Exception):
    """A value that its field does not take: what is wrong, without an end, and what to write."""

    def __init__(self, text: str, advice: str) -> None:
        super().__init__(text)
        self.text = text
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Words:
    """Words to look up in the index, in this order, in these columns or in any ("").

    `text` is as typed, `match` as the index asks for it, of which the last word may go on where
    `goes_on`.
    """

    columns: str
    text: str
    match: str
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Test:
    """A test of a row of the table of messages, with its values.

    What fits has a date before `before`, in seconds, where that is given; `index` is an index that
    holds just what fits, where there is one; `match` is what the words of all that fits have.
    """

    sql: str
    values: tuple[str | int, ...] = ()
    before: int | None = None
    index: str = ""
    match: str = ""


def index_text(text: str) -> str:
    """A text for the index: Chinese, Japanese and Korean signs are words of their own."""
    return text if text.isascii() else _CJK.sub(r" \1 ", text)


def words_of(columns: str, text: str, *, whole: bool) -> Words | None:
    """Words; the last may go on unless it is `whole`. None where there is no letter in it."""
    if not _WORD.search(text):
        return None
    plain = " ".join(index_text(text).replace('"', " ").split())
    last = re.split(r"[\W_]+", plain.rstrip("*"))[-1]
    goes_on = not whole and len(last) >= SHORTEST_BEGINNING
    match = f'{_in(columns)}"{plain}"{" *" if goes_on else ""}'
    return Words(columns, text, match, goes_on)


def spelled_out(words: Words, terms: Sequence[str]) -> Words:
    """The same, with the terms of the index that are meant in place of their beginning."""
    either = " OR ".join(f'"{term}"' for term in terms)
    return Words(words.columns, words.text, f"{_in(words.columns)}({either})", False)


def _in(columns: str) -> str:
    return f"{{{columns}}} : " if columns else ""


def test_of(field: str, value: str, now: datetime) -> Test:
    """The test that a field stands for; raises Wrong."""
    match field:
        case "is":
            return _is(value.lower())
        case "has":
            return _has(value)
        case "in":
            return Test(
                "folder_id IN (SELECT id FROM folders WHERE lower(name) = lower(?)"
                " OR role = lower(?) AND role <> 'own')",
                (value, value),
            )
        case "account":
            return Test(
                "account_id IN (SELECT id FROM accounts WHERE lower(address) = ?)",
                (normalise(value),),
            )
        case "tag":
            return Test("id IN (SELECT message_row FROM tags WHERE tag = ?)", (value,))
        case "older" | "newer":
            return _age(field, value, now)
        case "size" | "larger" | "smaller":
            return _size(field, value)
        case _:
            return _when(field, value)


def _is(value: str) -> Test:
    sql = IS.get(value)
    if sql is None:
        raise Wrong(f"'is:{value}' is not known", f"Known are: {', '.join(IS)}.")
    return Test(sql, index=INDEXES.get(value, ""))


def _has(value: str) -> Test:
    if value.lower() not in ("attachment", "attachments"):
        raise Wrong(f"'has:{value}' is not known", "Write has:attachment.")
    return Test("attachments > 0", match=f'{{attachments}} : "{ATTACHED}"')


def _age(field: str, value: str, now: datetime) -> Test:
    """Days, weeks, months of 30 days and years of 365, back from now."""
    match = _AGE.fullmatch(value)
    if match is None:
        raise Wrong(f"'{value}' is not an age", "Write 3d, 2w, 6m or 1y.")
    days = int(match[1]) * _DAYS[match[2].lower()]
    seconds = int(now.timestamp()) - days * 86_400
    if field == "older":
        return Test("date < ?", (seconds,), seconds)
    return Test("date >= ?", (seconds,))


def _size(field: str, value: str) -> Test:
    """The size of a message, in units of 1,024; without a sign at least that much is meant."""
    match = _SIZE.fullmatch(value)
    if match is None:
        raise Wrong(f"'{value}' is not a size", "Write size:>5mb or size:<100kb.")
    size = int(float(match[2]) * _UNIT[match[3].lower()])
    below = field == "smaller" or match[1] == "<"
    of_row = "max(size, whole_size)"
    return Test(f"{of_row} < ?" if below else f"{of_row} >= ?", (size,))


def _when(field: str, value: str) -> Test:
    """Years, months and days of the local calendar; `after` begins with the day that it names."""
    first, end = _span(value)
    if field == "before":
        return Test("date < ?", (first,), first)
    if field == "after":
        return Test("date >= ?", (first,))
    return Test("date >= ? AND date < ?", (first, end), end)


def _span(value: str) -> tuple[int, int]:
    """The first second of a day, month or year, and the first one after it."""
    wrong = Wrong(f"'{value}' is not a date", "Write 2026, 2026-03 or 2026-03-31.")
    match = re.fullmatch(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?", value)
    if match is None:
        raise wrong
    year, month, day = (int(one) if one else 0 for one in match.groups())
    try:
        first = date(year, month or 1, day or 1)
        if day:
            end = first + timedelta(days=1)
        elif month:
            end = date(year + month // 12, month % 12 + 1, 1)
        else:
            end = date(year + 1, 1, 1)
        return _midnight(first), _midnight(end)
    except (ValueError, OverflowError, OSError) as problem:
        raise wrong from problem


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time()).astimezone().timestamp())
