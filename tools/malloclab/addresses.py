"""Addresses of heaps, and spans of addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy

# memlib.c puts a heap at the first base or, where it may be large, at the
# second. driver/output/placement_log.c puts the heaps of computed placements at
# COMPUTED_BASE, or at a higher power of two that a block's alignment needs.
MEMLIB_BASES = 1 << 28, 1 << 45
COMPUTED_BASE = 1 << 30

NEAR = 1 << 16  # bytes between two spans that a picture always shows


def union(begin: numpy.ndarray, end: numpy.ndarray, gap: int
          ) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The spans begin to end, joined where at most `gap` bytes lie between.

    The result ascends, and its spans are more than `gap` bytes apart. Only this
    needs numpy (packages.demand).
    """
    import numpy

    order = numpy.argsort(begin, kind="stable")
    begin, reach = begin[order], numpy.maximum.accumulate(end[order])
    starts = numpy.ones(len(begin), bool)
    starts[1:] = begin[1:] > reach[:-1] + gap
    first = numpy.flatnonzero(starts)
    return begin[first], reach[numpy.append(first[1:], len(begin)) - 1]
