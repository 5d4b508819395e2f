"""Lines over a logarithmic axis as an SVG picture, readable in light and dark; nothing but text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 40, 50
COLOURS = ("#3b7dd8", "#d9822b", "#3a9e6e", "#b0569c", "#8a7f2a")
INK = "#808890"


@dataclass(frozen=True, slots=True)
class Line:
    """Points of (x, y), both above 0, with their name."""

    label: str
    points: tuple[tuple[float, float], ...]


def picture(title: str, x_label: str, y_label: str, lines: Sequence[Line]) -> str:
    """The picture; both axes are logarithmic."""
    lines = [one for one in lines if one.points]
    every = [point for one in lines for point in one.points]
    x_low, x_high = _decades([x for x, _ in every])
    y_low, y_high = _decades([y for _, y in every])

    def across(x: float) -> float:
        share = (math.log10(x) - x_low) / (x_high - x_low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def up(y: float) -> float:
        share = (math.log10(max(y, 10**y_low)) - y_low) / (y_high - y_low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12" fill="{INK}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<text x="{LEFT}" y="22" font-size="15">{escape(title)} ({escape(y_label)})</text>',
    ]
    for power in range(y_low, y_high + 1):
        y = up(10**power)
        out.append(_rule(LEFT, y, WIDTH - RIGHT, y))
        out.append(
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_number(power)}</text>'
        )
    for power in range(x_low, x_high + 1):
        x = across(10**power)
        out.append(_rule(x, TOP, x, HEIGHT - BOTTOM))
        out.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
            f"{_number(power)}</text>"
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    out.append(
        f'<text x="{middle:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{escape(x_label)}</text>'
    )
    labels = sorted(
        ((up(one.points[-1][1]), at) for at, one in enumerate(lines)), key=lambda pair: pair[0]
    )
    below = 0.0
    for y, at in labels:
        below = max(y + 4, below + 15)
        out.append(_drawn(lines[at], COLOURS[at % len(COLOURS)], below, across, up))
    return "\n".join([*out, "</svg>"]) + "\n"


def _drawn(line: Line, colour: str, label_y: float, across: object, up: object) -> str:
    assert callable(across)
    assert callable(up)
    places = [(across(x), up(y)) for x, y in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places)
    last = line.points[-1][1]
    shown = f"{last:,.0f}" if last >= 10 else f"{last:.1f}"
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'
        f'<text x="{WIDTH - RIGHT + 8}" y="{label_y:.1f}" fill="{colour}">'
        f"{escape(line.label)} {shown}</text>"
    )


def _rule(x: float, y: float, to_x: float, to_y: float) -> str:
    return (
        f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" '
        f'stroke="{INK}" stroke-opacity="0.3"/>'
    )


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around some values, at least one apart."""
    low = math.floor(math.log10(min(values)) + 1e-9)
    high = math.ceil(math.log10(max(values)) - 1e-9)
    return low, max(high, low + 1)


def _number(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"
