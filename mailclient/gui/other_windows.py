"""The windows that stand beside the main one, each opened from a command of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailclient import __version__

if TYPE_CHECKING:
    from mailclient.gui.main_window import MainWindow
    from mailclient.gui.settings.window import SettingsWindow


class OtherWindows:
    """Opens them; none of them is modal."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def show_keys(self, address: str = "") -> None:
        """Open Keys and people, at somebody's page."""
        from mailclient.gui.keys.window import KeysWindow

        KeysWindow(self._window.app, self._window.bridge, self._window, address).show()

    def show_keys_of_sender(self) -> None:
        """Open Keys and people for who wrote the message that is shown."""
        view = self._window.reader.view
        sender = view.envelope.from_[:1] if view is not None else ()
        self.show_keys(sender[0].key if sender else "")

    def _settings(self) -> SettingsWindow:
        from mailclient.gui.settings.window import SettingsWindow

        made = SettingsWindow(self._window.app, self._window.bridge, self._window)
        made.storage.passphrase_wanted.connect(self._window.passphrase_wanted)
        return made

    def show_settings(self) -> None:
        """Open the settings."""
        self._settings().show()

    def show_storage(self) -> None:
        """Open the settings where they tell of the store, and of keys that came along."""
        window = self._settings()
        window.tabs.setCurrentWidget(window.storage)
        window.show()

    def move_away(self) -> None:
        """Offer to pack everything for another computer."""
        from mailclient.gui.settings.moving import MovingWindow

        MovingWindow(self._window.app, self._window.bridge, self._window).show()

    def take_in(self) -> None:
        """Offer to make this profile one that was packed."""
        from mailclient.gui.settings.taking_in import TakingInWindow

        window = TakingInWindow(self._window.app, self._window.bridge, self._window)
        window.wanted.connect(self._window.take_in_wanted)
        window.show()

    def show_account(self, lane: str) -> None:
        """Open the settings of the account of a lane; of one that logs in, at the password."""
        window = self._settings()
        kind, _, address = lane.partition(":")
        window.accounts.choose(address, password=kind != "account")
        window.show()

    def add_account(self) -> None:
        """Open the account wizard."""
        from mailclient.gui.wizard.window import Wizard

        wizard = Wizard(self._window.app, self._window.bridge, self._window)
        wizard.take_in_wanted.connect(self._window.take_in_wanted)
        wizard.show()

    def show_documentation(self) -> None:
        """Show the documentation, from its contents on."""
        from mailclient.gui.documentation import DocumentationWindow

        DocumentationWindow(parent=self._window).show()

    def show_shortcuts(self) -> None:
        """Show all commands with their keys."""
        from mailclient.gui.help_window import ShortcutWindow

        ShortcutWindow(self._window).show()

    def show_about(self) -> None:
        """Say what this program is."""
        from mailclient.gui.help_window import AboutWindow

        AboutWindow(__version__, self._window).show()
