"""Where a profile lies: on a disk of this computer, or in a place that can harm a store.

A store on a network disk can be damaged by two computers that do not see each other's locks. One in
a folder that is copied to the cloud is copied in the middle of a change, and put back old.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
NETWORK = {
    "nfs": "NFS",
    "nfs4": "NFS",
    "cifs": "Windows share",
    "smb3": "Windows share",
    "smbfs": "Windows share",
    "ncpfs": "NetWare",
    "afs": "AFS",
    "ceph": "Ceph",
    "9p": "9P, the folder of another machine",
    "virtiofs": "the folder of another machine",
    "vboxsf": "VirtualBox, the folder of another machine",
    "davfs": "WebDAV",
    "fuse.davfs2": "WebDAV",
    "fuse.sshfs": "SSH",
    "fuse.rclone": "rclone",
    "fuse.s3fs": "S3",
    "fuse.gvfsd-fuse": "a network place of the desktop",
    "fuse.google-drive-ocamlfuse": "Google Drive",
    "fuse.onedriver": "OneDrive",
}
SYNCED = ("dropbox", "onedrive", "nextcloud", "owncloud", "google drive", "googledrive", "icloud")
SYNCED_EXACTLY = ("mega", "megasync", "pclouddrive", "seafile", "syncthing", "box sync")


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of the table of mounts (proc(5), mountinfo)."""

    point: Path
    kind: str


def warning(folder: Path, mounts: tuple[Mount, ...] | None = None) -> str:
    """What is wrong with the place of a profile, in a sentence; "" if nothing is."""
    try:
        folder = folder.resolve()
    except (OSError, RuntimeError):
        return ""
    for part in folder.parts:
        name = part.lower()
        if name.startswith(SYNCED) or name in SYNCED_EXACTLY:
            return (
                f"The profile lies in a folder that is copied to the cloud ({part}). The copying "
                "can damage the mail or bring old mail back. Move the profile to another folder."
            )
    kind = kind_of(folder, read_mounts() if mounts is None else mounts)
    if kind in NETWORK:
        return (
            f"The profile lies on a network disk ({NETWORK[kind]}). Mail can be lost when the "
            "connection breaks. Move the profile to a disk of this computer."
        )
    return ""


def kind_of(folder: Path, mounts: tuple[Mount, ...]) -> str:
    """The kind of file system that a folder lies on; "" if that is not known."""
    kind, depth = "", 0
    for one in mounts:
        inside = one.point == folder or one.point in folder.parents
        if inside and len(one.point.parts) >= depth:  # a later mount covers an earlier one
            kind, depth = one.kind, len(one.point.parts)
    return kind


def read_mounts(table: Path = MOUNTS) -> tuple[Mount, ...]:
    """All mounts of this system; none where it keeps no such table."""
    try:
        lines = table.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ()
    found = []
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) > 4 and after:
            point = fields[4].encode("utf-8", "surrogateescape").decode("unicode_escape")
            found.append(Mount(Path(point), after.split(" ")[0]))
    return tuple(found)


def unwritable(folder: Path, store: Path) -> str:
    """Why a profile that is there cannot be written, in a sentence; "" if it can."""
    if not store.exists():
        return ""
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return "It lies on a disk that cannot be written."
    for path in (folder, store):
        if not os.access(path, os.W_OK):
            return f"You have no right to write {path.name}."
    return ""
