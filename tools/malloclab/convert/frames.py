"""Stacks for profiles of a trace, which has none.

A profile groups what is alike by where it came from. A trace no longer knows
the program's functions; what it has is who called, what was called, and how
much was asked for. So these are the frames, from the outermost: the thread, the
function, the sizes it is among, a power of two to the next.
"""

from __future__ import annotations

from functools import lru_cache

from ..traces import rep
from ..traces.op_table import LETTERS


def stack_of(op: rep.Op) -> tuple[str, str, str]:
    """The frames of an operation that gives a block its size."""
    return f"thread {op.thread}", LETTERS[op.kind].call, size_class(op.payload)


@lru_cache(maxsize=None)
def _class_of(bits: int) -> str:
    if bits <= 4:
        return ["0 bytes", "1 to 16 bytes"][bits > 0]
    return f"{(1 << (bits - 1)) + 1} to {1 << bits} bytes"


def size_class(size: int) -> str:
    """0, then 1 to 16, 17 to 32, 33 to 64, ... bytes."""
    return _class_of(max((size - 1).bit_length(), 1) if size else 0)
