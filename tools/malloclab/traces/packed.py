"""mdriver's binary form of a trace, as driver/trace_binary.c has it.

A header of 64 bytes, then 16 bytes an operation, as driver/op.h has them:

    word    slot << 4 | kind     a slot stands for a block while it lives
    arg                          calloc: count; memalign: log2 of alignment
    bytes   thread << 48 | size

The slot that was freed last is taken first.
"""

from __future__ import annotations

import struct

MAGIC = b"mmtrace\1"
HEADER = struct.Struct("<8sIIQQI28x")
RECORD = struct.Struct("<IIQ")
KIND_BITS, SIZE_BITS = 4, 48
KIND_MASK, SIZE_MASK = (1 << KIND_BITS) - 1, (1 << SIZE_BITS) - 1

MAX_SLOT = (1 << 32 - KIND_BITS) - 1

KINDS = ALLOC, FREE, REALLOC, REALLOC_NULL, REALLOC_FREE, CALLOC, ALIGNED, \
    FREE_NULL = range(8)
LETTERS = "afrrrcmf"  # of each kind, in the text form
BEGINS = (ALLOC, REALLOC_NULL, CALLOC, ALIGNED)
ENDS = (FREE, REALLOC_FREE)


def header(weight: int, threaded: bool, ids: int, ops: int,
           slots: int) -> bytes:
    return HEADER.pack(MAGIC, weight, threaded, ids, ops, slots)
