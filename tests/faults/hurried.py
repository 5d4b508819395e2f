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
    for name in ("REACH", "SILENCE", "SET_UP"):
        setattr(wire, name, SECONDS)
    for name in ("SET_UP", "PATIENCE"):
        setattr(pop3, name, SECONDS)


if __name__ == "__main__":
    hurry()
    main()
