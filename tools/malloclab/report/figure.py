"""Bars of utilization: a group per trace, a bar per allocator, marks at bounds.

What is to be drawn is computed by groups(), the picture's text by svg(). Its
colours are classes that the page's style sheet fills.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, Sequence

from ..results import OK

BAR, BETWEEN, TOP = 9, 9, 22  # pixels
LABEL, WIDTH, RIGHT = 190, 900, 60
SERIES = 8  # colours of style.css
# The marks, and what the page calls them.
BOUNDS = (("aligned", "bound"), ("best_fit", "best fit"),
          ("packing", "packing"))


@dataclass(frozen=True)
class Group:
    """A trace: utilizations by allocator, None where there is none, and
    bounds by their name. All from 0 to 1."""

    trace: str
    bars: list[tuple[str, float | None]]
    marks: list[tuple[str, float]]


def groups(traces: Sequence[tuple[str, Sequence[dict[str, Any]]]]
           ) -> list[Group]:
    """The groups of the traces in mdriver's results."""
    return [Group(name, [(result["allocator"], _utilization(result))
                         for result in results], _marks(results[0]))
            for name, results in traces]


def _utilization(result: dict[str, Any]) -> float | None:
    return result["utilization"] if result["verdict"] == OK else None


def _marks(result: dict[str, Any]) -> list[tuple[str, float]]:
    bounds = result.get("bounds") or {}
    return [(label, bounds[key]) for key, label in BOUNDS
            if bounds.get(key) is not None]


def svg(drawn: Sequence[Group]) -> str:
    heights = [len(group.bars) * BAR + BETWEEN for group in drawn]
    height = TOP + sum(heights) + 4
    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" '
             'aria-label="utilization of each allocator on each trace">']
    parts += _grid(height)
    y = TOP
    for group, high in zip(drawn, heights):
        parts += _group(group, y)
        y += high
    return "\n".join(parts + ["</svg>"])


def _x(share: float) -> float:
    return round(LABEL + share * (WIDTH - LABEL - RIGHT), 1)


def _grid(height: int) -> list[str]:
    parts = []
    for percent in range(0, 101, 20):
        x = _x(percent / 100)
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP - 6}" '
                     f'y2="{height}"/><text class="tick" x="{x}" y="11" '
                     f'text-anchor="middle">{percent} %</text>')
    return parts


def _group(group: Group, y: int) -> list[str]:
    high = len(group.bars) * BAR
    parts = [f'<g class="group" data-trace="{escape(group.trace)}">'
             f'<text class="name" x="{LABEL - 8}" y="{y + high / 2 + 4}" '
             f'text-anchor="end">{escape(group.trace)}</text>']
    for at, (allocator, share) in enumerate(group.bars):
        parts.append(_bar(allocator, share, at, y + at * BAR))
    for label, share in group.marks:
        x = _x(min(share, 1))
        parts.append(f'<line class="mark {label.replace(" ", "-")}" x1="{x}" '
                     f'x2="{x}" y1="{y - 2}" y2="{y + high + 1}"><title>'
                     f'{label}: {share:.1%}</title></line>')
    return parts + ["</g>"]


def _bar(allocator: str, share: float | None, at: int, y: int) -> str:
    if share is None:
        return (f'<text class="bad" x="{LABEL + 4}" y="{y + BAR - 1}">'
                f'{escape(allocator)}: not ok</text>')
    width = round(_x(min(share, 1)) - LABEL, 1)
    return (f'<rect class="bar series{at % SERIES}" x="{LABEL}" y="{y}" '
            f'width="{width}" height="{BAR - 1}"><title>{escape(allocator)}: '
            f'{share:.1%}</title></rect>'
            f'<text class="value" x="{WIDTH - 4}" y="{y + BAR - 2}" '
            f'text-anchor="end">{share:.1%}</text>')
