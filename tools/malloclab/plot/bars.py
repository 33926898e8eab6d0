"""Utilization per trace, allocators side by side, the bounds as marks."""

from __future__ import annotations

import argparse
import statistics
from dataclasses import dataclass
from typing import Any, Sequence

from ..bench.benchmark import short
from ..results import OK
from . import style
from .source import RESULTS, Source, label

ABOUT = "utilization per trace, allocators side by side, bounds as marks"
DETAILS = """\
Utilization is the peak of payload over that of footprint. The upright mark is
the bound, what sizes rounded up allow at best; with --bounds, a diamond is best
fit without headers and a triangle the best packing found. Traces are in the
order of the first allocator's utilization; the last row is the mean, over the
traces that every allocator finished. Instead of more than 120 bars there are
dots, a row per trace. Without a TRACE, all of traces/.
"""
NEEDS = RESULTS
MOST = 120  # bars that one picture has room for

HOLLOW = {"markerfacecolor": style.PAPER, "markeredgecolor": style.INK,
          "markersize": 5, "zorder": 4}
MARKS = {  # of bounds: what they are called, and look like
    "aligned": ("bound: sizes rounded up", {
        "marker": "|", "markersize": 12, "markeredgewidth": 1.8,
        "color": style.INK}),
    "best_fit": ("best fit", {"marker": "D", **HOLLOW}),
    "packing": ("packing", {"marker": "^", **HOLLOW}),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    pass


# ---- Computing. ----


@dataclass(frozen=True)
class Group:
    """The bars of a trace: a share of 1 per allocator, or why it has none."""

    name: str
    shares: dict[str, float]  # by allocator
    faults: dict[str, str]
    bounds: dict[str, float]  # those that are known


def groups_of(results: Sequence[dict[str, Any]]) -> list[Group]:
    """A group per trace, by the first allocator's utilization, descending."""
    groups: dict[str, Group] = {}
    for r in results:
        g = groups.setdefault(r["trace"], Group(label(r["trace"]), {}, {}, {}))
        if r["verdict"] == OK:
            g.shares[r["allocator"]] = r["utilization"] or 0.0
        else:
            g.faults[r["allocator"]] = r["verdict"]
        g.bounds.update({name: share for name, share in r["bounds"].items()
                         if share is not None})
    first = results[0]["allocator"] if results else ""
    return sorted(groups.values(),
                  key=lambda g: (-g.shares.get(first, -1), g.name))


def mean_of(groups: Sequence[Group], allocators: Sequence[str]
            ) -> Group | None:
    """The mean over the groups in which all allocators have a share, or None.

    Allocators that have a share in no group do not count.
    """
    able = [name for name in allocators
            if any(name in g.shares for g in groups)]
    whole = [g for g in groups if able and set(able) <= set(g.shares)]
    if not whole:
        return None
    shared = [name for name in MARKS if all(name in g.bounds for g in whole)]
    return Group(f"mean of {len(whole)}", {
        name: statistics.mean(g.shares[name] for g in whole)
        for name in able}, {},
        {name: statistics.mean(g.bounds[name] for g in whole)
         for name in shared})


def finding(groups: Sequence[Group], mean: Group | None,
            allocators: Sequence[str]) -> str:
    if len(groups) == 1:
        head, shares = f"Utilization of {groups[0].name}", groups[0].shares
    elif mean:
        head, shares = f"Utilization, {mean.name} traces", mean.shares
    else:
        return f"Utilization of {len(groups)} traces"
    order = sorted((name for name in allocators if name in shares),
                   key=lambda name: -shares[name])
    said = [f"{short(name)} {100 * shares[name]:.1f} %" for name in order]
    if len(said) > 3:
        return f"{head}: {said[0]} is the highest, {said[-1]} the lowest"
    return f"{head}: {style.listed(said)}" if said else head


# ---- Drawing. ----


def picture(source: Source, look: style.Look, options: argparse.Namespace
            ) -> style.Sheet:
    results = source.results(RESULTS)["results"]
    allocators = list(dict.fromkeys(r["allocator"] for r in results))
    groups = groups_of(results)
    mean = mean_of(groups, allocators)
    shown = groups + ([mean] if mean and len(groups) > 1 else [])
    dots = len(shown) * len(allocators) > MOST
    step = 0.28 if dots else max(0.17 * len(allocators) + 0.13, 0.3)
    sheet = style.Sheet(look, 9, 1.6 + step * len(shown))
    axes = sheet.figure.add_subplot(sheet.grid(1, 1)[0][0])
    for row, group in enumerate(shown):
        (_draw_dots if dots else _draw_bars)(axes, row, group, allocators)
        _draw_bounds(axes, row, group, dots)
    if len(shown) > len(groups):
        axes.axhline(len(groups) - 0.5, color=style.INK, linewidth=0.8)
    _draw_axes(axes, shown)
    sheet.legend(_handles(allocators, shown, dots), ncol=4)
    sheet.set_title(finding(groups, mean, allocators))
    return sheet


def _draw_bars(axes: Any, row: int, group: Group, allocators: Sequence[str]
               ) -> None:
    high = 0.84 / len(allocators)
    for n, name in enumerate(allocators):
        y = row - 0.42 + (n + 0.5) * high
        if name in group.shares:
            axes.barh(y, 100 * group.shares[name], high * 0.94,
                      linewidth=0, **style.bar_of(n))
        elif name in group.faults:
            axes.text(0.5, y, f"{short(name)}: {group.faults[name]}",
                      va="center", fontsize=7, color=style.INK)


def _draw_dots(axes: Any, row: int, group: Group, allocators: Sequence[str]
               ) -> None:
    axes.axhline(row, color=style.FAINT, zorder=0)
    for n, name in enumerate(allocators):
        if name in group.shares:
            axes.plot(100 * group.shares[name], row, markersize=5,
                      linestyle="", **style.dot_of(n))
    faults = [f"{short(name)}: {fault}" for name, fault in group.faults.items()]
    axes.text(0.5, row, ", ".join(faults), va="center", fontsize=7)


def _draw_bounds(axes: Any, row: int, group: Group, dots: bool) -> None:
    for name, (_, look) in MARKS.items():
        x = 100 * group.bounds.get(name, -1)
        if x < 0:
            continue
        if name == "aligned" and not dots:
            axes.vlines(x, row - 0.45, row + 0.45, color=style.INK,
                        linewidth=1.8)
        else:
            axes.plot(x, row, **look)


def _draw_axes(axes: Any, groups: Sequence[Group]) -> None:
    axes.set_yticks(range(len(groups)), [g.name for g in groups])
    axes.set_ylim(len(groups) - 0.4, -0.6)
    axes.set_xlim(0, 102)
    axes.set_xlabel("utilization: peak payload / peak footprint, per cent")
    axes.grid(axis="x", color=style.FAINT)
    axes.tick_params(left=False, top=len(groups) > 12,
                     labeltop=len(groups) > 12)


def _handles(allocators: Sequence[str], groups: Sequence[Group], dots: bool
             ) -> list[Any]:
    handles = [style.mark(short(name), **style.dot_of(n)) if dots else
               style.patch(label=short(name), **style.bar_of(n))
               for n, name in enumerate(allocators)]
    return handles + [style.mark(said, **look)
                      for name, (said, look) in MARKS.items()
                      if any(name in g.bounds for g in groups)]
