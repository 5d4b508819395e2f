"""Private networks are not reached through names that strangers gave."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, Unreachable
from mailclient.transport.dial import dial
from mailclient.transport.discover.guess import probe
from mailclient.transport.discover.places import Places
from mailclient.transport.reach import public, resolver


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that every name stands for."""
    found: list[str] = []

    def look_up(host: str, port: int, type: int) -> list[object]:
        return [(socket.AF_INET, type, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return found


@pytest.mark.parametrize(
    "given",
    [["127.0.0.1"], ["10.0.0.1"], ["8.8.8.8", "192.168.1.1"], ["169.254.169.254", "8.8.8.8"]],
)
def test_one_private_address_among_them_is_enough_to_dial_none(
    given: list[str], behind: list[str]
) -> None:
    behind += given
    bell, stop = socket.socketpair()
    with closing(bell), closing(stop), socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(BadInput, match=r"evil\.example leads into a private network"):
            dial("evil.example", port, patience=60, stop=stop, resolve=resolver(private=False))
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_public_addresses_are_given_in_order(behind: list[str]) -> None:
    behind += ["8.8.8.8", "9.9.9.9"]
    found = public("mail.example.org", 995)
    assert [place[0] for _, place in found] == ["8.8.8.8", "9.9.9.9"]


def test_what_was_looked_at_is_what_is_dialled(
    behind: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second look-up could lead elsewhere."""
    asked: list[str] = []
    look_up = socket.getaddrinfo

    def counted(host: str, port: int, type: int) -> list[object]:
        asked.append(host)
        return list(look_up(host, port, type=type))

    monkeypatch.setattr(socket, "getaddrinfo", counted)
    behind.append("127.0.0.1")  # where nobody listens on port 1
    places = Places(guess="pop3s://pop.{domain}:1 submissions://smtp.{domain}:1", private=True)
    with pytest.raises(Unreachable):
        probe("ann@home.example", places, CancelToken())
    assert sorted(asked) == ["pop.home.example", "smtp.home.example"]
