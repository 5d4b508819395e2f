"""What the search field offers while one types: fields, people, folders, tags and states."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailclient.store import Store
from mailclient.store.query_fields import COLUMNS, IS, TESTS

MOST = 8
SHORTEST = 2  # letters of a field's name before it is offered
_VALUE = re.compile(r'(?:^|[\s(])-?([a-z]+):(?:"([^"]*)|([^\s"()]*))$', re.IGNORECASE)
_NAME = re.compile(r"(?:^|[\s(])-?([a-z]+)$", re.IGNORECASE)
_OF_COLUMNS = {
    "from": "who wrote it",
    "to": "who it went to",
    "cc": "who got a copy",
    "bcc": "who got a hidden copy",
    "subject": "words of the subject",
    "body": "words of the text",
    "attachment": "words inside attachments, or their names",
    "filename": "names of attachments",
}
_AGES = ("1w", "1m", "6m", "1y")
_SIZES = (">1mb", ">5mb", ">20mb", "<100kb")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may stand from character `start` up to where one types, and what it means."""

    start: int
    text: str
    meaning: str = ""


class Suggestions:
    """Offers what goes on with a query."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def at(self, query: str, cursor: int) -> tuple[Suggestion, ...]:
        """What may come at a place of the query; what is typed to its end already is not told."""
        before = query[:cursor]
        if found := _VALUE.search(before):
            group = 2 if found[2] is not None else 3
            start = found.start(group) - (group == 2)
            return self._values(found[1].lower(), found[group], start)
        if found := _NAME.search(before):
            return _fields(found[1].lower(), found.start(1))
        return ()

    def _values(self, field: str, begun: str, start: int) -> tuple[Suggestion, ...]:
        wanted = begun.casefold()
        fitting = [
            Suggestion(start, _quoted(value), meaning)
            for value, meaning in self._known(field, begun)
            if field in _PEOPLE or value.casefold().startswith(wanted)
        ]
        if any(one.text.casefold() == wanted for one in fitting):
            return ()
        return tuple(fitting[:MOST])

    def _known(self, field: str, begun: str) -> list[tuple[str, str]]:
        """The values that a field may have, with what they mean."""
        if field in _PEOPLE:
            people = self._store.messages.people.used(begun, MOST)
            return [(one.address, one.name) for one in people]
        if field == "in":
            names = dict.fromkeys(one.name for one in self._store.folders.all())
            return [(name, "") for name in names]
        if field == "account":
            return [(one.address, "") for one in self._store.accounts.all()]
        if field == "tag":
            return [(tag, "") for tag in self._store.messages.tags.all()]
        return [(value, "") for value in _FIXED.get(field, ())]


_PEOPLE = frozenset({"from", "to", "cc", "bcc"})
_FIXED = {
    "is": tuple(IS),
    "has": ("attachment",),
    "older": _AGES,
    "newer": _AGES,
    "size": _SIZES,
}


def _fields(begun: str, start: int) -> tuple[Suggestion, ...]:
    if len(begun) < SHORTEST:
        return ()
    meanings = {name: _OF_COLUMNS[name] for name in COLUMNS} | TESTS
    return tuple(
        Suggestion(start, f"{name}:", meaning)
        for name, meaning in meanings.items()
        if name.startswith(begun)
    )[:MOST]


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r'[\s()"]', value) else value
