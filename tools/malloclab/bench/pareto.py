"""tools/bench pareto: utilization against throughput, as a picture."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from .. import ROOT, pictures
from ..front import front
from .comparison import add_source, report_of, status_of
from .benchmark import Report, geometric, mean_summary, short
from .table import BenchError, Table

ABOUT = "a picture: utilization against throughput, and the Pareto front"
DETAILS = """\
A point for each allocator: mean utilization (x), and throughput relative to
libc's (y), the geometric mean over traces. Bars are the quartiles over traces.
On the front (filled) are those that no other beats in both. tools/plot pareto
draws; it needs numpy and matplotlib (tools/start setup).
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_source(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE",
                        default=Path("pareto.png"),
                        help="where to; PNG, SVG or PDF by its ending "
                        "(pareto.png)")


@dataclass(frozen=True)
class Point:
    """A point with label and bars in both directions; marked: on the front."""

    label: str
    x: float
    y: float
    x_low: float
    x_high: float
    y_low: float
    y_high: float
    marked: bool = False


def points_of(report: Report) -> list[Point]:
    centres = [(100 * statistics.mean(report.utilizations(name)),
                geometric(report.ratios(name))) for name in report.allocators]
    best = set(front(centres))
    found = []
    for i, (name, (x, y)) in enumerate(zip(report.allocators, centres)):
        across = mean_summary([100 * u for u in report.utilizations(name)], x)
        up = mean_summary(report.ratios(name), y)
        found.append(Point(short(name), x, y, min(across.low, x),
                           max(across.high, x), min(up.low, y),
                           max(up.high, y), i in best))
    return found


def run(options: argparse.Namespace) -> int:
    if pictures.fault(options.output):
        raise BenchError(pictures.fault(options.output))
    with tempfile.TemporaryDirectory() as folder:
        figures = options.source or Path(folder) / "pareto.json"
        report = report_of(options, figures)
        if not report.common():
            raise BenchError("there is no trace that every allocator did")
        _print(points_of(report))
        _draw(figures, options.output)
    print(f"\n{options.output}")
    return status_of(report)


def _print(points: Sequence[Point]) -> None:
    with Table("allocator", "util", "p25-p75", "x libc", "p25-p75", "front",
               words=("allocator", "front")) as table:
        for p in points:
            table.add(p.label, f"{p.x:.1f}", f"{p.x_low:.1f}-{p.x_high:.1f}",
                      f"{p.y:.2f}", f"{p.y_low:.2f}-{p.y_high:.2f}",
                      "yes" if p.marked else "no")


def _draw(figures: Path, path: Path) -> None:
    """Draw with tools/plot, which needs packages that tools/bench does not."""
    ended = subprocess.run(
        [sys.executable, str(ROOT / "tools/plot"), "pareto", "--from",
         str(figures), "-o", str(path)], text=True, capture_output=True)
    if str(path) not in ended.stdout.splitlines():
        said = ended.stderr.strip().splitlines() or ["no picture"]
        raise BenchError(said[-1].removeprefix("tools/plot: "))
