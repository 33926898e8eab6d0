"""Where the heap of a replay lies: what memlib and the driver agree on."""

from __future__ import annotations

import numpy

from ..replays import Table

# memlib's heap begins at the first or, where it may be large, at the second.
# Placements that mdriver --bounds computed begin at a multiple of STEP.
BASES = (1 << 28, 1 << 45)
COMPUTED, STEP = ("best_fit", "packing"), 1 << 30


def heap_base(events: Table) -> int:
    """The first address of the heap, which the break is above."""
    used = events["address"][events["address"] > 0]
    least = int(used.min()) if len(used) else 0
    if events.allocator in COMPUTED:
        return least // STEP * STEP
    return max((base for base in BASES if base <= least), default=0)


def heap_top(events: Table, first: int, last: int
             ) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Operations at which the heap's size changes, and the size after them.

    From first on and up to last + 1, at which it is what it was.
    """
    op, heap = events["op"], events["heap"]
    begin = max(int(numpy.searchsorted(op, first, side="right")) - 1, 0)
    end = int(numpy.searchsorted(op, last, side="right"))
    op, heap = op[begin:end], heap[begin:end]
    changes = numpy.ones(len(op), bool)
    changes[1:] = heap[1:] != heap[:-1]
    at = numpy.maximum(op[changes], first)
    return (numpy.append(at, last + 1),
            numpy.append(heap[changes], heap[-1:]))


def size_after(events: Table, column: str, op: numpy.ndarray) -> numpy.ndarray:
    """heap, mapped or payload after each of the operations."""
    row = numpy.searchsorted(events["op"], op, side="right") - 1
    return numpy.where(row < 0, 0, events[column][row])
