"""Files that ship with the program.

They lie in `resources/` and `docs/` in a checkout, and in folders of the package once it is
installed.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def resource(name: str) -> Path:
    """The path of the shipped file `name`."""
    return _shipped("resources") / name


def document(name: str) -> Path:
    """The path of the page `name` of the documentation."""
    return _shipped("docs") / name


def _shipped(folder: str) -> Path:
    installed = _HERE / f"_{folder}"
    return installed if installed.is_dir() else _HERE.parent / folder
