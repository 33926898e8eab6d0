"""heaptrack's files, in and out. Lines begin with a letter; numbers are hex.

heaptrack writes the raw form (--raw); heaptrack_interpret makes the interpreted one
of it, which heaptrack_gui reads:

    raw                         interpreted
    v 10400 3                   v 10400 3        version; version of the format
    + SIZE TRACE POINTER        a SIZE TRACE     info 0, 1, ...: once each
                                + INFO
    - POINTER                   - INFO
    t IP PARENT                 t IP PARENT      trace 1, 2, ...: a call in one
    m ...  x ...                s LENGTH TEXT    string 1, 2, ...
                                i ADDRESS MODULE FUNCTION FILE LINE ...
    c MS   R PAGES              c MS   R PAGES   time, resident memory

An interpreted file does not say which of the live blocks of one size and one call
stack is freed. The reader frees the oldest; docs/traces.md says how often that is
right. Neither form has threads, alignments, calloc or realloc. A realloc is a free
and a malloc, both of them logged late (late_ends.py).
"""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Iterable, Iterator, TextIO

from ..numbers import integer, shown
from ..record import recording
from ..traces import rep
from ..traces.op_table import FREEING, RESIZING
from ..traces.stacks import Stacks
from ..record.recording import FREE, MALLOC, Event
from .checked_trace import CheckedTrace
from .frames import stack_of
from .input_file import InputFile
from .late_ends import Addresses
from .write_options import WriteOptions

VERSION = 3
HEAD = re.compile(rb"v [0-9a-f]+( [0-9a-f]+)?\n")
SILENT = set("vstixXImcRAS#")
AMBIGUOUS = ("frees that could be of several blocks alike, taken for the "
             "oldest's")
UNKNOWN = recording.NOTES["unknown_free"]
STEP = 64  # operations between two stamps of time


def recognise(head: bytes) -> bool:
    return bool(HEAD.match(head))


# ---- In. ----


def read(source: InputFile) -> Iterator[rep.Op]:
    return source.operations(Reader(source).events())


class Reader:
    def __init__(self, source: InputFile) -> None:
        self.source = source
        self.addresses = Addresses(source.notes)
        self.infos = Infos(source.notes)

    def events(self) -> Iterator[Event]:
        return self.source.parsed(self._line)

    def _line(self, text: str) -> Iterable[Event]:
        letter, words = text[:1], text[2:].split(" ")
        if letter == "v":
            _check_version(_numbers(words))
        if letter in SILENT or not letter:
            return ()
        if letter not in "+-a" or text[1:2] != " ":
            raise ValueError(f"unknown line {shown(text)} in a file of "
                             "heaptrack")
        return self._call(letter, _numbers(words))

    def _call(self, letter: str, numbers: list[int]) -> Iterator[Event]:
        """Three numbers tell a raw beginning; a raw end is one without any
        info declared before."""
        form = letter, len(numbers)
        if form == ("a", 2):
            self.infos.sizes.append(numbers[0])
        elif form == ("+", 3):
            name = self.addresses.begin(numbers[2])
            yield Event(name, numbers[0], 0, 0, MALLOC)
        elif form == ("+", 1):
            yield self.infos.begin(numbers[0])
        elif form == ("-", 1) and self.infos.sizes:
            yield from self.infos.end(numbers[0])
        elif form == ("-", 1):
            yield Event(self.addresses.end(numbers[0]), 0, 0, 0, FREE)
        else:
            raise ValueError(f"'{letter}' does not take {len(numbers)} "
                             "numbers")


@dataclass
class Infos:
    """Blocks of an interpreted file: sizes by info, live blocks by info."""

    notes: Counter[str]
    sizes: list[int] = field(default_factory=list)
    live: dict[int, deque[int]] = field(default_factory=dict)
    blocks: int = 0

    def begin(self, info: int) -> Event:
        self._require(info)
        self.blocks += 1
        self.live.setdefault(info, deque()).append(self.blocks)
        return Event(self.blocks, self.sizes[info], 0, 0, MALLOC)

    def end(self, info: int) -> Iterator[Event]:
        self._require(info)
        blocks = self.live.get(info)
        if not blocks:
            self.notes[UNKNOWN] += 1
            return
        self.notes[AMBIGUOUS] += len(blocks) > 1
        yield Event(blocks.popleft(), 0, 0, 0, FREE)

    def _require(self, info: int) -> None:
        if info >= len(self.sizes):
            raise ValueError(f"allocation info {info:x} was not declared")


def _check_version(numbers: list[int]) -> None:
    """The format's own is the second; the first heaptracks had but one."""
    if len(numbers) > 1 and numbers[1] > VERSION:
        raise ValueError(f"version {numbers[1]} of heaptrack's format; this "
                         f"reads those to {VERSION}")


def _numbers(words: list[str]) -> list[int]:
    return [integer(word, base=16) for word in words]


# ---- Out. ----


def write(trace: CheckedTrace, file: TextIO, options: WriteOptions) -> None:
    """An interpreted file. The call stack is the thread, the function and the
    sizes that the block is among; a millisecond is an operation; what is
    resident, in bytes, is the allocator's footprint."""
    writer = Writer(file, trace.stacks)
    file.write(f"v 10400 {VERSION}\nX {options.name}\nI 1 0\n")
    footprints = dict(options.footprints)
    infos: dict[int, int] = {}
    for number, op in enumerate(trace, 1):
        was = infos.pop(op.id, None)
        if was is not None:
            file.write(f"- {was:x}\n")
        if op.kind not in FREEING and (
                op.size or was is None or op.kind not in RESIZING):
            infos[op.id] = writer.begin(op)
        if number % STEP == 0 or number in footprints:
            file.write(f"c {number:x}\n")
        if number in footprints:
            file.write(f"R {footprints[number]:x}\n")
    file.write(f"c {len(trace):x}\n# strings: {len(writer.strings)}\n"
               f"# ips: {len(writer.places)}\n")


@dataclass
class Writer:
    """What has a number in the file, by its meaning; a trace by its frames."""

    file: TextIO
    stacks: Stacks
    strings: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    traces: dict[tuple[str, ...], int] = field(default_factory=dict)
    infos: dict[tuple[int, int], int] = field(default_factory=dict)

    def begin(self, op: rep.Op) -> int:
        """Write that the block begins; returns its info."""
        key = op.payload, self._trace(stack_of(op, self.stacks))
        if key not in self.infos:
            self.infos[key] = len(self.infos)
            self.file.write(f"a {key[0]:x} {key[1]:x}\n")
        self.file.write(f"+ {self.infos[key]:x}\n")
        return self.infos[key]

    def _trace(self, frames: tuple[str, ...]) -> int:
        if not frames:
            return 0
        if frames not in self.traces:
            parent = self._trace(frames[:-1])
            place = self._place(frames[-1])
            self.file.write(f"t {place:x} {parent:x}\n")
            self.traces[frames] = len(self.traces) + 1
        return self.traces[frames]

    def _place(self, frame: str) -> int:
        if frame not in self.places:
            module, function = self._string("trace"), self._string(frame)
            self.places[frame] = len(self.places) + 1
            self.file.write(f"i {self.places[frame]:x} {module:x} "
                            f"{function:x}\n")
        return self.places[frame]

    def _string(self, text: str) -> int:
        if text not in self.strings:
            self.strings[text] = len(self.strings) + 1
            self.file.write(f"s {len(text):x} {text}\n")
        return self.strings[text]
