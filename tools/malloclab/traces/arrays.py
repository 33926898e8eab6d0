"""A trace as arrays of numpy: its operations, and the blocks that they make.

mdriver reads the file, in any form, and refuses a wrong one with a message; it
writes the binary form (packed.py), which is read here. numpy is needed
(packages.demand).

    operation   0    1    2    3    4
    line        a 0  a 1  r 0  f 0  a 0      (the id is used again)
    block       0    1    0    0    2
    clock       0    1    1    1    2        births so far, from 0
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy

from . import op_table, packed
from .places import TraceError
from .stacks import Stacks, of_text

RECORD = numpy.dtype([("word", "<u4"), ("arg", "<u4"), ("bytes", "<u8")])
NONE = -1


@dataclass(frozen=True)
class Operations:
    """Arrays with one element per operation, in the order of the trace.

    `records` are those of the file; only arg and bytes are used, since blocks
    stand for slots here. `block` numbers blocks in the order of their birth; an
    operation without a block, such as free(NULL), has NONE. `stack` has the
    numbers of call stacks, 0 for none; None if the trace has no stacks.
    """

    records: numpy.ndarray
    kind: numpy.ndarray
    block: numpy.ndarray
    stack: numpy.ndarray | None = None

    def __len__(self) -> int:
        return len(self.kind)

    def of(self, *kinds: int) -> numpy.ndarray:
        """Which operations are of these kinds: an array of bool."""
        return numpy.isin(self.kind, kinds)

    @cached_property
    def thread(self) -> numpy.ndarray:
        return (self.records["bytes"] >> packed.SIZE_BITS).astype(numpy.int32)

    @cached_property
    def extra(self) -> numpy.ndarray:
        """The count of a calloc, the alignment of a memalign, else 0."""
        extra = self.records["arg"].astype(numpy.int64)
        aligned = self.of(*op_table.ALIGNED)
        extra[aligned] = 1 << extra[aligned]
        return extra

    @cached_property
    def payload(self) -> numpy.ndarray:
        """Bytes that the block has after the operation."""
        size = (self.records["bytes"] & packed.SIZE_MASK).astype(numpy.int64)
        counted = self.of(*op_table.COUNTED)
        size[counted] *= self.extra[counted]
        size[self.of(*op_table.ENDS)] = 0
        return size

    @cached_property
    def before(self) -> numpy.ndarray:
        """Bytes that the block has before the operation."""
        order = _by(self.block, self._on_blocks)
        before = numpy.zeros(len(self), numpy.int64)
        before[order[1:]] = self.payload[order[:-1]]
        before[self.of(*op_table.BEGINS)] = 0
        return before

    @property
    def _on_blocks(self) -> numpy.ndarray:
        return numpy.flatnonzero(~self.of(*op_table.WITHOUT_BLOCK))

    @cached_property
    def clock(self) -> numpy.ndarray:
        """The block born last, up to each operation; 0 before the first."""
        return numpy.maximum(numpy.cumsum(self.of(*op_table.BEGINS)) - 1, 0)


@dataclass(frozen=True)
class Blocks:
    """Arrays with one element per block, in the order of birth.

    `birth` and `death` are numbers of operations, from 0. A block that nothing
    frees dies at `end`, the number of all operations, and is freed by NONE.
    """

    operations: Operations
    birth: numpy.ndarray
    death: numpy.ndarray

    def __len__(self) -> int:
        return len(self.birth)

    @property
    def end(self) -> int:
        return len(self.operations)

    @cached_property
    def freed(self) -> numpy.ndarray:
        return self.death < self.end

    @property
    def size(self) -> numpy.ndarray:
        """Bytes at birth."""
        return self.operations.payload[self.birth]

    @cached_property
    def largest(self) -> numpy.ndarray:
        """The largest size of each block, in bytes."""
        some = ~self.operations.of(*op_table.WITHOUT_BLOCK)
        largest = numpy.zeros(len(self), numpy.int64)
        numpy.maximum.at(largest, self.operations.block[some],
                         self.operations.payload[some])
        return largest

    @cached_property
    def resizes(self) -> numpy.ndarray:
        """How often each block is resized."""
        resized = self.operations.block[
            self.operations.of(*op_table.RESIZED)]
        return numpy.bincount(resized, minlength=len(self))

    @property
    def born_by(self) -> numpy.ndarray:
        """The thread that allocated each block."""
        return self.operations.thread[self.birth]

    @cached_property
    def freed_by(self) -> numpy.ndarray:
        """The thread that freed each block, or NONE."""
        thread = numpy.full(len(self), NONE, numpy.int32)
        thread[self.freed] = self.operations.thread[self.death[self.freed]]
        return thread


@dataclass(frozen=True)
class Trace:
    path: str
    weight: int
    threaded: bool
    ids: int
    operations: Operations
    stacks: Stacks = field(default_factory=Stacks)

    @cached_property
    def blocks(self) -> Blocks:
        return blocks_of(self.operations)


# ---- Reading. ----


def load(path: str | Path, build: Path) -> Trace:
    """The trace in a file of any form, read by the mdriver of the build.

    A TraceError where the trace is wrong: "" where mdriver has printed why.
    """
    with open(path, "rb") as file:
        binary = file.read(len(packed.MAGIC)) == packed.MAGIC
    if binary:
        _pack(path, os.devnull, build)  # only to see that it is sound
        return _read(path, path)
    with tempfile.TemporaryDirectory(prefix="malloclab-") as folder:
        target = os.path.join(folder, "trace.repb")
        _pack(path, target, build)
        return _read(path, target)


def _pack(path: str | Path, target: str, build: Path) -> None:
    driver = build / "mdriver"
    if not driver.exists():
        raise TraceError(f"{driver} is not there: run make")
    ended = subprocess.run([driver, "-f", path, "--pack", target],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    if ended.returncode == 2:
        raise TraceError("")
    if ended.returncode != 0:
        raise TraceError(f"{path}: mdriver ended with {ended.returncode}")


def _read(path: str | Path, name: str | Path) -> Trace:
    """Read a copy: a mapped file would kill this process if it were truncated.
    """
    with open(name, "rb") as file:
        _, weight, threaded, ids, count, _, stacks = packed.HEADER.unpack(
            file.read(packed.HEADER.size))
        records = numpy.fromfile(file, RECORD, count if stacks else -1)
        column = numpy.fromfile(file, "<u4", count) if stacks else None
        rows = file.read()
    if len(records) != count or stacks and len(column) != count:
        raise TraceError(f"{path}: it changed while it was read")
    try:
        table = of_text(rows)
    except ValueError as error:  # mdriver looks at their number alone
        raise TraceError(f"{path}: {error}") from None
    return Trace(str(path), weight, bool(threaded), ids,
                 _operations(records, column), table)


def _operations(records: numpy.ndarray,
                stack: numpy.ndarray | None = None) -> Operations:
    """Give each operation its block: the last one that began in its slot."""
    kind = (records["word"] & packed.KIND_MASK).astype(numpy.uint8)
    order = _by(records["word"] >> packed.KIND_BITS,
                numpy.flatnonzero(
                    ~numpy.isin(kind, op_table.WITHOUT_BLOCK)))
    begins = numpy.isin(kind[order], op_table.BEGINS)
    births = order[begins]
    by_birth = numpy.empty(len(births), numpy.int64)
    by_birth[numpy.argsort(births)] = numpy.arange(len(births))
    block = numpy.full(len(kind), NONE, numpy.int64)
    block[order] = by_birth[numpy.cumsum(begins) - 1]
    return Operations(records, kind, block, stack)


def _by(owner: numpy.ndarray, some: numpy.ndarray) -> numpy.ndarray:
    """The operations sorted by owner, and by time within each owner."""
    return some[numpy.argsort(owner[some], kind="stable")]


def blocks_of(operations: Operations) -> Blocks:
    birth = numpy.flatnonzero(operations.of(*op_table.BEGINS))
    ends = numpy.flatnonzero(operations.of(*op_table.ENDS))
    death = numpy.full(len(birth), len(operations), numpy.int64)
    death[operations.block[ends]] = ends
    return Blocks(operations, birth, death)
