"""Blocks as rectangles: operations from left to right, addresses upwards.

    address
      |      +-----------------+        a placement: the operation that gave
      |      | size            |        the block its address and size, until
      |      +-----------------+        the one that ends it: its free, or a
      +-----birth------------death---   realloc, which is a placement anew

What a trace asks for is the same on every allocator. So placements, in the
order of their births, belong to the trace (Placements), and an allocator adds
the offset of each (HeapLayout). Operations count from 0 here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy

from ..addresses import COMPUTED_BASE, MEMLIB_BASES, NEAR, union
from ..replays import Table
from ..tables import of_letters
from ..traces import op_table

PAGE = 4096
NOWHERE = -1
# All first addresses that a heap may have, ascending.
HEAP_BASES = sorted({0, *MEMLIB_BASES,
                     *(COMPUTED_BASE << bit for bit in range(17))})


@dataclass(frozen=True)
class Placements:
    """A trace's operations (kind, thread) and placements (the rest).

    kind is the number of the operation in op_table. death is the
    operation that ends a placement; if none does, the number of all operations.
    block numbers the blocks in the order of their first allocation; a realloc
    gives a block another placement.
    """

    kind: numpy.ndarray
    thread: numpy.ndarray
    birth: numpy.ndarray
    death: numpy.ndarray
    size: numpy.ndarray
    block: numpy.ndarray


@dataclass(frozen=True)
class Segment:
    """Addresses that are shown: length bytes from base."""

    base: int
    length: int


@dataclass(frozen=True)
class HeapLayout:
    """Where an allocator put the placements of a trace.

    offset, one per placement, is the address less the gaps between segments;
    NOWHERE if the allocator returned NULL for 0 bytes or the replay had ended.
    done counts the operations that the allocator carried out. heap_base is the
    first address of the heap whose size is the column `heap`, NOWHERE if
    unknown.
    """

    offset: numpy.ndarray
    segments: list[Segment]
    done: int
    heap_base: int


def placements_of(events: Table) -> Placements:
    """The placements of a trace; events: a table of all its operations."""
    kind, slot, size = (events[name] for name in ("kind", "slot", "size"))
    count = len(events)
    order = numpy.argsort(slot, kind="stable")
    follows = numpy.zeros(count, bool)  # in order: the one before has my slot
    follows[1:] = (slot[order][1:] == slot[order][:-1]) & (slot[order][1:] >= 0)
    frees = _frees(kind, size, order, follows)
    begins = _begins(order, follows, frees)
    code = _kinds(kind, slot, begins, frees)
    placing = numpy.flatnonzero(
        numpy.isin(code, (*op_table.BEGINS, *op_table.RESIZED)))
    death = numpy.full(count, count)
    death[order[:-1]] = numpy.where(follows[1:], order[1:], count)
    return Placements(code, events["thread"], placing, death[placing],
                      size[placing], _blocks(order, begins)[placing])


def _frees(kind: numpy.ndarray, size: numpy.ndarray, order: numpy.ndarray,
           follows: numpy.ndarray) -> numpy.ndarray:
    """Which operations free: those of FREEING, and a resize of a live block to
    0 bytes."""
    frees = of_letters(kind, op_table.FREEING)
    to_nothing = of_letters(kind, op_table.RESIZING) & (size == 0)
    for at in numpy.flatnonzero(to_nothing[order]):
        frees[order[at]] = follows[at] and not frees[order[at - 1]]
    return frees


def _begins(order: numpy.ndarray, follows: numpy.ndarray,
            frees: numpy.ndarray) -> numpy.ndarray:
    """Which operations begin a block."""
    after_free = numpy.zeros(len(order), bool)
    after_free[1:] = frees[order][:-1]
    begins = numpy.zeros(len(order), bool)
    begins[order] = (~follows | after_free) & ~frees[order]
    return begins


def _kinds(kind: numpy.ndarray, slot: numpy.ndarray, begins: numpy.ndarray,
           frees: numpy.ndarray) -> numpy.ndarray:
    """The kind of each operation, by its letter and by its effect."""
    effect = numpy.select([slot < 0, frees, begins],
                          ["NOTHING", "ENDS", "BEGINS"], "RESIZED")
    found = numpy.zeros(len(kind), numpy.uint8)
    for one in op_table.OPERATIONS:
        found[of_letters(kind, one.letter) & (effect == one.effect)] = one.kind
    return found


def _blocks(order: numpy.ndarray, begins: numpy.ndarray) -> numpy.ndarray:
    """Each operation's block: the one that began last in its slot."""
    last = numpy.maximum.accumulate(
        numpy.where(begins[order], numpy.arange(len(order)), 0))
    number = numpy.zeros(len(order), numpy.int64)
    starts = numpy.flatnonzero(begins)
    number[order] = numpy.searchsorted(starts, order[last])
    return number


def layout_of(trace: Placements, events: Table) -> HeapLayout:
    """The layout of one allocator, whose events may end before the trace."""
    address = numpy.full(len(trace.kind), NOWHERE)
    address[events["op"] - 1] = events["address"]
    address = address[trace.birth]
    address[(address == 0) & (trace.size == 0)] = NOWHERE
    shown = address >= 0
    base = heap_base(address[shown], events["heap"])
    begin, end = address[shown], (address + trace.size)[shown]
    if base != NOWHERE:
        begin = numpy.append(begin, base)
        end = numpy.append(end, base + events["heap"].max())
    segments = segments_of(begin, end)
    done = int(events["op"][-1]) if len(events) else 0
    return HeapLayout(offsets(address, segments), segments, done, base)


def heap_base(address: numpy.ndarray, heap: numpy.ndarray) -> int:
    """The highest heap base that no address is below; NOWHERE if that heap
    holds no address."""
    top = int(heap.max()) if len(heap) else 0
    lowest = int(address.min()) if len(address) else NOWHERE
    base = max((one for one in HEAP_BASES if one <= lowest), default=NOWHERE)
    return base if lowest < base + top else NOWHERE


def segments_of(begin: numpy.ndarray, end: numpy.ndarray) -> list[Segment]:
    """Segments that hold all of these ranges, without the wide gaps.

    Wide is more than an eighth of what there is without gaps.
    """
    if not len(begin):
        return []
    begin, end = union(begin, end, NEAR)
    wide = max(NEAR, int((end - begin).sum()) // 8)
    begin, end = union(begin, end, wide)
    return [Segment(first - first % PAGE,
                    max(16, -(-last // 16) * 16 - first + first % PAGE))
            for first, last in zip(begin.tolist(), end.tolist())]


def offsets(address: numpy.ndarray, segments: list[Segment]) -> numpy.ndarray:
    if not segments:
        return numpy.full(len(address), NOWHERE)
    bases = numpy.array([segment.base for segment in segments])
    lengths = numpy.array([segment.length for segment in segments])
    starts = numpy.concatenate([[0], numpy.cumsum(lengths)[:-1]])
    which = numpy.searchsorted(bases, address, "right") - 1
    return numpy.where(address < 0, NOWHERE,
                       address - bases[which] + starts[which])


def changes(*columns: numpy.ndarray) -> numpy.ndarray:
    """The rows in which some column differs from the row before."""
    if not len(columns[0]):
        return numpy.zeros(0, numpy.int64)
    differ = numpy.zeros(len(columns[0]), bool)
    differ[0] = True
    for column in columns:
        differ[1:] |= column[1:] != column[:-1]
    return numpy.flatnonzero(differ)
