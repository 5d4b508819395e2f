"""How the rate changes while the folder grows, and how soon the first new message is visible."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

STEP = 1000
Timeline = list[tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Growth:
    """Messages a second of each thousand (or what there is), and what they end in."""

    rates: tuple[float, ...]

    @classmethod
    def of(cls, line: Timeline, began: float, step: int = STEP) -> Growth:
        """The rates of a timeline of (seconds, messages until then)."""
        edges = [began]
        for seconds, count in line:
            while count >= step * len(edges):
                edges.append(seconds)
        return cls(tuple(step / max(b - a, 1e-9) for a, b in pairwise(edges)))

    @property
    def ratio(self) -> float | None:
        """The last rate to the first one."""
        return self.rates[-1] / self.rates[0] if len(self.rates) > 1 else None


@dataclass(frozen=True, slots=True)
class Times:
    """What `children/our_fetch.py` noted."""

    opened: float  # seconds until the profile was open
    closed: float
    memory: int  # at most, as seen at each commit
    first_visible: float  # seconds after log-in
    first_read: float | None  # the same, for one that is processed
    stored: Growth
    processed: Growth

    @classmethod
    def read(cls, path: Path) -> Times:
        """From its file."""
        found = json.loads(path.read_text(encoding="utf-8"))
        stored: Timeline = [(seconds, count) for seconds, count in found["stored"]]
        processed: Timeline = [(seconds, count) for seconds, count in found["processed"]]
        logged_in = found["logged_in"]
        begun = max(logged_in, min((seconds for seconds, _ in processed), default=0.0))
        return cls(
            found["opened"],
            found["closed"],
            found["memory"],
            stored[0][0] - logged_in,
            processed[0][0] - logged_in if processed else None,
            Growth.of(stored, logged_in),
            Growth.of(processed, begun),
        )

    def text(self) -> str:
        """In words."""
        lines = [
            f"profile open after {self.opened:.3f} s; "
            f"first new message visible {self.first_visible:.3f} s after log-in"
        ]
        if self.first_read is not None:
            lines[0] += f", processed after {self.first_read:.3f} s"
        lines.append(f"memory in use at most {self.memory / 1e6:.0f} MB (at the commits)")
        for name, growth in (("stored", self.stored), ("processed", self.processed)):
            if growth.rates:
                rates = ", ".join(f"{rate:,.0f}" for rate in growth.rates)
                ratio = f"; last to first {growth.ratio:.2f}" if growth.ratio else ""
                lines.append(f"{name}, messages/s of each {STEP:,}: {rates}{ratio}")
        return "\n".join(lines)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "opened": self.opened,
            "closed": self.closed,
            "memory": self.memory,
            "first_visible_after_log_in": self.first_visible,
            "first_processed_after_log_in": self.first_read,
            "stored_per_second": list(self.stored.rates),
            "processed_per_second": list(self.processed.rates),
            "stored_last_to_first": self.stored.ratio,
            "processed_last_to_first": self.processed.ratio,
        }
