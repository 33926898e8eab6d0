"""Which settings are measured on which traces: all on all, or successive
halving (Jamieson, Talwalkar: Non-stochastic best arm identification, 2016)."""

from __future__ import annotations

import random
from typing import Callable, Sequence

from .outcome import Point, point_of, rank
from .space import Setting
from .work import Sweep

Run = Callable[[Sequence[str]], None]  # does the units of these keys


def _all(sweep: Sweep, run: Run, settings: Sequence[Setting],
         parts: Sequence[Sequence[str]]) -> list[Point]:
    """The settings on the traces of all parts, each part a unit."""
    units = [[sweep.add(setting, part) for part in parts]
             for setting in settings]
    sweep.save()
    run(list(dict.fromkeys(unit for row in units for unit in row)))
    return [point_of(sweep, setting, row)
            for setting, row in zip(settings, units)]


def grid(sweep: Sweep, run: Run, settings: Sequence[Setting],
         traces: Sequence[str]) -> tuple[list[Point], list[Point]]:
    """All settings on all traces; none is dropped."""
    return _all(sweep, run, settings, [traces]), []


def rungs(settings: int, traces: int) -> list[int]:
    """How many traces each rung has: twice as many as the one before, until
    one has all; and no more rungs than halves of the settings."""
    counts = [traces]
    while counts[0] > 1 and settings > 2:
        counts.insert(0, -(-counts[0] // 2))
        settings = -(-settings // 2)
    return counts


def halving(sweep: Sweep, run: Run, settings: Sequence[Setting],
            traces: Sequence[str], by: str, seed: int
            ) -> tuple[list[Point], list[Point]]:
    """On each rung the better half of the settings goes on to more traces. The
    first, the defaults, always does. Returns who saw all traces, and who did
    not."""
    order = random.Random(seed).sample(list(traces), len(traces))
    parts: list[list[str]] = []
    dropped: list[Point] = []
    counts = rungs(len(settings), len(traces))
    for count in counts:
        parts.append(order[sum(map(len, parts)):count])
        points = _all(sweep, run, settings, parts)
        if count == len(traces):
            return points, dropped
        kept = _better_half(points, by)
        dropped += [point for point in points if point not in kept]
        settings = [point.setting for point in kept]
    raise AssertionError("the last rung has all traces")


def _better_half(points: Sequence[Point], by: str) -> list[Point]:
    right = sorted((p for p in points if p.ok), key=lambda p: rank(p, by))
    best = right[:-(-len(points) // 2)]
    return [point for point in points if point in best or point is points[0]]


def held_out(sweep: Sweep, run: Run, chosen: Sequence[Setting],
             traces: Sequence[str]) -> list[Point]:
    return _all(sweep, run, chosen, [traces])
