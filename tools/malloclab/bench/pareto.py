"""tools/bench pareto: utilization against throughput, as a picture."""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path
from typing import Sequence

from ..plotting import FORMATS, PlottingError, Point, Scatter, draw
from .comparison import add_source, report_of, status_of
from .contest import Report, geometric, mean_spread, short
from .table import BenchError, Table

ABOUT = "a picture: utilization against throughput, and the Pareto front"
DETAILS = """\
A point for each allocator: mean utilization (x), and throughput relative to
libc's (y), the geometric mean over traces. Bars are the quartiles over traces.
On the front (red) are those that no other beats in both. Needs matplotlib, in
whichever python3: Debian's package is python3-matplotlib.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_source(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE",
                        default=Path("pareto.png"),
                        help="where to; PNG, SVG or PDF by its ending "
                        "(pareto.png)")


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Which of the points no other beats: left to right."""
    kept = [i for i, (x, y) in enumerate(points)
            if not any(u >= x and v >= y and (u, v) != (x, y)
                       for u, v in points)]
    return sorted(kept, key=lambda i: points[i])


def points_of(report: Report) -> list[Point]:
    centres = [(100 * statistics.mean(report.utilizations(name)),
                geometric(report.ratios(name))) for name in report.allocators]
    best = set(front(centres))
    found = []
    for i, (name, (x, y)) in enumerate(zip(report.allocators, centres)):
        across = mean_spread([100 * u for u in report.utilizations(name)], x)
        up = mean_spread(report.ratios(name), y)
        found.append(Point(short(name), x, y, min(across.low, x),
                           max(across.high, x), min(up.low, y),
                           max(up.high, y), i in best))
    return found


def picture_of(report: Report) -> Scatter:
    points = points_of(report)
    line = sorted((p.x, p.y) for p in points if p.marked)
    return Scatter(
        "Memory and speed: up and to the right is better",
        "utilization: peak payload / peak footprint, per cent",
        "throughput relative to libc's (log)",
        f"Means over {len(report.common())} traces (geometric for "
        "throughput); bars: quartiles over traces.",
        points, line, "Pareto front: below it one is beaten in both",
        "steps-pre")


def run(options: argparse.Namespace) -> int:
    if options.output.suffix not in FORMATS:
        raise BenchError(f"{options.output}: it has to end in "
                         f"{', '.join(FORMATS)}")
    report = report_of(options)
    if not report.common():
        raise BenchError("there is no trace that every allocator did")
    picture = picture_of(report)
    with Table("allocator", "util", "p25-p75", "x libc", "p25-p75", "front",
               words=("allocator", "front")) as table:
        for p in picture.points:
            table.add(p.label, f"{p.x:.1f}", f"{p.x_low:.1f}-{p.x_high:.1f}",
                      f"{p.y:.2f}", f"{p.y_low:.2f}-{p.y_high:.2f}",
                      "yes" if p.marked else "no")
    try:
        draw(picture, options.output)
    except PlottingError as error:
        raise BenchError(str(error)) from None
    print(f"\n{options.output}")
    return status_of(report)
