"""A trace as arrays of numpy: its operations, and the blocks that they make.

mdriver reads the file, in whatever form it is, and complains of what is not
sound; it hands on the binary form (driver/op.h), which is read here. numpy is
needed (pythons.demand).

    operation   0    1    2    3    4
    line        a 0  a 1  r 0  f 0  a 0      (the id is used again)
    block       0    1    0    0    2
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy

from .replays import BUILD, ROOT

ENDINGS = ("", ".rep", ".rep.gz", ".rep.zst", ".repb")

(MALLOC, FREE, REALLOC, REALLOC_NULL, REALLOC_FREE, CALLOC, ALIGNED,
 FREE_NULL) = range(8)
BEGINNING = (MALLOC, REALLOC_NULL, CALLOC, ALIGNED)
ENDING = (FREE, REALLOC_FREE)

HEADER = numpy.dtype([("magic", "S8"), ("weight", "<u4"), ("threaded", "<u4"),
                      ("ids", "<u8"), ("ops", "<u8"), ("slots", "<u4"),
                      ("reserved", "<u4", 7)])
OPERATION = numpy.dtype([("word", "<u4"), ("extra", "<u4"), ("bytes", "<u8")])

NOBODY = -1


class TraceError(Exception):
    """Why there is no trace, in a sentence; "" where mdriver has said it."""


@dataclass(frozen=True)
class Operations:
    """A column an attribute, a row an operation, in the order of the trace.

    `block` numbers blocks in the order of their birth; free(NULL) is about
    NOBODY. `before` and `payload` are the bytes that the block has before the
    operation and after it. `extra` is the count of a calloc and the alignment
    of a memalign, else 0.
    """

    kind: numpy.ndarray
    block: numpy.ndarray
    before: numpy.ndarray
    payload: numpy.ndarray
    extra: numpy.ndarray
    thread: numpy.ndarray

    def __len__(self) -> int:
        return len(self.kind)

    def of(self, *kinds: int) -> numpy.ndarray:
        """Which operations are of these kinds: an array of bool."""
        return numpy.isin(self.kind, kinds)


@dataclass(frozen=True)
class Blocks:
    """A column an attribute, a row a block, in the order of birth.

    `birth` and `death` are numbers of operations from 0; who lives at the end
    dies at `end`, the number of all operations, freed by NOBODY. `size` is
    that at birth, `largest` the most that reallocs made of it.
    """

    end: int
    birth: numpy.ndarray
    death: numpy.ndarray
    size: numpy.ndarray
    largest: numpy.ndarray
    resizes: numpy.ndarray
    born_by: numpy.ndarray
    freed_by: numpy.ndarray

    def __len__(self) -> int:
        return len(self.birth)

    @property
    def freed(self) -> numpy.ndarray:
        return self.death < self.end


@dataclass(frozen=True)
class Trace:
    path: str
    weight: int
    ids: int
    operations: Operations
    blocks: Blocks


# ---- Reading. ----


def directory() -> Path:
    """traces/ here, or else that of the project, as for mdriver."""
    here = Path("traces")
    return here if here.is_dir() else ROOT / here


def find(name: str, folder: Path) -> Path:
    """A path, or a trace of the folder by its name, as for mdriver -f."""
    for path in [Path(name), *(folder / (name + end) for end in ENDINGS)]:
        if path.is_file():
            return path
    raise TraceError(f"{name}: there is no such trace, here or in {folder}")


def load(path: str | Path, build: Path = BUILD) -> Trace:
    driver = build / "mdriver"
    if not driver.exists():
        raise TraceError(f"{driver} is not there: run make")
    with tempfile.TemporaryDirectory(prefix="malloclab-") as folder:
        packed = Path(folder) / "trace.repb"
        ended = subprocess.run([str(driver), "-f", str(path),
                                "--pack", str(packed)],
                               stdin=subprocess.DEVNULL)
        if ended.returncode == 2:
            raise TraceError("")
        if ended.returncode != 0:
            raise TraceError(f"{path}: mdriver ended with {ended.returncode}")
        return unpack(str(path), packed.read_bytes())


def unpack(path: str, data: bytes) -> Trace:
    """The trace in the binary form, which must be sound."""
    header = numpy.frombuffer(data, HEADER, 1)[0]
    records = numpy.frombuffer(data, OPERATION, offset=HEADER.itemsize)
    kind = (records["word"] & 15).astype(numpy.int8)
    extra = records["extra"].astype(numpy.int64)
    size = (records["bytes"] & (1 << 48) - 1).astype(numpy.int64)
    payload = numpy.where(kind == CALLOC, size * extra, size)
    payload[numpy.isin(kind, ENDING)] = 0
    aligned = kind == ALIGNED
    extra[aligned] = 1 << extra[aligned]
    order, block = _blocks_of(kind, records["word"] >> 4)
    operations = Operations(
        kind, block, _before(order, kind, payload), payload, extra,
        (records["bytes"] >> 48).astype(numpy.int32))
    return Trace(path, int(header["weight"]), int(header["ids"]), operations,
                 _lives(order, operations))


def _blocks_of(kind: numpy.ndarray, slot: numpy.ndarray
               ) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The operations on blocks, slot by slot, and the block of each."""
    some = numpy.flatnonzero(kind != FREE_NULL)
    order = some[numpy.argsort(slot[some], kind="stable")]
    begins = numpy.isin(kind[order], BEGINNING)
    births = order[begins]
    by_birth = numpy.empty(len(births), numpy.int64)
    by_birth[numpy.argsort(births)] = numpy.arange(len(births))
    block = numpy.full(len(kind), NOBODY, numpy.int64)
    block[order] = by_birth[numpy.cumsum(begins) - 1]
    return order, block


def _before(order: numpy.ndarray, kind: numpy.ndarray, payload: numpy.ndarray
            ) -> numpy.ndarray:
    before = numpy.zeros(len(payload), numpy.int64)
    before[order[1:]] = payload[order[:-1]]
    before[numpy.isin(kind, BEGINNING)] = 0
    return before


def _lives(order: numpy.ndarray, operations: Operations) -> Blocks:
    birth = numpy.flatnonzero(operations.of(*BEGINNING))
    ends = numpy.flatnonzero(operations.of(*ENDING))
    death = numpy.full(len(birth), len(operations), numpy.int64)
    death[operations.block[ends]] = ends
    freed_by = numpy.full(len(birth), NOBODY, numpy.int32)
    freed_by[operations.block[ends]] = operations.thread[ends]
    resized = operations.block[operations.of(REALLOC)]
    largest = numpy.zeros(len(birth), numpy.int64)
    numpy.maximum.at(largest, operations.block[order],
                     operations.payload[order])
    return Blocks(len(operations), birth, death, operations.payload[birth],
                  largest, numpy.bincount(resized, minlength=len(birth)),
                  operations.thread[birth], freed_by)
