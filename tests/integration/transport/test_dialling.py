"""Reaching a server: every address of a name has its chance, and no wait is longer than asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from mailclient.account import Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import Cancelled, Unreachable
from mailclient.transport import wire
from mailclient.transport.dial import Address, Stopped, dial, in_turns
from mailclient.transport.wire import connected
from tests.servers.silent import silent

PATIENCE = 600.0  # seconds; whoever waits for it has failed
V4, V6 = socket.AF_INET, socket.AF_INET6


@contextmanager
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def refusing() -> Iterator[int]:
    """A port that belongs to somebody and takes no connections."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def reached(*places: tuple[str, int], patience: float = PATIENCE) -> tuple[str, int]:
    """Which of these a name leads to that has them all, in this order."""
    known: list[Address] = [(V6 if ":" in host else V4, (host, port)) for host, port in places]
    bell, stop = socket.socketpair()
    with bell, stop:
        sock = dial("name", 1, patience=patience, stop=stop, resolve=lambda host, port: known)
    with sock:
        host, port, *_ = sock.getpeername()
    return host, port


def test_an_address_that_does_not_answer_gives_way_to_the_next() -> None:
    with silent("::1") as hole, listening() as port:
        assert reached(("::1", hole), ("127.0.0.1", port)) == ("127.0.0.1", port)


def test_of_many_silent_addresses_none_is_waited_for() -> None:
    with silent("127.0.0.1") as hole, listening() as port:
        places = [("127.0.0.1", hole)] * 3
        assert reached(*places, ("127.0.0.1", port)) == ("127.0.0.1", port)


def test_an_address_that_refuses_gives_way_to_the_next() -> None:
    with refusing() as closed, listening() as port:
        assert reached(("127.0.0.1", closed), ("127.0.0.1", port)) == ("127.0.0.1", port)


def test_a_way_that_does_not_exist_gives_way_to_the_next() -> None:
    with listening() as port:
        nowhere = ("fe80::1", port)  # of no interface
        assert reached(nowhere, ("127.0.0.1", port)) == ("127.0.0.1", port)


def test_where_there_is_no_way_at_all_that_is_told_at_once() -> None:
    with pytest.raises(OSError, match=r"argument|reach|route|address"):
        reached(("fe80::1", 1), ("fe80::2", 1))


def test_where_all_refuse_that_is_told() -> None:
    with refusing() as closed, pytest.raises(ConnectionRefusedError):
        reached(("127.0.0.1", closed), ("127.0.0.1", closed))


def test_where_nobody_answers_the_wait_ends() -> None:
    with silent("127.0.0.1") as hole, pytest.raises(TimeoutError):
        reached(("127.0.0.1", hole), ("127.0.0.1", hole), patience=0.01)


def test_a_look_up_that_never_ends_is_left_behind() -> None:
    never = threading.Event()

    def resolve(host: str, port: int) -> Sequence[Address]:
        never.wait()
        return []

    bell, stop = socket.socketpair()
    try:
        with bell, stop:
            with pytest.raises(socket.gaierror):
                dial("name", 1, patience=0.01, stop=stop, resolve=resolve)
            bell.shutdown(socket.SHUT_RDWR)
            with pytest.raises(Stopped):
                dial("name", 1, patience=PATIENCE, stop=stop, resolve=resolve)
    finally:
        never.set()


def test_a_name_that_cannot_be_one_is_not_found() -> None:
    bell, stop = socket.socketpair()
    with bell, stop, pytest.raises(socket.gaierror):
        dial("a" * 64 + ".example", 1, patience=PATIENCE, stop=stop)


def test_a_job_that_is_stopped_while_it_dials_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "REACH", PATIENCE)
    cancel = CancelToken()
    ended: list[BaseException] = []

    def work(server: Server) -> None:
        try:
            with connected(server, cancel):
                raise AssertionError("somebody has answered")
        except Cancelled as stopped:
            ended.append(stopped)

    with silent("127.0.0.1") as hole:
        server = Server("127.0.0.1", hole, Security.NONE)
        worker = threading.Thread(target=work, args=(server,))
        worker.start()
        cancel.cancel()
        worker.join()
    assert [type(one) for one in ended] == [Cancelled]


def test_a_set_up_whose_time_is_over_while_it_dials_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "REACH", PATIENCE)
    monkeypatch.setattr(wire, "SET_UP", 0.01)
    with silent("127.0.0.1") as hole:
        server = Server("127.0.0.1", hole, Security.NONE)
        with pytest.raises(Unreachable, match="too slow"), connected(server, CancelToken()):
            raise AssertionError("somebody has answered")


@pytest.mark.parametrize(
    ("known", "turns"),
    [
        ("", ""),
        ("6", "6"),
        ("66644", "64646"),
        ("46", "46"),
        ("4466", "4646"),
        ("444", "444"),
    ],
)
def test_both_kinds_of_address_take_turns(known: str, turns: str) -> None:
    kinds = {"4": V4, "6": V6}
    found: list[Address] = [(kinds[kind], (at,)) for at, kind in enumerate(known)]
    assert [one[0] for one in in_turns(found)] == [kinds[kind] for kind in turns]
    assert sorted(in_turns(found), key=lambda one: one[1]) == found
