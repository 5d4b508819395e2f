"""Which network this computer is in, as far as the system says so without being asked over it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

ROUTES = (Path("/proc/net/route"), Path("/proc/net/ipv6_route"))
_EVERYWHERE = ("00000000", "0" * 32)


def network() -> str:
    """A word that changes with the way out of this computer; "" where there is none, or where the
    system does not tell."""
    ways: list[str] = []
    for path in ROUTES:
        try:
            lines = path.read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            words = line.split()
            goes_everywhere = words[1:2] == [_EVERYWHERE[0]] or (
                words[:2] == [_EVERYWHERE[1], "00"] and words[-1] != "lo"
            )
            if goes_everywhere:
                ways.append(" ".join((words[0], words[2], words[-1])))
    return sha256("\n".join(sorted(ways)).encode()).hexdigest() if ways else ""
