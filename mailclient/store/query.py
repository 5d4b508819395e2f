"""The query language of the search field, read into a condition. Pure.

`from:ann has:attachment before:2026-01 "exact words" -not is:unread in:archive a OR b`. A word
finds words that begin so, a phrase finds itself. A word with a colon that is no field is text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailclient.errors import BadInput
from mailclient.message.address import normalise
from mailclient.message.words import clean

MOST_TERMS = 50
COLUMNS = {
    "from": "sender",
    "to": "recipients",
    "cc": "recipients",
    "subject": "subject",
    "body": "body",
    "filename": "attachments",
}
IS = {
    "unread": "unread = 1",
    "read": "unread = 0",
    "flagged": "flagged = 1",
    "starred": "flagged = 1",
    "answered": "answered = 1",
    "forwarded": "forwarded = 1",
    "encrypted": "encryption = 'encrypted'",
    "signed": "signature = 'good'",
}
_TERM = re.compile(r'(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))', re.IGNORECASE)
_CJK = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])")
_WORD = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Condition:
    """An SQL condition over the table of messages, with its values."""

    sql: str
    values: tuple[str | int, ...]


def split_cjk(text: str) -> str:
    """Text whose Chinese, Japanese and Korean characters stand alone, to be found one by one."""
    return _CJK.sub(r" \1 ", text)


def read_query(text: str) -> Condition:
    """The condition of a query; an empty one fits every message. Raises BadInput."""
    groups: list[list[Condition]] = [[]]
    for count, match in enumerate(_TERM.finditer(clean(text))):
        if count >= MOST_TERMS:
            raise BadInput(f"The query has more than {MOST_TERMS} words.", "Make it shorter.")
        negated, name, phrase, word = match.groups()
        if word == "OR" and not name and not negated:
            groups.append([])
            continue
        condition = _term((name or "").lower(), phrase, word)
        if condition is None:
            continue
        if negated:
            condition = Condition(f"NOT ({condition.sql})", condition.values)
        groups[-1].append(condition)
    alternatives = [_joined(group, " AND ") for group in groups if group]
    return _joined(alternatives, " OR ") if alternatives else Condition("1", ())


def _joined(conditions: Sequence[Condition], word: str) -> Condition:
    if len(conditions) == 1:
        return conditions[0]
    sql = word.join(f"({one.sql})" for one in conditions)
    return Condition(sql, tuple(value for one in conditions for value in one.values))


def _term(name: str, phrase: str | None, word: str | None) -> Condition | None:
    value = phrase if phrase is not None else word or ""
    if name in COLUMNS:
        return _words(COLUMNS[name], value, whole=phrase is not None)
    if name == "is":
        return _is(value)
    if name == "has":
        if value.lower() not in ("attachment", "attachments"):
            raise BadInput(f"'has:{value}' is not known.", "Write has:attachment.")
        return Condition("attachments > 0", ())
    if name in ("before", "after", "on"):
        return _dates(name, value)
    if name == "in":
        return Condition(
            "folder_id IN (SELECT id FROM folders WHERE role = ? OR lower(name) = ?)",
            (value.lower(), value.lower()),
        )
    if name == "account":
        return Condition(
            "account_id IN (SELECT id FROM accounts WHERE lower(address) = ?)", (normalise(value),)
        )
    if name == "tag":
        return Condition("instr(' ' || tags || ' ', ?) > 0", (f" {value.lower()} ",))
    text = f"{name}:{value}" if name else value
    return _words("", text, whole=phrase is not None or bool(name))


def _words(column: str, text: str, *, whole: bool) -> Condition | None:
    """Words that stand together in one column or in any; the last one may go on."""
    text = split_cjk(text).replace('"', " ").replace("\0", " ")
    if not _WORD.search(text):
        return None
    where = f"{{{column}}} : " if column else ""
    match = f'{where}"{" ".join(text.split())}"{"" if whole else "*"}'
    return Condition("id IN (SELECT rowid FROM search WHERE search MATCH ?)", (match,))


def _is(value: str) -> Condition:
    condition = IS.get(value.lower())
    if condition is None:
        raise BadInput(f"'is:{value}' is not known.", f"Known are: {', '.join(IS)}.")
    return Condition(condition, ())


def _dates(name: str, value: str) -> Condition:
    """Days, months and years in local time: `before` is before its first moment, `after` from
    its last on, `on` within."""
    first, end = _span(value)
    if name == "before":
        return Condition("date < ?", (first,))
    if name == "after":
        return Condition("date >= ?", (end,))
    return Condition("date >= ? AND date < ?", (first, end))


def _span(value: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", value)
    if match is None:
        raise BadInput(f"'{value}' is not a date.", "Write 2026, 2026-03 or 2026-03-31.")
    year, month, day = (int(one) if one else 0 for one in match.groups())
    try:
        first = datetime(year, month or 1, day or 1).astimezone()
        if day:
            end = datetime.fromtimestamp(datetime(year, month, day, 12).timestamp() + 86_400)
            end = end.replace(hour=0, minute=0, second=0)
        elif month:
            end = datetime(year + month // 12, month % 12 + 1, 1)
        else:
            end = datetime(year + 1, 1, 1)
        return int(first.timestamp()), int(end.astimezone().timestamp())
    except (ValueError, OverflowError, OSError) as refused:
        raise BadInput(
            f"'{value}' is not a date.", "Write 2026, 2026-03 or 2026-03-31."
        ) from refused
