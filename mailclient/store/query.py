"""The query language of the search field, read into one condition. Pure.

`from:ann has:attachment before:2026-01 "exact words" -not is:unread in:archive rent OR lease`.
All terms must fit; OR stands between two of which one must. A word of three letters or more finds
words that begin so, a phrase in quotes finds itself. What looks like a field but is none is text.
Whatever is typed gives a condition or BadInput; nothing of it becomes SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from mailclient.errors import BadInput
from mailclient.message.address import normalise
from mailclient.message.words import clean

MOST_TERMS = 50
LONGEST = 2000
SHORTEST_BEGINNING = 3  # shorter ones would begin half of all words
COLUMNS = {
    "from": "sender",
    "to": "recipients copies",
    "cc": "copies",
    "bcc": "copies",
    "subject": "subject",
    "body": "body",
    "attachment": "attachments",
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
_FIELDS = "|".join((*COLUMNS, "is", "has", "in", "account", "tag", "before", "after", "on"))
_TERM = re.compile(rf'(-?)(?:({_FIELDS}):\s*)?(?:"([^"]*)"?|([^\s"]+))', re.IGNORECASE)
_CJK = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])")
_WORD = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition over the table of messages, with its values."""

    sql: str
    values: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Words:
    """Words to look up in the index, as the index asks for them."""

    match: str


@dataclass(frozen=True, slots=True)
class _Not:
    """What must not fit."""

    term: _Words | Condition


_Term = _Words | Condition | _Not


def index_text(text: str) -> str:
    """A text for the index: Chinese, Japanese and Korean signs are words of their own."""
    return text if text.isascii() else _CJK.sub(r" \1 ", text)


def read_query(text: str) -> Condition:
    """The condition of a query; an empty one fits every message. Raises BadInput."""
    if len(text) > LONGEST:
        raise BadInput("The query is too long.", "Use fewer words.")
    words: list[str] = []
    conditions: list[Condition] = []
    for clause in _clauses(clean(text)):
        looked_up = [term for term in clause if isinstance(term, _Words)]
        if len(looked_up) == len(clause):
            words.append(" OR ".join(f"({one.match})" for one in looked_up))
        else:
            conditions.append(_joined([_condition(term) for term in clause], " OR "))
    if words:
        match = _Words(" AND ".join(f"({one})" for one in words))
        conditions.insert(0, _condition(match))
    return _joined(conditions, " AND ") if conditions else Condition("1")


def _clauses(text: str) -> Iterator[Sequence[_Term]]:
    """The terms, those with OR between them together."""
    clauses: list[list[_Term]] = []
    either = False
    for count, found in enumerate(_TERM.finditer(text)):
        if count >= MOST_TERMS:
            raise BadInput(f"The query has more than {MOST_TERMS} terms.", "Use fewer.")
        if found[0] == "OR":
            either = bool(clauses)
            continue
        term = _term((found[2] or "").lower(), found[3], found[4] or "")
        if term is None:
            continue
        wanted: _Term = _Not(term) if found[1] else term
        if either:
            clauses[-1].append(wanted)
        else:
            clauses.append([wanted])
        either = False
    return iter(clauses)


def _term(field: str, phrase: str | None, word: str) -> _Words | Condition | None:
    value = (word if phrase is None else phrase).strip()
    if not field or field in COLUMNS:
        return _words(COLUMNS.get(field, ""), value, whole=phrase is not None)
    if field == "is":
        return _is(value.lower())
    if field == "has":
        if value.lower() not in ("attachment", "attachments"):
            raise BadInput(f"'has:{value}' is not known.", "Write has:attachment.")
        return Condition("attachments > 0")
    if field == "in":
        return Condition(
            "folder_id IN (SELECT id FROM folders WHERE lower(name) = lower(?)"
            " OR role = lower(?) AND role <> 'own')",
            (value, value),
        )
    if field == "account":
        return Condition(
            "account_id IN (SELECT id FROM accounts WHERE lower(address) = ?)", (normalise(value),)
        )
    if field == "tag":
        return Condition("id IN (SELECT message_row FROM tags WHERE tag = ?)", (value,))
    return _when(field, value)


def _words(columns: str, text: str, *, whole: bool) -> _Words | None:
    """Words in this order, in these columns or any; the last may go on unless it is `whole`."""
    if not _WORD.search(text):
        return None
    plain = " ".join(index_text(text).replace('"', " ").split())
    where = f"{{{columns}}} : " if columns else ""
    goes_on = not whole and len(re.split(r"[\W_]+", plain.rstrip("*"))[-1]) >= SHORTEST_BEGINNING
    return _Words(f'{where}"{plain}"{" *" if goes_on else ""}')


def _condition(term: _Term) -> Condition:
    if isinstance(term, _Words):
        return Condition("id IN (SELECT rowid FROM words WHERE words MATCH ?)", (term.match,))
    if isinstance(term, _Not):
        inner = _condition(term.term)
        return Condition(f"NOT ({inner.sql})", inner.values)
    return term


def _joined(conditions: Sequence[Condition], word: str) -> Condition:
    if len(conditions) == 1:
        return conditions[0]
    sql = word.join(f"({one.sql})" for one in conditions)
    return Condition(sql, tuple(value for one in conditions for value in one.values))


def _is(value: str) -> Condition:
    sql = IS.get(value)
    if sql is None:
        raise BadInput(f"'is:{value}' is not known.", f"Known are: {', '.join(IS)}.")
    return Condition(sql)


def _when(field: str, value: str) -> Condition:
    """Years, months and days of the local calendar; `after` begins with the day that it names."""
    first, end = _span(value)
    if field == "before":
        return Condition("date < ?", (first,))
    if field == "after":
        return Condition("date >= ?", (first,))
    return Condition("date >= ? AND date < ?", (first, end))


def _span(value: str) -> tuple[int, int]:
    """The first second of a day, month or year, and the first one after it."""
    wrong = BadInput(f"'{value}' is not a date.", "Write 2026, 2026-03 or 2026-03-31.")
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
