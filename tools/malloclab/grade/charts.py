"""The class in two pictures, as SVG: a histogram of points, and utilization
against throughput."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator, Sequence

from ..front import front
from .markup import escape

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 48, 14, 24, 44
BINS = 20
STEPS = (1, 2, 5, 10)


@dataclass(frozen=True)
class Dot:
    """One allocator: its words appear when the pointer is over it."""

    throughput: float
    utilization: float  # 0 to 1
    words: str
    right: bool  # every verdict is ok
    link: str  # escaped


@dataclass(frozen=True)
class Axis:
    """Values from 0 to `end`, to pixels."""

    end: float
    low: float
    high: float

    def at(self, value: float) -> float:
        return self.low + value / self.end * (self.high - self.low)

    def ticks(self) -> Iterator[float]:
        step = _step(self.end)
        for n in range(int(self.end / step + 1e-9) + 1):
            yield n * step


def _step(end: float) -> float:
    """A round distance of ticks, so that there are at most six."""
    power = 10 ** math.floor(math.log10(end / 5))
    return next(power * step for step in STEPS if power * step >= end / 5)


def _across(end: float) -> Axis:
    return Axis(end, LEFT, WIDTH - RIGHT)


def _up(end: float) -> Axis:
    return Axis(end, HEIGHT - BOTTOM, TOP)


def histogram(points: Sequence[float], of: float) -> str:
    """How many hand-ins got how many points."""
    counts = [0] * BINS
    for value in points:
        counts[min(int(value / of * BINS), BINS - 1)] += 1
    x, y = _across(of), _up(max(5, *counts))
    parts = _axes(x, y, "points", "hand-ins")
    for n, count in enumerate(counts):
        low, high = of * n / BINS, of * (n + 1) / BINS
        words = f"{low:g} to {high:g} points: {count}"
        parts.append(
            f'<rect class="fill" x="{x.at(low) + 1:.1f}" '
            f'width="{x.at(high) - x.at(low) - 2:.1f}" '
            f'y="{y.at(count):.1f}" height="{y.low - y.at(count):.1f}">'
            f"<title>{words}</title></rect>")
    return _svg("How many hand-ins got how many points", parts)


def pareto(dots: Sequence[Dot], unit: str) -> str:
    """Further right is faster, further up wastes less memory."""
    most = max([dot.throughput for dot in dots], default=0) or 1
    x, y = _across(most * 1.05), _up(1)
    parts = [*_axes(x, y, f"throughput, {unit}", "utilization"),
             _front([(x.at(dot.throughput), y.at(dot.utilization))
                     for dot in dots if dot.right])]
    parts += [_dot(dot, x.at(dot.throughput), y.at(dot.utilization))
              for dot in dots]
    return _svg("Utilization against throughput", parts)


def _front(places: Sequence[tuple[float, float]]) -> str:
    """A line through those that no other beats in both, in steps: what lies
    on it or below is reached. Pixels go down."""
    each = sorted(set(places))
    best = [each[i] for i in front([(x, -y) for x, y in each])]
    if not best:
        return ""
    path = f"M{LEFT} {best[0][1]:.1f}"
    path += "".join(f"V{y:.1f}H{x:.1f}" for x, y in best)
    return f'<path class="front" d="{path}V{HEIGHT - BOTTOM}"/>'


def _dot(dot: Dot, x: float, y: float) -> str:
    title = f"<title>{escape(dot.words)}</title>"
    kind = "dot" if dot.right else "dot wrong"
    circle = (f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4">'
              f"{title}</circle>")
    return f'<a href="{dot.link}">{circle}</a>'


def _axes(x: Axis, y: Axis, across: str, up: str) -> list[str]:
    parts = []
    for value in y.ticks():
        at = y.at(value)
        parts.append(f'<line class="grid" x1="{x.low}" x2="{x.high}" '
                     f'y1="{at:.1f}" y2="{at:.1f}"/><text x="{x.low - 6}" '
                     f'y="{at + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in x.ticks():
        parts.append(f'<text x="{x.at(value):.1f}" y="{y.low + 16}" '
                     f'text-anchor="middle">{value:g}</text>')
    parts.append(f'<text x="{x.high}" y="{HEIGHT - 8}" text-anchor="end">'
                 f'{escape(across)}</text><text y="{TOP - 12}">'
                 f"{escape(up)}</text>")
    return parts


def _svg(label: str, parts: Sequence[str]) -> str:
    return "\n".join([
        f'<svg class="drawn" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" '
        f'aria-label="{label}">', *parts, "</svg>"])
