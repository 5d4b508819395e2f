"""Conversations: the same in whatever order mail comes, and one question for a list."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from mailclient.message.address import Address
from mailclient.message.envelope import Envelope
from mailclient.message.thread import base_subject, references
from mailclient.settings import THREADS_BY_SUBJECT
from mailclient.store import threads
from mailclient.store.folders import Role
from tests.unit.store.box import Box, found


@dataclass(frozen=True)
class Letter:
    """A message as its header tells it; `day` is the day of its date."""

    name: str = ""
    refers: tuple[str, ...] = ()
    subject: str = ""
    day: int = 0
    sender: str = "ann@example.org"
    answers: str = ""


def put(box: Box, one: Letter, role: Role = Role.INBOX, *, unread: bool = True) -> int:
    """Store a message and understand it."""
    id = box.put(b"\r\n", role, unread=unread)
    box.store.messages.processed({id: found(envelope=envelope(box, one))})
    return id


def envelope(box: Box, one: Letter) -> Envelope:
    return Envelope(
        message_id=one.name,
        date=date(box, one),
        from_=(Address("", one.sender),),
        subject=one.subject,
        references=one.refers,
        in_reply_to=one.answers,
    )


def date(box: Box, one: Letter) -> datetime:
    return box.clock() - timedelta(days=400 - one.day)


def groups(box: Box) -> set[frozenset[int]]:
    """The messages of each conversation."""
    made: dict[int, set[int]] = {}
    for id, thread in box.store.database.rows("SELECT id, thread FROM messages"):
        made.setdefault(thread or -id, set()).add(id)
    return {frozenset(one) for one in made.values()}


def heads_are_right(box: Box) -> bool:
    """Whether exactly the newest of each conversation in each folder is its head."""
    newest: dict[tuple[int, int], tuple[int, int]] = {}
    marked = set()
    for id, thread, folder, when, latest in box.store.database.rows(
        "SELECT id, thread, folder_id, date, latest FROM messages"
    ):
        place = (thread or -id, folder)
        newest[place] = max(newest.get(place, (when, id)), (when, id))
        if latest:
            marked.add(id)
    return marked == {id for _, id in newest.values()}


# The simple form of the rules, to compare with


class Simple:
    """Joins by looking at every pair anew."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.groups: list[tuple[set[str], dict[int, Letter]]] = []

    def come(self, id: int, one: Letter) -> None:
        names = {one.name, *references(envelope(self.box, one))} - {""}
        together: tuple[set[str], dict[int, Letter]] = (names, {id: one})
        rest = []
        for group in self.groups:
            if group[0] & names or any(_by_subject(one, other) for other in group[1].values()):
                together[0].update(group[0])
                together[1].update(group[1])
            else:
                rest.append(group)
        self.groups = [*rest, together]

    def go(self, ids: Iterable[int]) -> None:
        for _, letters in self.groups:
            for id in ids:
                letters.pop(id, None)
        self.groups = [group for group in self.groups if group[1]]

    @property
    def ids(self) -> set[frozenset[int]]:
        return {frozenset(letters) for _, letters in self.groups}


def _by_subject(one: Letter, other: Letter) -> bool:
    said, heard = base_subject(one.subject), base_subject(other.subject)
    orphan = (said.answer and not _named(one)) or (heard.answer and not _named(other))
    near = abs(one.day - other.day) <= 30
    return orphan and near and bool(said.text) and said.text == heard.text


def _named(one: Letter) -> set[str]:
    return set(one.refers) - {one.name}


def some_letters(chance: random.Random) -> list[Letter]:
    names = [f"<{at}@x>" for at in range(9)]
    subjects = ["", "Lunch", "Re: Lunch", "Plan", "Re: Plan", "Fwd: Plan"]
    return [
        Letter(
            chance.choice([*names, ""]),
            tuple(chance.choices(names, k=chance.choice([0, 0, 1, 1, 2]))),
            chance.choice(subjects),
            chance.randint(0, 100),
        )
        for _ in range(chance.randint(2, 16))
    ]


