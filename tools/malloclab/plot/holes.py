"""Holes: free memory between live payloads, by size, over time."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any, Iterator, Sequence

import numpy
from matplotlib.colors import LogNorm, Normalize, PowerNorm

from ..bench.benchmark import short
from ..replays import Table
from . import style
from .blocks import Placements, octave_of, placements_of
from .heap import heap_base, size_after
from .options import Range
from .panels import draw_panels, shown
from .source import EVENTS, Replay, Source, label
from .space import Space, space_of

ABOUT = "sizes of free memory between live payloads, over time"
DETAILS = """\
The operations go from left to right, the sizes of holes upwards. The darker a
cell, the more bytes lie in holes of that size. A hole is here any gap between
two live payloads, or between the last payload and the break. The rows below 32
bytes are alignment and metadata, so they are never empty. The line is the
largest hole. Of mallocs of the system the break is not known: holes end with
the last payload of a region.
"""
NEEDS = EVENTS
MOMENTS = 400
MIN_HOLE = 32  # bytes: no block fits into a smaller gap


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--log", action="store_true",
                        help="let darkness be the logarithm of the bytes")


# ---- Computing. ----


@dataclass(frozen=True)
class Holes:
    """The holes at one moment: sizes in bytes, from the lowest address up.

    `behind` is the size of the payload before each hole, or 0 if there is none.
    `top` is the size of the top chunk, which does not count as a hole here.
    """

    op: int
    sizes: numpy.ndarray
    behind: numpy.ndarray
    top: int
    payload: int


def holes_over(events: Table, span: Range, moments: int = MOMENTS
               ) -> Iterator[Holes]:
    """The holes at `moments` operations of the range, or at all if fewer."""
    placements = placements_of(events)
    placements = placements.only(placements.size > 0).by_address()
    last = span.end(placements.ops)
    base = heap_base(events)
    space = space_of(events, placements)
    count = min(moments, last - span.first + 1)
    ops = numpy.unique(numpy.linspace(span.first, last, count).astype(int))
    heap = size_after(events, "heap", ops)
    for op, size, living in zip(ops.tolist(), heap.tolist(),
                                placements.at_each(ops)):
        yield holes_at(living, op, space, base, size)


def holes_at(living: Placements, op: int, space: Space, base: int, heap: int
             ) -> Holes:
    """The holes between live placements, which are sorted by address."""
    begin = living.address
    end = begin + living.size
    region = space.region(begin)
    fresh = numpy.ones(len(begin), bool)  # the first of its region
    fresh[1:] = region[1:] != region[:-1]
    before = numpy.where(fresh, begin, numpy.roll(end, 1))
    behind = numpy.where(fresh, 0, numpy.roll(living.size, 1))
    top = heap
    if heap:
        inside = numpy.flatnonzero((begin >= base) & (begin < base + heap))
        if len(inside):
            top = int(base + heap - end[inside[-1]])
            before[inside[0]] = base
    sizes = begin - before
    there = sizes > 0
    return Holes(op, sizes[there], behind[there], top,
                 int(living.size.sum()))


@dataclass(frozen=True)
class Grid:
    """Bytes in holes, by octave of their size (row) and moment (column)."""

    name: str
    op: numpy.ndarray
    bytes: numpy.ndarray
    largest: numpy.ndarray
    count: numpy.ndarray  # of holes of MIN_HOLE bytes or more
    free: numpy.ndarray  # bytes in these holes
    payload: numpy.ndarray


def grid_of(replay: Replay, span: Range) -> Grid | None:
    """The grid of a replay, or None if no operation is in the range."""
    if replay.table is None or not len(replay.table):
        return None
    if span.end(int(replay.table["op"][-1])) < span.first:
        return None
    found, columns = [], []
    for h in holes_over(replay.table, span):
        sizes = numpy.append(h.sizes, h.top) if h.top else h.sizes
        columns.append(numpy.bincount(octave_of(sizes), sizes, 48))
        real = sizes[sizes >= MIN_HOLE]
        found.append((h.op, sizes.max(initial=0), len(real), real.sum(),
                      h.payload))
    op, *rest = numpy.array(found).T
    return Grid(short(replay.allocator), op,
                numpy.array(columns).T, *rest)


def finding(trace: str, grids: Sequence[Grid]) -> str:
    """What is free, and in how many parts, where the payload is largest."""
    found = []
    for g in grids:
        at = int(g.payload.argmax())
        holes = "1 hole" if g.count[at] == 1 else f"{g.count[at]:,} holes"
        found.append((int(g.free[at]), g.name, holes))
    if not found:
        return f"{trace}: no replay to be drawn"
    if len(found) > 3:
        found = [min(found), max(found)]
    said = [f"{name} has {style.size_text(free)} free in {holes}"
            for free, name, holes in found]
    return f"{trace}: where payload peaks, {style.listed(said)}"


# ---- Drawing. ----


def picture(source: Source, look: style.Look, options: argparse.Namespace
            ) -> style.Sheet:
    rows = [[(replay, grid_of(replay, options.range))
             for replay in source.replays(trace, EVENTS)]
            for trace in source.traces]
    sheet, axes = draw_panels(
        look, rows, options.range, lambda axes, g, row: _draw_grid(
            axes, g, *_scale(shown(row), options.log)))
    for row, several in zip(rows, axes):
        if shown(row):
            norm, _, _ = _scale(shown(row), options.log)
            style.scale(sheet.figure, several, norm, "in holes of that size",
                        in_bytes=True)
    sheet.set_title(finding(label(source.traces[0]), shown(rows[0]))
                    if len(rows) == 1
                    else "Free memory between live payloads, by the size of "
                    "holes")
    return sheet


def _scale(grids: Sequence[Grid], log: bool) -> tuple[Normalize, int, int]:
    """Darkness, and the octaves that are in use, of all panels of a trace."""
    most = max([float(g.bytes.max()) for g in grids] + [1.0])
    used = [numpy.flatnonzero(g.bytes.any(axis=1)) for g in grids]
    used = [u for u in used if len(u)]
    low = min([int(u[0]) for u in used] + [3])
    high = max([int(u[-1]) for u in used] + [10])
    norm = LogNorm(max(most / 1e4, 1), most) if log else PowerNorm(0.5, 0, most)
    return norm, low, high + 1


def _draw_grid(axes: Any, g: Grid, norm: Normalize, low: int, high: int
               ) -> None:
    axes.set_yscale("log", base=2)
    edges = numpy.append(g.op, g.op[-1] + 1)
    shown = numpy.ma.masked_equal(g.bytes[low:high], 0)
    axes.pcolormesh(edges, 2.0 ** numpy.arange(low, high + 1), shown,
                    norm=norm, cmap=style.DARKER, rasterized=True)
    largest = numpy.where(g.largest > 0, g.largest, numpy.nan)
    axes.step(g.op, largest, where="post",
              color=style.VERMILLION, linewidth=1.3, label="largest hole")
    axes.set_ylim(2.0 ** low, 2.0 ** high)
    axes.set_ylabel("size of a hole, bytes")
    style.powers_axis(axes.yaxis)
    axes.legend(loc="upper left")
