"""Instructions against time, a point per allocator: do they rank alike?"""

from __future__ import annotations

import argparse
import statistics
from typing import Any, Sequence

from ..bench.benchmark import short
from ..replays import ReplayError
from ..results import OK
from . import style
from .pareto import machine
from .source import BOTH_MEASURES, Source

ABOUT = "instructions against time, and how alike they rank allocators"
DETAILS = """\
A large point for each allocator: instructions per operation across, ns/op up,
geometric means over the traces that every allocator did in both measures. The
small points are its traces. The title has Spearman's coefficient of rank
correlation of the large points: 1, both measures put the allocators into the
same order. A label that would cover another is left out. With --from: files of
mdriver --measure time --json and of mdriver --measure instructions --json. An idle machine makes the times worth showing.
"""
NEEDS = BOTH_MEASURES

Pair = tuple[float, float]  # instructions and nanoseconds per operation


def add_options(parser: argparse.ArgumentParser) -> None:
    pass


# ---- Computing. ----


def pairs_of(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Pair]]:
    """By allocator and trace, for the traces of which every allocator has both
    measures. One that has them of no trace is left out."""
    counts, times = ({(r["allocator"], r["trace"]): cost
                      for r in rows if r["verdict"] == OK
                      and (cost := cost_of(r))}
                     for cost_of in (_instructions, _nanoseconds))
    found: dict[str, dict[str, Pair]] = {}
    for (name, trace), count in counts.items():
        if (name, trace) in times:
            found.setdefault(name, {})[trace] = count, times[name, trace]
    common = set.intersection(*map(set, found.values())) if found else set()
    return {name: {trace: pair for trace, pair in traces.items()
                   if trace in common} for name, traces in found.items()}


def _instructions(row: dict[str, Any]) -> float | None:
    return row.get("instructions_per_op")


def _nanoseconds(row: dict[str, Any]) -> float | None:
    return (row["ns_per_op"] or {}).get("median")


def mean_of(pairs: Sequence[Pair]) -> Pair:
    across, up = (statistics.geometric_mean(costs) for costs in zip(*pairs))
    return across, up


def ranks(values: Sequence[float]) -> list[float]:
    """From 1; equal values share the mean of their ranks."""
    return [sum(other < value for other in values)
            + (1 + sum(other == value for other in values)) / 2
            for value in values]


def spearman(pairs: Sequence[Pair]) -> float | None:
    """The correlation of the ranks; None where one measure ranks nothing."""
    try:
        return statistics.correlation(*(ranks(side) for side in zip(*pairs)))
    except statistics.StatisticsError:
        return None


def finding(means: Sequence[Pair]) -> str:
    alike = spearman(means)
    if alike is None:
        return "Too few allocators to rank"
    return f"Instructions rank {len(means)} allocators as time does to " \
        f"{alike:.2f} (Spearman)"


# ---- Drawing. ----


def picture(source: Source, look: style.Look, options: argparse.Namespace
            ) -> style.Sheet:
    raw = source.results(BOTH_MEASURES)
    pairs = pairs_of(raw["results"])
    traces = len(next(iter(pairs.values()), {}))
    if traces == 0:
        raise ReplayError("there is no trace that every allocator did in both "
                          "measures")
    means = {name: mean_of(list(of.values())) for name, of in pairs.items()}
    sheet = style.Sheet(look, 9, 7)
    axes = sheet.figure.add_subplot()
    _draw_axes(axes)
    for of in pairs.values():
        axes.scatter(*zip(*of.values()), s=5, color=style.PALE, zorder=1)
    for name, (across, up) in means.items():
        axes.scatter(across, up, s=40, color=style.VERMILLION, zorder=3)
    sheet.set_title(finding(list(means.values())),
                    f"Geometric means over {traces} traces; small: the traces. "
                    f"{source.origin()}; {machine(raw)}.")
    sheet.figure.draw_without_rendering()
    _label_points(sheet.figure, axes, means)
    return sheet


def _label_points(figure: Any, axes: Any, means: dict[str, Pair]) -> None:
    """Label each point, except where it would cover another label."""
    taken: list[Any] = []
    for name, spot in means.items():
        text = axes.annotate(short(name), spot, (6, 4), zorder=4,
                             textcoords="offset points", fontsize=9)
        box = text.get_window_extent(figure.canvas.get_renderer())
        if any(box.overlaps(other) for other in taken):
            text.remove()
        else:
            taken.append(box)


def _draw_axes(axes: Any) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in axes.xaxis, axes.yaxis:
        style.in_unit(axis, 1)
    axes.grid(color=style.FAINT)
    axes.set_xlabel("instructions per operation, log (left is better)")
    axes.set_ylabel("CPU time per operation in ns, log (down is better)")
