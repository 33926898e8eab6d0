"""Folded stacks, for flamegraph.pl, speedscope and the like: a line a stack,

    thread 0;malloc;17 to 32 bytes 4711

with what it weighs: bytes asked for, calls that asked, or bytes live when
payload was at its peak. frames.py says what stacks are in a trace.
"""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from ..traces import rep
from .frames import stack_of
from .tape import Tape
from .wish import Wish


def write(tape: Tape, file: TextIO, wish: Wish) -> None:
    for stack, weight in sorted(weigh(tape, wish.weight).items()):
        file.write(f"{';'.join(stack)} {weight}\n")


def weigh(tape: Tape, weight: str) -> Counter[tuple[str, ...]]:
    if weight == "peak":
        return composition(tape, tape.peak_at)
    total: Counter[tuple[str, ...]] = Counter()
    for op in tape:
        if op.kind != "f" and (op.payload or weight == "calls"):
            total[stack_of(op)] += op.payload if weight == "bytes" else 1
    return total


def composition(tape: Tape, moment: int) -> Counter[tuple[str, ...]]:
    """Live bytes by stack after so many operations."""
    live: dict[int, rep.Op] = {}
    for _, op in zip(range(moment), tape):
        live.pop(op.id, None)
        if op.payload:
            live[op.id] = op
    total: Counter[tuple[str, ...]] = Counter()
    for op in live.values():
        total[stack_of(op)] += op.payload
    return total
