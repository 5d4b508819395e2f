"""The values of the settings that `mailclient.settings` declares."""

from __future__ import annotations

import json

from mailclient.errors import BadInput
from mailclient.settings import Setting, T
from mailclient.store.database import Database


class Settings:
    """Reads and writes settings; what no longer fits its declaration is the default."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, setting: Setting[T]) -> T:
        """The value of a setting."""
        row = self._database.row("SELECT value FROM settings WHERE key = ?", (setting.key,))
        if row is None:
            return setting.default
        try:
            return setting.read(json.loads(row[0]))
        except ValueError:
            return setting.default

    def set(self, setting: Setting[T], value: T) -> None:
        """Change a setting; raises BadInput for a value that it does not take."""
        if setting.read(value) != value:
            raise BadInput(f"'{value}' is no value for {setting.key}.", setting.text)
        self._database.run(
            "INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)",
            (setting.key, json.dumps(value)),
        )
