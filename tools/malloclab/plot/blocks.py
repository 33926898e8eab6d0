"""What a replay's events say of blocks: where each lay, and how long.

A piece is a block between two operations on it: a block that realloc moved or
resized is several pieces, one after the other. A piece lives from the operation
`begin`, after which it is there, until `end`, after which it is not; one that
is never freed ends one past the last operation.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Iterator

import numpy

from ..replays import Table
from ..traces import statistics


@dataclass(frozen=True)
class Pieces:
    """An array each, of one length, in the order of slots and then of time."""

    begin: numpy.ndarray
    end: numpy.ndarray
    address: numpy.ndarray
    size: numpy.ndarray  # bytes of payload
    block: numpy.ndarray  # pieces of one block have the same number
    ops: int  # the last operation of the events

    def __len__(self) -> int:
        return len(self.begin)

    def only(self, chosen: numpy.ndarray) -> Pieces:
        """Those of an index or a mask."""
        return Pieces(*(getattr(self, field.name)[chosen]
                        for field in fields(self)[:-1]), self.ops)

    def living(self, first: int, last: int) -> Pieces:
        """Those that live at some moment of first to last."""
        return self.only((self.begin <= last) & (self.end > first))

    def at(self, op: int) -> Pieces:
        """Those that live after the operation."""
        return self.living(op, op)

    def at_each(self, ops: numpy.ndarray) -> Iterator[Pieces]:
        """Those that live after each of these operations, which ascend."""
        for begin in range(0, len(ops), 20):
            some = ops[begin:begin + 20]
            near = self.living(some[0], some[-1])  # few, to look through
            for op in some:
                yield near.at(op)

    def by_address(self) -> Pieces:
        return self.only(numpy.argsort(self.address, kind="stable"))


def pieces_of(events: Table) -> Pieces:
    """A refused operation leaves everything as it was.

    It has the address 0, and the payload does not change.
    """
    kind, op = events["kind"], events["op"]
    refused = (events["address"] == 0) & (
        numpy.diff(events["payload"], prepend=0) == 0)
    kept = numpy.flatnonzero((kind != b"-") & ~refused)
    order = kept[numpy.argsort(events["slot"][kept], kind="stable")]
    kind, op, slot = kind[order], op[order], events["slot"][order]
    size = events["size"][order]
    frees = (kind == b"f") | ((kind == b"r") & (size == 0))
    fresh = numpy.ones(len(order), bool)  # a block begins there
    fresh[1:] = (slot[1:] != slot[:-1]) | frees[:-1]
    ops = int(events["op"][-1]) if len(events) else 0
    end = numpy.full(len(order), ops + 1)
    end[:-1] = numpy.where(slot[1:] == slot[:-1], op[1:], ops + 1)
    there = ~frees
    return Pieces(op[there], end[there], events["address"][order][there],
                  size[there], (numpy.cumsum(fresh) - 1)[there], ops)


def rounded(size: numpy.ndarray, align: int) -> numpy.ndarray:
    """Sizes as no allocator can do with less; a block of 0 bytes takes one."""
    return numpy.maximum(-(-size // align), 1) * align


def octave_of(values: numpy.ndarray) -> numpy.ndarray:
    """k where the value is 2^k to 2^(k+1) - 1; 0 counts as 1.

    There is no room for 0 on a logarithmic axis, as in a table.
    """
    return statistics.octave_of(numpy.maximum(values, 1)) - 1


@dataclass(frozen=True)
class Lives:
    """Blocks, from malloc to free, whatever realloc did meanwhile."""

    begin: numpy.ndarray
    size: numpy.ndarray  # the first one
    length: numpy.ndarray  # in operations
    freed: numpy.ndarray  # or there to the end

    def only(self, chosen: numpy.ndarray) -> Lives:
        return Lives(*(getattr(self, field.name)[chosen]
                       for field in fields(self)))


def lives_of(pieces: Pieces) -> Lives:
    order = numpy.lexsort((pieces.begin, pieces.block))
    p = pieces.only(order)
    first = numpy.ones(len(p), bool)
    first[1:] = p.block[1:] != p.block[:-1]
    last = numpy.roll(first, -1)
    return Lives(p.begin[first], p.size[first],
                 p.end[last] - p.begin[first], p.end[last] <= p.ops)
