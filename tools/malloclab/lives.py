"""The blocks of a trace: when each begins, is resized and ends.

Time is counted in blocks begun. Frees and resizes fall between two births, and
so a burst of frees takes no time, nor does a program's end that frees what is
left.

    operation   a 0   a 1   r 0   f 1   a 2   f 0
    owner       0     1     0     1     2     0      the block, by its birth
    clock       0     1     1     1     2     2      births so far, from 0

A free(NULL) counts as an operation of the block that was born before it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy

from . import packed
from .packed import Packed


class Lives(NamedTuple):
    """The operations in their order, and the blocks in the order of birth.

    Of the operations only bytes and arg are to be used: slots are owners here.
    """

    ops: numpy.ndarray
    kinds: numpy.ndarray
    owner: numpy.ndarray   # of each operation: a block's number
    clock: numpy.ndarray
    birth: numpy.ndarray   # of each block: the operation that begins it
    death: numpy.ndarray   # the operation that frees it; -1: none does

    @property
    def blocks(self) -> int:
        return len(self.birth)

    def begins(self) -> numpy.ndarray:
        return numpy.isin(self.kinds, packed.BEGINS)

    def ends(self) -> numpy.ndarray:
        return numpy.isin(self.kinds, packed.ENDS)

    def payloads(self) -> numpy.ndarray:
        """Bytes that each operation asks for, 0 where it ends a block."""
        return packed.payloads(self.ops, self.kinds)

    def lifetimes(self) -> numpy.ndarray:
        """Births during each block's life; until the trace's end, if it lives.
        """
        end = numpy.where(self.death >= 0, self.clock[self.death],
                          self.blocks - 1)
        return end - numpy.arange(self.blocks)

    def live_blocks(self) -> numpy.ndarray:
        """After each operation."""
        return numpy.cumsum(self.begins().astype(numpy.int64) - self.ends())

    def live_bytes(self) -> numpy.ndarray:
        """After each operation."""
        held = numpy.flatnonzero(self.kinds != packed.FREE_NULL)
        order = held[numpy.argsort(self.owner[held], kind="stable")]
        after = self.payloads()[order]
        before = numpy.concatenate([[0], after[:-1]])
        before[self.begins()[order]] = 0
        steps = numpy.zeros(len(self.kinds), numpy.int64)
        steps[order] = after - before
        return numpy.cumsum(steps)


def of(trace: Packed) -> Lives:
    kinds = packed.kinds(trace.ops)
    return build(numpy.asarray(trace.ops), kinds, _owners(trace.ops, kinds))


def build(ops: numpy.ndarray, kinds: numpy.ndarray,
          owner: numpy.ndarray) -> Lives:
    ends = numpy.flatnonzero(numpy.isin(kinds, packed.ENDS))
    birth = numpy.flatnonzero(numpy.isin(kinds, packed.BEGINS))
    death = numpy.full(len(birth), -1, numpy.int64)
    death[owner[ends]] = ends
    return Lives(ops, kinds, owner, _clock(kinds), birth, death)


def _clock(kinds: numpy.ndarray) -> numpy.ndarray:
    births = numpy.cumsum(numpy.isin(kinds, packed.BEGINS))
    return numpy.maximum(births - 1, 0)


def _owners(ops: numpy.ndarray, kinds: numpy.ndarray) -> numpy.ndarray:
    """A slot's operations belong to the last block that began in it."""
    owner = _clock(kinds)
    held = numpy.flatnonzero(kinds != packed.FREE_NULL)
    order = held[numpy.argsort(packed.slots(ops)[held], kind="stable")]
    begins = numpy.isin(kinds[order], packed.BEGINS)
    begun = numpy.maximum.accumulate(
        numpy.where(begins, numpy.arange(len(order)), 0))
    owner[order] = owner[order[begun]]
    return owner
