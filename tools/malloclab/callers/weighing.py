"""Who allocates: the call stacks of a trace, weighed. numpy is needed.

Each stack has, in bytes unless said otherwise,

    at_peak      live when payload was highest
    blocks       how many blocks that was
    allocated    asked for in all, by calls of malloc, calloc, memalign, realloc
    calls        how many
    pinned       free, but on pages with live blocks, after the peak

The last needs an allocator. Its moment is the one after the peak at which the
footprint is furthest above the payload: the heap has shrunk, and what remains
of it is held by few blocks. The free bytes of a page count for the stacks of its
blocks by their bytes on the page:

    page    | AA.B.... |    A pins 2/3 of what is free on the page, B 1/3

A block belongs to the stack that gave it its present size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import numpy

from .. import replays
from ..traces import op_table, statistics
from ..traces.arrays import Operations, Trace
from ..traces.places import TraceError
from ..traces.stacks import function_of

PAGE = 4096
MEASURES = ("at_peak", "blocks", "allocated", "calls", "pinned")
# The inside of C++'s library, and what gives memory: who called is of interest.
INSIDE = (r"(.* )?(std|__gnu_cxx)::|operator new\b|"
          r"(malloc|calloc|realloc|memalign|aligned_alloc|posix_memalign)\Z")
NONE = "(no call stack)"


@dataclass(frozen=True)
class Profile:
    """moment: operations until `pinned` is looked at, from 1; 0 if it is not.
    values: by measure, an array by the number of the stack."""

    trace: Trace
    values: dict[str, numpy.ndarray]
    moment: int = 0
    footprint: int = 0
    payload: int = 0

    def by_stack(self, measure: str) -> dict[tuple[str, ...], int]:
        """Weights of whole stacks, outermost frame first; none of 0."""
        values = self.values[measure]
        return {self.trace.stacks.frames(number) or (NONE,): int(values[number])
                for number in numpy.flatnonzero(values).tolist()}

    def by_caller(self, name: Callable[[tuple[str, ...]], str]
                  ) -> dict[str, dict[str, int]]:
        """The measures of all stacks with the same name."""
        found: dict[str, dict[str, int]] = {}
        used = sum(self.values.values())
        for number in numpy.flatnonzero(used).tolist():
            row = found.setdefault(
                name(self.trace.stacks.frames(number)),
                dict.fromkeys(self.values, 0))
            for measure, values in self.values.items():
                row[measure] += int(values[number])
        return found


def profile(trace: Trace, allocator: str, build: Path) -> Profile:
    """Without an allocator, without `pinned`."""
    ops = trace.operations
    if ops.stack is None:
        raise TraceError(f"{trace.path}: it has no call stacks; tools/record "
                         "--stacks records them")
    gives = ops.of(*op_table.BEGINS, *op_table.RESIZED)
    peak = int(statistics.payload_over_time(ops).argmax())
    live = _live(ops, peak)
    values = {
        "at_peak": _sums(trace, live, ops.payload[live]),
        "blocks": _sums(trace, live, numpy.ones(len(live))),
        "allocated": _sums(trace, gives, ops.payload[gives]),
        "calls": _sums(trace, gives, numpy.ones(int(gives.sum())))}
    if not allocator:
        return Profile(trace, values)
    return _with_pins(trace, values, peak, allocator, build)


def _sums(trace: Trace, which: numpy.ndarray, weights: numpy.ndarray
          ) -> numpy.ndarray:
    """Sums of the operations' weights, by stack."""
    sums = numpy.bincount(trace.operations.stack[which], weights,
                          len(trace.stacks) + 1)
    return numpy.rint(sums).astype(numpy.int64)


def _live(ops: Operations, moment: int) -> numpy.ndarray:
    """The operations that gave the blocks that live after `moment`, an index,
    their sizes."""
    some = numpy.flatnonzero(~ops.of(*op_table.WITHOUT_BLOCK)[:moment + 1])
    last = numpy.full(int(ops.block.max(initial=0)) + 1, -1)
    numpy.maximum.at(last, ops.block[some], some)
    last = last[last >= 0]
    return last[~ops.of(*op_table.ENDS)[last]]


def _with_pins(trace: Trace, values: dict[str, numpy.ndarray], peak: int,
               allocator: str, build: Path) -> Profile:
    tables = replays.events([trace.path], [allocator], build=build)
    if len(tables) != 1 or len(tables[0]) != len(trace.operations):
        raise TraceError(f"{allocator} does not get through the trace: see "
                         "what ./mdriver says of it")
    events = tables[0]
    footprint = events["heap"] + events["mapped"]
    moment = peak + int((footprint - events["payload"])[peak:].argmax())
    live = _live(trace.operations, moment)
    live = live[trace.operations.payload[live] > 0]
    sizes = trace.operations.payload[live]
    shares = pins(events["address"][live], sizes) - sizes
    return Profile(trace, {**values, "pinned": _sums(trace, live, shares)},
                   moment + 1, int(footprint[moment]),
                   int(events["payload"][moment]))


def pins(address: numpy.ndarray, size: numpy.ndarray) -> numpy.ndarray:
    """By block: its share of the bytes of the pages that it lies on."""
    first, last = address // PAGE, (address + size - 1) // PAGE
    pages = last - first + 1
    block = numpy.repeat(numpy.arange(len(address)), pages)
    before = numpy.repeat(numpy.cumsum(pages) - pages, pages)
    page = first[block] + numpy.arange(len(block)) - before
    covered = (numpy.minimum((address + size)[block], (page + 1) * PAGE)
               - numpy.maximum(address[block], page * PAGE))
    _, place = numpy.unique(page, return_inverse=True)
    on_page = numpy.bincount(place, covered)
    return numpy.bincount(block, PAGE * covered / on_page[place], len(address))


def namer(skip: str, count: int) -> Callable[[tuple[str, ...]], str]:
    """What names a stack: its innermost `count` functions, without those that
    the regular expression matches, unless it matches all."""
    inside = re.compile(skip)

    def name(frames: tuple[str, ...]) -> str:
        functions = [function_of(frame) for frame in reversed(frames)]
        own = [one for one in functions if not (skip and inside.match(one))]
        return " < ".join((own or functions)[:count]) or NONE
    return name


def table(found: Profile, name: Callable[[tuple[str, ...]], str], by: str
          ) -> list[dict[str, Any]]:
    """The callers, in rows, those with most of a measure first."""
    rows = [{"caller": caller, **values}
            for caller, values in found.by_caller(name).items()]
    rows.sort(key=lambda row: (-row[by], row["caller"]))
    return rows
