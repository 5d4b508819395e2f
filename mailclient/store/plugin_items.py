"""Small things that plug-ins keep inside the encrypted store, such as secret keys, by name."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from mailclient.store.database import Database


class PluginItems(MutableMapping[str, bytes]):
    """All of them; each is on the disk when it was put in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __getitem__(self, name: str) -> bytes:
        row = self._database.row("SELECT data FROM plugin_items WHERE name = ?", (name,))
        if row is None:
            raise KeyError(name)
        data: bytes = row[0]
        return data

    def __setitem__(self, name: str, data: bytes) -> None:
        self._database.run(
            "INSERT OR REPLACE INTO plugin_items (name, data) VALUES (?, ?)", (name, data)
        )

    def __delitem__(self, name: str) -> None:
        self[name]  # raises KeyError
        self._database.run("DELETE FROM plugin_items WHERE name = ?", (name,))

    def __iter__(self) -> Iterator[str]:
        rows = self._database.rows("SELECT name FROM plugin_items ORDER BY name")
        return iter([str(name) for (name,) in rows])

    def __len__(self) -> int:
        row = self._database.row("SELECT count(*) FROM plugin_items")
        return 0 if row is None else int(row[0])
