"""mdriver's binary form of a trace, as driver/trace/trace_binary.c writes it.

A header of 64 bytes, then 16 bytes per operation, as in driver/trace/op.h:

    word    slot << 4 | kind     a slot stands for a block while it lives
    arg                          a count, or log2 of an alignment
    bytes   thread << 48 | size

A new block gets the slot that was freed last. op_table.py has the kinds. If the
header has a number of call stacks, 4 bytes per operation follow, the stack's
number or 0, and the rows of stacks.py, to the end.
"""

from __future__ import annotations

import struct

# How compressed files begin.
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"

MAGIC = b"mmtrace\1"
HEADER = struct.Struct("<8sIIQQII24x")
RECORD = struct.Struct("<IIQ")
STACK = struct.Struct("<I")
KIND_BITS, SIZE_BITS = 4, 48
KIND_MASK, SIZE_MASK = (1 << KIND_BITS) - 1, (1 << SIZE_BITS) - 1

MAX_SLOT = (1 << 32 - KIND_BITS) - 1


def header(weight: int, threaded: bool, ids: int, ops: int,
           slots: int, stacks: int = 0) -> bytes:
    return HEADER.pack(MAGIC, weight, threaded, ids, ops, slots, stacks)
