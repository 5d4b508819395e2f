"""Run mailclient and write down the memory it took beyond what it has once its profile is open.

    python -m tests.scenarios.peak RESULT ARGUMENTS...

Deriving the key from the passphrase takes 64 MB for a moment, and would hide what comes after.
"""

from __future__ import annotations

import atexit
import re
import sys
from pathlib import Path
from typing import Any

from mailclient import app
from mailclient.__main__ import main

STATUS = Path("/proc/self/status")


def kilobytes(name: str) -> int:
    """A figure that the system keeps of this process."""
    found = re.search(rf"^{name}:\s+(\d+) kB", STATUS.read_text(encoding="ascii"), re.MULTILINE)
    assert found is not None
    return int(found[1])


def watched(result: Path) -> None:
    """Count the peak from the moment at which the profile is open."""
    real = app.open_profile

    def opened(*arguments: Any, **options: Any) -> app.App:
        made = real(*arguments, **options)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
        before = kilobytes("VmRSS")
        atexit.register(
            lambda: result.write_text(str(kilobytes("VmHWM") - before), encoding="ascii")
        )
        return made

    app.open_profile = opened


if __name__ == "__main__":
    watched(Path(sys.argv.pop(1)))
    main()
