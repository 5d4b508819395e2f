"""The commands that take mail in and out, and those that see to what it takes: import, export, PDF,
paper, clearing out."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from mailclient.gui import people
from mailclient.services.exporting import Target
from mailclient.services.retention import Old

if TYPE_CHECKING:
    from mailclient.gui.main_window import MainWindow
    from mailclient.gui.printing import Printing
    from mailclient.gui.taking_out import Choice


class InAndOut(QObject):
    """Serves one main window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._app = window.app

    @cached_property
    def printing(self) -> Printing:
        """Prints what the reader of the window shows."""
        from mailclient.gui.printing import Printing

        window = self._window
        return Printing(window.reader, window.bridge, window.notify, window)

    def show_import(self) -> None:
        """Open the window that brings mail in."""
        from mailclient.gui.bringing_in import ImportWindow

        ImportWindow(self._app, self._window.bridge, self._window, Path.home()).show()

    def show_export(self) -> None:
        """Ask what to take out, in which form, and where to."""
        from mailclient.gui.taking_out import ExportDialog

        dialog = ExportDialog(self._choices(), self._window)
        dialog.wanted.connect(self.export)
        dialog.open()

    def _choices(self) -> list[Choice]:
        """The folder that is shown, what is selected, and everything."""
        from mailclient.gui.taking_out import Choice

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

    # What it takes

    def show_backups(self) -> None:
        """Open the window of the backups."""
        from mailclient.gui.backups import BackupsWindow

        window = BackupsWindow(self._app, self._window.bridge, self._window)
        window.restore_wanted.connect(self._window.restore_wanted)
        window.show()

    def show_space(self) -> None:
        """Open the picture of what takes the space."""
        from mailclient.gui.space import SpaceWindow

        window = SpaceWindow(self._app, self._window.bridge, self._window)
        window.search_wanted.connect(self._window.toolbar.search.setText)
        window.message_wanted.connect(self._window.reader.message_wanted)
        window.show()

    def show_clearing_out(self, folder_id: int = 0) -> None:
        """Open the window that clears out a folder, the one that is shown first."""
        from mailclient.gui.clearing_out import ClearingOutWindow

        place = self._window.listing.question.place
        chosen = folder_id or (place.folders[0] if place is not None and place.folders else 0)
        folders = self._app.search.folders()
        window = ClearingOutWindow(self._app, self._window.bridge, self._window, folders, chosen)
        window.cleared.connect(self._window.verbs.done)
        window.show()

    def remind(self) -> None:
        """Say where mail has become older than was wished, if the user wants to be told."""
        self._window.bridge.run(
            "space", lambda job: self._app.retention.due(), self._due, owner=self
        )

    def _due(self, due: Sequence[Old]) -> None:
        if due:
            count = sum(len(one.ids) for one in due)
            names = ", ".join(dict.fromkeys(people.plain(one.folder.name) for one in due))
            noun = "message" if count == 1 else "messages"
            first = due[0].folder.id
            self._window.strip.say(
                f"{count:,} {noun} in {names} can be cleared out by age.",
                choices=[("Look at them…", lambda: self.show_clearing_out(first))],
            )
