"""Stacks for profiles of a trace.

A profile groups allocations by call stack. An operation of a trace without
stacks (traces/stacks.py) has these frames, from the outermost: the thread, the
function called, and the size class, which reaches from one power of two to the
next.
"""

from __future__ import annotations

from functools import lru_cache

from ..traces import rep
from ..traces.op_table import LETTERS
from ..traces.stacks import Stacks, function_of


def stack_of(op: rep.Op, stacks: Stacks) -> tuple[str, ...]:
    """The frames of an operation that gives a block its size."""
    if op.stack:
        return tuple(map(function_of, stacks.frames(op.stack)))
    return f"thread {op.thread}", LETTERS[op.kind].call, size_class(op.payload)


@lru_cache(maxsize=None)
def _class_of(bits: int) -> str:
    if bits <= 4:
        return ["0 bytes", "1 to 16 bytes"][bits > 0]
    return f"{(1 << (bits - 1)) + 1} to {1 << bits} bytes"


def size_class(size: int) -> str:
    """0, then 1 to 16, 17 to 32, 33 to 64, ... bytes."""
    return _class_of(max((size - 1).bit_length(), 1) if size else 0)
