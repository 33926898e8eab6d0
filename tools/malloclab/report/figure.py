"""Bars of utilization: a group per trace, a bar per allocator, marks at bounds.

What is to be drawn is computed by groups(), its text by html(). The lengths are
there, the page's style sheet has the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, Sequence

from ..results import OK

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


def html(drawn: Sequence[Group]) -> str:
    """The figure as HTML, which needs no scaling on a narrow screen."""
    ticks = "".join(f'<i style="left:{percent}%">{percent} %</i>'
                    for percent in range(0, 101, 20))
    return "\n".join([_legend(drawn), '<div class="group"><span></span>'
                      f'<div class="ticks">{ticks}</div></div>',
                      *map(_group, drawn)])


def _legend(drawn: Sequence[Group]) -> str:
    """Which colour is whose: those of the group with the most bars."""
    bars = max((group.bars for group in drawn), key=len)
    return '<p class="keys">' + " ".join(
        f'<span><i class="swatch series{at % SERIES}"></i> {escape(allocator)}'
        "</span>" for at, (allocator, _) in enumerate(bars)) + "</p>"


def _group(group: Group) -> str:
    bars = "".join(_bar(allocator, share, at)
                   for at, (allocator, share) in enumerate(group.bars))
    marks = "".join(f'<i class="mark {label.replace(" ", "-")}" '
                    f'style="left:{_left(share)}" '
                    f'title="{label}: {share:.1%}"></i>'
                    for label, share in group.marks)
    trace = escape(group.trace)
    return (f'<div class="group" data-trace="{trace}">'
            f'<span class="name">{trace}</span>'
            f'<div class="bars">{bars}{marks}</div></div>')


def _left(share: float) -> str:
    return f"{100 * min(share, 1):.1f}%"


def _bar(allocator: str, share: float | None, at: int) -> str:
    name = escape(allocator)
    if share is None:
        return f'<div class="bad">{name}: not ok</div>'
    return (f'<div title="{name}: {share:.1%}"><i class="bar series{at % SERIES}"'
            f' style="width:{_left(share)}"></i><b>{share:.1%}</b></div>')
