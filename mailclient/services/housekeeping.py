"""Looking after a store that is in use: a backup a day while nobody is there, and what the user has
to know of its disk.

A backup is looked through before it gets its name; the three newest are kept. They lie beside the
store and open as it does: they are for a store that was damaged or emptied, not for a lost disk.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailclient.errors import StoreFull
from mailclient.paths import Profile
from mailclient.services.crash import crash_point
from mailclient.services.jobs import Job
from mailclient.settings import DAILY_BACKUP
from mailclient.sizes import size_words
from mailclient.store import Store, backup
from mailclient.store.vault import opened

log = logging.getLogger(__name__)

KEPT = 3
EVERY = timedelta(hours=24)
LOW = 500 * 1024 * 1024  # bytes: from here on the disk is said to be nearly full
ENDING = ".backup"
_NAME = "%Y-%m-%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made by itself."""

    path: Path
    made: datetime
    size: int


class Housekeeping:
    """The use cases around an open store as a file."""

    def __init__(self, store: Store, profile: Profile, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._profile = profile
        self._clock = clock

    # What has to be known

    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the store or its disk, each a sentence and what to do."""
        free = self.free()
        low = (
            f"Only {size_words(free)} are free on the disk that your mail lies on. When it is "
            "full, no more mail is collected and nothing can be written. Make room there."
        )
        return (*self._store.notices, *([low] if free < LOW else []))

    def free(self) -> int:
        """How much room there is on the disk of the profile, in bytes."""
        try:
            return shutil.disk_usage(self._profile.folder).free
        except OSError:
            return LOW  # what cannot be seen is not warned of

    # Backups

    @property
    def folder(self) -> Path:
        """Where the backups lie."""
        return self._profile.folder / "backups"

    def backups(self) -> tuple[Backup, ...]:
        """The backups that are here, the newest first."""
        found = []
        for path in self.folder.glob(f"*{ENDING}") if self.folder.is_dir() else ():
            try:
                made = datetime.strptime(path.stem, _NAME).replace(tzinfo=UTC)
                found.append(Backup(path, made, path.stat().st_size))
            except (ValueError, OSError):
                continue
        return tuple(sorted(found, key=lambda one: one.made, reverse=True))

    def look(self, file: Path, passphrase: str | None) -> None:
        """Raise BadInput if a file is no backup, StoreLocked if the passphrase does not open it;
        one that opens by the keyring is opened when it is put in place."""
        document = backup.document_of(file)
        if passphrase is not None:
            opened(document, passphrase=passphrase, keyring=None)

    def due(self) -> bool:
        """Whether it is time for a backup: one is wanted, there is mail, and the last is a day
        old."""
        if self._store.read_only or not self._store.settings.get(DAILY_BACKUP):
            return False
        if not any(one.total for one in self._store.folders.all()):
            return False
        newest = next(iter(self.backups()), None)
        now = self._clock()
        return newest is None or not timedelta(0) <= now - newest.made < EVERY

    def back_up(self, job: Job) -> Backup:
        """Make a backup, look it through, and drop those that are too many.

        Raises StoreFull if there is no room for it, StoreDamaged, BadInput.
        """
        needed = self._store.database.path.stat().st_size + LOW
        if self.free() < needed:
            raise StoreFull(
                "There is no room for a backup of your mail.",
                f"It needs {size_words(needed)} free on the disk.",
                str(self.folder),
            )
        self.folder.mkdir(mode=0o700, exist_ok=True)
        for left in self.folder.glob(f"*{ENDING}.part*"):
            left.unlink(missing_ok=True)  # of a run that was cut off
        made = self._clock().astimezone(UTC).replace(microsecond=0)
        path = self.folder / f"{made.strftime(_NAME)}{ENDING}"
        document = self._profile.vault.read_bytes()
        job.progress(0, 0, "Copying your mail and looking the copy through")
        size = backup.write(self._store.database, self._store.key, document, path)
        backup.document_of(path)
        crash_point("backed_up")
        for old in self.backups()[KEPT:]:
            old.path.unlink(missing_ok=True)
        log.info("A backup was made: %s", path.name)
        return Backup(path, made, size)
