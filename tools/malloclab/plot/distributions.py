"""Sizes that a trace asks for, and how long its blocks live."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any, Sequence

import numpy
from matplotlib.colors import LogNorm

from ..replays import Table
from ..traces import statistics
from . import style
from .blocks import Lifetimes, lifetimes_of, octave_of, placements_of
from .options import Range
from .source import EVENTS, Source, label

ABOUT = "sizes that a trace asks for, and how long its blocks live"
DETAILS = """\
Left: requests (malloc, calloc, memalign, and realloc with its new size) by size
and their bytes, in octaves: 64 is 64 to 127. Middle: blocks by their age when
they are freed, in operations, and their bytes (of the size that they began
with); the last bars are those that are never freed. Right: which sizes live how
long. All is of the trace; the first allocator only lends its replay.
"""
NEEDS = EVENTS


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--log", action="store_true",
                        help="logarithmic axes of per cent")


# ---- Computing. ----


@dataclass(frozen=True)
class Octaves:
    """Shares of 1 of the values from 2^k to 2^(k+1) - 1, k from low on."""

    low: int
    count: numpy.ndarray  # of them
    weight: numpy.ndarray  # of their bytes

    @property
    def edges(self) -> list[int]:
        return [1 << (self.low + k) for k in range(len(self.count))]


def octaves_of(values: numpy.ndarray, weights: numpy.ndarray,
               everything: tuple[int, int] | None = None) -> Octaves:
    """Shares of all values and weights, or of the count and weight given."""
    count, weight = everything or (len(values), int(weights.sum()))
    if not len(values):
        return Octaves(0, numpy.zeros(0), numpy.zeros(0))
    octave = octave_of(values)
    low = int(octave.min())
    return Octaves(low, numpy.bincount(octave - low) / count,
                   numpy.bincount(octave - low, weights) / max(weight, 1))


@dataclass(frozen=True)
class Distribution:
    trace: str
    sizes: Octaves
    ages: Octaves
    kept: tuple[float, float]  # never freed: share of blocks, of their bytes
    both: numpy.ndarray  # blocks by octave of age (row) and size (column)
    common: tuple[int, float]  # the most frequent size, and its share
    half: int | None  # half of the blocks live no longer; None: not freed


def distribution_of(events: Table, span: Range) -> Distribution | None:
    """The distribution of blocks born in the range; None if there are none."""
    everything = placements_of(events)
    placements = everything.only(span.holds(everything.begin))
    if not len(placements):
        return None
    lifetimes = lifetimes_of(everything)
    lifetimes = lifetimes.only(span.holds(lifetimes.begin))
    common, = statistics.most_frequent(placements.size, 1)
    freed = lifetimes.only(lifetimes.freed)
    whole = (len(lifetimes.size), int(lifetimes.size.sum()))
    return Distribution(
        label(events.trace), octaves_of(placements.size, placements.size),
        octaves_of(freed.length, freed.size, whole),
        (1 - len(freed.size) / max(whole[0], 1),
         1 - freed.size.sum() / max(whole[1], 1)),
        table_of(lifetimes), (common[0], common[1] / len(placements)),
        median_age(lifetimes))


def table_of(lifetimes: Lifetimes) -> numpy.ndarray:
    """Blocks by octave of age and of size; the last row: never freed."""
    size = octave_of(lifetimes.size)
    age = octave_of(lifetimes.length)
    rows = int(age[lifetimes.freed].max(initial=0)) + 1
    age = numpy.where(lifetimes.freed, age, rows)
    columns = int(size.max(initial=0)) + 1
    return numpy.bincount(age * columns + size, minlength=(rows + 1) * columns
                          ).reshape(rows + 1, columns)


def median_age(lifetimes: Lifetimes) -> int | None:
    """The median over all blocks; None if half of them are never freed."""
    ages = numpy.where(lifetimes.freed, lifetimes.length, numpy.inf)
    half = statistics.quantiles(ages, [0.5])
    return int(half[0]) if half and half[0] != numpy.inf else None


def finding(d: Distribution) -> str:
    size, share = d.common
    age = "half of the blocks are never freed" if d.half is None else \
        f"half of the blocks live no longer than {d.half:,} operations"
    return f"{d.trace}: {100 * share:.0f} % of requests are of {size:,} " \
        f"bytes; {age}"


# ---- Drawing. ----


def picture(source: Source, look: style.Look, options: argparse.Namespace
            ) -> style.Sheet:
    found = [_first(source, trace, options.range) for trace in source.traces]
    sheet = style.Sheet(look, 13, 1.3 + 3.2 * len(found))
    cells = sheet.grid(len(found), 3)
    for row, (trace, d) in enumerate(zip(source.traces, found)):
        axes = [sheet.figure.add_subplot(cell) for cell in cells[row]]
        if d is None:
            for one in axes:
                style.show_empty(one, "no block in this range")
            axes[0].set_title(label(trace))
            continue
        _draw(sheet, axes, d, options.log)
        if len(found) > 1:
            axes[0].set_title(d.trace, weight="bold")
            axes[1].set_title(finding(d).split("; ")[1].capitalize(),
                              fontsize=9)
    sheet.legend([style.patch(style.BLUE, "share of requests or blocks"),
                  style.patch(style.ORANGE, "share of their bytes")], ncol=2)
    sheet.set_title(finding(found[0]) if len(found) == 1 and found[0]
                    else "Sizes and lifetimes")
    return sheet


def _first(source: Source, trace: str, span: Range) -> Distribution | None:
    """The distribution of the longest replay."""
    tables = [r.table for r in source.replays(trace, EVENTS) if r.table]
    longest = max(tables, key=len, default=None)
    return distribution_of(longest, span) if longest else None


def _draw(sheet: style.Sheet, axes: Sequence[Any], d: Distribution,
          log: bool) -> None:
    _draw_octaves(axes[0], d.sizes, None, "size, bytes", log)
    _draw_octaves(axes[1], d.ages, d.kept, "age when freed, operations", log)
    axes[0].set_ylabel("per cent")
    _draw_both(sheet, axes[2], d.both)


def _draw_octaves(axes: Any, octaves: Octaves,
                  kept: tuple[float, float] | None, name: str,
                  log: bool) -> None:
    count, weight = octaves.count.tolist(), octaves.weight.tolist()
    names = [style.power_text(edge) for edge in octaves.edges]
    if kept:
        count, weight = count + [kept[0]], weight + [kept[1]]
        names.append("never")
    for shares, shift, colour in ((count, -0.2, style.BLUE),
                                  (weight, 0.2, style.ORANGE)):
        axes.bar([x + shift for x in range(len(shares))],
                 [100 * share for share in shares], 0.4, color=colour)
    style.name_ticks(axes.xaxis, names)
    axes.set_xlabel(name)
    if log:
        axes.set_yscale("log")
        style.in_unit(axes.yaxis, 1)
    axes.grid(axis="y", color=style.FAINT)
    axes.tick_params(bottom=False)


def _draw_both(sheet: style.Sheet, axes: Any, both: numpy.ndarray) -> None:
    low = int(numpy.flatnonzero(both.any(axis=0))[0])
    young = int(numpy.flatnonzero(both.any(axis=1))[0])
    shown = numpy.ma.masked_equal(both[young:, low:], 0)
    norm = LogNorm(1, max(both.max(), 10))
    axes.pcolormesh(shown, norm=norm, cmap=style.DARKER)
    style.name_ticks(axes.xaxis, [style.power_text(1 << (low + k))
                                  for k in range(shown.shape[1])], 0.5)
    ages = [style.power_text(1 << k) for k in range(young, len(both) - 1)]
    style.name_ticks(axes.yaxis, [*ages, "never"], 0.5)
    axes.set_xlabel("size, bytes")
    axes.set_ylabel("age when freed, operations")
    style.scale(sheet.figure, [axes], norm, "blocks")
