"""A file to be read, unpacked, as lines or bytes; with notes of its oddities.

A log may end anywhere, if its tool was killed while it wrote. So a last line
without its end is left out with a warning, and a packed file that ends too
early is read as far as it goes. A damaged file is an error.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import zlib
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedIOBase
from typing import BinaryIO, Callable, Iterable, Iterator

from ..record import recording
from ..traces import packed, rep
from ..traces.stacks import Stacks

HEAD_SIZE = 1 << 16
CUT = "the packed file is cut short: converted as far as it goes"


@dataclass
class InputFile:
    """`notes` counts by sentence; `warnings` are sentences without a number.

    process: the only process whose calls count, where the log names them.
    weight: what the trace counts for in the score, where the form says it.
    stacks: the call stacks that operations have numbers of.
    """

    path: str
    process: int | None = None
    weight: int = 1
    stacks: Stacks = field(default_factory=Stacks)
    notes: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)

    def head(self) -> bytes:
        """The first bytes, unpacked."""
        with self.data() as file:
            data = read_up_to(file, HEAD_SIZE)
        if not data and os.path.getsize(self.path):
            raise rep.RepError("nothing is packed in it, or it is cut short")
        return data

    @contextmanager
    def data(self) -> Iterator[BinaryIO]:
        """The bytes, unpacked."""
        with open(self.path, "rb") as file:
            magic = file.read(4)
        with open(self.path, "rb") as file:
            if magic.startswith(packed.GZIP):
                yield gzip.open(file)
            elif magic.startswith(packed.ZSTD):
                with self._unpacked_by_zstd(file) as unpacked:
                    yield unpacked
            else:
                yield file

    def lines(self, partial: bool = False) -> Iterator[tuple[int, str]]:
        """Whole lines with their numbers, without their ends. A last one that
        has no end is left out with a warning, unless `partial`."""
        with self.data() as file:
            for number, line in enumerate(self._until_cut(file), 1):
                if line[-1:] == b"\n" or partial:
                    yield number, line.decode("latin-1").rstrip("\n")
                else:
                    self.warn(f"line {number} is cut short, left out")

    def parsed(self, parse: Callable[[str], Iterable[recording.Event]]
               ) -> Iterator[recording.Event]:
        """The events that `parse` makes of each line.

        A RepError with the line's number, where parse raises a ValueError or an
        event cannot be of any machine (recording.fault).
        """
        for number, text in self.lines():
            try:
                for event in parse(text):
                    if sentence := recording.fault(event):
                        raise ValueError(sentence)
                    yield event
            except ValueError as error:
                raise rep.RepError(str(error), number) from None

    def operations(self, events: Iterable[recording.Event],
                   stacks: dict[int, int] | None = None) -> Iterator[rep.Op]:
        """The operations of a log's events; changes are counted in notes.
        stacks: numbers of call stacks, by the events' numbers."""
        converter = recording.Converter(stacks=stacks or {})
        yield from converter.convert(events)
        for key, count in converter.notes.items():
            self.notes[recording.NOTES[key]] += count

    def no_call(self, hint: str = "") -> str:
        """The sentence for a log without a call that counts."""
        if self.process is not None:
            return f"no call of malloc by process {self.process} in it"
        return f"no call of malloc in it{hint}"

    def warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def explain(self) -> list[str]:
        counted = [f"{sentence}: {count}"
                   for sentence, count in self.notes.items() if count]
        return counted + self.warnings

    def _until_cut(self, file: BinaryIO) -> Iterator[bytes]:
        try:
            yield from file
        except EOFError:
            self.warn(CUT)
        except (gzip.BadGzipFile, zlib.error) as error:
            raise rep.RepError(f"the file is damaged: {error}") from None

    @contextmanager
    def _unpacked_by_zstd(self, file: BinaryIO) -> Iterator[BinaryIO]:
        try:
            zstd = subprocess.Popen(["zstd", "-qdc"], stdin=file,
                                    stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE)
        except FileNotFoundError:
            raise rep.RepError("no zstd here to unpack it: install zstd"
                               ) from None
        with zstd:
            yield zstd.stdout
            if zstd.stdout.read(1):  # the reader had enough
                zstd.kill()
                return
            complaint = zstd.stderr.read().decode("utf-8", "replace")
        if zstd.returncode and "premature" in complaint:
            self.warn(CUT)
        elif zstd.returncode:
            raise rep.RepError("the file is damaged: zstd cannot unpack it")


def read_up_to(file: BufferedIOBase, size: int) -> bytes:
    """`size` bytes; fewer only where the file ends or is cut short."""
    data = b""
    try:
        while len(data) < size and (more := file.read1(size - len(data))):
            data += more  # read() would lose what comes before a cut
    except rep.DAMAGES:
        pass  # reading all of it will raise the error
    return data
