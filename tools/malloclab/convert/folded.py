"""Folded stacks, for flamegraph.pl, speedscope and the like: a line per stack,

    thread 0;malloc;17 to 32 bytes 4711

with its weight: bytes requested, calls, or bytes live when payload was at its
peak. frames.py defines the stacks of a trace.
"""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from ..traces import rep
from ..traces.op_table import FREEING
from ..traces.stacks import folded
from .checked_trace import CheckedTrace
from .frames import stack_of
from .write_options import WriteOptions


def write(trace: CheckedTrace, file: TextIO, options: WriteOptions) -> None:
    file.write(folded(weigh(trace, options.weight)))


def weigh(trace: CheckedTrace, weight: str) -> Counter[tuple[str, ...]]:
    if weight == "peak":
        return composition(trace, trace.peak_at)
    total: Counter[tuple[str, ...]] = Counter()
    for op in trace:
        if op.kind not in FREEING and (op.payload or weight == "calls"):
            total[stack_of(op, trace.stacks)] += (
                op.payload if weight == "bytes" else 1)
    return total


def composition(trace: CheckedTrace, moment: int) -> Counter[tuple[str, ...]]:
    """Live bytes by stack after so many operations."""
    live: dict[int, rep.Op] = {}
    for _, op in zip(range(moment), trace):
        live.pop(op.id, None)
        if op.payload:
            live[op.id] = op
    total: Counter[tuple[str, ...]] = Counter()
    for op in live.values():
        total[stack_of(op, trace.stacks)] += op.payload
    return total