@pytest.mark.parametrize("seed", range(25))
def test_in_whatever_order_mail_comes_the_same_belongs_together(box: Box, seed: int) -> None:
    chance = random.Random(seed)
    letters = some_letters(chance)
    before: set[frozenset[int]] | None = None
    for _ in range(3):
        order = list(range(len(letters)))
        chance.shuffle(order)
        simple = Simple(box)
        ids = {}
        for at in order:
            ids[at] = put(box, letters[at], chance.choice([Role.INBOX, Role.SENT]))
            simple.come(ids[at], letters[at])
            assert groups(box) == simple.ids
            assert heads_are_right(box)
        back = {id: at for at, id in ids.items()}
        now = {frozenset(back[id] for id in one) for one in groups(box)}
        assert before in (None, now)
        before = now
        box.store.messages.delete(list(ids.values()))
        assert box.store.database.rows("SELECT * FROM thread_ids") == []


@pytest.mark.parametrize("seed", range(25))
def test_what_is_moved_and_deleted_leaves_the_rest_together(box: Box, seed: int) -> None:
    chance = random.Random(1000 + seed)
    simple = Simple(box)
    here: list[int] = []
    for _ in range(4):
        for one in some_letters(chance):
            here.append(put(box, one))
            simple.come(here[-1], one)
        some = chance.sample(here, len(here) // 3)
        box.store.messages.move(some, box.folder(Role.ARCHIVE).id)
        gone = chance.sample(here, len(here) // 3)
        box.store.messages.delete(gone)
        simple.go(gone)
        here = [id for id in here if id not in gone]
        assert groups(box) == simple.ids
        assert heads_are_right(box)


def test_an_answer_that_comes_before_its_question_joins_it(box: Box) -> None:
    answer = put(box, Letter("<b@x>", ("<a@x>",), day=2))
    other = put(box, Letter("<c@x>", ("<z@x>",), day=3))
    assert groups(box) == {frozenset({answer}), frozenset({other})}
    question = put(box, Letter("<a@x>", ("<z@x>",), day=1))
    assert groups(box) == {frozenset({answer, other, question})}
    assert box.store.messages.threads.heads([box.folder().id]).tolist() == [other]


def test_a_circle_and_thousands_of_references_are_one_conversation(box: Box) -> None:
    many = tuple(f"<{at}@x>" for at in range(500))
    ids = [put(box, Letter("<0@x>", many)), put(box, Letter("<499@x>", ("<0@x>", "<499@x>")))]
    assert groups(box) == {frozenset(ids)}
    assert len(box.store.database.rows("SELECT * FROM thread_ids")) <= 65


def test_an_answer_to_nothing_is_told_by_in_reply_to(box: Box) -> None:
    ids = [put(box, Letter("<a@x>")), put(box, Letter("<b@x>", answers="<a@x>"))]
    assert groups(box) == {frozenset(ids)}


def test_what_was_protected_inside_joins_once_it_is_read(box: Box) -> None:
    question = put(box, Letter("<a@x>"))
    locked = put(box, Letter("<outer@x>"))
    assert len(groups(box)) == 2
    inner = envelope(box, Letter("<b@x>", ("<a@x>",)))
    box.store.messages.processed({locked: found(envelope=inner, encryption="encrypted")})
    assert groups(box) == {frozenset({question, locked})}


def test_subjects_join_only_answers_and_only_where_that_is_wanted(box: Box) -> None:
    weekly = [put(box, Letter(subject="Status", day=day)) for day in (0, 7, 300)]
    assert len(groups(box)) == 3
    put(box, Letter(subject="Re: Status", day=3))
    assert sorted(len(one) for one in groups(box)) == [1, 3]
    box.store.settings.set(THREADS_BY_SUBJECT, False)
    put(box, Letter(subject="Re: Status", day=5))
    assert sorted(len(one) for one in groups(box)) == [1, 1, 3]
    assert weekly


def test_everything_can_be_looked_for_again(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "FORGOTTEN_AT_ONCE", 2)
    letters = [Letter("<a@x>"), Letter("<b@x>", ("<a@x>",)), Letter("<c@x>"), Letter("<d@x>")]
    ids = [put(box, one) for one in letters]
    before, table = groups(box), box.store.messages.threads
    assert table.forget()
    assert table.half_forgotten
    while table.forget():
        assert heads_are_right(box)
    assert not table.half_forgotten
    assert table.unplaced() == tuple(ids)
    assert table.heads([box.folder().id]).tolist() == ids[::-1]
    for id, one in zip(ids, letters, strict=True):
        row = box.store.messages.get(id)
        table.place(id, envelope(box, one), int(row.date.timestamp()))
    assert groups(box) == before


# What a list shows


def test_a_conversation_is_told_in_one_question(box: Box) -> None:
    inbox, sent = box.folder().id, box.folder(Role.SENT).id
    first = put(box, Letter("<a@x>", day=1), unread=False)
    mine = put(box, Letter("<b@x>", ("<a@x>",), day=2, sender="me@example.org"), Role.SENT)
    box.store.messages.set_flags([mine], unread=False)
    last = put(box, Letter("<c@x>", ("<b@x>",), day=3, sender="bob@example.org"))
    box.store.messages.set_flags([first], flagged=True)
    table = box.store.messages.threads
    assert table.heads([inbox]).tolist() == [last]
    (one,) = table.states([last], [inbox], [sent]).values()
    assert (one.head, one.count, one.unread, one.flagged) == (last, 3, 1, True)
    assert one.states == {"plain"}
    assert [who.address for who in one.people] == [
        "bob@example.org",
        "me@example.org",
        "ann@example.org",
    ]
    assert table.members([last], [inbox], [sent]).tolist() == [last, mine, first]
    assert table.members([last], [inbox]).tolist() == [last, first]
    assert table.states([last], [inbox])[last].count == 2


def test_a_copy_of_what_was_sent_counts_once(box: Box) -> None:
    inbox, sent = box.folder().id, box.folder(Role.SENT).id
    put(box, Letter("<a@x>", day=1), Role.SENT)
    back = put(box, Letter("<a@x>", day=1))
    table = box.store.messages.threads
    assert table.states([back], [inbox], [sent])[back].count == 1
    assert table.members([back], [inbox], [sent]).tolist() == [back]


def test_a_conversation_in_two_folders_is_listed_once_over_both(box: Box) -> None:
    older = put(box, Letter("<a@x>", day=1), Role.ARCHIVE)
    newer = put(box, Letter("<b@x>", ("<a@x>",), day=2))
    lone = [box.put(b"\r\n"), box.put(b"\r\n", Role.ARCHIVE)]  # not looked at yet
    both = [box.folder().id, box.folder(Role.ARCHIVE).id]
    table = box.store.messages.threads
    assert table.heads(both).tolist() == [*sorted(lone, reverse=True), newer]
    assert table.heads(both[1:]).tolist() == [lone[1], older]
    assert table.heads(both, 1).tolist() == [max(lone)]
    assert table.heads([]).tolist() == []
    assert table.first_each([older, newer, lone[0]]).tolist() == [older, lone[0]]
    assert table.thread_of(older) == table.thread_of(newer) != 0


def plan(box: Box, sql: str) -> str:
    return " | ".join(str(row[3]) for row in box.store.database.rows(f"EXPLAIN QUERY PLAN {sql}"))


def test_a_list_of_conversations_is_one_scan_of_an_index_alone(box: Box) -> None:
    one = f"{threads._HEADS.replace('?', '1')} ORDER BY date DESC, id DESC"
    assert plan(box, one) == "SEARCH messages USING COVERING INDEX messages_heads (folder_id=?)"
    two = threads._HEADS.replace("?", "1") + " UNION ALL " + threads._HEADS.replace("?", "2")
    told = plan(box, f"{two} ORDER BY date DESC, id DESC LIMIT 9")
    assert told.count("COVERING INDEX messages_heads") == 2
    assert "TEMP B-TREE" not in told


def test_the_state_of_conversations_is_found_by_index(box: Box) -> None:
    for sql, values in ((threads._STATES, 3), (threads._MEMBERS, 3)):
        asked = sql
        for _ in range(values):
            asked = asked.replace("?", "'[1]'", 1)
        told = plan(box, asked)
        assert "messages_by_thread (thread=?" in told
        assert "SCAN messages" not in told
        assert "SCAN one" not in told
        assert "SCAN head" not in told


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("thread = 0 AND processing <> 'new' ORDER BY id", "messages_without_thread"),
        (
            "base = 1 AND base <> 0 AND orphan = 1 AND date BETWEEN 1 AND 2",
            "messages_by_base (base=? AND orphan=? AND date>? AND date<?)",
        ),
    ],
)
def test_each_question_of_coming_mail_has_its_index(box: Box, where: str, index: str) -> None:
    assert index in plan(box, f"SELECT id FROM messages WHERE {where}")
