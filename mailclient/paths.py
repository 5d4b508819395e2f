"""Where a profile lives on the disk; the one place that names its files and folders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True, slots=True)
class Profile:
    """The files of one profile, all under `folder`."""

    folder: Path

    @property
    def store(self) -> Path:
        """The encrypted store."""
        return self.folder / "store.db"

    @property
    def vault(self) -> Path:
        """How the store's key is found: salt and parameters, never a secret."""
        return self.folder / "vault.json"

    @property
    def log(self) -> Path:
        """What the program did, without secrets and without mail."""
        return self.folder / "mailclient.log"

    @property
    def lock(self) -> Path:
        """Held by the running program."""
        return self.folder / "lock"

    def plugin(self, name: str) -> Path:
        """The folder that belongs to the plug-in `name`."""
        return self.folder / "plugins" / name

    def create(self) -> None:
        """Make the folder, readable by its owner only."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def default_profile() -> Profile:
    """The profile that is used when none is named."""
    named = os.environ.get("MAILCLIENT_PROFILE")
    return Profile(Path(named) if named else Path(platformdirs.user_data_dir("mailclient")))
