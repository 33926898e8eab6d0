"""An address space that is mostly empty, folded so that it fits a picture.

    addresses   0x1000 ..... 0x9000                 0x7ff000 .. 0x7ff800
    regions     |---- 0 ----|                       |--- 1 ---|
    heights     0            0x8000                 0x8000     0x8800

Addresses in use that lie near each other are a region; what lies between two
regions is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy

from ..addresses import NEAR, union
from ..replays import Table
from .blocks import Placements
from .heap import heap_base
from .options import Range

SHARE = 1 / 8  # of the bytes in use: gaps up to it are not folded away


@dataclass(frozen=True)
class Space:
    """Regions in ascending order: first address, and the one past the last."""

    begin: numpy.ndarray
    end: numpy.ndarray

    @property
    def base(self) -> numpy.ndarray:
        """The height at which each region begins."""
        return numpy.concatenate(([0], numpy.cumsum(self.end - self.begin)))

    @property
    def height(self) -> int:
        return int(self.base[-1])

    def region(self, address: numpy.ndarray) -> numpy.ndarray:
        """The number of the region of each address."""
        return numpy.searchsorted(self.begin, address, side="right") - 1

    def height_of(self, address: numpy.ndarray) -> numpy.ndarray:
        """The height of each address, each of which lies in a region."""
        number = self.region(address)
        return address - self.begin[number] + self.base[number]


def fold(begin: numpy.ndarray, end: numpy.ndarray) -> Space:
    """The regions of the spans begin to end, which may overlap."""
    if not len(begin):
        return Space(numpy.zeros(0, int), numpy.zeros(0, int))
    begin, end = union(begin, end, 0)
    near = max(NEAR, int(SHARE * (end - begin).sum()))
    return Space(*union(begin, end, near))


def space_of(events: Table, placements: Placements, span: Range = Range()
             ) -> Space:
    """The space of a replay's placements and, if it is known, of the heap."""
    base, heap = heap_base(events), events["heap"][span.holds(events["op"])]
    begin, end = placements.address, placements.address + placements.size
    if heap.any():
        begin, end = numpy.append(begin, base), \
            numpy.append(end, base + heap.max())
    return fold(begin, end)
