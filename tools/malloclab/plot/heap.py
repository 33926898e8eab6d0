"""The heap of a replay: its first address, and its size over time."""

from __future__ import annotations

import numpy

from ..addresses import COMPUTED_BASE, MEMLIB_BASES
from ..replays import Table

COMPUTED = "best_fit", "packing"  # placements by mdriver --bounds


def heap_base(events: Table) -> int:
    """The first address of the heap; 0 if no block lies above a known base."""
    used = events["address"][events["address"] > 0]
    least = int(used.min()) if len(used) else 0
    if events.allocator in COMPUTED:
        return least // COMPUTED_BASE * COMPUTED_BASE
    return max((base for base in MEMLIB_BASES if base <= least), default=0)


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
