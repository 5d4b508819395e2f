"""The links of a message: where one leads is told before it is followed."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QLabel

from mailclient.gui.reader.body_view import BodyView
from mailclient.gui.reader.segments import allowed, lies
from mailclient.gui.strip import Kind, Strip

LEAST_ROOM = 80  # pixels for a target
BESIDE = 40  # pixels


class Links(QObject):
    """Serves the links of one text, with a line for their targets and a strip for questions."""

    write_wanted = Signal(str)  # a mailto: link
    link_wanted = Signal(str)  # a web address to be opened outside

    def __init__(self, body: BodyView, asks: Strip, target: QLabel) -> None:
        super().__init__(body)
        self._body = body
        self._asks = asks
        self._target = target
        body.link_hovered.connect(self.tell)
        body.link_activated.connect(self._follow)

    def tell(self, target: str) -> None:
        """Show where a link really leads while the pointer or the keyboard is on it."""
        room = max(LEAST_ROOM, self._body.width() - BESIDE)
        metrics = self._target.fontMetrics()
        self._target.setText(metrics.elidedText(target, Qt.TextElideMode.ElideMiddle, room))
        self._target.setVisible(bool(target))
        self._body.setToolTip(target)

    def _follow(self, words: str, target: str) -> None:
        """Open a link; one whose words name another place is asked about first."""
        if not allowed(target):
            self._asks.say("This link is not for the web and was not opened.", Kind.CAUTION)
        elif target.lower().startswith("mailto:"):
            self.write_wanted.emit(target)
        elif lies(words, target):
            self._asks.say(
                f"The link says {words.strip()[:80]} but leads to {target[:200]}.",
                Kind.CAUTION,
                [("Open it all the same", lambda: self._open(target))],
            )
        else:
            self._open(target)

    def _open(self, target: str) -> None:
        self._asks.clear()
        self.link_wanted.emit(target)
