"""Taking in a profile that was packed on another computer: which file, and what opens it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui import parts
from mailclient.gui.bridge import Bridge
from mailclient.gui.documentation import DocumentationWindow, help_key
from mailclient.gui.strip import Strip


@dataclass(frozen=True, slots=True)
class Packed:
    """A file that becomes this profile, what opens it, and what opens the profile (None: the
    keyring)."""

    file: Path
    words: str = field(repr=False)
    own: str | None = field(default=None, repr=False)


class TakingInWindow(QDialog):
    """Emits `wanted` once file and passphrase fit; the profile is closed for the rest."""

    wanted = Signal(object)

    def __init__(self, app: App, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Bring mail from another computer")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(580, 380)
        self._app = app
        self._bridge = bridge
        self.file = QLineEdit()
        self.file.setPlaceholderText("mail.moved")
        self.choose = QPushButton("Choose…")
        self.choose.setAutoDefault(False)
        self.choose.setAccessibleName("Choose the file")
        self.choose.clicked.connect(self._ask)
        self.words = QLineEdit()
        self.own = QLineEdit()
        self.strip = Strip()
        self.take = QPushButton("Bring it here")
        self.take.setProperty("look", "primary")
        self.take.setDefault(True)
        help_key(self, "moving.md")
        self.take.clicked.connect(self._look)
        self._arrange()

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.file, 1)
        row.addWidget(self.choose)
        form = QFormLayout()
        form.addRow("File", row)
        self.file.setAccessibleName("File")
        fields = [("Passphrase of the file", self.words)]
        if self._app.opens_with_passphrase:
            fields.append(("Passphrase of this program", self.own))
        else:
            self.own.setParent(self)
            self.own.hide()
        how = parts.link_button(
            "How to make the file…", lambda: DocumentationWindow("moving.md", self).show()
        )
        column = parts.headed(
            self,
            "Bring mail from another computer",
            "On the other computer, Move to another computer… has made a file. It brings your "
            "accounts with their passwords, your settings and folders, and your mail if that "
            "is in it.",
        )
        column.addLayout(parts.secrets(form, fields))
        column.addWidget(self.strip)
        column.addStretch(1)
        column.addLayout(parts.closing(self, "Cancel", self.take, how))

    def _ask(self) -> None:
        dialog = QFileDialog(self, "The file from the other computer")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(["Moved mail (*.moved)", "All files (*)"])
        dialog.fileSelected.connect(self.file.setText)
        dialog.open()

    def _look(self) -> None:
        """Look whether it can be done, before anything is closed for it."""
        name = self.file.text().strip()
        if not name:
            self.strip.say("Choose the file that was made on the other computer.")
            self.choose.setFocus()
            return
        own = self.own.text() if self._app.opens_with_passphrase else None
        packed = Packed(Path(name).expanduser(), self.words.text(), own)
        self._rest(True)

        def fits(nothing: None) -> None:
            self._rest(False)
            self.wanted.emit(packed)

        self._bridge.run(
            "moving",
            lambda job: self._app.moving.look(packed.file, packed.words, packed.own),
            fits,
            self._failed,
            owner=self,
        )

    def _failed(self, problem: MailError) -> None:
        self._rest(False)
        self.strip.problem(problem)

    def _rest(self, resting: bool) -> None:
        self.strip.clear()
        self.take.setEnabled(not resting)
        self.take.setText("Looking…" if resting else "Bring it here")
