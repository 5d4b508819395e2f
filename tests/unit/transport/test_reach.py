"""Private networks are not reached through names that strangers gave."""

from __future__ import annotations

import socket

import pytest

from mailclient.errors import BadInput
from mailclient.transport.reach import addresses, dial


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
def test_one_private_address_among_them_is_enough_to_refuse(
    given: list[str], behind: list[str]
) -> None:
    behind += given
    with pytest.raises(BadInput, match=r"evil\.example leads into a private network"):
        dial("evil.example", 443, private=False, seconds=1, opened=lambda sock: None)


def test_public_addresses_are_given_in_order(behind: list[str]) -> None:
    behind += ["8.8.8.8", "9.9.9.9"]
    found = addresses("mail.example.org", 995, private=False)
    assert [address for _, address in found] == ["8.8.8.8", "9.9.9.9"]


def test_the_next_address_is_dialled_when_one_does_not_answer(behind: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        behind += ["127.0.0.2", "127.0.0.1"]  # nobody listens on the first
        opened: list[socket.socket] = []
        with dial("x", port, private=True, seconds=60, opened=opened.append) as sock:
            assert sock.getpeername() == ("127.0.0.1", port)
        assert len(opened) == 2


def test_a_name_without_addresses_is_a_fault_of_the_network(behind: list[str]) -> None:
    with pytest.raises(OSError, match="no address"):
        dial("x", 1, private=True, seconds=1, opened=lambda sock: None)
