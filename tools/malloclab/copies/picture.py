"""Four cumulative distributions of two traces, the distance in each title."""

from __future__ import annotations

from typing import Any

import numpy

from .likeness import Distances, Distributions

INK, ACCENT = "#222222", "#c0392b"
POINTS = 2000  # of a curve
PANELS = (("sizes", "bytes asked for", "requests", "log"),
          ("lifetimes", "blocks begun meanwhile", "blocks", "log"),
          ("live_blocks", "live blocks at a birth", "births", "linear"),
          ("live_bytes", "live bytes at a birth", "births", "linear"))


def curve(samples: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Values, and the share of samples up to each; samples are sorted.

    No step is left out that is higher than one part of POINTS.
    """
    ranks = numpy.linspace(0, len(samples) - 1, POINTS).astype(int)
    values = numpy.unique(samples[ranks])
    return values, numpy.searchsorted(samples, values, "right") / len(samples)


def draw(path: str, names: list[str], parts: list[Distributions],
         found: Distances) -> None:
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "malloclab"
    figure, grid = pyplot.subplots(2, 2, figsize=(11, 8), dpi=80)
    for axes, (field, label, of, scale) in zip(grid.flat, PANELS):
        _draw_panel(axes, names, [getattr(part, field) for part in parts])
        if scale == "log":
            axes.set_xscale("symlog", linthresh=1)
        axes.set_title(f"{field.replace('_', ' ')}: KS distance "
                       f"{getattr(found, field):.3f}", loc="left")
        axes.set_xlabel(label)
        axes.set_ylabel(f"share of {of}")
    grid[0][0].legend(loc="lower right", frameon=False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.endswith(".svg")
                   else None)


def _draw_panel(axes: Any, names: list[str], both: list[numpy.ndarray]
                ) -> None:
    styles = ((INK, 3, "-"), (ACCENT, 1.5, "--"))
    for samples, name, (color, width, line) in zip(both, names, styles):
        axes.step(*curve(samples), where="post", color=color, lw=width,
                  ls=line, label=name)
    axes.set_xlim(left=0)
    axes.set_ylim(0, 1.02)
    axes.grid(color="#eeeeee")
