"""Disks under the encrypted store: one that remembers every write, one that fails when it is told.

Both lie below the cipher, where the bytes are those of the file. What the recorder saw can be
played back up to any point as a disk might hold it after the power has failed: all that was synced,
and any part of the rest, in halves of 512 bytes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import apsw

from mailclient.store import database, engine
from mailclient.store.cipher import Cipher

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done to a file; a sync has neither data nor length."""

    file: str
    at: int = 0
    data: bytes | None = None
    length: int | None = None
    deleted: bool = False

    @property
    def is_sync(self) -> bool:
        return self.data is None and self.length is None and not self.deleted


@dataclass(slots=True)
class Fault:
    """When a failing disk fails: at which write or sync from now on; never while `after` is -1."""

    kind: str = "sync"
    after: int = -1
    hits: int = 0

    def now(self, kind: str) -> bool:
        if kind != self.kind or self.after < 0:
            return False
        self.after -= 1
        if self.after < 0:
            self.after = 0  # a disk that has failed goes on failing
            self.hits += 1
            return True
        return False


@dataclass(slots=True)
class Disk:
    """What its VFS writes into, and what it asks."""

    steps: list[Step] = field(default_factory=list)
    fault: Fault = field(default_factory=Fault)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path).name if path else ""
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._disk.fault.now("write"):
            raise apsw.IOError("the disk failed in a write")
        self._disk.steps.append(Step(self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._disk.steps.append(Step(self._name, length=newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        if self._disk.fault.now("sync"):
            raise apsw.IOError("the disk failed in a sync")
        super().xSync(flags)
        self._disk.steps.append(Step(self._name))


class _Vfs(apsw.VFS):
    def __init__(self, name: str, disk: Disk) -> None:
        super().__init__(name, "unix")
        self._disk = disk

    def xOpen(self, name: Any, flags: list[int]) -> _File:
        return _File(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        self._disk.steps.append(Step(Path(filename).name, deleted=True))


@contextmanager
def disk(name: str) -> Iterator[Disk]:
    """A disk of that name; every store that is opened meanwhile lies on it."""
    made = Disk()
    vfs = _Vfs(name, made)

    def on_it(
        path: Path, key: bytes, access: engine.Access, _: str, cipher: Cipher
    ) -> apsw.Connection:
        return engine.connect(path, key, access, name, cipher)

    with patch.object(database, "connect", on_it):
        yield made
    vfs.unregister()


class Playback:
    """What the disk may hold at a cut; cuts are asked for in rising order."""

    def __init__(self, steps: list[Step], chance: random.Random) -> None:
        self._steps = steps
        self._chance = chance
        self._at = 0
        self._synced: dict[str, bytearray] = {}
        self._loose: dict[str, list[Step]] = {}
        self._named: set[str] = set()  # logs and journals whose names are on the disk

    def until(self, cut: int) -> dict[str, bytes]:
        """The files after the power failed before step `cut`."""
        for step in self._steps[self._at : cut]:
            loose = self._loose.setdefault(step.file, [])
            loose.append(step)
            if step.deleted:
                self._named.discard(step.file)
            if step.is_sync:
                self._settle(step.file)
                self._settle_names(step.file)
        self._at = cut
        return {name: content for name, content in self._torn() if content is not None}

    def _settle(self, name: str) -> None:
        content: bytearray | None = self._synced.get(name, bytearray())
        for step in self._loose.pop(name):
            content = _applied(content, step)
        self._synced.pop(name, None)
        if content is not None:
            self._synced[name] = content

    def _settle_names(self, name: str) -> None:
        """The first sync of a new log or journal syncs the folder too (SQLite's os_unix.c)."""
        if name in self._named or not name.endswith(("-wal", "-journal")):
            return
        self._named.add(name)
        for other in [one for one, loose in self._loose.items() if loose[-1].deleted]:
            self._settle(other)

    def _torn(self) -> Iterator[tuple[str, bytes | None]]:
        for name in {*self._synced, *self._loose}:
            known = self._synced.get(name)
            content = None if known is None else bytearray(known)
            loose = list(self._loose.get(name, ()))
            if self._chance.random() < 0.3:
                self._chance.shuffle(loose)
            share = self._chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
            for step in loose:
                if self._chance.random() < share:
                    content = _applied(content, self._halved(step))
            yield name, None if content is None else bytes(content)

    def _halved(self, step: Step) -> Step:
        """A write of which only a part reached the disk."""
        if step.data is None or len(step.data) <= SECTOR or self._chance.random() < 0.6:
            return step
        sectors = len(step.data) // SECTOR
        cut = self._chance.randrange(sectors) * SECTOR
        if self._chance.random() < 0.5:
            return Step(step.file, step.at, step.data[:cut])
        return Step(step.file, step.at + cut, step.data[cut:])


def _applied(content: bytearray | None, step: Step) -> bytearray | None:
    if step.deleted:
        return None
    content = bytearray() if content is None else content
    if step.length is not None:
        del content[step.length :]
    if step.data is not None:
        content.extend(bytes(max(0, step.at - len(content))))
        content[step.at : step.at + len(step.data)] = step.data
    return content
