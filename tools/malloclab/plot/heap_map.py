"""The heap map: address over time, a rectangle per block."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any, Sequence

import numpy
from matplotlib import colormaps
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex, to_rgb

from ..bench.benchmark import short
from ..replays import Table
from . import style
from .blocks import Placements, lifetimes_of, placements_of
from .heap import heap_base, heap_top
from .options import Range
from .panels import draw_panels, shown
from .raster import coverage
from .source import EVENTS, Replay, Source, label
from .space import Space, space_of

ABOUT = "the heap map: address over time, a rectangle per block"
DETAILS = """\
Across go the operations, up the addresses: a block is a rectangle from its
malloc to its free, as high as it is large. Light grey is heap that no payload
covers: free blocks, headers, tables. White is not taken yet, or given back. All
allocators of a trace have the same scale. Where memory lies far apart (mapped
blocks, the arenas of a malloc of the system) a line parts the regions and what
lies between is left out; such regions count as taken from the first to the last
address used so far, since mdriver does not see when they are purged.
"""
NEEDS = EVENTS
RECTANGLES = 4000  # more are drawn as an image
PIXELS = (1000, 600)  # of which this is the size
CLASSES = 8  # that colours tell apart


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", choices=("size", "age"), default="size",
                        help="what colours mean: the size of a block, or the "
                        "age that it reaches, in operations (size)")


# ---- Computing. ----


@dataclass(frozen=True)
class Map:
    """One allocator's, within a range of operations.

    Placements of zero bytes are left out. Heights are bytes above the lowest
    address, in the folded space.
    """

    name: str
    first: int
    last: int
    placements: Placements
    space: Space
    low: numpy.ndarray  # of each placement: its height
    value: numpy.ndarray  # of each placement: what its colour shows
    taken: list[Taken]

    @property
    def high(self) -> numpy.ndarray:
        return self.low + self.placements.size


@dataclass(frozen=True)
class Taken:
    """The part of a region that is taken after each operation, low to high."""

    op: numpy.ndarray
    low: numpy.ndarray
    high: numpy.ndarray


def map_of(replay: Replay, span: Range, by: str = "size") -> Map | None:
    """The map of a replay, or None if no block lives in the range."""
    events = replay.table
    if events is None or not len(events):
        return None
    everything = placements_of(events)
    last = span.end(everything.ops)
    value = everything.size if by == "size" else ages(everything)
    chosen = (everything.begin <= last) & (everything.end > span.first) \
        & (everything.size > 0)
    placements, value = everything.only(chosen), value[chosen]
    if not len(placements):
        return None
    space = space_of(events, placements, span)
    return Map(short(replay.allocator), span.first, last, placements,
               space, space.height_of(placements.address), value,
               taken_of(events, placements, space, span.first, last))


def ages(placements: Placements) -> numpy.ndarray:
    """How long the block of each placement lives, in operations."""
    lifetimes = lifetimes_of(placements)
    _, number = numpy.unique(placements.block, return_inverse=True)
    return lifetimes.length[number]


def taken_of(events: Table, placements: Placements, space: Space, first: int,
             last: int) -> list[Taken]:
    base, found = heap_base(events), []
    number = space.region(placements.address)
    heap = events["heap"].max() > 0
    for n, (begin, end) in enumerate(zip(space.begin, space.end)):
        if heap and begin <= base < end:
            op, top = heap_top(events, first, last)
            top = numpy.minimum(base + top, end)
            low = numpy.full(len(op), space.base[n])
            found.append(Taken(op, low, top - begin + space.base[n]))
        else:
            found.append(_used_so_far(placements.only(number == n), space,
                                      first, last))
    return found


def _used_so_far(placements: Placements, space: Space, first: int, last: int
                 ) -> Taken:
    p = placements.only(numpy.argsort(placements.begin, kind="stable"))
    low = space.height_of(p.address)
    low, high = (numpy.minimum.accumulate(low),
                 numpy.maximum.accumulate(low + p.size))
    op = numpy.append(numpy.maximum(p.begin, first), last + 1)
    return Taken(op, numpy.append(low, low[-1:]), numpy.append(high, high[-1:]))


@dataclass(frozen=True)
class Classes:
    """Colours: those up to the first limit, up to the second, and so on."""

    limits: list[int]
    last: int  # the largest value

    def of(self, values: numpy.ndarray) -> numpy.ndarray:
        return numpy.searchsorted(self.limits, values)

    def __len__(self) -> int:
        return len(self.limits) + 1


def classes_of(values: numpy.ndarray, weights: numpy.ndarray,
               most: int = CLASSES) -> Classes:
    """Limits that are powers of two, equally far apart, at most so many.

    The values of the first one hundredth of the weight share a class.
    """
    order = numpy.argsort(values, kind="stable")
    total = numpy.cumsum(weights[order])
    low = int(values[order[numpy.searchsorted(total, total[-1] / 100)]])
    last = int(values[order[-1]])
    begin, end = (low - 1).bit_length(), (last - 1).bit_length()
    step = max(-(-(end - begin) // (most - 1)), 1)
    return Classes([1 << power for power in range(begin, end, step)], last)


def raster_of(m: Map, classes: Classes, pixels: tuple[int, int], top: int
              ) -> numpy.ndarray:
    """Blocks as colours with their opacity: rows from the lowest address up.

    A pixel has the colour of the class that covers most of it; how much of it
    is covered at all is the opacity.
    """
    width, height = pixels
    number = classes.of(m.value)
    image = numpy.zeros((height, width, 4))
    best = numpy.zeros((height, width))
    for n in range(len(classes)):
        mine = number == n
        share = _cover(m, pixels, top, m.placements.begin[mine],
                       m.placements.end[mine], m.low[mine], m.high[mine])
        image[share > best, :3] = to_rgb(shade(n, len(classes)))
        best = numpy.maximum(best, share)
        image[:, :, 3] += share
    return numpy.clip(image, 0, 1)


def painted(m: Map, classes: Classes, pixels: tuple[int, int], top: int
            ) -> numpy.ndarray:
    """The raster over grey for taken memory and paper for the rest."""
    blocks = raster_of(m, classes, pixels, top)
    grey = sum(_cover(m, pixels, top, t.op[:-1], t.op[1:], t.low[:-1],
                      t.high[:-1]) for t in m.taken)
    grey = numpy.clip(grey, 0, 1)[:, :, None]
    paper, pale = (numpy.array(to_rgb(c)) for c in (style.PAPER, style.PALE))
    ground = paper + grey * (pale - paper)
    return ground + blocks[:, :, 3:] * (blocks[:, :, :3] - ground)


def _cover(m: Map, pixels: tuple[int, int], top: int, begin: numpy.ndarray,
           end: numpy.ndarray, low: numpy.ndarray, high: numpy.ndarray
           ) -> numpy.ndarray:
    """The share of each pixel that the rectangles cover; top is the height."""
    width, height = pixels
    across, up = width / (m.last + 1 - m.first), height / top
    return coverage((begin - m.first) * across, (end - m.first) * across,
                    low * up, high * up, width, height)


def shade(number: int, count: int) -> str:
    """The colour of the n-th of so many classes, by lightness."""
    return to_hex(colormaps["viridis"](number / max(count - 1, 1)))


# ---- Drawing. ----


def picture(source: Source, look: style.Look, options: argparse.Namespace
            ) -> style.Sheet:
    rows = [[(replay, map_of(replay, options.range, options.by))
             for replay in source.replays(trace, EVENTS)]
            for trace in source.traces]
    maps = [m for row in rows for m in shown(row)]
    classes = classes_of(
        numpy.concatenate([m.value for m in maps] or [numpy.ones(1)]),
        numpy.concatenate([m.placements.size for m in maps] or [numpy.ones(1)]))
    sheet, _ = draw_panels(
        look, rows, options.range, lambda axes, m, row: _draw_map(
            axes, m, classes, max(other.space.height for other in shown(row))))
    _draw_legend(sheet, classes, options.by)
    sheet.set_title(finding(label(source.traces[0]), maps) if len(rows) == 1
                    else "Where blocks lie, and how long")
    return sheet


def finding(trace: str, maps: Sequence[Map]) -> str:
    spans = sorted((m.space.height, m.name) for m in maps)
    if len(spans) < 2:
        return f"{trace}: where blocks lie, and how long"
    (least, tight), (most, wide) = spans[0], spans[-1]
    return (f"{trace}: {tight} spreads over {style.size_text(least)} of "
            f"addresses, {wide} over {style.size_text(most)}")


def _draw_map(axes: Any, m: Map, classes: Classes, top: int) -> None:
    if len(m.placements) > RECTANGLES:
        axes.imshow(painted(m, classes, PIXELS, top), aspect="auto",
                    extent=(m.first, m.last + 1, 0, top), origin="lower",
                    interpolation="antialiased")
    else:
        for taken in m.taken:
            axes.fill_between(taken.op, taken.low, taken.high, step="post",
                              color=style.PALE, linewidth=0)
        _draw_rectangles(axes, m, classes, top)
    for height in m.space.base[1:-1]:
        axes.axhline(height, color=style.INK, linewidth=0.8,
                     linestyle=(0, (3, 2)), zorder=3)
    axes.set_ylim(0, 1.02 * top)
    style.bytes_axis(axes, top, "address")


def _draw_rectangles(axes: Any, m: Map, classes: Classes, top: int) -> None:
    """Draw blocks; those that are high enough have an edge."""
    corners = numpy.empty((len(m.placements), 4, 2))
    corners[:, 0, 0] = corners[:, 1, 0] = m.placements.begin
    corners[:, 2, 0] = corners[:, 3, 0] = m.placements.end
    corners[:, 0, 1] = corners[:, 3, 1] = m.low
    corners[:, 1, 1] = corners[:, 2, 1] = m.high
    number = classes.of(m.value)
    colours = numpy.array([shade(n, len(classes))
                           for n in range(len(classes))])
    axes.add_collection(PolyCollection(
        corners, facecolors=colours[number], edgecolors=style.PAPER,
        linewidths=numpy.where(m.placements.size * 150 > top, 0.4, 0), zorder=2,
        snap=False))


def _draw_legend(sheet: style.Sheet, classes: Classes, by: str) -> None:
    text = style.power_text if by == "size" else "{:,}".format
    names = [text(limit) for limit in (*classes.limits, classes.last)]
    handles = [style.patch(shade(n, len(classes)), name)
               for n, name in enumerate(names)]
    handles.append(style.patch(style.PALE, "no payload"))
    sheet.legend(handles, ncol=len(handles),
                 title="size of a block in bytes, up to" if by == "size" else
                 "age that a block reaches in operations, up to")
