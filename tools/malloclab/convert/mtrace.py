"""mtrace(3): the log that glibc writes to the file of MALLOC_TRACE, between
mtrace() and muntrace().

    = Start
    @ ./a.out:[0x1189] + 0x5581 0x64      malloc, calloc, memalign: all the same
    @ ./a.out:[0x1195] < 0x5581           realloc: the block before ...
    @ ./a.out:[0x1195] > 0x55f0 0x7d0     ... and after
    @ ./a.out:[0x11a5] ! 0x55f0 0xffff    realloc failed
    @ ./a.out:[0x11b0] - 0x55f0           free
    = End

It has no threads, alignments, calloc or free(NULL). Lines are written when the
call has returned (late_ends.py).
"""

from __future__ import annotations

import re
from typing import Iterator

from ..numbers import integer
from ..record import recording
from ..traces import rep
from ..record.recording import FREE, MALLOC, RESIZE, RESIZED, Event
from .input_file import InputFile
from .late_ends import Addresses

LINE = re.compile(r"(?:@ .*? )?([-+<>!]) (\(nil\)|0x[0-9a-f]+)"
                  r"(?: (0|0x[0-9a-f]+))?$")
HEAD = re.compile(rb"\s*(= Start$|(@ \S.* )?[-+<] 0x[0-9a-f]+( 0x|\s*$))", re.M)
SIZED = "+>!"
FAILED = recording.NOTES["failed"]


def recognise(head: bytes) -> bool:
    return bool(HEAD.match(head))


def read(source: InputFile) -> Iterator[rep.Op]:
    return source.operations(Reader(source).events())


class Reader:
    def __init__(self, source: InputFile) -> None:
        self.source = source
        self.addresses = Addresses(source.notes)
        self.moving: int | None = None  # the block of a < without its >

    def events(self) -> Iterator[Event]:
        yield from self.source.parsed(self._line)
        if self.moving is not None:
            self.source.warn("the log ends within a realloc, left out")

    def _line(self, text: str) -> Iterator[Event]:
        if text.startswith("= ") or not text:
            return
        found = LINE.match(text)
        if not found or (found[1] in SIZED) != bool(found[3]):
            raise ValueError("no line of mtrace: expected +, -, <, > or ! and "
                             "an address")
        sign, address, size = found[1], _number(found[2]), _number(found[3])
        if (sign == ">") != (self.moving is not None):
            raise ValueError("a line with < and the one with > after it "
                             "belong together")
        if sign == "+":
            yield Event(self.addresses.begin(address), size, 0, 0, MALLOC)
        elif sign == "-":
            yield Event(self.addresses.end(address), 0, 0, 0, FREE)
        elif sign == "!":
            self.source.notes[FAILED] += 1
        elif sign == "<":
            self.moving = self.addresses.end(address)
        else:
            yield from self._moved(address, size)

    def _moved(self, address: int, size: int) -> Iterator[Event]:
        before, self.moving = self.moving, None
        yield Event(before, size, 0, 0, RESIZE)
        yield Event(self.addresses.begin(address), size, before, 0, RESIZED)


def _number(text: str | None) -> int:
    return integer(text, base=16) if text and text != "(nil)" else 0
