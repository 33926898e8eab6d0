"""minimalloc's CSV: buffers with given lifetimes, to be placed off line.

    id,lower,upper,size
    b0,0,12,100

Operation `lower`, counted from 0, begins the buffer and `upper` ends it; blocks
that are live at the end are ended there. A realloc ends a buffer and begins
another, b7.1 after b7, which may lie elsewhere; their lifetimes do not overlap.
Buffers of no bytes need no place and are left out.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple, TextIO

from ..traces.op_table import FREEING, RESIZING
from .checked_trace import CheckedTrace
from .write_options import WriteOptions

EMPTY = "blocks of 0 bytes, left out"


class Buffer(NamedTuple):
    block: int
    part: int
    lower: int
    upper: int
    size: int


def write(trace: CheckedTrace, file: TextIO, options: WriteOptions) -> None:
    file.write("id,lower,upper,size\n")
    for block, part, lower, upper, size in buffers(trace):
        if not size:
            options.notes[EMPTY] += 1
            continue
        name = f"b{block}.{part}" if part else f"b{block}"
        file.write(f"{name},{lower},{upper},{size}\n")


def buffers(trace: CheckedTrace) -> Iterator[Buffer]:
    """In the order of their ends."""
    live: dict[int, tuple[int, int, int]] = {}
    for number, op in enumerate(trace):
        part, lower, size = live.pop(op.id, (-1, 0, 0))
        if part >= 0:
            yield Buffer(op.id, part, lower, number, size)
        if op.kind not in FREEING and (
                op.kind not in RESIZING or op.size or part < 0):
            live[op.id] = part + 1, number, op.payload
    for block, (part, lower, size) in live.items():
        yield Buffer(block, part, lower, len(trace), size)
