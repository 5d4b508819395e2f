"""S1 to S5, S7, S10, S11 and C1 of the queue: refusals, delays, cuts, with Postfix or a server of
moods. Whatever happens: each recipient has one copy, or the sender was told."""

from __future__ import annotations

import subprocess
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from mailclient.account import Security
from mailclient.errors import AlreadyQueued
from mailclient.message.address import Address
from mailclient.message.draft import Draft
from mailclient.services.jobs import Job
from mailclient.services.waiting import Late, late
from mailclient.store.folders import Role
from mailclient.store.outbox import OutState
from tests.faults.proxy import Byte, Cut, Fault, Way, proxy
from tests.faults.registry import Bench, case
from tests.faults.smtp_people import ALICE, NAMES, Moody, Sender, at_postfix, judge, sender
from tests.servers.scripted import Conversation, scripted

ENDS = {OutState.SENT, OutState.FAILED, OutState.UNCERTAIN}


def ends(alice: Sender) -> Counter[str]:
    """How many recipients have come to which end; nobody waits any more."""
    found = Counter(one.state for item in alice.items() for one in item.recipients)
    assert found.keys() <= ENDS, found
    return Counter({state.value: count for state, count in found.items()})


@case("S4", "S5: cut at any byte between her and Postfix: one copy each, or she was told")
def cut_anywhere(bench: Bench) -> None:
    chance = bench.chance
    with (
        proxy(bench.servers.smtp.smtps) as between,
        sender(bench, between.port, Security.TLS) as alice,
    ):
        for number in range(bench.cycles * 4):
            where = f"cut {number}"
            for part in range(chance.randint(1, 3)):
                alice.queue(f"once {number}-{part}", "bob", "carol")
            way = chance.choice(list(Way))
            place = Byte(chance.randrange(200, 6000))
            between.play(Fault(way, place, Cut(reset=chance.random() < 0.5)))
            alice.flush(now=True)
            bench.tries["cuts"] += len(between.last.struck)
            if chance.random() < 0.3:
                alice.restart()
            judge(alice, at_postfix(bench, alice, where), where)
        between.play()
        assert alice.flush(now=True) is None
        judge(alice, at_postfix(bench, alice, "the end"), "the end")
        bench.tries.update(ends(alice))


@case("S1", "S1 to S7: a server of moods: one copy each, or she was told by name")
def moods(bench: Bench) -> None:
    chance = bench.chance
    server = Moody(chance)
    with scripted(server) as running, sender(bench, running.port) as alice:
        for number in range(bench.cycles * 10):
            where = f"round {number}"
            for part in range(chance.randint(1, 3)):
                names = chance.sample(NAMES, chance.randint(1, len(NAMES)))
                alice.queue(f"once {number}-{part}", *names)
            alice.flush(now=chance.random() < 0.3)
            judge(alice, server.taken, where)
            alice.wait()
            if chance.random() < 0.2:
                alice.restart()
        server.mood = 0.0
        while any(item.state in (OutState.QUEUED, OutState.DEFERRED) for item in alice.items()):
            alice.wait()
            alice.flush()
        judge(alice, server.taken, "the end")
        found = ends(alice)
        assert found["uncertain"] <= server.cuts_past_the_dot * len(NAMES)
        bench.tries.update(found)


@case("S2", "one of several does not exist: the others have one copy, and that one is named")
def one_does_not_exist(bench: Bench) -> None:
    with sender(bench, bench.servers.smtp.smtps, Security.TLS) as alice:
        for number in range(bench.cycles):
            names = ["bob", "nosuchbody", "carol"]
            bench.chance.shuffle(names)
            id = alice.queue(f"once {number}", *names)
            problem = alice.flush()
            assert "nosuchbody@example.org does not exist at example.org" in str(problem)
            item = alice.app._store.outbox.get(id)
            assert [one.address for one in item.those(OutState.FAILED)] == [
                "nosuchbody@example.org"
            ]
            alice.flush(now=True)
            judge(alice, at_postfix(bench, alice, f"letter {number}"), f"letter {number}")
        bench.tries.update(ends(alice))


@case("S5", "cut past the last dot: never sent again by itself, settled by the copy that returns")
def cut_past_the_dot(bench: Bench) -> None:
    heard: list[bytes] = []

    def script(talk: Conversation) -> None:
        talk.smtp_log_in()
        for word in (b"MAIL FROM", b"RCPT TO"):
            talk.answer(word, b"250 ok\r\n")
        talk.answer(b"DATA", b"354 go on\r\n")
        heard.append(talk.hear_message())
        talk.cut()

    with scripted(script) as running, sender(bench, running.port) as alice:
        id = alice.queue("once", "bob")
        assert "may have been sent" in str(alice.flush())
        for _ in range(bench.cycles * 2):
            alice.clock.ahead += timedelta(hours=bench.chance.choice((0, 1, 30, 200)))
            if bench.chance.random() < 0.2:
                alice.restart()
            alice.flush(now=bench.chance.random() < 0.5)
            item = alice.app._store.outbox.get(id)
            assert (item.state, bool(item.problem)) == (OutState.UNCERTAIN, True)
            assert len(heard) == 1
        store = alice.app._store
        inbox = store.folders.by_role(item.account_id, Role.INBOX)
        store.messages.store_raw(
            item.account_id, inbox.id, heard[0], unread=True, received=alice.clock()
        )
        alice.app.intake.run(Job(0))
        assert ends(alice) == {"sent": 1}
        assert len(heard) == 1


