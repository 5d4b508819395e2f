"""Run mailclient with little patience: each deadline is a hundredth or so of the real one.

    python -m tests.faults.hurried ARGUMENTS...

What is tested is that a deadline ends the wait, whatever drips in; not how long it is.
"""

from __future__ import annotations

from mailclient.__main__ import main
from mailclient.transport import pop3, wire

SECONDS = 1.0


def hurry() -> None:
    """Shorten every deadline of receiving."""
    for module, name, times in (
        (wire, "REACH", 1),
        (wire, "SILENCE", 1),
        (pop3, "PATIENCE", 1),
        (wire, "SET_UP", 3),
        (pop3, "SET_UP", 3),
    ):
        setattr(module, name, SECONDS * times)


if __name__ == "__main__":
    hurry()
    main()
