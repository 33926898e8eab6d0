"""Writers of copies: sessions, one after the other, as text or binary.

A writer keeps nothing of a session but the slots in use, so that a copy may be
longer than memory. The header's counts of operations and blocks are known
before; the binary form's count of slots is written at the end.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from typing import BinaryIO, ContextManager, Iterator, NamedTuple, Union

import numpy

from ..traces import op_table, packed
from ..traces.stacks import SIGN, Stacks
from .model import Session


class CopyError(Exception):
    """Why there is no copy, in a sentence."""


class HeaderFields(NamedTuple):
    """Fields of a trace's header; heap is in bytes."""

    threaded: bool
    ids: int
    ops: int
    heap: int
    stacks: Stacks


# ---- Files. ----


@contextlib.contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """The file to write, compressed as its name says; gone if it fails."""
    with open(path, "wb") as file:
        try:
            with _packer(path, file) as packer:
                yield packer
        except BaseException:
            if os.path.isfile(path):
                os.unlink(path)
            raise


@contextlib.contextmanager
def to_stdout() -> Iterator[BinaryIO]:
    yield sys.stdout.buffer
    sys.stdout.flush()


def _packer(path: str, file: BinaryIO) -> ContextManager[BinaryIO]:
    if path.endswith(".gz"):
        return gzip.GzipFile("", "wb", 6, file, mtime=0)
    if path.endswith(".zst"):
        return _zstd(path, file)
    return contextlib.nullcontext(file)


@contextlib.contextmanager
def _zstd(path: str, file: BinaryIO) -> Iterator[BinaryIO]:
    if not shutil.which("zstd"):
        raise CopyError(f"{path}: there is no zstd here: install zstd")
    packer = subprocess.Popen(["zstd", "-q", "-c"], stdin=subprocess.PIPE,
                              stdout=file, start_new_session=True)
    assert packer.stdin
    try:
        with packer.stdin:
            yield packer.stdin
    except BrokenPipeError:
        pass  # it has ended, and said why
    finally:
        packer.wait()
    if packer.returncode != 0:
        raise CopyError(f"{path}: zstd ended with {packer.returncode}")


# ---- The text form. ----


class Text:
    """Write text: ids are births, counted through all sessions."""

    def __init__(self, file: BinaryIO, header: HeaderFields) -> None:
        self.file = file
        self.threaded = header.threaded
        self.births = 0
        self.stacked = len(header.stacks) > 0
        file.write(f"{header.heap}\n{header.ids}\n{header.ops}\n1\n"
                   .encode("ascii"))
        file.writelines(row.encode() for row in header.stacks.lines())

    def write(self, session: Session) -> None:
        sizes = (session.records["bytes"] & packed.SIZE_MASK).tolist()
        extra = session.records["arg"].astype(numpy.int64)
        aligned = numpy.isin(session.kinds, op_table.ALIGNED)
        extra[aligned] = 1 << extra[aligned]
        lines = map(_line, session.kinds.tolist(),
                    (session.block + self.births).tolist(), sizes,
                    extra.tolist())
        if self.threaded:
            threads = session.records["bytes"] >> packed.SIZE_BITS
            lines = map("{} {}".format, lines, threads.tolist())
        if self.stacked:
            lines = (f"{line} {SIGN}{stack}" if stack else line for line, stack
                     in zip(lines, session.records["word"].tolist()))
        self.file.write(("\n".join(lines) + "\n").encode("ascii"))
        self.births += session.births

    def finish(self) -> None:
        """Write nothing: text is complete."""


FORMATS = {one.kind: one.template.format for one in op_table.OPERATIONS}


def _line(kind: int, block: int, size: int, extra: int) -> str:
    return FORMATS[kind](block, size, extra)


# ---- The binary form. ----


class Binary:
    """Write the binary form: the slot freed last is used first."""

    def __init__(self, file: BinaryIO, header: HeaderFields) -> None:
        self.file = file
        self.header = header
        self.slots = Slots()
        self.column = tempfile.TemporaryFile() if len(header.stacks) else None
        self._write_header()

    def _write_header(self) -> None:
        self.file.write(packed.header(1, self.header.threaded,
                                      self.header.ids, self.header.ops,
                                      self.slots.count,
                                      len(self.header.stacks)))

    def write(self, session: Session) -> None:
        records = session.records.copy()
        if self.column:
            self.column.write(records["word"].tobytes())
        records["word"] = self.slots.of(session)
        records["word"] <<= packed.KIND_BITS
        records["word"] |= session.kinds
        self.file.write(records.tobytes())

    def finish(self) -> None:
        if self.column:
            with self.column:
                self.column.seek(0)
                shutil.copyfileobj(self.column, self.file)
            self.file.writelines(row.encode()
                                 for row in self.header.stacks.lines())
        self.file.seek(0)
        self._write_header()


class Slots:
    """Numbers for the blocks that are live at a time, as few as possible."""

    def __init__(self) -> None:
        self.count = 0
        self.free: list[int] = []

    def of(self, session: Session) -> numpy.ndarray:
        """The slot of each operation; 0 for free(NULL)."""
        free, slot_of, found = self.free, [0] * session.births, []
        steps = _STEPS[session.kinds].tolist()
        for step, block in zip(steps, session.block.tolist()):
            if step == _BEGIN:
                if free:
                    slot = free.pop()
                else:
                    slot = self.count
                    self.count += 1
                slot_of[block] = slot
            elif step == _NOTHING:
                slot = 0
            else:
                slot = slot_of[block]
                if step == _END:
                    free.append(slot)
            found.append(slot)
        return numpy.array(found, "<u4")


_BEGIN, _END, _RESIZE, _NOTHING = range(4)
_STEPS = numpy.full(op_table.KINDS, _RESIZE, numpy.uint8)
_STEPS[list(op_table.BEGINS)] = _BEGIN
_STEPS[list(op_table.ENDS)] = _END
_STEPS[list(op_table.WITHOUT_BLOCK)] = _NOTHING


Writer = Union[Text, Binary]


def writer_for(path: str, file: BinaryIO, header: HeaderFields) -> Writer:
    kind = Binary if path.endswith(".repb") else Text
    return kind(file, header)
