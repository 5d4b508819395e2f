"""Writing attachments to the disk: a safe name, nothing overwritten unasked, nothing ever started.

Runs on a lane. Faults of the disk come out as MailErrors.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, StoreFull
from mailclient.message.body import safe_name

if TYPE_CHECKING:
    from mailclient.message.body import Attachment

_ENDINGS = """
.app .appimage .bash .bat .bin .chm .class .cmd .com .command .cpl .csh .deb .desktop .dll .dmg
.docm .dotm .elf .exe .fish .gadget .hta .htm .html .img .inf .iso .jar .jnlp .js .jse .ksh .lnk
.mht .mhtml .msc .msi .msp .mst .out .paf .pif .pkg .pl .potm .pptm .ps1 .psm1 .py .pyc .pyw .rb
.reg .rpm .run .scf .scpt .scr .service .sh .shtml .svg .tcsh .terminal .url .vb .vbe .vbs .vhd
.vhdx .workflow .ws .wsc .wsf .wsh .xhtml .xlam .xll .xlsm .xltm .zsh
"""
PROGRAM_ENDINGS = frozenset(_ENDINGS.split())
PROGRAM_TYPES = (
    "application/x-executable",
    "application/x-msdownload",
    "application/x-sh",
    "application/x-msdos-program",
    "application/java-archive",
    "text/x-python",
    "text/html",
    "image/svg+xml",
    "text/javascript",
    "application/javascript",
)
PROGRAM_BEGINNINGS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")


def is_program(name: str, content_type: str, beginning: bytes = b"") -> bool:
    """Whether opening such a file could run something."""
    endings = {f".{part.strip().lower()}" for part in name.split(".")[1:]}
    return (
        bool(endings & PROGRAM_ENDINGS)
        or content_type in PROGRAM_TYPES
        or beginning.startswith(PROGRAM_BEGINNINGS)
    )


def write(path: Path, data: bytes) -> Path:
    """Write a file that the user named; raises StoreFull, BadInput."""
    try:
        path.write_bytes(data)
    except OSError as problem:
        raise _fault(path, problem) from problem
    return path


def write_secret(path: Path, data: bytes) -> Path:
    """Write a file that the user named and nobody else may read; raises StoreFull, BadInput."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, 0o600)  # one that was there may have been open to others
            file.write(data)
    except OSError as problem:
        raise _fault(path, problem) from problem
    return path


def write_new(folder: Path, name: str, data: bytes, mode: int = 0o600) -> Path:
    """Write a file under `name`, or under the next free name like it; never over another."""
    wanted = Path(safe_name(name))
    for number in range(1, 1000):
        label = wanted.name if number == 1 else f"{wanted.stem} ({number}){wanted.suffix}"
        path = folder / label
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except FileExistsError:
            continue
        except OSError as problem:
            raise _fault(path, problem) from problem
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
        except OSError as problem:
            path.unlink(missing_ok=True)
            raise _fault(path, problem) from problem
        return path
    raise BadInput(f"There are too many files named {wanted.name} in {folder}.")


def save_all(
    attachments: Iterable[Attachment], folder: Path, cancel: CancelToken
) -> tuple[Path, ...]:
    """Write all attachments into a folder."""
    saved: list[Path] = []
    for one in attachments:
        cancel.check()
        saved.append(write_new(folder, one.name, one.data()))
    return tuple(saved)


def _fault(path: Path, problem: OSError) -> StoreFull | BadInput:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull(f"{path.name} could not be saved: the disk is full.", "Make room first.")
    return BadInput(
        f"{path.name} could not be saved: {problem.strerror}.", "Choose another place.", str(path)
    )
