"""Traces as arrays of numpy: mdriver's binary form (driver/trace_binary.c).

Sixteen bytes an operation, as driver/op.h has them, after a header of 64. A
file of any other form is read by `mdriver --pack`, so that one parser says what
is sound: a fault of the file is its line on standard error.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy

ROOT = Path(__file__).resolve().parent.parent.parent
MAGIC = b"mmtrace\x01"
HEADER = numpy.dtype([("magic", "S8"), ("weight", "<u4"), ("threaded", "<u4"),
                      ("ids", "<u8"), ("ops", "<u8"), ("slots", "<u4"),
                      ("reserved", "<u4", 7)])
OP = numpy.dtype([("word", "<u4"), ("arg", "<u4"), ("bytes", "<u8")])

KINDS = ALLOC, FREE, REALLOC, REALLOC_NULL, REALLOC_FREE, CALLOC, ALIGNED, \
    FREE_NULL = range(8)
KIND_BITS, SIZE_BITS = 4, 48
BEGINS = (ALLOC, REALLOC_NULL, CALLOC, ALIGNED)
ENDS = (FREE, REALLOC_FREE)


class PackedError(Exception):
    """Why a trace cannot be read, in a sentence; "" where mdriver said it."""


class Packed(NamedTuple):
    """A trace: whether it has threads, its operations."""

    threaded: bool
    ops: numpy.ndarray


def kinds(ops: numpy.ndarray) -> numpy.ndarray:
    return (ops["word"] & (1 << KIND_BITS) - 1).astype(numpy.uint8)


def slots(ops: numpy.ndarray) -> numpy.ndarray:
    return ops["word"] >> KIND_BITS


def payloads(ops: numpy.ndarray, kinds: numpy.ndarray) -> numpy.ndarray:
    """Bytes that each operation's block has after it, 0 where it ends."""
    sizes = (ops["bytes"] & (1 << SIZE_BITS) - 1).astype(numpy.int64)
    return numpy.where(kinds == CALLOC, sizes * ops["arg"], sizes)


def threads(ops: numpy.ndarray) -> numpy.ndarray:
    return (ops["bytes"] >> SIZE_BITS).astype(numpy.int64)


# ---- Reading. ----


def driver() -> Path:
    """The mdriver of the build that MALLOCLAB_BUILD names, else of release."""
    return ROOT / os.environ.get("MALLOCLAB_BUILD", "build/release") / "mdriver"


def read(path: str) -> Packed:
    """The trace in the file, whatever its form."""
    with open(path, "rb") as file:
        binary = file.read(len(MAGIC)) == MAGIC
    if binary:
        _pack(path, os.devnull)  # only to see that it is sound
        return _map(path)
    with tempfile.TemporaryDirectory(prefix="malloclab-") as folder:
        target = os.path.join(folder, "trace.repb")
        _pack(path, target)
        return _map(target)  # what is mapped outlives its name


def _pack(path: str, target: str) -> None:
    program = driver()
    if not program.exists():
        raise PackedError(f"{program} is not there: run make")
    ended = subprocess.run([program, "--pack", target, "-f", path],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    if ended.returncode != 0:
        raise PackedError("")


def _map(path: str) -> Packed:
    header = numpy.fromfile(path, HEADER, 1)
    ops = numpy.memmap(path, OP, "r", HEADER.itemsize)
    return Packed(bool(header["threaded"][0]), ops)


# ---- Writing. ----


def write_header(file: BinaryIO, threaded: bool, ids: int, ops: int,
                 slot_count: int) -> None:
    header = numpy.zeros(1, HEADER)
    header["magic"], header["weight"], header["threaded"] = MAGIC, 1, threaded
    header["ids"], header["ops"], header["slots"] = ids, ops, slot_count
    file.write(header.tobytes())
