"""Recipes: traces made by rule, each to show one thing about an allocator.

A recipe is a function that is given a script to write, rng and its own
parameters, and writes operations while there is room. `tools/generate --list`
prints the first lines of their descriptions and the parameters, which are the
functions' keyword arguments: integers with a default.
"""

from __future__ import annotations

import inspect
from collections import defaultdict
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Callable

from ..portable_random import Random
from ..traces import op_table, rep
from ..traces.rep import Op

DEFAULT_OPS = 10000


@dataclass
class Script:
    """The trace being written: at most limit operations, all freed at last."""

    limit: int
    ops: list[Op] = field(default_factory=list)
    live: dict[int, int] = field(default_factory=dict)
    _next: int = 0

    def room(self, blocks: int = 1, more: int = 0) -> bool:
        """Does the limit allow so many blocks with their frees, and ops?"""
        return len(self.ops) + len(self.live) + 2 * blocks + more <= self.limit

    def allocate(self, size: int, thread: int = 0) -> int:
        return self._begin(op_table.MALLOC, size, 0, thread)

    def clear(self, count: int, size: int) -> int:
        return self._begin(op_table.CALLOC, size, count, 0)

    def align(self, alignment: int, size: int) -> int:
        return self._begin(op_table.MEMALIGN, size, alignment, 0)

    def resize(self, block: int, size: int) -> None:
        self.live[block] = size
        self.ops.append(Op(op_table.REALLOC, block, size))

    def free(self, block: int, thread: int = 0) -> None:
        del self.live[block]
        self.ops.append(Op(op_table.FREE, block, 0, 0, thread))

    def free_all(self) -> None:
        for block in list(self.live):
            self.free(block)

    def _begin(self, kind: str, size: int, extra: int, thread: int) -> int:
        block = self._next
        self._next += 1
        op = Op(kind, block, size, extra, thread)
        self.live[block] = op.payload
        self.ops.append(op)
        return block


@dataclass(frozen=True)
class Recipe:
    name: str
    description: str
    parameters: dict[str, int]
    write: Callable[..., None]


RECIPES: dict[str, Recipe] = {}


def recipe(function: Callable[..., None]) -> Callable[..., None]:
    """Enter the function into RECIPES; its name says what it makes."""
    name = function.__name__.replace("_", "-")
    parameters = {key: parameter.default for key, parameter
                  in inspect.signature(function).parameters.items()
                  if parameter.kind is inspect.Parameter.KEYWORD_ONLY}
    RECIPES[name] = Recipe(name, inspect.getdoc(function) or "", parameters,
                           function)
    return function


class RecipeError(Exception):
    """A sentence that names a recipe or parameter that does not exist."""


def run_recipe(name: str, seed: int = 1, ops: int = DEFAULT_OPS,
               parameters: dict[str, int] | None = None) -> list[Op]:
    """The operations of the recipe: same arguments, same operations."""
    if name not in RECIPES:
        raise RecipeError(f"no recipe {name}; --list shows them")
    chosen = RECIPES[name]
    given = parameters or {}
    for key, value in given.items():
        if key not in chosen.parameters:
            known = ", ".join(chosen.parameters) or "none"
            raise RecipeError(f"{name} has no parameter {key}; it has {known}")
        if not 1 <= value <= rep.MAX_SIZE:
            raise RecipeError(f"{key} must be 1 to {rep.MAX_SIZE}")
    script = Script(ops)
    chosen.write(script, Random(seed), **{**chosen.parameters, **given})
    script.free_all()
    if not all(op.possible for op in script.ops):
        raise RecipeError(f"{name}: a block or a thread is beyond what a trace "
                          "may have")
    return script.ops


@dataclass
class Departures:
    """Blocks and the times when they leave."""

    queue: list[tuple[int, int]] = field(default_factory=list)

    def enter(self, block: int, time: int) -> None:
        heappush(self.queue, (time, block))

    def due(self, time: int) -> list[int]:
        """Remove and return the blocks whose time has come."""
        blocks = []
        while self.queue and self.queue[0][0] <= time:
            blocks.append(heappop(self.queue)[1])
        return blocks


# ---- What programs keep: arrays, strings, structs. ----

STRUCT_SIZES = [16, 24, 24, 32, 40, 48, 48, 56, 64, 72, 88, 120, 168]


def array_size(rng: Random) -> int:
    """1 to 4096 elements of 4 to 32 bytes."""
    return rng.choose([4, 8, 8, 8, 16, 32]) * rng.octaves(8, 4096)


