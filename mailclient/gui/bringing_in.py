"""The window that brings mail in: from other programs on this computer, from files and folders.

It shows how far it is and can be stopped; what was read by then stays. Closing the window stops
nothing: the activity line goes on telling.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui import icons, parts
from mailclient.gui.bridge import Bridge, Changes, Task
from mailclient.gui.strip import Strip
from mailclient.services.importing import ImportReport
from mailclient.services.jobs import Job
from mailclient.services.sources.finding import Nearby, nearby

WHERE_IT_LAY = "Where it lay, else the inbox"
ABOUT = (
    "Mail comes in from mbox files, Maildir, EML files, MH, Claws Mail and Thunderbird, with its "
    "folders and marks. Nothing is changed there, and what is here already is left out: an import "
    "that was stopped goes on when it is begun again."
)


class ImportWindow(QWidget):
    """Asks what to bring in and where to, does it, and tells what became of it."""

    def __init__(self, app: App, bridge: Bridge, parent: QWidget, home: Path) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Import mail")
        self.resize(620, 520)
        self._app = app
        self._bridge = bridge
        self._home = home
        self._task: Task | None = None
        self._job = 0
        self.strip = Strip()
        self.chosen = QListWidget()
        self.chosen.setAccessibleName("What is brought in")
        self.chosen.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.chosen.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.target = QComboBox()
        self.target.setAccessibleName("Where it is put")
        self.bar = QProgressBar()
        self.bar.setAccessibleName("How far the import is")
        self.told = parts.label(look="secondary", wrap=True)
        self.problems = QPlainTextEdit()
        self.problems.setReadOnly(True)
        self.problems.setAccessibleName("What could not be read")
        self.begin = QPushButton("Import")
        self.begin.setDefault(True)
        self.stop = QPushButton("Stop")
        self._arrange()
        self._connect()
        self._offer()
        self._rest()

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(self.strip)
        column.addWidget(parts.label("Import mail", factor=1.3, weight=QFont.Weight.DemiBold))
        column.addWidget(parts.label(ABOUT, look="secondary", wrap=True))
        column.addWidget(self.chosen, 1)
        adding = QHBoxLayout()
        self.files = QPushButton(icons.icon("file"), "Add files…")
        self.folder = QPushButton(icons.icon("folder"), "Add a folder…")
        for button in (self.files, self.folder):
            button.setAutoDefault(False)
            adding.addWidget(button)
        adding.addStretch(1)
        where = parts.label("Put it:")
        where.setBuddy(self.target)
        adding.addWidget(where)
        adding.addWidget(self.target)
        column.addLayout(adding)
        column.addWidget(self.bar)
        column.addWidget(self.told)
        column.addWidget(self.problems, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.stop)
        row.addWidget(self.begin)
        column.addLayout(row)

    def _connect(self) -> None:
        self.files.clicked.connect(self._ask_files)
        self.folder.clicked.connect(self._ask_folder)
        self.begin.clicked.connect(self._begin)
        self.stop.clicked.connect(self._stop)
        self.chosen.itemChanged.connect(lambda item: self._rest())
        self._bridge.changed.connect(self._changed)

    # What to bring in

    def _offer(self) -> None:
        """Offer what other programs have here; nothing of it is chosen by itself."""
        names = {one.name for one in self._app.search.folders() if one.role.value == "own"}
        self.target.addItem(WHERE_IT_LAY, "")
        for name in sorted(names, key=str.casefold):
            self.target.addItem(name, name)
        self._bridge.run("import", lambda job: nearby(self._home), self._found, owner=self)

    def _found(self, found: Sequence[Nearby]) -> None:
        for one in found:
            self._add(one.path, f"{one.program}: {one.path}", chosen=False)

    def add(self, paths: Sequence[Path]) -> None:
        """Put files and folders on the list."""
        for path in paths:
            self._add(path, str(path), chosen=True)

    def _add(self, path: Path, words: str, *, chosen: bool) -> None:
        item = QListWidgetItem(icons.icon("folder" if path.is_dir() else "file"), words)
        item.setData(Qt.ItemDataRole.UserRole, str(path))
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if chosen else Qt.CheckState.Unchecked)
        item.setToolTip(words)
        self.chosen.addItem(item)
        self._rest()

    @property
    def paths(self) -> list[Path]:
        """What is to be brought in."""
        items = [self.chosen.item(row) for row in range(self.chosen.count())]
        return [
            Path(item.data(Qt.ItemDataRole.UserRole))
            for item in items
            if item.checkState() is Qt.CheckState.Checked
        ]

    def _ask_files(self) -> None:
        dialog = QFileDialog(self, "Files of mail")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.add([Path(name) for name in names]))
        dialog.open()

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, "A folder of mail, or a profile")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda name: self.add([Path(name)]))
        dialog.open()

    # Doing it

    def _begin(self) -> None:
        paths, folder = self.paths, str(self.target.currentData()) or None
        if not paths:
            return

        def work(job: Job) -> ImportReport:
            self._job = job.id
            return self._app.transfer.import_paths(paths, folder, job)

        self.strip.clear()
        self.problems.clear()
        self.told.setText("Looking at what is there…")
        self.bar.setRange(0, 0)
        self._task = self._bridge.run(
            "import", work, self._done, self._failed, title="Importing mail", owner=self
        )
        self._rest()

    def _stop(self) -> None:
        """Stop; what was read by then stays."""
        if self._task is not None:
            self._task.cancel()
            self._end("Stopped. What was read by then is here; begin again to go on.")

    def _changed(self, changes: Changes) -> None:
        view = self._app.jobs.get(self._job) if self._job in changes.jobs else None
        if view is not None and self._task is not None:
            self.bar.setRange(0, view.total)
            self.bar.setValue(view.done)
            self.told.setText(view.note)

    def _done(self, report: ImportReport) -> None:
        self._end(words_of(report))
        self.problems.setPlainText("\n".join(report.problems))
        self._rest()

    def _failed(self, problem: MailError) -> None:
        self.strip.problem(problem)
        self._end("")

    def _end(self, words: str) -> None:
        self._task = None
        self.told.setText(words)
        self._rest()

    def _rest(self) -> None:
        """Let that be used which can be."""
        works = self._task is not None
        self.begin.setEnabled(not works and bool(self.paths))
        self.stop.setVisible(works)
        self.bar.setVisible(works)
        self.told.setVisible(bool(self.told.text()))
        self.problems.setVisible(bool(self.problems.toPlainText()))
        for widget in (self.chosen, self.files, self.folder, self.target):
            widget.setEnabled(not works)


def words_of(report: ImportReport) -> str:
    """What became of an import."""
    told = [_several(report.imported, "message") + " imported"]
    if report.already_here:
        verb = "was" if report.already_here == 1 else "were"
        told.append(f"{report.already_here:,} {verb} here already")
    if report.people:
        told.append(f"{report.people:,} addresses came from address books")
    told += [
        f"the account {one} was taken over, paused: type its password in the settings"
        for one in report.accounts
    ]
    if report.problems:
        told.append(f"{_several(len(report.problems), 'thing')} could not be read")
    return ". ".join(one[0].upper() + one[1:] for one in told) + "."


def _several(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
