"""A sweep as pictures: a heat map of two constants, and the Pareto front."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from ..bench.pareto import Point as Spot
from ..plot import style
from ..plot.pareto import draw_front, draw_points, label_points
from .outcome import WORTH, Outcome, Point
from .space import shown

BY = {"both": "utilization over instructions", "util": "utilization",
      "instructions": "operations per instruction"}


def draw(outcome: Outcome) -> list[Path]:
    """The files that are written into RESULTS."""
    files = []
    with style.settings():
        sheets = {"pareto.png": _pareto(outcome)}
        if len(outcome.sweep.defaults) > 1:
            sheets["heat.png"] = _heat_map(outcome)
        for name, sheet in sheets.items():
            files.append(outcome.sweep.results / name)
            sheet.save(files[-1])
    return files


def _note(outcome: Outcome) -> str:
    return (f"{outcome.sweep.given}, {len(outcome.traces)} traces; utilization "
            "is the mean, instructions the geometric mean, counted by "
            "valgrind.")


# ---- The front. ----


def _spot(outcome: Outcome, point: Point) -> Spot:
    x, y = 100 * point.utilization, 1000 / point.instructions
    marked = point in outcome.front
    label = shown(point.setting)
    if point is outcome.defaults:
        label += " (defaults)"
    return Spot(label, x, y, x, x, y, y, marked)


def _pareto(outcome: Outcome) -> style.Sheet:
    sheet = style.Sheet(style.Look(), 9, 6)
    axes = sheet.figure.add_subplot()
    spots = [_spot(outcome, point) for point in outcome.right]
    axes.grid(color=style.FAINT)
    axes.margins(0.15)
    axes.set_xlabel("utilization, per cent (right is better)")
    axes.set_ylabel("operations per 1,000 instructions (up is better)")
    draw_points(axes, sorted(spots, key=lambda spot: spot.marked))
    draw_front(axes, spots)
    defaults = _spot(outcome, outcome.defaults)
    axes.plot(defaults.x, defaults.y, "o", markersize=15, color=style.INK,
              fillstyle="none")  # another setting may lie beside their name
    best = len(outcome.front)
    sheet.set_title(f"{best} of {len(spots)} settings "
                    f"{'is' if best == 1 else 'are'} beaten by no other in "
                    "both memory and speed", _note(outcome))
    sheet.figure.draw_without_rendering()
    label_points(sheet.figure, axes, [
        spot for spot, point in zip(spots, outcome.right)
        if spot.marked or point is outcome.defaults])
    return sheet


# ---- Two constants. ----


def _cell(outcome: Outcome, names: tuple[str, str], values: tuple[str, str]
          ) -> Point | None:
    """The best setting with these two values, whatever the others are."""
    return next((point for point in outcome.right
                 if tuple(point.setting[name] for name in names) == values),
                None)


def _values(outcome: Outcome, name: str) -> list[str]:
    """Numbers by size, and others in their order."""
    values = dict.fromkeys(p.setting[name] for p in
                           [*outcome.points[1:], outcome.defaults])
    try:
        return sorted(values, key=lambda text: int(text, 0))
    except ValueError:
        return list(values)


def _heat_map(outcome: Outcome) -> style.Sheet:
    names = tuple(outcome.sweep.defaults)[:2]
    across, up = (_values(outcome, name) for name in names)
    cells = [[_cell(outcome, names, (x, y)) for x in across] for y in up]
    sheet = style.Sheet(style.Look(), 3 + 1.2 * max(len(across), 5),
                        2 + 0.6 * max(len(up), 3))
    axes = sheet.figure.add_subplot()
    _fill(outcome, axes, cells)
    axes.set_xticks(range(len(across)), across)
    axes.set_yticks(range(len(up)), up)
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    others = ", the other constants at their best" \
        if len(outcome.sweep.defaults) > 2 else ""
    sheet.set_title(f"The best setting: {outcome.worth_of_best()}",
                    f"Darker is better: {BY[outcome.by]}, "
                    f"in per cent of the best{others}. In a cell: utilization, "
                    f"instructions per operation; framed: the best; dashed: the "
                    f"defaults. {_note(outcome)}")
    return sheet


def _fill(outcome: Outcome, axes: Any, cells: list[list[Point | None]]) -> None:
    worth = WORTH[outcome.by]
    most = worth(outcome.right[0])
    shares = [[100 * worth(cell) / most if cell else float("nan")
               for cell in row] for row in cells]
    least = min(share for row in shares for share in row if share == share)
    norm = Normalize(min(least, 99.9), 100)
    axes.imshow(shares, cmap=style.DARKER, norm=norm, aspect="auto",
                origin="lower")
    axes.spines[:].set_visible(False)
    middle = (norm.vmin + norm.vmax) / 2
    for y, row in enumerate(cells):
        for x, cell in enumerate(row):
            for framed, dashes in ((outcome.right[0], "-"),
                                   (outcome.defaults, "--")):
                if cell is framed:
                    axes.add_patch(Rectangle(
                        (x - 0.48, y - 0.48), 0.96, 0.96, linewidth=2,
                        edgecolor=style.ORANGE, linestyle=dashes, fill=False))
            axes.text(x, y, _text(cell), ha="center", va="center", fontsize=9,
                      color="white" if cell and shares[y][x] > middle
                      else style.INK)


def _text(cell: Point | None) -> str:
    if not cell:
        return "-"
    return f"{100 * cell.utilization:.1f} %\n{cell.instructions:.1f}"