@case("S3", "refused for everyone: the draft comes back whole, and is sent once")
def refused_and_written_again(bench: Bench) -> None:
    server = Moody(bench.chance, mood=0.0)
    with scripted(server) as running, sender(bench, running.port) as alice:
        server.mood = 1e9  # nothing is taken
        id = alice.queue("once", "bob")
        for _ in range(20):
            alice.flush(now=True)
            if alice.app._store.outbox.get(id).state is OutState.FAILED:
                break
            alice.wait()
        server.mood = 0.0
        back = alice.app.send.take_back(id)
        draft = alice.app.compose.open_draft(back.draft_id)
        assert (draft.subject, draft.text.strip()) == ("once", "About once.")
        alice.app.send.queue(draft, draft_id=back.draft_id)
        assert alice.flush() is None
        judge(alice, server.taken, "the end")
        assert ends(alice) == {"sent": 1}


@case("S1", "no server for days: no try is counted, it is said aloud, asked about, never given up")
def nobody_there(bench: Bench) -> None:
    with sender(bench) as alice:  # nobody listens at port 1
        id = alice.queue("once", "bob", "carol")
        told = set()
        for _ in range(140):  # 1, 2, 4 ... minutes, then each hour
            assert alice.flush() is not None
            item = alice.app._store.outbox.get(id)
            told.add(late(item, alice.clock()))
            assert item.attempts == 0
            alice.wait()
        assert told == set(Late)
        alice.use(bench.servers.smtp.smtps, Security.TLS, str(bench.servers.ca_file))
        assert alice.flush(now=True) is None
        judge(alice, at_postfix(bench, alice, "the end"), "the end")
        assert ends(alice) == {"sent": 2}


@case("S10", "pressed twice, in two windows, after a restart: one message")
def pressed_twice(bench: Bench) -> None:
    with sender(bench, bench.servers.smtp.smtps, Security.TLS) as alice:
        people = (Address("", "bob@example.org"),)
        draft = Draft(Address("Alice", ALICE), people, subject="once", text="Once.")
        id = alice.app.compose.save_draft(draft)
        draft = alice.app.compose.open_draft(id)
        for _ in range(3):
            alice.app.send.queue(draft, draft_id=id)
        alice.restart()
        alice.app.send.queue(draft, draft_id=id)
        assert alice.flush() is None
        assert alice.app.send.queue(draft).again  # also when it has been sent
        try:
            alice.app.send.queue(replace(draft, text="Something else."))
        except AlreadyQueued:
            pass
        else:
            raise AssertionError("other words were taken for the same message")
        alice.flush(now=True)
        judge(alice, at_postfix(bench, alice, "the end"), "the end")
        assert len(alice.items()) == 1


@case("S11", "who is in Bcc is in no copy of the others, nor is the key")
def blind_copies(bench: Bench) -> None:
    with sender(bench, bench.servers.smtp.smtps, Security.TLS) as alice:
        for name in ("alice", "bob", "carol"):
            alice.app.keys.generate(f"{name}@example.org", name.title(), None)
        for encrypt in (False, True):
            draft = Draft(
                Address("Alice", ALICE),
                (Address("", "bob@example.org"),),
                bcc=(Address("", "carol@example.org"),),
                subject="[...]",  # as it is seen from outside, too
                text="Once.",
                encrypt=encrypt,
            )
            alice.app.send.queue(draft)
            assert alice.flush() is None
            at_postfix(bench, alice, f"encrypted: {encrypt}")
            [raw] = bench.servers.mailbox("bob")
            assert b"carol" not in raw.lower()
            if encrypt:
                seen = _key_ids(alice, raw)
                assert len(seen) == 2, seen  # bob's and her own
                assert len(_key_ids(alice, bench.servers.mailbox("carol")[0])) == 1
            bench.servers.clear()
            for item in alice.items():
                assert item.state is OutState.SENT
                alice.app._store.outbox.database.run("DELETE FROM outbox WHERE id = ?", (item.id,))


def _key_ids(alice: Sender, raw: bytes) -> set[str]:
    """The keys that a message says it is encrypted to."""
    done = subprocess.run(
        ["gpg", "--batch", "--homedir", str(alice.gnupg), "--list-packets"],
        input=raw[raw.index(b"-----BEGIN PGP MESSAGE") :],
        capture_output=True,
        check=False,
    )
    lines = done.stdout.decode().splitlines()
    return {line.rpartition(" ")[2] for line in lines if line.startswith(":pubkey enc packet")}


@case("C1", "a jump of the clock sends nothing before its time, and nothing waits for ever")
def clock_jumps_while_waiting(bench: Bench) -> None:
    jumps = [timedelta(days=-20_000), timedelta(days=-1), timedelta(hours=5), timedelta(days=1)]
    server = Moody(bench.chance, mood=0.0)
    with scripted(server) as running, sender(bench) as alice:
        later = alice.queue("later", "bob", later=alice.clock() + timedelta(days=3))
        now = alice.queue("once", "bob")
        alice.flush()  # nobody is there
        alice.use(running.port)
        for jump in bench.chance.sample(jumps, len(jumps)):
            alice.clock.ahead = jump
            alice.flush()
            assert alice.app._store.outbox.get(later).state is OutState.QUEUED, jump
        alice.clock.ahead = timedelta(hours=1)
        alice.flush()
        assert alice.app._store.outbox.get(now).state is OutState.SENT
        alice.clock.ahead = timedelta(days=3, minutes=1)
        alice.flush()
        judge(alice, server.taken, "the end")
        assert ends(alice) == {"sent": 2}
