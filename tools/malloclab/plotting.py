"""Pictures, drawn by whichever python3 has matplotlib.

A picture is described by a Scatter, which those who compute make; drawing is
here alone. Where this Python has no matplotlib, another one that has draws:
this module is run there, with the description on its standard input.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import pythons

FORMATS = (".png", ".svg", ".pdf")
FOLDER = Path(__file__).resolve().parent


class PlottingError(Exception):
    """Why there is no picture, in a sentence."""


@dataclass(frozen=True)
class Point:
    """A labelled one, with a bar in each direction."""

    label: str
    x: float
    y: float
    x_low: float
    x_high: float
    y_low: float
    y_high: float
    marked: bool = False


@dataclass(frozen=True)
class Scatter:
    """Points, and a line through some of them."""

    title: str
    x_label: str
    y_label: str
    note: str
    points: list[Point]
    line: list[tuple[float, float]] = field(default_factory=list)
    line_label: str = ""
    line_style: str = "default"  # matplotlib's drawstyle


def draw(picture: Scatter, path: Path) -> None:
    """PNG, SVG or PDF, as the name of the file ends."""
    if path.suffix not in FORMATS:
        raise PlottingError(f"{path}: it has to end in {', '.join(FORMATS)}")
    python = pythons.with_modules("matplotlib")
    if not python:
        raise PlottingError("no python3 here has matplotlib: install "
                            "python3-matplotlib")
    ended = subprocess.run(
        [python, "-m", f"{__package__}.plotting", str(path.resolve())],
        input=json.dumps(asdict(picture)), text=True, capture_output=True,
        cwd=FOLDER.parent)
    if ended.returncode != 0:
        last = (ended.stderr.strip().splitlines() or ["no picture"])[-1]
        raise PlottingError(f"{path}: {last}")


# ---- Drawing. ----

INK, GRAY, ACCENT = "#222222", "#d0d0d0", "#c0392b"
# Where a label may be, from its point: the corners, then right and left.
PLACES = [(6, 5, "left", "bottom"), (-6, 5, "right", "bottom"),
          (6, -5, "left", "top"), (-6, -5, "right", "top"),
          (9, 0, "left", "center"), (-9, 0, "right", "center")]


def _draw_points(axes: Any, points: list[dict[str, Any]]) -> None:
    for p in points:
        axes.errorbar(p["x"], p["y"], color=GRAY, elinewidth=1, zorder=1,
                      xerr=[[p["x"] - p["x_low"]], [p["x_high"] - p["x"]]],
                      yerr=[[p["y"] - p["y_low"]], [p["y_high"] - p["y"]]])
        axes.scatter(p["x"], p["y"], s=46, zorder=3,
                     color=ACCENT if p["marked"] else INK)


def _overlap(a: Any, b: Any) -> float:
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    return max(width, 0) * max(height, 0)


def _label_points(figure: Any, axes: Any, points: list[dict[str, Any]]) -> None:
    """Each label where it is over the least of what is there already."""
    from matplotlib.transforms import Bbox
    renderer = figure.canvas.get_renderer()
    spots = [axes.transData.transform((p["x"], p["y"])) for p in points]
    taken = [Bbox.from_bounds(x - 6, y - 6, 12, 12) for x, y in spots]
    edge = axes.get_window_extent(renderer)
    for p in points:
        choices = []
        for dx, dy, ha, va in PLACES:
            text = axes.annotate(
                p["label"], (p["x"], p["y"]), (dx, dy), ha=ha, va=va,
                textcoords="offset points", fontsize=11, zorder=4,
                color=ACCENT if p["marked"] else INK)
            box = text.get_window_extent(renderer)
            cost = sum(_overlap(box, other) for other in taken)
            cost += box.width * box.height - _overlap(box, edge)
            choices.append((cost, len(choices), text, box))
        best = min(choices, key=lambda choice: choice[:2])
        for choice in choices:
            if choice is not best:
                choice[2].remove()
        taken.append(best[3])


def _render(picture: dict[str, Any], path: str) -> None:
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import LogLocator, ScalarFormatter

    matplotlib.rcParams["svg.hashsalt"] = "malloclab"
    figure, axes = pyplot.subplots(figsize=(9, 6), dpi=120)
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_locator(LogLocator(base=2, subs=(1.0, 1.5)))
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.grid(color="#eeeeee", zorder=0)
    axes.set_axisbelow(True)
    _draw_points(axes, picture["points"])
    if picture["line"]:
        axes.plot(*zip(*picture["line"]), color=ACCENT, linewidth=1.2,
                  drawstyle=picture["line_style"], zorder=2,
                  label=picture["line_label"])
        axes.legend(loc="lower left", frameon=False)
    axes.set_title(picture["title"], loc="left", fontsize=13)
    axes.set_xlabel(f"{picture['x_label']}\n", fontsize=11)
    axes.set_ylabel(picture["y_label"], fontsize=11)
    figure.text(0.01, 0.01, picture["note"], fontsize=8, color="#666666")
    figure.tight_layout()
    figure.canvas.draw()
    _label_points(figure, axes, picture["points"])
    figure.savefig(path)


if __name__ == "__main__":
    try:
        _render(json.load(sys.stdin), sys.argv[1])
    except OSError as problem:
        sys.exit(str(problem.strerror or problem))
