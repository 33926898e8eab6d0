"""Utilization against throughput, a point per allocator, and the front."""

from __future__ import annotations

import argparse
from typing import Any, Sequence

from matplotlib.ticker import LogLocator
from matplotlib.transforms import Bbox

from ..bench import benchmark
from ..bench.pareto import Point, points_of
from ..replays import ReplayError
from . import style
from .source import TIMED, Source

ABOUT = "utilization against throughput, and the Pareto front"
DETAILS = """\
A point for each allocator: mean utilization across, throughput relative to
libc's up, the geometric mean over traces. Bars are the quartiles over traces.
On the front (filled) are those that no other beats in both. The figures are
timed: an idle machine, and all traces, make them worth showing. Without a
TRACE, all of traces/. tools/bench pareto prints the same as a table.
"""
NEEDS = TIMED

# Where a label may be, from its point: the corners, then right and left.
LABEL_OFFSETS = [(6, 5, "left", "bottom"), (-6, 5, "right", "bottom"),
          (6, -5, "left", "top"), (-6, -5, "right", "top"),
          (9, 0, "left", "center"), (-9, 0, "right", "center")]


def add_options(parser: argparse.ArgumentParser) -> None:
    pass


# ---- Computing. ----


def finding(points: Sequence[Point]) -> str:
    """A sentence: the allocators on the front, from least memory to fastest."""
    best = sorted((p for p in points if p.marked), key=lambda p: -p.x)
    if len(best) == 1:
        return f"{best[0].label} is both the tightest and the fastest"
    names = style.listed([p.label for p in best], "or")
    return f"None beats {names} in both memory and speed"


def machine(report: dict[str, Any]) -> str:
    """The machine and the build, as far as the figures name them."""
    m, b = report.get("machine"), report.get("build")
    if not m or not b:
        return "machine unknown"
    return (f"{m['system']} {m['architecture']}, {m['processors']} processors, "
            f"{b['mode']} build, compiler {b['compiler']}")


# ---- Drawing. ----


def picture(source: Source, look: style.Look, options: argparse.Namespace
            ) -> style.Sheet:
    raw = source.results(TIMED)
    report = benchmark.report_from(raw)
    if not report.common():
        raise ReplayError("there is no trace that every allocator did")
    points = points_of(report)
    sheet = style.Sheet(look, 9, 6)
    axes = sheet.figure.add_subplot()
    _draw_axes(axes)
    draw_points(axes, points)
    draw_front(axes, points)
    lost = len(report.traces) - len(report.common())
    sheet.set_title(finding(points),
                    f"Means over {len(report.common())} traces"
                    + (f", {lost} left out that not every allocator did"
                             if lost else "") +
                    " (geometric for throughput); bars: quartiles over traces. "
                    f"{source.origin()}; {machine(raw)}.")
    sheet.figure.draw_without_rendering()
    label_points(sheet.figure, axes, points)
    return sheet


def _draw_axes(axes: Any) -> None:
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_locator(LogLocator(2))
    style.in_unit(axes.yaxis, 1)
    axes.grid(color=style.FAINT)
    axes.set_xlabel("utilization: peak payload / peak footprint, per cent "
                    "(right is better)")
    axes.set_ylabel("throughput relative to libc's, log (up is better)")


def draw_points(axes: Any, points: Sequence[Point]) -> None:
    for p in points:
        axes.errorbar(p.x, p.y, color=style.PALE, elinewidth=1, zorder=1,
                      xerr=[[p.x - p.x_low], [p.x_high - p.x]],
                      yerr=[[p.y - p.y_low], [p.y_high - p.y]])
        axes.scatter(p.x, p.y, s=52, zorder=3, edgecolor=_colour(p),
                     facecolor=_colour(p) if p.marked else style.PAPER)


def _colour(p: Point) -> str:
    return style.VERMILLION if p.marked else style.INK


def draw_front(axes: Any, points: Sequence[Point]) -> None:
    line = _front(points)
    axes.plot(*zip(*line), color=style.VERMILLION, linewidth=1.3, zorder=2,
              drawstyle="steps-pre",
              label="Pareto front: below it one is beaten in both")
    axes.legend(loc="lower left")


def _front(points: Sequence[Point]) -> list[tuple[float, float]]:
    return sorted((p.x, p.y) for p in points if p.marked)


def _along(axes: Any, points: Sequence[Point]) -> list[Bbox]:
    """The boxes that the front's steps cover, in the picture's units."""
    spots = [axes.transData.transform(spot) for spot in _front(points)]
    boxes = []
    for (x, y), (u, v) in zip(spots, spots[1:]):
        boxes += [Bbox.from_extents(x - 2, min(y, v), x + 2, max(y, v)),
                  Bbox.from_extents(x, v - 2, u, v + 2)]
    return boxes


def label_points(figure: Any, axes: Any, points: Sequence[Point]) -> None:
    """Put each label where it covers least of what is already drawn."""
    renderer = figure.canvas.get_renderer()
    spots = [axes.transData.transform((p.x, p.y)) for p in points]
    taken = [Bbox.from_bounds(x - 6, y - 6, 12, 12) for x, y in spots]
    taken += _along(axes, points)
    taken.append(axes.get_legend().get_window_extent(renderer))
    edge = axes.get_window_extent(renderer)
    for p in points:
        choices = []
        for dx, dy, ha, va in LABEL_OFFSETS:
            text = axes.annotate(
                p.label, (p.x, p.y), (dx, dy), ha=ha, va=va, zorder=4,
                textcoords="offset points", fontsize=11, color=_colour(p))
            box = text.get_window_extent(renderer)
            cost = sum(_overlap(box, other) for other in taken)
            cost += box.width * box.height - _overlap(box, edge)
            choices.append((cost, len(choices), text, box))
        best = min(choices, key=lambda choice: choice[:2])
        for choice in choices:
            if choice is not best:
                choice[2].remove()
        taken.append(best[3])


def _overlap(a: Any, b: Any) -> float:
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    return max(width, 0) * max(height, 0)
