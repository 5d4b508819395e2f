"""Taking mail out: which messages, in which form, and where to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.gui import parts, people
from mailclient.services.exporting import Target

FORMS = (
    (Target.MBOX, "One mbox file", "Read by nearly every mail program."),
    (Target.EML, "A folder of EML files", "Each message a file that opens by itself."),
    (Target.MAILDIR, "A Maildir", "With what is unread, starred, answered and forwarded."),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Messages that can be taken out, by what they are; `ids` are asked for when it begins."""

    words: str
    name: str  # of the file
    ids: Callable[[], Sequence[int]]


class ExportDialog(QDialog):
    """Asks what to take out and in which form, then where to."""

    wanted = Signal(object, object, object)  # a Choice, a Target, a Path

    def __init__(self, choices: Sequence[Choice], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export mail")
        self._choices = choices
        self.which = QButtonGroup(self)
        self.form = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(8)
        column.addWidget(parts.label("What is taken out?"))
        for at, choice in enumerate(choices):
            column.addWidget(self._radio(self.which, at, choice.words))
        column.addSpacing(8)
        column.addWidget(parts.label("In which form?"))
        for at, (_, words, about) in enumerate(FORMS):
            column.addWidget(self._radio(self.form, at, words, about))
            told = parts.label(about, look="secondary", factor=0.9)
            told.setContentsMargins(26, 0, 0, 0)
            column.addWidget(told)
        column.addSpacing(8)
        column.addWidget(
            parts.label(
                "Each message is written exactly as it was received; what was encrypted stays so.",
                look="secondary",
                wrap=True,
            )
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        go = buttons.addButton("Choose where…", QDialogButtonBox.ButtonRole.AcceptRole)
        go.setDefault(True)
        buttons.accepted.connect(self._ask)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)

    def _radio(self, group: QButtonGroup, id: int, words: str, about: str = "") -> QRadioButton:
        button = QRadioButton(words)
        button.setAccessibleDescription(about)
        button.setChecked(id == 0)
        group.addButton(button, id)
        return button

    def _ask(self) -> None:
        """Ask for the file, or for the folder that files are put into."""
        choice, target = self._choices[self.which.checkedId()], FORMS[self.form.checkedId()][0]
        dialog = QFileDialog(self, "Export to")
        name = people.file_name(choice.name)
        if target is Target.MBOX:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # it never is
            dialog.selectFile(f"{name}.mbox")
            dialog.fileSelected.connect(lambda path: self._take(choice, target, Path(path)))
        else:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
            dialog.fileSelected.connect(lambda path: self._take(choice, target, Path(path) / name))
        dialog.open()

    def _take(self, choice: Choice, target: Target, path: Path) -> None:
        self.wanted.emit(choice, target, path)
        self.accept()
