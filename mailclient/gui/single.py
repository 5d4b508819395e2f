"""One window for each profile: a second start hands what it was given over to the first."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

WAIT_MS = 1000
LONGEST = 64 * 1024


def server_name(folder: Path) -> str:
    """The name that windows of a profile meet by; it does not tell where the profile lies."""
    return "mailclient-" + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:24]


def hand_over(folder: Path, uri: str) -> bool:
    """Ask a window that is open already to come to the front with `uri`; whether there is one."""
    socket = QLocalSocket()
    socket.connectToServer(server_name(folder))
    if not socket.waitForConnected(WAIT_MS):
        return False
    socket.write(uri.encode("utf-8")[:LONGEST] + b"\n")
    socket.waitForBytesWritten(WAIT_MS)
    socket.disconnectFromServer()
    if socket.state() != QLocalSocket.LocalSocketState.UnconnectedState:
        socket.waitForDisconnected(WAIT_MS)
    return True


class FirstWindow(QObject):
    """Listens for later starts of the same user with the same profile."""

    called = Signal(str)  # a mailto: link, or "" to come to the front

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._meet)
        QLocalServer.removeServer(server_name(folder))  # what a crash has left behind
        self._server.listen(server_name(folder))

    def close(self) -> None:
        """Listen no more."""
        self._server.close()

    def _meet(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(lambda socket=socket: self._hear(socket))
            socket.disconnected.connect(socket.deleteLater)
            if socket.canReadLine():
                self._hear(socket)

    def _hear(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() > LONGEST:
                socket.abort()
            return
        said = bytes(socket.readLine().data()).decode("utf-8", "replace").strip()
        self.called.emit(said if said.lower().startswith("mailto:") else "")