def string_size(rng: Random) -> int:
    """A word, a line, or now and then a text; with its NUL."""
    return 1 + rng.weighted([(60, rng.between(1, 24)),
                             (35, rng.between(20, 120)),
                             (5, rng.power(120, 8000))])


def struct_size(rng: Random) -> int:
    return rng.choose(STRUCT_SIZES)


def churn(script: Script, rng: Random, size: Callable[[Random], int],
          lifetime: Callable[[Random], int]) -> None:
    """Allocate, one a step; each block leaves after its lifetime in steps."""
    departures = Departures()
    step = 0
    while script.room():
        for block in departures.due(step):
            script.free(block)
        if script.room():
            departures.enter(script.allocate(size(rng)),
                             step + lifetime(rng))
        step += 1
    while departures.queue:
        script.free(heappop(departures.queue)[1])


def _life(long: int, chance: int) -> Callable[[Random], int]:
    """Lifetimes of a few steps, but with that chance about as many as long."""
    return lambda rng: (rng.between(long // 2, 2 * long)
                        if rng.percent(chance) else rng.power(1, 64))


@recipe
def arrays(script: Script, rng: Random, *, live: int = 200) -> None:
    """Numeric arrays from 32 bytes to 128 KiB that live equally long.

    The large ones make a bad fit dear; live = how many there are at a time.
    """
    churn(script, rng, array_size, lambda d: d.between(1, 2 * live))


@recipe
def strings(script: Script, rng: Random, *, live: int = 2000,
            kept: int = 30) -> None:
    """Text processing: short strings, most of them gone at once.

    kept per cent of them stay for about live steps.
    """
    churn(script, rng, string_size, _life(live, kept))


@recipe
def structs(script: Script, rng: Random, *, nodes: int = 150,
            trees: int = 8) -> None:
    """Trees of small records, built and torn down whole.

    Each tree has up to 2 * nodes nodes of one to three kinds; trees stand at a
    time, and the next one is built as another is taken apart.
    """
    standing: list[list[int]] = []
    while script.room(2):
        kinds = [struct_size(rng) for _ in range(rng.between(1, 3))]
        tree: list[int] = []
        fallen: list[int] = []
        if len(standing) == trees:
            fallen = standing.pop(rng.below(trees))
        for _ in range(rng.between(nodes // 2 + 1, 2 * nodes)):
            if not script.room():
                break
            tree.append(script.allocate(rng.choose(kinds)))
            if fallen and rng.percent(80):
                script.free(fallen.pop())
        while fallen:
            script.free(fallen.pop())
        standing.append(tree)


@recipe
def mixture(script: Script, rng: Random, *, arrays: int = 10, strings: int = 45,
            structs: int = 45, live: int = 800) -> None:
    """Arrays, strings and structs side by side, as most programs have them.

    The first three parameters are weights. One block in four lives about as
    long as live others take to come.
    """
    kinds = [(arrays, array_size), (strings, string_size),
             (structs, struct_size)]
    churn(script, rng, lambda d: d.weighted(kinds)(d), _life(live, 25))


# ---- Patterns that tell policies apart. ----

@recipe
def alternation(script: Script, rng: Random, *, small: int = 72,
                large: int = 600, larger: int = 664,
                pairs: int = 800) -> None:
    """Small and large in turn; free the large; ask for larger ones.

    No hole is large enough for a larger block, as long as the small ones pin
    them down: unless small and large blocks were placed apart.
    """
    while script.room(2 * pairs, 2 * pairs):
        smalls, larges = [], []
        for _ in range(pairs):
            smalls.append(script.allocate(small + 8 * rng.below(3)))
            larges.append(script.allocate(large))
        for block in larges:
            script.free(block)
        largers = [script.allocate(larger) for _ in range(pairs)]
        for block in smalls + largers:
            script.free(block)


@recipe
def coalescing(script: Script, rng: Random, *, size: int = 2000,
               pairs: int = 40) -> None:
    """Allocate pairs, free both, ask for a block as large as the two.

    Who does not join neighbours finds no room for the sums. The pairs of a
    round vary in size and are freed in random order.
    """
    while script.room(3 * pairs):
        halves = []
        for _ in range(pairs):
            first, second = (16 * rng.between(size // 32, size // 16)
                             for _ in range(2))
            halves.append((script.allocate(first), script.allocate(second),
                           first + second))
        rng.shuffle(halves)
        sums = []
        for left, right, both in halves:
            for block in (left, right) if rng.below(2) else (right, left):
                script.free(block)
            sums.append(script.allocate(both))
        for block in sums:
            script.free(block)


@recipe
def realloc_growth(script: Script, rng: Random, *, vectors: int = 12,
                   smalls: int = 3, limit: int = 60000) -> None:
    """Vectors that double and strings that creep, among small blocks.

    As many vectors as given grow side by side to at most limit bytes, half of
    them by a half, half by a few bytes at a time; each growth is followed by
    up to smalls small blocks that may come to lie in its way.
    """
    growing: dict[int, bool] = {}
    nodes: list[int] = []
    while script.room(1 + smalls, 1):
        if len(growing) < vectors:
            growing[script.allocate(rng.between(16, 64))] = bool(rng.below(2))
            continue
        block = rng.choose(list(growing))
        size = script.live[block]
        size += size // 2 if growing[block] else rng.between(8, 160)
        if size > limit or rng.below(200) == 0:
            del growing[block]
            script.free(block)
            continue
        script.resize(block, size)
        for _ in range(rng.below(smalls + 1)):
            nodes.append(script.allocate(struct_size(rng)))
        while len(nodes) > 60 * smalls:
            script.free(nodes.pop(rng.below(len(nodes))))


@recipe
def random(script: Script, rng: Random, *, most: int = 32768,
           live: int = 1000) -> None:
    """Sizes of 1 to most bytes, all equally likely; frees at random.

    The number of blocks wanders about live. No pattern to be learnt.
    """
    blocks: list[int] = []
    while script.room():
        if rng.below(2 * live) < len(blocks):
            at = rng.below(len(blocks))
            blocks[at], blocks[-1] = blocks[-1], blocks[at]
            script.free(blocks.pop())
        else:
            blocks.append(script.allocate(rng.between(1, most)))


@recipe
def bursts(script: Script, rng: Random, *, ramp: int = 600,
           plateau: int = 500, drop: int = 85) -> None:
    """Ramp, plateau, drop, and again with other sizes.

    A phase allocates ramp blocks of its own range of sizes, replaces plateau
    of them, and frees drop per cent: what remains pins down the next phase.
    """
    while script.room(ramp + plateau):
        base = rng.octaves(16, 1024)
        mine = [script.allocate(rng.between(base, 3 * base))
                for _ in range(ramp)]
        for _ in range(plateau):
            at = rng.below(len(mine))
            script.free(mine[at])
            mine[at] = script.allocate(rng.between(base, 3 * base))
        rng.shuffle(mine)
        for block in mine[:ramp * min(drop, 100) // 100]:
            script.free(block)


@recipe
def powerlaw(script: Script, rng: Random, *, least: int = 16,
             most: int = 65536, life: int = 16384) -> None:
    """Sizes and lifetimes by power laws: many small and brief, few not.

    Half as many blocks are above 2 x bytes as above x. Of the lifetimes, 1 to
    life allocations, each doubling has as many, so that at any time most of
    the live blocks are old.
    """
    churn(script, rng, lambda d: d.power(least, most),
          lambda d: d.octaves(1, life))


@recipe
def server(script: Script, rng: Random, *, connections: int = 24,
           sessions: int = 150, buffer: int = 8192) -> None:
    """Requests that overlap: buffers, headers, a growing answer, sessions.

    A request takes a record, a buffer and strings, builds its answer by
    realloc and frees all when it is done; some leave a session behind, of
    which the oldest go when there are too many.
    """
    open_requests: list[tuple[list[int], int]] = []
    kept: list[int] = []
    while script.room(14, 12):
        if len(open_requests) < connections:
            blocks = [script.allocate(416), script.allocate(buffer)]
            blocks += [script.allocate(string_size(rng))
                       for _ in range(rng.between(4, 10))]
            open_requests.append((blocks, script.allocate(256)))
            continue
        at = rng.below(len(open_requests))
        blocks, answer = open_requests[at]
        size = script.live[answer]
        if size < 16384 and rng.percent(60):
            script.resize(answer, 2 * size)
            continue
        del open_requests[at]
        script.free(answer)
        for block in reversed(blocks):
            script.free(block)
        if rng.percent(40):
            kept.append(script.allocate(rng.between(100, 700)))
        if len(kept) > sessions:
            script.free(kept.pop(rng.below(sessions // 2 + 1)))


@recipe
def comb(script: Script, rng: Random, *, teeth: int = 700, size: int = 48,
         rounds: int = 6) -> None:
    """Free every second block of a row, then ask for twice the size.

    In each round the blocks grow so that two holes of the last round, if they
    did not have a tooth between them, would hold one.
    """
    while script.room(2 * teeth):
        now = size
        for _ in range(rounds):
            if not script.room(teeth):
                break
            row = [script.allocate(now) for _ in range(teeth)]
            for block in row[rng.below(2)::2]:
                script.free(block)
            now *= 2
        script.free_all()


@recipe
def sawtooth(script: Script, rng: Random, *, high: int = 400000,
             low: int = 100000) -> None:
    """Live bytes climb to high and fall to low, again and again.

    Each climb has sizes of its own; a fall frees from the oldest, from the
    newest, or at random.
    """
    blocks: list[int] = []
    live = 0
    while script.room():
        base = rng.octaves(32, 2048)
        while live < high and script.room():
            blocks.append(script.allocate(rng.between(base, 2 * base)))
            live += script.live[blocks[-1]]
        if not script.room():
            break
        if rng.below(3) == 0:
            rng.shuffle(blocks)
        elif rng.below(2):
            blocks.reverse()
        while live > low:
            live -= script.live[blocks[-1]]
            script.free(blocks.pop())


@recipe
def aligned(script: Script, rng: Random, *, live: int = 300) -> None:
    """Calls of calloc, memalign and realloc among mallocs.

    Alignments of 32 to 4096; cache lines and pages are the most frequent.
    """
    departures = Departures()
    step = 0
    while script.room(2, 2):
        for block in departures.due(step):
            script.free(block)
        call = rng.weighted([(4, "malloc"), (3, "calloc"), (2, "memalign"),
                             (1, "realloc")])
        if call == "realloc" and script.live:
            block = rng.choose(list(script.live))
            script.resize(block, rng.octaves(16, 4096))
        elif call == "calloc":
            block = script.clear(rng.octaves(1, 256), struct_size(rng))
            departures.enter(block, step + rng.between(1, 2 * live))
        elif call == "memalign":
            alignment = rng.choose([32, 64, 64, 64, 128, 256, 4096, 4096])
            block = script.align(alignment, rng.octaves(16, 8192))
            departures.enter(block, step + rng.between(1, 2 * live))
        else:
            block = script.allocate(rng.octaves(8, 2048))
            departures.enter(block, step + rng.between(1, 2 * live))
        step += 1


# ---- Traces whose best packing is known. ----

TILE_GRAIN = 16
TILE_TIME = 1 << 40


@dataclass(frozen=True)
class Tile:
    """A block as a rectangle: when it lives, and units of address space."""

    start: int
    end: int
    height: int


def _cut(rng: Random, tile: Tile, count: int, upright: bool) -> list[
        tuple[Tile, int]]:
    """The tile in two, in time or (upright) in address, with their counts."""
    share = rng.between(20, 80)
    if upright:
        first = max(1, min(tile.height - 1, tile.height * share // 100))
        parts = [Tile(tile.start, tile.end, first),
                 Tile(tile.start, tile.end, tile.height - first)]
    else:
        middle = tile.start + (tile.end - tile.start) * share // 100
        parts = [Tile(tile.start, middle, tile.height),
                 Tile(middle, tile.end, tile.height)]
    left = max(1, min(count - 1, count * share // 100))
    return [(parts[0], left), (parts[1], count - left)]


def tiles(rng: Random, whole: Tile, count: int) -> list[Tile]:
    """Cut the rectangle into count smaller ones, straight through each time."""
    done: list[Tile] = []
    work = [(whole, count)]
    while work:
        tile, pieces = work.pop()
        if pieces == 1 or (tile.height == 1 and tile.end - tile.start < 10):
            done.append(tile)
            continue
        upright = tile.height > 1 and (rng.below(2) == 0
                                       or tile.end - tile.start < 10)
        work += _cut(rng, tile, pieces, upright)
    return done


@recipe
def tiling(script: Script, rng: Random, *, height: int = 1048576) -> None:
    """A rectangle of address and time cut into blocks: fits in height bytes.

    At any time live blocks sum up to exactly height bytes (in multiples of
    16), and by construction a placement wastes none of it: the peak is the
    optimum. How near comes an allocator that cannot see the future?
    """
    whole = Tile(0, TILE_TIME, max(1, height // TILE_GRAIN))
    pieces = tiles(rng, whole, max(1, script.limit // 2))
    rng.shuffle(pieces)
    pieces.sort(key=lambda tile: tile.start)
    departures = Departures()
    for tile in pieces:
        for block in departures.due(tile.start):
            script.free(block)
        block = script.allocate(tile.height * TILE_GRAIN)
        departures.enter(block, tile.end)


@recipe
def queue(script: Script, rng: Random, *, length: int = 900,
          most: int = 4000) -> None:
    """First in, first out: messages of 32 to most bytes.

    A ring would serve it without waste; length = how many wait on average.
    """
    waiting: list[int] = []
    head = 0
    while script.room():
        if rng.below(2 * length) < len(waiting) - head:
            script.free(waiting[head])
            head += 1
        else:
            waiting.append(script.allocate(rng.power(32, most)))
    for block in waiting[head:]:
        script.free(block)


@recipe
def stack(script: Script, rng: Random, *, depth: int = 400,
          frame: int = 4) -> None:
    """Last in, first out: frames of up to frame blocks, as calls nest.

    A pointer that moves up and down would serve it without waste.
    """
    frames: list[list[int]] = []
    while script.room(frame):
        if rng.below(2 * depth) < len(frames):
            for block in reversed(frames.pop()):
                script.free(block)
        else:
            frames.append([script.allocate(rng.octaves(16, 2048))
                           for _ in range(rng.between(1, frame))])
    for blocks in reversed(frames):
        for block in reversed(blocks):
            script.free(block)


# ---- Habits of programs that are hard on one design or another. ----

@recipe
def cache(script: Script, rng: Random, *, capacity: int = 2000000,
          most: int = 60000) -> None:
    """A cache of capacity bytes: objects of 200 to most, evicted to make room.

    The victims are old but not the oldest, so that the holes do not join.
    """
    entries: list[int] = []
    used = 0
    while script.room(2):
        size = rng.power(200, most)
        while used + size > capacity and entries:
            block = entries.pop(rng.below(len(entries) // 3 + 1))
            used -= script.live[block]
            script.free(block)
        entries.append(script.allocate(size))
        used += size
        if rng.percent(50):
            script.free(script.allocate(rng.octaves(16, 1024)))


@recipe
def shift(script: Script, rng: Random, *, live: int = 1200, first: int = 24,
          step: int = 24) -> None:
    """Blocks are replaced one by one, sizes slowly growing.

    After each live replacements sizes grow by step: memory kept for one size
    class is no use to the next.
    """
    blocks: list[int] = []
    count = 0
    while script.room():
        size = first + step * (count // live) + 8 * rng.below(3)
        if len(blocks) >= live:
            at = rng.below(len(blocks))
            script.free(blocks[at])
            blocks[at] = script.allocate(size)
        else:
            blocks.append(script.allocate(size))
        count += 1


@recipe
def powers(script: Script, rng: Random, *, over: int = 8,
           live: int = 500) -> None:
    """Powers of two and a little over: 64 + over, 128 + over, ...

    The worst of sizes where blocks are rounded up to powers of two.
    """
    churn(script, rng, lambda d: (64 << d.below(8)) + d.below(over + 1),
          lambda d: d.between(1, 2 * live))


@recipe
def tables(script: Script, rng: Random, *, count: int = 10,
           entries: int = 600) -> None:
    """Hash tables: entries come one by one, the table doubles by copying.

    The new table is allocated before the old one goes, full tables are
    dropped with all their entries.
    """
    growing: list[tuple[int, list[int]]] = []
    while script.room(3):
        if len(growing) < count:
            growing.append((script.allocate(8 * 8), []))
        at = rng.below(len(growing))
        table, chain = growing[at]
        chain.append(script.allocate(rng.choose([32, 32, 48])))
        if len(chain) * 8 > script.live[table]:
            larger = script.allocate(2 * script.live[table])
            script.free(table)
            growing[at] = larger, chain
        if len(chain) > entries and rng.percent(10):
            script.free(growing[at][0])
            for block in chain:
                script.free(block)
            del growing[at]


@recipe
def threads(script: Script, rng: Random, *, count: int = 4,
            live: int = 150) -> None:
    """Threads 1 to count work for themselves and hand blocks to each other.

    Main (0) sends them tasks that they free; a third of what a thread
    allocates is freed by another one. Has the thread column.
    """
    own: dict[int, list[int]] = defaultdict(list)
    while script.room(2):
        thread = rng.below(count + 1)
        mine = own[thread]
        if rng.below(2 * live) < len(mine):
            script.free(mine.pop(rng.below(len(mine))), thread)
            continue
        block = script.allocate(rng.power(24, 8192), thread)
        sent = thread == 0 or rng.below(3) == 0
        own[rng.between(1, count) if sent else thread].append(block)
