"""Valgrind's --trace-malloc=yes: the lines of allocation calls, among others of
memcheck and of the program.

    --4711-- malloc(100) = 0x4A43040
    --4711-- realloc(0x0,50)malloc(50) = 0x4A431B0      calls a call within
    --4711-- memalign(al 64, size 300) = 0x4A43A80
    --4711-- _ZnwmSt11align_val_t(size 128, al 64) = 0x4D71240
    --4711-- calloc(9223372036854775807,3)free(0x4A43A80)    calloc has failed
    --4711-- realloc(0x4A43230,0)free(0x4A43230)
    --4711--  = 0

4711 is the process; there are no threads. A result belongs to the last call that
has none yet. For a realloc of NULL or to 0 bytes Valgrind logs the malloc or free
within it as well, and that one counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Iterable, Iterator, NamedTuple

from ..numbers import integer, shown
from ..traces import rep
from ..record.recording import (
    ALIGNED, CALLOC, FREE, MALLOC, NOTHING, RESIZE, RESIZED, Event)
from .input_file import InputFile

LINE = re.compile(r"--(\d+)-- (\s*(?:= 0|\w+\().*)$")
ANY_LINE = re.compile(rb"^(?:==|--)\d+(?:==|--) ", re.M)
TOKEN = re.compile(r"\s*(?:(\w+)\(([^)]*)\)|= (0x[0-9A-Fa-f]+|\d+))")
NUMBER = re.compile(r"(?:(?:al|size) )?(\d+|0x[0-9A-Fa-f]+)$")
ALIGNING = re.compile(r"memalign$|posix_memalign$|aligned_alloc$")
NEW = re.compile(r"_Zn[wa]|__builtin_(?:vec_)?new$")
FREEING = re.compile(r"c?free$|_Zd[la]|__builtin_(?:vec_)?delete$")
OTHERS = "lines of other processes, left out"
NO_LINE = "no line of --trace-malloc: expected "
MIXED = "results that may be another thread's"


class Call(NamedTuple):
    """A call without a result: as an Event, and for RESIZE the block."""

    kind: int
    size: int
    detail: int


def recognise(head: bytes) -> bool:
    return bool(ANY_LINE.search(head))


def read(source: InputFile) -> Iterator[rep.Op]:
    return source.operations(Reader(source).events())


@dataclass
class Reader:
    """pending: calls without a result yet, the last one last."""

    source: InputFile
    pending: list[Call] = field(default_factory=list)
    calls: int = 0
    whole: bool = True

    def __post_init__(self) -> None:
        chosen = self.source.process
        self.process = None if chosen is None else str(chosen)

    def events(self) -> Iterator[Event]:
        yield from self.source.parsed(self._line)
        if not self.calls:
            raise rep.RepError(self.source.no_call(
                ": was it written with --trace-malloc=yes?"))
        yield from self._unanswered()
        if not self.whole:
            self.source.warn("the log has no summary at its end: it is cut "
                             "short, or the program was killed")

    def _line(self, text: str) -> Iterable[Event]:
        if "Memcheck, a memory" in text or "ERROR SUMMARY" in text:
            self.whole = "ERROR SUMMARY" in text
        found = LINE.search(text) if "--" in text else None
        if not found:
            return ()
        if self.process is None:
            self.process = found[1]
        if found[1] != self.process:
            self.source.notes[OTHERS] += 1
            return ()
        self.calls += 1
        return self._tokens(found[2])

    def _tokens(self, text: str) -> Iterator[Event]:
        at = 0
        while text[at:].strip():
            token = TOKEN.match(text, at)
            if not token:
                raise ValueError(f"{NO_LINE}NAME(NUMBERS) or = ADDRESS")
            name, at = token[1], token.end()
            if not name:
                yield from self._result(integer(token[3], base=0))
            elif FREEING.match(name):
                yield self._free(_numbers(token[2], 1)[0])
            else:
                self.pending += _call(name, token[2])

    def _free(self, address: int) -> Event:
        """Of itself; or by a realloc to 0, which has no other result."""
        if self.pending and self.pending[-1] == Call(RESIZE, 0, address):
            self.pending.pop()
        return Event(address, 0, 0, 0, FREE)

    def _result(self, address: int) -> Iterator[Event]:
        if not self.pending:
            return
        kind, size, detail = self.pending.pop()
        if any(other.kind != CALLOC for other in self.pending):
            self.source.notes[MIXED] += 1
        if kind == RESIZE:
            yield Event(detail, size, 0, 0, RESIZE)
            yield Event(address, size, detail, 0, RESIZED)
        elif kind != NOTHING:
            yield Event(address, size, detail, 0, kind)

    def _unanswered(self) -> Iterator[Event]:
        """What never had a result: a calloc that overflows has none."""
        for call in self.pending:
            if call.kind == CALLOC:
                yield Event(0, call.size, call.detail, 0, CALLOC)
            else:
                self.source.warn("the log ends within a call, left out")


def _call(name: str, words: str) -> list[Call]:
    """The call, if a result is to come."""
    if name == "malloc" or NEW.match(name) and "align_val" not in name:
        return [Call(MALLOC, _numbers(words, 1)[0], 0)]
    if name == "calloc":
        count, size = _numbers(words, 2)
        return [Call(CALLOC, size, count)]
    if name == "realloc":
        address, size = _numbers(words, 2)
        return [Call(RESIZE, size, address)] if address else []
    if ALIGNING.match(name) or NEW.match(name):
        one, other = _numbers(words, 2)
        return [Call(ALIGNED, one, other) if words.startswith("size")
                else Call(ALIGNED, other, one)]
    return [Call(NOTHING, 0, 0)] if name == "malloc_usable_size" else []


def _numbers(words: str, count: int) -> list[int]:
    found = [NUMBER.match(word.strip()) for word in words.split(",")]
    if len(found) != count or not all(found):
        raise ValueError(f"{NO_LINE}{count} number{'s'[:count > 1]}, found "
                         f"{shown(words)}")
    return [integer(one[1], base=0) for one in found if one]
