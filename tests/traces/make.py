#!/usr/bin/python3
"""Write the traces of this directory, the same bytes each time.

    tests/traces/make.py            rewrite the .rep files beside this script
    tests/traces/make.py --check    exit 1 where one of them differs

Each trace exists to bring to light what some allocator of tests/bad does, and
is as short as that allows. The generator is a linear congruence of our own, so
that no Python release can change a trace.
"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path


class Dice:
    """Knuth's 64-bit linear congruence, its upper bits only."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def below(self, bound: int) -> int:
        self.state = self.state * 6364136223846793005 + 1442695040888963407
        self.state %= 1 << 64
        return (self.state >> 33) % bound

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)


class Script:
    """Operations in the making, with the ids that are live."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.live: list[int] = []
        self.ids = 0
        self.first = 20000  # below 4: a later form, where r may be fresh

    def _new(self, operation: str) -> int:
        ident = self.ids
        letter, *numbers = operation.split()
        self.lines.append(' '.join([letter, str(ident), *numbers]))
        self.live.append(ident)
        self.ids += 1
        return ident

    def malloc(self, size: int) -> int:
        return self._new(f'a {size}')

    def calloc(self, count: int, size: int) -> int:
        return self._new(f'c {count} {size}')

    def memalign(self, align: int, size: int) -> int:
        return self._new(f'm {align} {size}')

    def realloc(self, ident: int, size: int) -> None:
        self.lines.append(f'r {ident} {size}')
        if size == 0:
            self.live.remove(ident)

    def realloc_null(self, size: int) -> int:
        return self._new(f'r {size}')

    def free(self, ident: int) -> None:
        self.lines.append(f'f {ident}')
        self.live.remove(ident)

    def free_null(self) -> None:
        self.lines.append('f -1')

    def free_all(self) -> None:
        for ident in list(self.live):
            self.free(ident)

    def text(self) -> str:
        header = [self.first, self.ids, len(self.lines), 1]
        return '\n'.join([*map(str, header), *self.lines]) + '\n'


def mixed() -> Script:
    """All sizes with much reuse; ids 0 to 3 are live to the end."""
    dice, script = Dice(1), Script()
    sizes = [(1, 64)] * 6 + [(65, 600)] * 4 + [(2100, 6000)] * 2 + [
        (9000, 30000), (100000, 120000)]
    for size in (40, 3000, 48, 100):
        script.malloc(size)
    for _ in range(400):
        victims = script.live[4:]
        if len(victims) > 24 or (victims and dice.below(100) < 38):
            script.free(victims[dice.below(len(victims))])
        elif victims and dice.below(100) < 15:
            script.realloc(victims[dice.below(len(victims))],
                           dice.between(1, 5000))
        else:
            script.malloc(dice.between(*sizes[dice.below(len(sizes))]))
    for ident in script.live[4:]:
        script.free(ident)
    return script


def small() -> Script:
    """Small blocks, malloc and free only; id 0 lives long."""
    dice, script = Dice(2), Script()
    script.malloc(200)
    for _ in range(300):
        victims = script.live[1:]
        if len(victims) > 30 or (victims and dice.below(100) < 40):
            script.free(victims[dice.below(len(victims))])
        else:
            script.malloc(dice.between(16, 700))
    script.free_all()
    return script


def realloc() -> Script:
    """Blocks that grow and shrink with live neighbours on both sides."""
    dice, script = Dice(3), Script()
    for size in (100, 400, 1500, 64, 3000, 17, 800, 5000):
        script.malloc(size)
    for turn in range(240):
        ident = script.live[dice.below(len(script.live))]
        low, high = ((1, 300), (300, 4000), (4000, 20000))[turn % 3]
        script.realloc(ident, dice.between(low, high))
        if turn % 16 == 15:
            script.free(script.live[dice.below(len(script.live))])
            script.malloc(dice.between(1, 2000))
    script.free_all()
    return script


def calloc() -> Script:
    """Zeroed blocks where used ones lay before, small and large."""
    dice, script = Dice(4), Script()
    for _ in range(30):
        script.malloc(dice.between(32, 12000))
    for _ in range(120):
        ident = script.live[dice.below(len(script.live))]
        script.free(ident)
        if dice.below(2):
            script.calloc(dice.between(2, 100), dice.between(1, 60))
        else:
            script.malloc(dice.between(1, 6000))
    script.free_all()
    return script


def memalign() -> Script:
    """Every alignment from 1 to 64 KiB, between ordinary blocks."""
    dice, script = Dice(5), Script()
    for turn in range(90):
        script.memalign(1 << dice.below(17), dice.between(1, 3000))
        script.malloc(dice.between(1, 200))
        if turn % 2:
            script.free(script.live[dice.below(len(script.live))])
    script.free_all()
    return script


def edge() -> Script:
    """Zero bytes, NULL to free and to realloc, realloc to nothing."""
    script = Script()
    script.first = 1
    script.free_null()
    empty = script.malloc(0)
    block = script.realloc_null(100)
    script.realloc(block, 200)
    script.free(empty)
    script.realloc(block, 0)
    script.free_null()
    script.free(script.malloc(1))
    return script


def enclose() -> Script:
    """With 16-byte headers, 112 bytes at block 0 reach around block 1."""
    script = Script()
    hole = script.malloc(64)
    script.malloc(16)
    script.malloc(4000)
    script.free(hole)
    script.malloc(112)
    script.free_all()
    return script


def header() -> Script:
    """With 16-byte headers, 96 bytes at block 0 reach 16 into block 1."""
    script = Script()
    hole = script.malloc(64)
    script.malloc(64)
    script.free(hole)
    script.malloc(96)
    script.free_all()
    return script


def shortage() -> Script:
    """Growth by all means, so that each of many requests may be refused."""
    script, dice = Script(), Dice(7)
    for _ in range(24):
        grown = script.malloc(dice.between(1, 600))
        script.calloc(dice.between(1, 9), dice.between(1, 90))
        script.malloc(dice.between(600, 3000))
        script.realloc(grown, dice.between(600, 2600))
        if dice.below(2):
            script.free(script.live[dice.below(len(script.live))])
    script.free_all()
    return script


TRACES = [mixed, small, realloc, calloc, memalign, edge, enclose, header,
          shortage]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--check', action='store_true',
                        help='write nothing; exit 1 where a file differs')
    check = parser.parse_args().check
    status = 0
    for recipe in TRACES:
        path = Path(__file__).parent / f'{recipe.__name__}.rep'
        text = recipe().text()
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f'{path}: not what make.py writes', file=sys.stderr)
            status = 1
    return status


if __name__ == '__main__':
    sys.exit(main())
