"""Where everything is kept, which plug-ins are loaded or refused, and whether all of it works."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFont
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from mailclient.app import App
from mailclient.crypto.api import Finding, Imported
from mailclient.errors import MailError
from mailclient.gui import parts
from mailclient.gui.bridge import Bridge
from mailclient.gui.settings.moving import MovingWindow
from mailclient.gui.settings.new_passphrase import NewPassphraseDialog
from mailclient.gui.strip import Strip

# level of a finding -> icon, colour role, word for a screen reader
LEVELS = {
    "ok": ("signed", "secondary", "Works"),
    "warning": ("warning", "caution", "Careful"),
    "problem": ("stop", "danger", "Does not work"),
}


class StoragePage(QWidget):
    """The folder of the profile on top, below it one line for each thing that was looked at."""

    passphrase_wanted = Signal(object)  # from which one to which

    def __init__(self, app: App, bridge: Bridge, strip: Strip) -> None:
        super().__init__()
        self._app = app
        self._bridge = bridge
        self._strip = strip
        self._told: tuple[str, ...] = ()
        folder = parts.label(str(app.profile.folder), wrap=True)
        folder.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        folder.setAccessibleName(f"Folder of your mail: {app.profile.folder}")
        self.show_folder = _button("Show folder", self._show_folder)
        self.look = _button("Check again", self.read)
        self.move_away = _button("Move to another computer…", self._move)
        self.passphrase = _button("Change the passphrase…", self._change_passphrase)
        self.take_keys = _button("Take them into GnuPG", self._take_keys)
        self.keys_wait = parts.label(
            "Keys came along with this profile: your own, and those of people.", wrap=True
        )
        self._grid = QGridLayout()
        self._grid.setColumnStretch(2, 1)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(10)
        where = QHBoxLayout()
        where.addWidget(folder, 1)
        where.addWidget(self.show_folder)
        works = QHBoxLayout()
        works.addWidget(_title("What works"), 1)
        works.addWidget(self.look)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 16, 8, 8)
        column.setSpacing(10)
        column.addWidget(_title("Where your mail is"))
        column.addLayout(where)
        column.addWidget(
            parts.label(
                "Everything lies in this folder, encrypted as a whole, but for its key where the "
                "keyring of this computer has that. 'mailclient store backup' makes copies that "
                "open anywhere with a passphrase.",
                look="secondary",
                wrap=True,
            )
        )
        moving = QHBoxLayout()
        moving.addWidget(self.keys_wait, 1)
        moving.addWidget(self.take_keys)
        moving.addStretch(0)
        self.passphrase.setVisible(app.opens_with_passphrase)
        moving.addWidget(self.passphrase)
        moving.addWidget(self.move_away)
        column.addLayout(moving)
        column.addSpacing(12)
        column.addLayout(works)
        column.addLayout(self._grid)
        column.addStretch(1)
        self.read()

    @property
    def words(self) -> str:
        """What was found, as text."""
        return "\n".join(self._told)

    def read(self) -> None:
        """Look at everything again."""
        self._show_keys()
        self.look.setEnabled(False)
        self.look.setText("Looking…")
        self._bridge.run(
            "work",
            lambda job: self._app.doctor.findings(),
            self._show,
            self._failed,
            owner=self,
        )

    # Moving

    def _move(self) -> None:
        MovingWindow(self._app, self._bridge, self).show()

    def _change_passphrase(self) -> None:
        dialog = NewPassphraseDialog(self._app, self._bridge, self)
        dialog.wanted.connect(self.passphrase_wanted)
        dialog.show()

    def _show_keys(self) -> None:
        """Offer the keys that came along, while there are some."""
        waits = self._app.moving.keys_wait
        self.keys_wait.setVisible(waits)
        self.take_keys.setVisible(waits)

    def _take_keys(self) -> None:
        def taken(keys: tuple[Imported, ...]) -> None:
            self._show_keys()
            self._strip.say(f"GnuPG has the keys now: {len(keys)}.")

        self._bridge.run(
            "work",
            lambda job: self._app.moving.take_keys(),
            taken,
            self._strip.problem,
            owner=self,
        )

    def _ready(self) -> None:
        self.look.setEnabled(True)
        self.look.setText("Check again")

    def _failed(self, problem: MailError) -> None:
        self._ready()
        self._strip.problem(problem)

    def _show(self, findings: Sequence[Finding]) -> None:
        self._ready()
        self._told = tuple(f"{one.name}: {one.text}" for one in findings)
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for row, one in enumerate(findings):
            icon, role, words = LEVELS[one.level]
            mark = parts.Picture()
            mark.show_icon(icon, role)
            mark.setAccessibleName(words)
            name = parts.label(one.name[:1].upper() + one.name[1:], weight=QFont.Weight.DemiBold)
            text = parts.label(one.text, wrap=True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            for at, widget in enumerate((mark, name, text)):
                self._grid.addWidget(widget, row, at, Qt.AlignmentFlag.AlignTop)

    def _show_folder(self) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._app.profile.folder))):
            self._strip.say("No program here shows folders. Its name is written beside the button.")


def _title(words: str) -> QLabel:
    return parts.label(words, factor=1.1, weight=QFont.Weight.DemiBold)


def _button(words: str, act: Callable[[], object]) -> QPushButton:
    button = QPushButton(words)
    button.setAutoDefault(False)
    button.clicked.connect(lambda: act())
    return button
