"""The blocks of a replay, from its events: where each lay, and how long.

A placement is a block between two operations on it: a block that realloc moves
or resizes has several placements, one after the other. A placement is live
after the operation `begin`, until and without the operation `end`; if nothing
frees it, `end` is one past the last operation.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Iterator

import numpy

from ..replays import Table
from ..tables import of_letters
from ..traces import statistics
from ..traces.op_table import FREEING, REFUSED, RESIZING


@dataclass(frozen=True)
class Placements:
    """Arrays with one element per placement, by slot and then by time."""

    begin: numpy.ndarray
    end: numpy.ndarray
    address: numpy.ndarray
    size: numpy.ndarray  # bytes of payload
    block: numpy.ndarray  # placements of one block have the same number
    ops: int  # the last operation of the events

    def __len__(self) -> int:
        return len(self.begin)

    def only(self, chosen: numpy.ndarray) -> Placements:
        """The placements that an index or a mask selects."""
        return Placements(*(getattr(self, field.name)[chosen]
                            for field in fields(self)[:-1]), self.ops)

    def living(self, first: int, last: int) -> Placements:
        """The placements live after some operation of first to last."""
        return self.only((self.begin <= last) & (self.end > first))

    def at(self, op: int) -> Placements:
        """The placements live after the operation."""
        return self.living(op, op)

    def at_each(self, ops: numpy.ndarray) -> Iterator[Placements]:
        """The placements live after each of these ascending operations."""
        for begin in range(0, len(ops), 20):
            some = ops[begin:begin + 20]
            near = self.living(some[0], some[-1])  # few, to look through
            for op in some:
                yield near.at(op)

    def by_address(self) -> Placements:
        return self.only(numpy.argsort(self.address, kind="stable"))


def placements_of(events: Table) -> Placements:
    """All placements of a replay.

    An operation that the allocator refused changes nothing: its address is 0,
    and the payload stays.
    """
    kind, op = events["kind"], events["op"]
    refused = (events["address"] == 0) & (
        numpy.diff(events["payload"], prepend=0) == 0)
    kept = numpy.flatnonzero((kind != REFUSED.encode()) & ~refused)
    order = kept[numpy.argsort(events["slot"][kept], kind="stable")]
    kind, op, slot = kind[order], op[order], events["slot"][order]
    size = events["size"][order]
    frees = of_letters(kind, FREEING) | (of_letters(kind, RESIZING)
                                         & (size == 0))
    fresh = numpy.ones(len(order), bool)  # a block begins there
    fresh[1:] = (slot[1:] != slot[:-1]) | frees[:-1]
    ops = int(events["op"][-1]) if len(events) else 0
    end = numpy.full(len(order), ops + 1)
    end[:-1] = numpy.where(slot[1:] == slot[:-1], op[1:], ops + 1)
    there = ~frees
    return Placements(op[there], end[there], events["address"][order][there],
                      size[there], (numpy.cumsum(fresh) - 1)[there], ops)


def rounded(size: numpy.ndarray, align: int) -> numpy.ndarray:
    """Sizes rounded up to the alignment, at least one unit of it."""
    return numpy.maximum(-(-size // align), 1) * align


def octave_of(values: numpy.ndarray) -> numpy.ndarray:
    """k where the value is 2^k to 2^(k+1) - 1.

    0 counts as 1, since a logarithmic axis has no 0.
    """
    return statistics.octave_of(numpy.maximum(values, 1)) - 1


@dataclass(frozen=True)
class Lifetimes:
    """Blocks from their first allocation to their free, across reallocs."""

    begin: numpy.ndarray
    size: numpy.ndarray  # the first one
    length: numpy.ndarray  # in operations
    freed: numpy.ndarray  # or there to the end

    def only(self, chosen: numpy.ndarray) -> Lifetimes:
        return Lifetimes(*(getattr(self, field.name)[chosen]
                           for field in fields(self)))


def lifetimes_of(placements: Placements) -> Lifetimes:
    order = numpy.lexsort((placements.begin, placements.block))
    p = placements.only(order)
    first = numpy.ones(len(p), bool)
    first[1:] = p.block[1:] != p.block[:-1]
    last = numpy.roll(first, -1)
    return Lifetimes(p.begin[first], p.size[first],
                     p.end[last] - p.begin[first], p.end[last] <= p.ops)
