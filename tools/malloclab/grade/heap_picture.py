"""The heap of one replay as a small picture: operations across, addresses up.

tools/plot draws better maps, and takes a second for each; a class needs
hundreds. So this one reads mdriver's events once, without numpy. It keeps for
each row of the picture how many bytes of payload lie in it, and copies the rows
into the picture at the end of each column's operations. Addresses between
regions of memory that are used are left out.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import islice
from typing import Iterable, Iterator, Sequence

from ..addresses import MEMLIB_BASES
from .png import png

WIDTH, HEIGHT = 600, 150  # pixels at most
MOST_OPS = 40000  # the picture shows the first ones: 0.1 s of CPU time
APART = 1 << 16  # bytes: a smaller gap between regions is shown
SHADES = 8  # from free memory to payload
FREE, PAYLOAD = (196, 203, 209), (0, 105, 168)
# Memory that is not taken is transparent.
PALETTE = [(0, 0, 0, 0),
           *((*(low + (high - low) * shade // SHADES
                for low, high in zip(FREE, PAYLOAD)), 255)
             for shade in range(SHADES + 1))]


def draw(lines: Iterable[str]) -> bytes | None:
    """A PNG file of the first MOST_OPS events: lines of mdriver --events, the
    heading first. None where they place no block."""
    events = [_event(line) for line in islice(lines, 1, MOST_OPS + 1)]
    if not any(event[2] for event in events):
        return None
    columns = list(_columns(events, Space(events)))
    return png([bytes(row) for row in zip(*columns)][::-1], PALETTE)


# A slot, and the address, the size and the heap's size after the operation. A
# size of 0: no block is there.
Event = tuple[str, int, int, int]


def _event(line: str) -> Event:
    _, _, kind, slot, address, size, _, _, heap, _ = line.rsplit(",", 9)
    gone = kind == "f" or address == "0x0"
    return slot, int(address, 16), 0 if gone else int(size), int(heap)


class Space:
    """Regions of memory one above the other, and rows of equal height."""

    def __init__(self, events: Sequence[Event]) -> None:
        used = {(at // APART, (at + size - 1) // APART)
                for _, at, size, _ in events if size}
        lowest = min(used)[0] * APART
        self.heap = max((base for base in MEMLIB_BASES if base <= lowest),
                        default=0)
        top = max(heap for _, _, _, heap in events)
        if self.heap and top:
            used.add((self.heap // APART, (self.heap + top - 1) // APART))
        self.begin: list[int] = []
        self.bottom: list[int] = []  # of the region in the picture, in bytes
        self.row = -(-self._stack(sorted(used)) // HEIGHT)

    def _stack(self, used: list[tuple[int, int]]) -> int:
        """Merge what touches, lowest first; returns the height of all."""
        height, end = 0, -1
        for first, last in used:
            if first > end + 1:
                self.begin.append(first * APART)
                self.bottom.append(height)
                end = first - 1
            height += max(last - end, 0) * APART
            end = max(end, last)
        return height

    def height(self, address: int) -> int:
        region = bisect_right(self.begin, address) - 1
        return self.bottom[region] + address - self.begin[region]

    def parts(self, address: int, size: int) -> Iterator[tuple[int, int]]:
        """The rows that a block lies in, and how many bytes in each."""
        low = self.height(address)
        high = low + size
        for row in range(low // self.row, (high - 1) // self.row + 1):
            yield row, min(high, (row + 1) * self.row) - \
                max(low, row * self.row)


def _columns(events: Sequence[Event], space: Space) -> Iterator[list[int]]:
    """Indices of the palette, the lowest row first."""
    payload = [0] * HEIGHT
    taken = [False] * HEIGHT
    live: dict[str, tuple[int, int]] = {}
    width = min(WIDTH, len(events))
    done = 0
    for column in range(1, width + 1):
        until = column * len(events) // width
        for slot, address, size, _ in events[done:until]:
            for row, part in space.parts(*live.pop(slot, (space.begin[0], 0))):
                payload[row] -= part
            if size:
                live[slot] = address, size
                for row, part in space.parts(address, size):
                    payload[row] += part
                    taken[row] = True
        done = until
        heap = space.heap and -(-events[done - 1][3] // space.row)
        yield [1 + min(bytes_ * SHADES // space.row, SHADES)
               if taken[row] or row < heap else 0
               for row, bytes_ in enumerate(payload)]
