"""Beginnings of words in a query, as the words of the index that begin so.

The engine puts a beginning together from all messages, even where a few of them are asked about; a
whole word it finds just there. At a million messages that is 40 ms or more beside 0.2 ms.
"""

from __future__ import annotations

import apsw

from mailclient.store.database import Database
from mailclient.store.query import All, Any, Node, Not
from mailclient.store.query_fields import Words, spelled_out

FEW = 40  # words that are looked up in all messages as soon as their beginning is
MANY = 200  # words that are looked up among some messages as soon; each takes up to 0.1 ms
_NEXT = "\x01"  # sorts before all that a word consists of


def whole_words(node: Node, database: Database, most: int) -> Node:
    """The query with the words that each beginning means, where these are at `most` so many."""
    match node:
        case Words():
            return _spelled(node, database, most)
        case Not():
            return Not(whole_words(node.node, database, most))
        case All() | Any():
            return type(node)(tuple(whole_words(one, database, most) for one in node.nodes))
        case _:
            return node


def _spelled(words: Words, database: Database, most: int) -> Words:
    if not words.goes_on:
        return words
    with database.read() as connection:
        tokens = _tokens(words.text, connection)
        if len(tokens) != 1:
            return words
        terms = _terms(tokens[0], connection, most + 1)
        # a term that is read as another when it is asked for would find something else
        if not terms or len(terms) > most or _tokens(" ".join(terms), connection) != terms:
            return words
    return spelled_out(words, terms)


def _terms(beginning: str, connection: apsw.Connection, most: int) -> list[str]:
    """The words of the index that begin so, or the first of them."""
    found: list[str] = []
    after = beginning
    while len(found) < most:
        row = connection.execute("SELECT term FROM terms WHERE term >= ? LIMIT 1", (after,)).get
        if row is None or not row.startswith(beginning):
            break
        found.append(row)
        after = row + _NEXT
    return found


def _tokens(text: str, connection: apsw.Connection) -> list[str]:
    """The words that the index makes of a text."""
    tokenizer = connection.fts5_tokenizer("unicode61", ["remove_diacritics", "2"])
    found = tokenizer(
        text.encode(), apsw.FTS5_TOKENIZE_QUERY, None,
        include_offsets=False, include_colocated=False,
    )  # fmt: skip
    return [one for one in found if isinstance(one, str)]
