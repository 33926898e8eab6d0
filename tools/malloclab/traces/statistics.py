"""Distributions of a trace: sizes, lifetimes, reallocs, threads.

The functions take the arrays of arrays.py, and print and draw nothing. numpy is
needed (packages.demand).
"""

from __future__ import annotations

from typing import NamedTuple, Sequence

import numpy

from .arrays import NONE, Blocks, Operations
from .op_table import RESIZED

QUANTILES = (0, .01, .1, .25, .5, .75, .9, .99, 1)


class Octave(NamedTuple):
    """The values from low to high, both included: one power of two, or 0."""

    low: int
    high: int
    count: int
    sum: int


# ---- Distributions of any numbers. ----


def quantiles(values: numpy.ndarray,
              shares: Sequence[float] = QUANTILES) -> list[float]:
    """For each share the least value that this share of values does not exceed.
    """
    ordered = numpy.sort(values)
    if len(ordered) == 0:
        return []
    ranks = [max(0, int(numpy.ceil(share * len(ordered))) - 1)
             for share in shares]
    return ordered[ranks].tolist()


def most_frequent(values: numpy.ndarray, most: int) -> list[tuple[int, int]]:
    """Up to `most` values with their counts, the least of equals first."""
    distinct, counts = numpy.unique(values, return_counts=True)
    order = numpy.lexsort((distinct, -counts))[:most]
    return list(zip(distinct[order].tolist(), counts[order].tolist()))


def octaves(values: numpy.ndarray) -> list[Octave]:
    """A histogram by powers of two, from the least octave to the largest.

    The values are integers from 0; 0 has a row of its own.
    """
    if len(values) == 0:
        return []
    row = octave_of(values)
    counts = numpy.bincount(row)
    sums = numpy.zeros(len(counts), numpy.int64)
    numpy.add.at(sums, row, values)
    return [Octave(1 << n >> 1, max(0, (1 << n) - 1), int(counts[n]),
                   int(sums[n]))
            for n in range(int(row.min()), len(counts))]


def octave_of(values: numpy.ndarray) -> numpy.ndarray:
    """How many bits each value has: 0, 1, 2, 2, 3, 3, 3, 3, 4 ..."""
    return numpy.frexp(values.astype(numpy.float64))[1]


# ---- Live payload and blocks. ----


def payload_over_time(operations: Operations) -> numpy.ndarray:
    """Bytes of live payload after each operation."""
    return numpy.cumsum(operations.payload - operations.before)


def blocks_over_time(blocks: Blocks) -> numpy.ndarray:
    """How many blocks are live after each operation."""
    change = numpy.zeros(blocks.end, numpy.int64)
    change[blocks.birth] = 1
    change[blocks.death[blocks.freed]] = -1
    return numpy.cumsum(change)


def payload_at_peak(operations: Operations) -> numpy.ndarray:
    """Bytes of each block that is live when payload is at its peak."""
    last = int(payload_over_time(operations).argmax()) + 1
    block, payload = operations.block[:last], operations.payload[:last]
    sizes = numpy.zeros(int(block.max(initial=NONE)) + 1, numpy.int64)
    some = block != NONE
    sizes[block[some]] = payload[some]  # of equal indices the last one counts
    return sizes[sizes > 0]


def segment_peaks(values: numpy.ndarray, parts: int) -> list[int]:
    """The greatest value in each of so many equal parts, or in each value."""
    bounds = numpy.linspace(0, len(values), min(parts, len(values)) + 1)
    return numpy.maximum.reduceat(values, bounds[:-1].astype(int)).tolist()


# ---- Lifetimes. ----
#
# Lifetimes in operations and in bytes measure what an allocator serves before
# it gets the block back. Lifetimes in births do not count frees and resizes, so
# that a copy may move these, and a program that frees everything at its end
# makes no block older; they cover blocks that are never freed, too.


def lifetimes(blocks: Blocks) -> numpy.ndarray:
    """Operations from each freed block's birth to its free."""
    return (blocks.death - blocks.birth)[blocks.freed]


def lifetimes_in_births(blocks: Blocks) -> numpy.ndarray:
    """Births during each block's life, which ends with the trace at latest."""
    clock = numpy.append(blocks.operations.clock, len(blocks) - 1)
    return clock[blocks.death] - numpy.arange(len(blocks))


def lifetimes_in_bytes(blocks: Blocks) -> numpy.ndarray:
    """Bytes allocated between each freed block's birth and its free.

    A realloc counts by the bytes that it adds.
    """
    operations = blocks.operations
    added = numpy.maximum(operations.payload - operations.before, 0)
    clock = numpy.cumsum(added)
    freed = blocks.freed
    return clock[blocks.death[freed]] - clock[blocks.birth[freed]]


def freed_last_in_first_out(blocks: Blocks) -> numpy.ndarray:
    """Whether each freed block was the youngest of all live blocks.

    It was if no block born during its life outlives it. The latest death among
    the blocks born during its life is the larger of two entries of a table of
    maxima over 2^k neighbours; the loop has the table of one k at a time.
    """
    freed = numpy.flatnonzero(blocks.freed)
    first = freed + 1
    count = numpy.searchsorted(blocks.birth, blocks.death[freed]) - first
    level = octave_of(count) - 1  # -1: no block was born meanwhile
    youngest = level < 0
    maxima = blocks.death
    for k in range(int(level.max(initial=-1)) + 1):
        at = numpy.flatnonzero(level == k)
        last = first[at] + count[at] - (1 << k)
        outliving = numpy.maximum(maxima[first[at]], maxima[last])
        youngest[at] = outliving < blocks.death[freed[at]]
        half = 1 << k
        maxima = numpy.maximum(maxima[:-half], maxima[half:])
    return youngest


# ---- realloc, and threads. ----


def growth_factors(operations: Operations) -> numpy.ndarray:
    """New size over old size, for each realloc of a block of some bytes."""
    resized = operations.of(*RESIZED) & (operations.before > 0)
    return operations.payload[resized] / operations.before[resized]


def freed_by_another(blocks: Blocks) -> numpy.ndarray:
    """Whether each freed block was freed by another thread than allocated it.
    """
    return (blocks.freed_by != blocks.born_by)[blocks.freed]
