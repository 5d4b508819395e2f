"""A card reader: a real pcscd with a real driver, and a card of the tests in it.

pcscd makes its socket under /run alone, and the driver waits for its card on every interface. So
they run in namespaces of their own, where the one is a folder of the test and the other a loopback;
programs are led to the socket by the variable `PCSCLITE_CSOCK_NAME`.
"""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.servers.namespaces import entered
from tests.servers.openpgp_card import ATR, Card

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
PORT = 35963  # where the driver waits for a card; it does so on every interface there is
_OFF, _ON, _RESET, _GET_ATR = 0, 1, 2, 4
_IN = """
ip link set lo up && mount --bind {folder} /run/pcscd &&
exec pcscd --foreground --config {config}
"""


def missing() -> str:
    """What the reader lacks on this machine; "" where it can run."""
    if os.geteuid() != 0:
        return "only root makes the namespaces that the reader runs in"
    if shutil.which("pcscd") is None or not DRIVER.exists():
        return "pcscd or vsmartcard-vpcd is not installed"
    return ""


class Reader:
    """A reader in a network of its own; its card can be taken out and put in again."""

    def __init__(self, socket_path: Path, pid: int) -> None:
        self.socket = socket_path
        self._pid = pid
        self._line: socket.socket | None = None

    def put_in(self, card: Card) -> None:
        """Put a card in."""
        place = ("127.0.0.1", PORT)
        line = self._line = entered(self._pid, lambda: socket.create_connection(place))
        seen = threading.Event()
        threading.Thread(target=_serve, args=(line, card, seen), daemon=True).start()
        assert seen.wait(60), "the reader has not looked at the card"

    def take_out(self) -> None:
        """Take the card out."""
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)
            self._line.close()
            self._line = None


@contextmanager
def reader(folder: Path) -> Iterator[Reader]:
    """A running reader, its socket in `folder`."""
    folder.mkdir(mode=0o755)
    config = folder / "reader.conf"
    config.write_text(
        f'FRIENDLYNAME "Reader"\nDEVICENAME /dev/null:{PORT:#x}\nLIBPATH {DRIVER}\n'
        f"CHANNELID {PORT:#x}\n",
        encoding="ascii",
    )
    Path("/run/pcscd").mkdir(exist_ok=True)
    command = _IN.format(folder=folder, config=config)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["unshare", "--mount", "--net", "sh", "-c", command], stdout=log, stderr=log
        )
    one = Reader(folder / "pcscd.comm", process.pid)
    try:
        _wait_for(process, folder)
        yield one
    finally:
        one.take_out()
        process.terminate()
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until it listens for programs."""
    while not (folder / "pcscd.comm").exists():
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            raise AssertionError((folder / "log").read_text(encoding="utf-8", errors="replace"))


def _serve(line: socket.socket, card: Card, seen: threading.Event) -> None:
    """Be the card; `seen` is set once the reader has found it and read it, and looks once more."""
    looks = 0
    with suppress(OSError):
        while head := _read(line, 2):
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            data = _read(line, struct.unpack(">H", head)[0])
            if len(data) > 1:
                _send(line, card.answer(data))
            elif data[0] == _GET_ATR:
                _send(line, ATR)
                looks += 1
                if looks > 2:
                    seen.set()
            elif data[0] in (_OFF, _ON, _RESET):
                card.power()


def _read(line: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = line.recv(size - len(data))
        if not piece:
            return b""
        data += piece
    return data


def _send(line: socket.socket, data: bytes) -> None:
    line.sendall(struct.pack(">H", len(data)) + data)
