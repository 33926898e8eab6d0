"""The parts of a footprint over time, found from addresses alone.

    footprint = payload + alignment + metadata + holes + top chunk
                + mapped, not payload

The gap between two neighbours is alignment, up to the bytes that round the
first one's size up. The rest is metadata if no block fits into it, else a hole.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any, Sequence

import numpy

from ..bench.benchmark import short
from . import style
from .blocks import Placements, placements_of, rounded
from .heap import heap_base, size_after
from .options import Range
from .panels import Row, draw_panels, shown
from .source import EVENTS, Replay, Source, label

ABOUT = "waste over time: alignment, metadata, holes, top chunk"
DETAILS = """\
The stack is the footprint over the operations; with --bars, a bar for each
allocator at the moment of its largest footprint. Alignment: bytes by which
sizes are rounded up to --align. Metadata: the rest of a gap between two
neighbours, if it is less than 32 bytes. Holes: that rest, if it is larger; it
may also hold tables, or belong to a block larger than its request. Top chunk:
memory above the last payload of the heap. Mapped, not payload: mappings less
their payload. Of mallocs of the system only the sum of the last three is known:
other resident memory.
"""
NEEDS = EVENTS
MOMENTS = 400
MIN_HOLE = 32  # bytes: no block fits into a smaller gap
PARTS = ("payload", "alignment", "metadata", "holes", "top chunk",
         "mapped, not payload", "other resident memory")
COLOURS = (style.PALE, style.YELLOW, style.VERMILLION, style.BLUE, style.SKY,
           style.PURPLE, style.GREEN)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bars", action="store_true",
                        help="draw a bar per allocator, at its largest "
                        "footprint, instead of stacks over time")


# ---- Computing. ----


@dataclass(frozen=True)
class Split:
    """Bytes of each part (row, as PARTS) after each operation (column)."""

    name: str
    op: numpy.ndarray
    parts: numpy.ndarray

    @property
    def footprint(self) -> numpy.ndarray:
        return self.parts.sum(axis=0)

    def at_peak(self) -> numpy.ndarray:
        return self.parts[:, int(self.footprint.argmax())]


def split_of(replay: Replay, span: Range, align: int) -> Split | None:
    """The parts of a replay, or None if no operation is in the range."""
    events = replay.table
    if events is None or not len(events):
        return None
    ops = _moments(events["op"], events["heap"] + events["mapped"], span)
    if not len(ops):
        return None
    placements = placements_of(events)
    placements = placements.only(placements.size > 0).by_address()
    heap, mapped = (size_after(events, name, ops).tolist()
                    for name in ("heap", "mapped"))
    base = heap_base(events) if events["heap"].any() else None
    columns = [split_at(living, base, h, m, align)
               for living, h, m in zip(placements.at_each(ops), heap, mapped)]
    return Split(short(replay.allocator), ops, numpy.array(columns).T)


def _moments(op: numpy.ndarray, footprint: numpy.ndarray, span: Range
             ) -> numpy.ndarray:
    """Operations at equal distances, and the one of the largest footprint."""
    kept = span.holds(op)
    op, footprint = op[kept], footprint[kept]
    if not len(op):
        return op
    some = numpy.linspace(0, len(op) - 1, min(MOMENTS, len(op))).astype(int)
    return op[numpy.unique(numpy.append(some, footprint.argmax()))]


def split_at(living: Placements, base: int | None, heap: int, mapped: int,
             align: int) -> list[int]:
    """The parts at one moment; base is None if no heap is known.

    Placements must be in the order of their addresses.
    """
    payload = int(living.size.sum())
    if base is None:
        alignment, metadata = between(living, align)
        rest = mapped - payload - alignment - metadata
        return [payload, alignment, metadata, 0, 0, 0, max(rest, 0)]
    inside = living.only((living.address >= base)
                         & (living.address < base + heap))
    alignment, metadata = between(inside, align)
    end = int((inside.address + inside.size).max(initial=base))
    within = int(inside.size.sum())
    holes = end - base - within - alignment - metadata
    unused = mapped - (payload - within)
    return [payload, alignment, metadata, holes, base + heap - end,
            max(unused, 0), 0]


def between(living: Placements, align: int) -> tuple[int, int]:
    """Alignment and metadata between neighbours, in bytes."""
    gap = living.address[1:] - (living.address + living.size)[:-1]
    up = numpy.minimum(gap, (rounded(living.size, align) - living.size)[:-1])
    rest = gap - up
    return int(up.sum()), int(rest[rest < MIN_HOLE].sum())


def finding(trace: str, splits: Sequence[Split]) -> str:
    """A sentence on the largest part of the waste, at the largest footprint."""
    found = []
    for s in splits:
        parts = s.at_peak()
        worst = int(parts[1:].argmax()) + 1
        found.append((100 * parts[worst] / max(parts.sum(), 1), s.name,
                      PARTS[worst]))
    if not found:
        return f"{trace}: no replay to be drawn"
    if len(found) > 3:
        found = [max(found)]
    shares = [f"{share:.0f} % for {part} in {name}"
              for share, name, part in found]
    return f"{trace}: waste at the largest footprint: {style.listed(shares)}"


# ---- Drawing. ----


def picture(source: Source, look: style.Look, options: argparse.Namespace
            ) -> style.Sheet:
    rows = [[(replay, split_of(replay, options.range, options.align))
             for replay in source.replays(trace, EVENTS)]
            for trace in source.traces]
    if options.bars:
        sheet = _draw_bars(rows, look)
    else:
        sheet, _ = draw_panels(look, rows, options.range, _draw_stack)
    sheet.legend(_handles(rows), ncol=4)
    sheet.set_title(finding(label(source.traces[0]), shown(rows[0]))
                    if len(rows) == 1 else "What allocators use memory for"
                    + (", at the largest footprint" if options.bars else ""))
    return sheet


def _draw_stack(axes: Any, s: Split, row: Row) -> None:
    top = max(int(other.footprint.max()) for other in shown(row))
    low = numpy.zeros(len(s.op))
    for part, colour in zip(s.parts, COLOURS):
        if part.any():
            axes.fill_between(s.op, low, low + part, color=colour,
                              linewidth=0)
        low = low + part
    axes.set_ylim(0, 1.03 * top)
    style.bytes_axis(axes, top, "footprint")


def _draw_bars(rows: Sequence[Row], look: style.Look) -> style.Sheet:
    count = sum(map(len, rows))
    sheet = style.Sheet(look, 9, 1.6 + 0.9 * len(rows) + 0.36 * count)
    cells = sheet.grid(len(rows), 1)
    for n, row in enumerate(rows):
        axes = sheet.figure.add_subplot(cells[n][0])
        if len(rows) > 1:
            axes.set_title(label(row[0][0].trace))
        _draw_row(axes, row)
    return sheet


def _draw_row(axes: Any, row: Row) -> None:
    top = max([float(s.at_peak().sum()) for s in shown(row)] + [1])
    for y, (replay, s) in enumerate(row):
        if s is None:
            axes.text(0, y, f" {replay.fault or 'nothing in this range'}",
                      va="center")
            continue
        left = 0.0
        parts = s.at_peak()
        for part, colour in zip(parts, COLOURS):
            axes.barh(y, part, 0.7, left, color=colour)
            left += part
        axes.text(left, y, f" {style.size_text(left)}, payload "
                  f"{100 * parts[0] / max(left, 1):.0f} %\n "
                  f"{replay.fault}".rstrip(),
                  va="center", fontsize=9)
    axes.set_yticks(range(len(row)), [short(r.allocator) for r, _ in row])
    axes.set_ylim(len(row) - 0.5, -0.5)
    axes.set_xlim(0, 1.3 * top)
    style.bytes_axis(axes, top, "footprint", axis="x")
    axes.tick_params(left=False)


def _handles(rows: Sequence[Row]) -> list[Any]:
    seen = numpy.zeros(len(PARTS), bool)
    for row in rows:
        for s in shown(row):
            seen |= s.parts.any(axis=1)
    return [style.patch(colour, name) for name, colour, there
            in zip(PARTS, COLOURS, seen) if there]
