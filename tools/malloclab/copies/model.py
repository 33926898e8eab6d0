"""Copies of a trace: similar traces of any length.

Time is counted in births of blocks: frees and resizes fall between two births,
so a burst of frees takes no time. A free(NULL) goes with the block born before
it. The original is cut into phases of equally many births, and a phase into
runs of successive births. A session of the copy has the phases in their order,
and in each phase its runs in a random order:

    original   | A B C D E F G H | I J K L M N O P | ...      runs, by phases
    session    | G H A B E F C D | M N K L I J O P | ...

A block brings along all that was recorded of it: kind, size, alignment,
threads, resizes and its end. What happened to it up to a phase's length after
its birth happens as long after it in the copy, so that a run keeps its
temporaries and their order. What happened later happens when it did in the
original: blocks that died together do so again, and the number of live blocks
is, at the ends of phases, what it was.

So each session has the original's sizes, and lifetimes that differ by less
than a phase in those blocks only that live longer than one; what varies is
the order, and with it which blocks are neighbours. Longer phases and shorter
runs make a freer copy; fit() takes the first of some styles, in a fixed order,
with which the copy is still like the original.

A longer copy is more sessions, one after the other on one heap. Stretched, the
original would keep either its lifetimes or its live count, never both: by
Little's law live blocks are births in a time times their mean lifetime. At a
session's end, where the program would exit, the blocks that the original never
freed are freed, in the order of their birth; the last session leaves them.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple

import numpy

from ..portable_random import Random
from ..traces import op_table, packed
from ..traces.arrays import Blocks, Operations, blocks_of
from . import likeness
from .likeness import Distances

ALLOC, REALLOC_NULL, FREE = (op_table.BY_NAME[name].kind for name in
                             ("ALLOC", "REALLOC_NULL", "FREE"))

# What is tried, in this order: fewer phases are for short traces, whose runs
# have to be long.
PHASES = (64, 128, 256, 512, 1024, 32, 16)
RUNS = (16, 32, 64, 128)  # births
RUNS_A_PHASE = 2  # at least; with fewer a copy is the original
RANK_BITS = 32
MARGIN = 0.8  # of what a copy may differ by, when one session is fitted


class Style(NamedTuple):
    """How free a copy is: phases per session, births per run (about)."""

    phases: int
    run: int


class Session(NamedTuple):
    """Operations in their order; blocks are numbered by birth, from 0."""

    kinds: numpy.ndarray
    block: numpy.ndarray
    records: numpy.ndarray  # arg and bytes; word is the number of the stack
    births: int

    def cut(self, count: int) -> Session:
        kinds = self.kinds[:count]
        return Session(kinds, self.block[:count], self.records[:count],
                       int(numpy.isin(kinds, op_table.BEGINS).sum()))


class Model:
    """The properties of the original that are the same in every session."""

    def __init__(self, original: Blocks, style: Style) -> None:
        operations = original.operations
        clock = operations.clock
        self.original = original
        self.records = original.operations.records.copy()
        stack = original.operations.stack
        self.records["word"] = 0 if stack is None else stack
        self.run = style.run
        self.kinds = operations.kind.copy()
        self.kinds[self.kinds == REALLOC_NULL] = ALLOC
        self.owner = numpy.where(
            numpy.isin(self.kinds, op_table.WITHOUT_BLOCK), clock,
            operations.block)
        self.time = clock << RANK_BITS | self._ranks(clock)
        self.age = clock - self.owner
        self.across = self._across(-(-len(original) // style.phases))
        self.phases = self._phases(style.phases)
        self.moves = self.age <= max(map(len, self.phases))
        self.limit = self._limits()
        self.left = numpy.flatnonzero(~original.freed)

    def _ranks(self, clock: numpy.ndarray) -> numpy.ndarray:
        """Of each operation, how many there are since the last birth."""
        numbers = numpy.arange(len(self.kinds))
        return numbers - self.original.birth[clock].clip(0, numbers)

    def _limits(self) -> numpy.ndarray:
        """Of each block, when it does first what does not move with it."""
        limits = numpy.full(len(self.original), numpy.iinfo(numpy.int64).max)
        fixed = numpy.flatnonzero(~self.moves)[::-1]  # the first comes last
        limits[self.owner[fixed]] = self.time[fixed]
        return limits

    def _across(self, phase: int) -> numpy.ndarray:
        """How many blocks are live at each birth that within a phase will not
        be."""
        birth, death = self.original.birth, self.original.death
        freed = numpy.flatnonzero(self.original.freed)
        soon = freed[self.age[death[freed]] <= phase]
        steps = numpy.zeros(len(self.kinds) + 1, numpy.int64)
        steps[birth[soon] + 1] += 1
        steps[death[soon] + 1] -= 1
        return numpy.cumsum(steps)[birth]

    def _phases(self, count: int) -> list[numpy.ndarray]:
        """The blocks of each phase. It begins where fewest blocks live on."""
        blocks = len(self.original)
        half = blocks // count // 2
        begins = []
        for at in range(1, count):
            low = at * blocks // count - half // 2
            window = self.across[low:low + half + 1]
            begins.append(low + int(window.argmin()))
        return numpy.split(numpy.arange(blocks), begins)

    def sessions(self, ops: int, seed: int) -> Iterator[Session]:
        """Sessions of so many operations in all, the last one cut."""
        number = 0
        while ops > 0:
            session = self.session(seed, number, ops > len(self.kinds))
            yield session.cut(ops) if len(session.kinds) > ops else session
            ops -= len(session.kinds)
            number += 1

    def births(self, ops: int, seed: int) -> int:
        """How many blocks do sessions of so many operations begin?
        """
        whole = max(0, -(-(ops - len(self.kinds)) // self.whole))
        rest = self.session(seed, whole, False).cut(
            max(0, ops - whole * self.whole))
        return whole * len(self.original) + rest.births

    @property
    def whole(self) -> int:
        """Operations of every session but the last."""
        return len(self.kinds) + len(self.left)

    def session(self, seed: int, number: int, ended: bool) -> Session:
        """The session of that number; ended: with all blocks freed."""
        place = self._places(Random(seed << 32 | number))
        moved = self.time + (place[self.owner] - self.owner << RANK_BITS)
        time = numpy.where(self.moves,
                           numpy.minimum(moved, self.limit[self.owner]),
                           self.time)
        order = numpy.argsort(time, kind="stable")
        session = Session(self.kinds[order], place[self.owner[order]],
                          self.records[order], len(self.original))
        return self._end(session, place) if ended else session

    def _places(self, rng: Random) -> numpy.ndarray:
        """For each block of the original, which birth it is in the copy."""
        order: list[numpy.ndarray] = []
        for phase in self.phases:
            runs = numpy.split(phase, self._cuts(rng, self.across[phase]))
            rng.shuffle(runs)
            order += runs
        place = numpy.empty(len(self.original), numpy.int64)
        place[numpy.concatenate(order)] = numpy.arange(len(place))
        return place

    def _cuts(self, rng: Random, across: numpy.ndarray) -> list[int]:
        """Where runs of a phase begin, but for the first.

        Of the next places the one that the fewest blocks live across, of
        equals any: there a request of a server ends, or a loop's turn.
        """
        cuts, at = [], 0
        while at + 2 * self.run < len(across):
            window = across[at + 1:at + 2 * self.run]
            fewest = numpy.flatnonzero(window == window.min())
            at += 1 + int(fewest[rng.below(len(fewest))])
            cuts.append(at)
        return cuts

    def _end(self, s: Session, place: numpy.ndarray) -> Session:
        """The session with a free of each block that is left."""
        left = self.left[numpy.argsort(place[self.left])]
        frees = self.records[self.original.birth[left]]
        frees["word"] = frees["arg"] = 0
        frees["bytes"] &= ~numpy.uint64(packed.SIZE_MASK)
        kinds = numpy.full(len(left), FREE, s.kinds.dtype)
        return Session(numpy.concatenate([s.kinds, kinds]),
                       numpy.concatenate([s.block, place[left]]),
                       numpy.concatenate([s.records, frees]), s.births)


def styles(blocks: int) -> list[Style]:
    """The styles to try for so many blocks, in order."""
    found = [Style(phases, run) for phases in PHASES for run in RUNS
             if blocks >= phases * run * RUNS_A_PHASE]
    return found or [Style(1, max(1, blocks // RUNS_A_PHASE // 2))]


def fit(original: Blocks, seed: int) -> tuple[Style, Distances]:
    """The first style whose first session is like the original.

    Where none is, the likest; the distances say by how much it is not.
    """
    wanted = likeness.distributions(original)
    tried = []
    for style in styles(len(original)):
        found = likeness.distances(wanted, _judged(original, style, seed))
        excess = max(d / most for d, most in zip(found, likeness.AIM))
        tried.append((excess, style, found))
        if excess <= MARGIN:
            break
    excess, style, found = tried[-1] if excess <= MARGIN else min(tried)
    return style, found


def _judged(original: Blocks, style: Style, seed: int
            ) -> likeness.Distributions:
    s = Model(original, style).session(seed, 0, False)
    return likeness.distributions(blocks_of(
        Operations(s.records, s.kinds, s.block)))
