"""ltrace: calls by name, in text, each begun and ended by its thread.

    malloc(100)                                = 0x5581
    [pid 7] a.out->calloc(3, 40)               = 0x5590
    7 10:15:02 realloc@libc.so.6(0x5581, 2000 <unfinished ...>
    8 free(0)                                  = <void>
    7 <... realloc resumed> )                  = 0x55a0
    operator new(unsigned long)(41, 1, 0, 2)   = 0x55f0

Arguments beyond those of the function are contents of registers, and mean nothing.
Of a call within a call, such as malloc in operator new, only the outer one counts.
Frees are logged before the call and new blocks after it, so no block begins where
another one is live.

`ltrace -e` gives wrong names to the calls that libc makes itself, since it takes
the slots of the PLT in the wrong order. `-x` stops at the entries of functions, and
gives the right names.

A PID is that of a thread or of a process; the log does not say which. ltrace logs
the block of posix_memalign only if a prototype tells it to:
`int posix_memalign(+addr*, ulong, ulong);`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Iterable, Iterator

from ..numbers import WORD, integer
from ..record.recording import (ALIGNED, CALLOC, FREE, MALLOC, RESIZE,
                                RESIZED, Event)
from ..traces import rep
from .input_file import InputFile

PREFIX = r"(?:\[pid (\d+)\] |(\d+) )?\s*(?:[\d:.]+ +)?(?:\[0x[0-9a-f]+\] +)?"
LINE = re.compile(
    PREFIX + r"(?:(?:(?P<caller>[^\s(]+)->)?"
    r"(?P<name>operator [^(]*\([^)]*\)|[\w.+-]+)(?:@[\w.+-]+)?\("
    r"(?P<arguments>.*)|<\.\.\. (?P<resumed>.*) resumed>(?P<rest>.*)|"
    r"(?P<mark>---|\+\+\+) (?P<news>.*))$")
RESULT = re.compile(r"(.*)\) += (\S+)(?: <[\d.]+>)?$")
UNFINISHED = re.compile(r"(.*?),? ?<(?:unfinished|no return) \.\.\.>$")
BEGUN = re.compile(r" = |<unfinished |<no return ")

# The kind of event that a call is, and the names of its arguments.
FUNCTIONS = {
    "malloc": (MALLOC, "size"),
    "calloc": (CALLOC, "count size"),
    "realloc": (RESIZE, "block size"),
    "reallocarray": (RESIZE, "block size count"),
    "free": (FREE, "block"),
    "cfree": (FREE, "block"),
    "memalign": (ALIGNED, "alignment size"),
    "aligned_alloc": (ALIGNED, "alignment size"),
    "posix_memalign": (ALIGNED, "result alignment size"),
    "valloc": (ALIGNED, "size"),
    "pvalloc": (ALIGNED, "size"),
}
NEW = re.compile(r"_Zn[wa][mj]|operator new(\[\])?\(")
DELETE = re.compile(r"_Zd[la]Pv|operator delete(\[\])?\(")
HIDDEN = "posix_memalign calls that do not show their block, left out"
UNENDED = "calls that never returned, left out"
UNBEGUN = "calls that began before the log did, left out"
OTHERS = "lines of other processes, left out"
STRANGE = "lines that are no calls, left out"
CONFUSED = "calls by libc itself, which ltrace -e confuses, left out"
CHILDREN = ("there are child processes, and the log does not tell them from "
            "threads: --process PID takes one alone")
UNTOLD = "the log does not say how the program ended: it is cut short"
LEAST = -(1 << 63)  # numbers are signed or not, as a prototype has them


@dataclass
class Call:
    """One that is begun: its text so far, and what it is, if it matters."""

    name: str
    text: str
    kind: int = 0
    fields: str = ""


@dataclass
class Thread:
    """Its number, and the calls that it is in, the outermost first."""

    number: int
    calls: list[Call] = field(default_factory=list)

    def allocates(self) -> bool:
        return any(call.kind for call in self.calls)


def recognise(head: bytes) -> bool:
    lines = head.decode("latin-1").splitlines()[:20]
    found = [match for match in map(LINE.match, lines) if match]
    return any(match["resumed"] or match["mark"] or
               BEGUN.search(match["arguments"]) for match in found)


def read(source: InputFile) -> Iterator[rep.Op]:
    return source.operations(Reader(source).events())


@dataclass
class Reader:
    source: InputFile
    threads: dict[str, Thread] = field(default_factory=dict)
    calls: int = 0
    ended: bool = False

    def events(self) -> Iterator[Event]:
        yield from self.source.parsed(self._line)
        if not self.calls:
            raise rep.RepError(self.source.no_call())
        for thread in self.threads.values():
            self.source.notes[UNENDED] += thread.allocates()
        if not self.ended:
            self.source.warn(UNTOLD)

    def _line(self, text: str) -> Iterable[Event]:
        found = LINE.match(text)
        if not found:
            self.source.notes[STRANGE] += bool(text.strip())
            return ()
        pid = found[1] or found[2] or ""
        if self.source.process and pid not in ("", str(self.source.process)):
            self.source.notes[OTHERS] += 1
            return ()
        if pid not in self.threads:
            self.threads[pid] = Thread(len(self.threads))
        thread = self.threads[pid]
        if found["mark"]:
            self._news(found["news"])
            return ()
        if (found["caller"] or "").startswith("libc.so"):
            self.source.notes[CONFUSED] += bool(_meaning(found["name"])[0])
            return ()
        if found["name"]:
            return self._begun(thread, found["name"], found["arguments"])
        return self._resumed(thread, found["resumed"], found["rest"])

    def _news(self, news: str) -> None:
        self.ended = self.ended or news.startswith(("exited", "killed"))
        if news.startswith("SIGCHLD") and not self.source.process:
            self.source.warn(CHILDREN)

    def _begun(self, thread: Thread, name: str, text: str
               ) -> Iterator[Event]:
        kind, fields = _meaning(name)
        call = Call(name, text, kind, fields)
        inner = thread.allocates()
        result = RESULT.match(text)
        unfinished = UNFINISHED.match(text)
        self.calls += bool(kind)
        if unfinished:
            call.text = unfinished[1]
            thread.calls.append(call)
        if not kind or inner:
            return
        if not result and not unfinished:
            raise ValueError(f"{name} has neither a result nor <unfinished "
                             "...>")
        yield from _departure(call, thread.number)
        if result:
            call.text = result[1]
            yield from self._arrival(call, result[2], thread.number)

    def _resumed(self, thread: Thread, name: str, rest: str
                 ) -> Iterator[Event]:
        found = [call for call in thread.calls if call.name == name]
        result = RESULT.match(rest)
        if not found:
            self.source.notes[UNBEGUN] += bool(_meaning(name)[0])
            return
        call = found[-1]
        thread.calls.remove(call)
        if not call.kind or thread.allocates():
            return
        if not result:
            raise ValueError(f"{name} is resumed without a result")
        call.text = ", ".join(filter(None, [call.text, result[1].strip()]))
        yield from self._arrival(call, result[2], thread.number)

    def _arrival(self, call: Call, result: str, thread: int
                 ) -> Iterator[Event]:
        """The call has returned."""
        if call.kind == FREE:
            return
        address = _integer(result)
        values = _arguments(call)
        size = values["size"]
        if call.name.startswith("posix_memalign"):
            if not address and "result" not in values:
                self.source.notes[HIDDEN] += 1
                return
            address = 0 if address else values["result"]
        if call.kind == RESIZE:
            size *= values.get("count", 1)
            kind = RESIZED if values["block"] else MALLOC
            yield Event(address, size, values["block"], thread, kind)
            return
        if call.name.startswith("pvalloc"):
            size = -(-size // rep.PAGE) * rep.PAGE
        detail = values.get("count", values.get("alignment", rep.PAGE))
        yield Event(address, size, 0 if call.kind == MALLOC else detail,
                    thread, call.kind)


def _departure(call: Call, thread: int) -> Iterator[Event]:
    """The events of a call that begins: its block is freed or being resized.
    """
    if call.kind == FREE:
        yield Event(_arguments(call)["block"], 0, 0, thread, FREE)
    elif call.kind == RESIZE and (block := _arguments(call)["block"]):
        yield Event(block, 0, 0, thread, RESIZE)


def _meaning(name: str) -> tuple[int, str]:
    if DELETE.match(name):
        return FREE, "block"
    if NEW.match(name):
        aligned = "align_val_t" in name
        return (ALIGNED, "size alignment") if aligned else (MALLOC, "size")
    return FUNCTIONS.get(name, (0, ""))


def _arguments(call: Call) -> dict[str, int]:
    """By name. A result that is stored is shown only by a prototype, and
    without one ltrace shows more arguments than there are."""
    names = call.fields.split()
    words = call.text.split(")")[0].split(",")
    if len(words) < len(names):
        raise ValueError(f"{call.name} takes {len(names)} arguments, "
                         f"not {len(words)}")
    values = {name: _integer(word) for name, word in zip(names, words)}
    if len(words) != len(names):
        values.pop("result", None)
    return values


def _integer(word: str) -> int:
    word = word.strip()
    if word in ("nil", "NULL", "(nil)"):
        return 0
    return integer(word, LEAST, base=0) & WORD
