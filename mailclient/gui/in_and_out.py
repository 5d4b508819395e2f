"""The commands that take mail in and out: import, export, PDF, paper."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from mailclient.gui.bringing_in import ImportWindow
from mailclient.gui.printing import Printing
from mailclient.gui.taking_out import Choice, ExportDialog
from mailclient.services.exporting import Target

if TYPE_CHECKING:
    from mailclient.gui.main_window import MainWindow


class InAndOut(QObject):
    """Serves one main window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._app = window.app
        self.printing = Printing(window.reader, window.bridge, window.notify, window)

    def show_import(self) -> None:
        """Open the window that brings mail in."""
        ImportWindow(self._app, self._window.bridge, self._window, Path.home()).show()

    def show_export(self) -> None:
        """Ask what to take out, in which form, and where to."""
        dialog = ExportDialog(self._choices(), self._window)
        dialog.wanted.connect(self.export)
        dialog.open()

    def _choices(self) -> list[Choice]:
        """The folder that is shown, what is selected, and everything."""
        found: list[Choice] = []
        place = self._window.listing.question.place
        if place is not None and place.folders:
            folders = place.folders
            found.append(
                Choice(f"All of {place.title}", place.title, lambda: self._inside(folders))
            )
        selected = self._window.pane.list.selected_ids()
        if selected:
            several = f"The {len(selected):,} selected messages"
            words = several if len(selected) > 1 else "The selected message"
            found.append(Choice(words, "messages", lambda: selected))
        found.append(Choice("All mail", "mail", self._everything))
        return found

    def _inside(self, folders: Sequence[int]) -> array[int]:
        return self._app.search.ids_in(folders)

    def _everything(self) -> array[int]:
        return self._inside([one.id for one in self._app.search.folders()])

    def export(self, choice: Choice, target: Target, path: Path) -> None:
        """Write mail into files."""
        self._window.bridge.run(
            "export",
            lambda job: self._app.exporting.export_these(choice.ids(), target, path, job),
            lambda count: self._window.notify.note(f"{count:,} messages written to {path}"),
            title="Exporting mail",
            owner=self,
        )
