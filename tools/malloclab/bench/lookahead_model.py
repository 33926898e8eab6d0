"""A model of an allocator that knows the next operations of a trace.

It gets the trace in batches, as an allocator could read them from the channel.
When a batch begins, it places all blocks that the batch allocates. Of every block
it knows when it ends, if that is within the batch; else the block seems to stay
for ever. Two blocks may have the same addresses where one ends before the other
begins. There are no headers; sizes are rounded up to 16. A realloc ends a block
and begins another.

    batch           |  a 0   a 1   f 0   a 2   f 1  |  ...
    it knows that      0 ends before 2 begins, 1 ends, 2 stays

Nothing is known better than how to place a batch, which is a packing problem. So
several ways are tried for the whole trace, and the best one counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterable

import numpy

from ..traces import op_table
from ..traces.arrays import Operations

ALIGN = 16
NEVER = 1 << 62


@dataclass(frozen=True)
class Pieces:
    """Blocks between two changes of their sizes, in the order of birth.

    `birth` and `death` number operations; death is NEVER where nothing ends it.
    """

    size: numpy.ndarray
    birth: numpy.ndarray
    death: numpy.ndarray
    operations: int
    peak: int  # bytes of payload


def pieces_of(operations: Operations) -> Pieces:
    on_block = numpy.flatnonzero(~operations.of(*op_table.WITHOUT_BLOCK))
    order = on_block[numpy.argsort(operations.block[on_block], kind="stable")]
    follows = numpy.append(operations.block[order[1:]]
                           == operations.block[order[:-1]], False)
    death = numpy.full(len(operations), NEVER)
    death[order[follows]] = order[1:][follows[:-1]]
    payload = operations.payload
    birth = numpy.flatnonzero(payload > 0)
    size = -(-payload[birth] // ALIGN) * ALIGN
    live = numpy.cumsum(payload - operations.before)
    return Pieces(size, birth, death[birth], len(operations), int(live.max()))


# ---- Ways to place a batch: in which order, and in which gap. ----

Order = Callable[[Pieces, numpy.ndarray, numpy.ndarray], numpy.ndarray]


def _by_time(_: Pieces, batch: numpy.ndarray,
             __: numpy.ndarray) -> numpy.ndarray:
    return batch


def _by_size(pieces: Pieces, batch: numpy.ndarray,
             _: numpy.ndarray) -> numpy.ndarray:
    return batch[numpy.argsort(-pieces.size[batch], kind="stable")]


def _by_lifetime(pieces: Pieces, batch: numpy.ndarray,
                 known: numpy.ndarray) -> numpy.ndarray:
    """The longest first: what stays lies low."""
    lifetime = known[batch] - pieces.birth[batch]
    return batch[numpy.lexsort((-pieces.size[batch], -lifetime))]


def _first(room: numpy.ndarray, size: int) -> int:
    return int(numpy.argmax(room >= size))


def _best(room: numpy.ndarray, size: int) -> int:
    return int(numpy.argmin(numpy.where(room >= size, room, NEVER + 1)))


WAYS: list[tuple[Order, Callable[[numpy.ndarray, int], int]]] = [
    (_by_time, _best), (_by_size, _first), (_by_size, _best),
    (_by_lifetime, _first)]


# ---- The heap. ----


class Heap:
    """Pieces that were placed, by address, without those that have ended."""

    def __init__(self, pieces: Pieces) -> None:
        self.pieces = pieces
        self.placed = numpy.empty(0, numpy.int64)  # pieces
        self.start = numpy.empty(0, numpy.int64)  # their addresses
        self.top = 0

    def forget(self, now: int) -> None:
        stay = self.pieces.death[self.placed] >= now
        self.placed, self.start = self.placed[stay], self.start[stay]

    def place(self, piece: int, known: numpy.ndarray,
              gap: Callable[[numpy.ndarray, int], int]) -> None:
        """Where no other is while the piece lives, as far as is known."""
        others = self.placed
        meet = (self.pieces.birth[others] < known[piece]) \
            & (known[others] > self.pieces.birth[piece])
        start = self.start[meet]
        end = numpy.maximum.accumulate(
            start + self.pieces.size[others[meet]])
        low = numpy.concatenate(([0], end))
        room = numpy.concatenate((start, [NEVER])) - low
        size = int(self.pieces.size[piece])
        address = int(low[gap(room, size)])
        at = int(numpy.searchsorted(self.start, address))
        self.placed = numpy.insert(self.placed, at, piece)
        self.start = numpy.insert(self.start, at, address)
        self.top = max(self.top, address + size)


def _batches(pieces: Pieces, ahead: int
             ) -> Iterable[tuple[int, int, numpy.ndarray]]:
    """The first operation, the end and the pieces of each batch."""
    edges = range(0, pieces.operations, max(ahead, 1))
    cuts = numpy.searchsorted(pieces.birth, [*edges, pieces.operations])
    for first, low, high in zip(edges, cuts, cuts[1:]):
        if low < high:
            yield first, first + max(ahead, 1), numpy.arange(low, high)


def _footprint(pieces: Pieces, ahead: int, order: Order,
               gap: Callable[[numpy.ndarray, int], int]) -> int:
    heap = Heap(pieces)
    for first, end, batch in _batches(pieces, ahead):
        heap.forget(first)
        known = numpy.where(pieces.death < end, pieces.death, NEVER)
        for piece in order(pieces, batch, known):
            heap.place(int(piece), known, gap)
    return heap.top


def utilization(pieces: Pieces, ahead: int) -> float:
    """With batches of that many operations; 0: of one, nothing known."""
    return pieces.peak / min(_footprint(pieces, ahead, *way) for way in WAYS)
