"""Raw recordings, as runtime/record.c writes them, and their way to a trace.

runtime/record.h describes the file. In the order of its events a block's end
stands before the next block's beginning at the same address, so one table of
live addresses is enough to give every block an id of its own.
"""

from __future__ import annotations

import glob
import itertools
import os
import struct
from collections import Counter
from dataclasses import dataclass, field
from typing import Callable, Iterable, Iterator, NamedTuple

from ..traces import op_table, rep

MAGIC = b"mallrec1"
HEADER = struct.Struct("<8sIIIIIIQQQQ")
HEADER_SIZE = 4096
COMMAND_AT = 64
EVENT = struct.Struct("<QQQII")
PATH_BYTES = 24
CHUNK_EVENTS = 1 << 16

(NOTHING, MALLOC, CALLOC, ALIGNED, FREE, RESIZE, RESIZED,
 STACK, MORE, MODULE, PATH) = range(11)
KIND_BITS = 8
KIND_MASK = (1 << KIND_BITS) - 1

FLAG_FORKED = 1
FLAG_EXITED = 2

# Any allocator of this laboratory aligns to 8 unasked, none to more than a
# trace can say.
LEAST_ALIGNMENT = 8
MAX_ALIGNMENT = 1 << rep.MAX_SIZE.bit_length() - 1
MAX_ERRNO = 4095


class Event(NamedTuple):
    address: int
    size: int
    detail: int
    thread: int
    kind: int
    stack: int = 0


class Address(NamedTuple):
    """Of a call: the file that it is in, and its address there."""

    path: str
    offset: int


MORE_CALLS = Address("", 0)  # in place of those that are left out


class Modules:
    """The files that are loaded, and where; those loaded last come first. The
    very first is the recorder, whose own calls are left out."""

    def __init__(self) -> None:
        self._loaded: list[tuple[int, int, int]] = []
        self._paths: list[bytes] = []
        self._length = 0
        self._known: dict[int, Address | None] = {}

    def begin(self, start: int, size: int, added: int, length: int) -> None:
        self._loaded.append((start, start + size, added))
        self._paths.append(b"")
        self._length = length
        self._known.clear()

    def more(self, slot: tuple[int, ...]) -> None:
        path = self._paths[-1] + EVENT.pack(*slot)[:PATH_BYTES]
        self._paths[-1] = path[:self._length]

    def places(self, raw: list[int]) -> list[Address]:
        """The calls before these return addresses, which 0 ends."""
        found = []
        for address in itertools.takewhile(bool, raw):
            if address not in self._known:
                self._known[address] = self._place(address - 1)
            place = self._known[address]
            if place is not None:
                found.append(place)
        return found

    def _place(self, address: int) -> Address | None:
        for n in range(len(self._loaded) - 1, -1, -1):
            start, end, added = self._loaded[n]
            if start <= address < end:
                if self._paths[n] == self._paths[0]:
                    return None
                return Address(os.fsdecode(self._paths[n]), address - added)
        return Address("", address)


class Held(NamedTuple):
    """Events of a process, and bytes that were live."""

    events: int
    peak: int
    at_end: int


class RecordingError(Exception):
    """A file that is no recording. Says `path: sentence`, and of an event
    `path:number: sentence`; events count from 1."""


def fault(event: Event) -> str:
    """Why no machine has such a block, in a sentence; "" where one may have.
    A call that failed may have asked for anything."""
    if not event.address or event.kind in (NOTHING, FREE, RESIZE):
        return ""
    size = event.size * (event.detail if event.kind == CALLOC else 1)
    if size > rep.MAX_SIZE:
        return f"a block of {size} bytes: at most {rep.MAX_SIZE} are possible"
    if event.kind == ALIGNED and event.detail > MAX_ALIGNMENT:
        return (f"an alignment of {event.detail}: at most {MAX_ALIGNMENT} is "
                "possible")
    return ""


@dataclass(frozen=True)
class Recording:
    """The header of one process image's file."""

    path: str
    pid: int
    parent: int
    image: int
    flags: int
    started: int
    lost: int
    stopped_by: int
    command: tuple[str, ...]
    header_size: int

    @property
    def program(self) -> str:
        """The name of the program, as a user would say it."""
        return os.path.basename(self.command[0]) if self.command else "?"

    @property
    def forked(self) -> bool:
        return bool(self.flags & FLAG_FORKED)

    @property
    def exited(self) -> bool:
        return bool(self.flags & FLAG_EXITED)

    @property
    def cut(self) -> bool:
        """Does the file end within an event, as no recorder leaves it?"""
        size = os.path.getsize(self.path) - self.header_size
        return size % EVENT.size != 0

    def events(self) -> Iterator[Event]:
        """All slots that were written, in order; and holes before the last."""
        holes = 0
        for number, slot in enumerate(self._slots(), 1):
            kind = slot[4] & KIND_MASK
            if kind == NOTHING:
                holes += 1
                continue
            if RESIZED < kind <= PATH:
                continue
            event = Event(*slot[:4], kind, slot[4] >> KIND_BITS)
            if event.kind > RESIZED:
                raise RecordingError(f"{self.path}:{number}: it is damaged, an "
                                     f"event of kind {event.kind} is in it")
            if sentence := fault(event):
                raise RecordingError(f"{self.path}:{number}: {sentence}")
            for _ in range(holes):
                yield Event(0, 0, 0, 0, NOTHING)
            holes = 0
            yield event

    def threads(self) -> int:
        """How many threads made calls."""
        return 1 + max((e[3] for e in self._slots()
                        if e[4] & KIND_MASK <= RESIZED), default=0)

    def event_count(self) -> int:
        return sum(1 for e in self._slots()
                   if NOTHING != e[4] & KIND_MASK <= RESIZED)

    def call_stacks(self) -> dict[int, list[Address]]:
        """The stacks by number, innermost call first, without the recorder's
        own calls. One that is not complete is left out."""
        stacks: dict[int, list[Address]] = {}
        modules = Modules()
        raw: list[int] = []
        number = 0
        for slot in itertools.chain(self._slots(), [(0, 0, 0, 0, STACK)]):
            kind = slot[4] & KIND_MASK
            if kind in (STACK, MODULE) and raw:  # the one before is complete
                stacks[number] = modules.places(raw)
                raw = []
            if kind == STACK:
                number, raw = slot[3], list(slot[:3])
            elif kind == MORE:
                raw += slot[:3]
            elif kind == MODULE:
                modules.begin(*slot[:4])
            elif kind == PATH:
                modules.more(slot)
        return stacks

    def held(self) -> Held:
        """Of bytes asked for: the most that were live at once, and the last."""
        live: dict[int, int] = {}
        moving: dict[int, int] = {}
        events = now = peak = 0
        for address, size, detail, thread, kind in self._slots():
            kind &= KIND_MASK
            if kind == NOTHING or kind > RESIZED:
                continue
            events += 1
            if kind == FREE:
                now -= live.pop(address, 0)
                continue
            if kind == RESIZE:
                moving[thread] = live.pop(address, 0)
                continue
            if kind == RESIZED and detail:
                before = moving.pop(thread, 0)
                now -= before
                if not address and size:  # it failed
                    address, size = detail, before
            if address:
                live[address], before = size * (
                    detail if kind == CALLOC else 1), live.get(address, 0)
                now += live[address] - before
                peak = max(peak, now)
        return Held(events, peak, now)

    def _slots(self) -> Iterator[tuple[int, ...]]:
        with open(self.path, "rb") as file:
            file.seek(self.header_size)
            while chunk := file.read(CHUNK_EVENTS * EVENT.size):
                whole = len(chunk) - len(chunk) % EVENT.size
                yield from EVENT.iter_unpack(chunk[:whole])


def load(path: str) -> Recording:
    """Read the header of the recording at path."""
    with open(path, "rb") as file:
        data = file.read(HEADER_SIZE)
    if len(data) < HEADER.size or data[:8] != MAGIC:
        raise RecordingError(f"{path}: not a recording of record.so")
    (_, header_size, event_size, pid, parent, image, flags, started, lost,
     command_size, stopped_by) = HEADER.unpack_from(data)
    if event_size != EVENT.size:
        raise RecordingError(f"{path}: events of {event_size} bytes; "
                             f"this program knows those of {EVENT.size}")
    if header_size != HEADER_SIZE:
        raise RecordingError(f"{path}: a header of {header_size} bytes; "
                             f"this program knows those of {HEADER_SIZE}")
    if len(data) < header_size:
        raise RecordingError(f"{path}: it was cut short, within its header")
    if stopped_by > MAX_ERRNO:
        raise RecordingError(f"{path}: it is damaged, an error {stopped_by} is "
                             "in its header")
    raw = data[COMMAND_AT:COMMAND_AT + command_size]
    words = raw.decode("utf-8", "replace").rstrip("\0").split("\0")
    return Recording(path, pid, parent, image, flags, started, lost, stopped_by,
                     tuple(words) if raw else (), header_size)


def load_all(directory: str,
             warn: Callable[[RecordingError], None] = lambda error: None
             ) -> list[Recording]:
    """The recordings in the directory, in the order in which they began.

    A file that a killed process had only just created, an empty one, is left
    out. A file that cannot be read is left out too, and `warn` is called with
    the error.
    """
    paths = glob.glob(os.path.join(glob.escape(directory), "*.rec"))
    found = []
    for path in sorted(paths):
        try:
            if os.path.getsize(path):
                found.append(load(path))
        except RecordingError as error:
            warn(error)
        except OSError as error:
            warn(RecordingError(f"{path}: {error.strerror}"))
    return sorted(found, key=lambda r: (r.started, r.pid, r.image))


# ---- From events to operations ----

# What the trace lacks, or has in another form: key and sentence.
NOTES = {
    "failed": "calls that failed, left out",
    "unknown_free": "frees of pointers never seen, dropped",
    "unknown_realloc": "reallocs of pointers never seen, made allocations",
    "unseen_free": "blocks replaced at their address without a free, freed",
    "unfinished": "reallocs that never returned, left out",
    "holes": "events that a dying thread did not complete",
    "folded": "operations of threads above 65535, given to lower ones",
}


@dataclass
class Converter:
    """Turns events into operations. `notes` counts what it had to change.
    stacks: the trace's number of a call stack by the recorder's.
    """

    notes: Counter[str] = field(default_factory=Counter)
    stacks: dict[int, int] = field(default_factory=dict)
    _ids: int = 0
    _live: dict[int, int] = field(default_factory=dict)
    _moving: dict[int, tuple[int, int | None]] = field(default_factory=dict)

    def convert(self, events: Iterable[Event]) -> Iterator[rep.Op]:
        """The operations of the events, of which any prefix is valid."""
        for event in events:
            for op in self._operations(event):
                yield self._fold(op)
        self.notes["unfinished"] += len(self._moving)

    def _operations(self, event: Event) -> Iterable[rep.Op]:
        if event.kind == FREE:
            return self._free(event)
        if event.kind == RESIZE:
            return self._resize(event)
        if event.kind == RESIZED and event.detail:
            return self._resized(event)
        if event.kind == NOTHING:
            self.notes["holes"] += 1
            return ()
        return self._begin(event)

    def _begin(self, event: Event) -> Iterator[rep.Op]:
        """A call that begins a block, realloc(NULL, n) among them."""
        if not event.address:
            self.notes["failed"] += 1
            return
        if event.address in self._live:
            self.notes["unseen_free"] += 1
            yield rep.Op(op_table.FREE, self._live.pop(event.address),
                         thread=event.thread)
        yield self._allocation(event, self._new_id(event.address))

    def _allocation(self, event: Event, block: int) -> rep.Op:
        size, detail = event.size, event.detail
        by = event.thread, self.stacks.get(event.stack, 0)
        if event.kind == CALLOC and detail <= rep.MAX_COUNT:
            return rep.Op(op_table.CALLOC, block, size, detail, *by)
        if event.kind == CALLOC:
            return rep.Op(op_table.CALLOC, block, size * detail, 1, *by)
        if event.kind == ALIGNED and detail > LEAST_ALIGNMENT:
            alignment = 1 << (detail - 1).bit_length()
            return rep.Op(op_table.MEMALIGN, block, size, alignment, *by)
        return rep.Op(op_table.MALLOC, block, size, 0, *by)

    def _free(self, event: Event) -> Iterator[rep.Op]:
        block = self._live.pop(event.address, None)
        if not event.address:
            yield rep.Op(op_table.FREE, rep.NULL_ID, 0, 0, event.thread)
        elif block is None:
            self.notes["unknown_free"] += 1
        else:
            yield rep.Op(op_table.FREE, block, 0, 0, event.thread)

    def _resize(self, event: Event) -> Iterable[rep.Op]:
        """realloc is called: until it returns, no block has its address."""
        self._abandon(event.thread)
        block = self._live.pop(event.address, None)
        self._moving[event.thread] = event.address, block
        return ()

    def _abandon(self, thread: int) -> None:
        """End the thread's realloc, if it is in one: it will not return."""
        address, block = self._moving.pop(thread, (0, None))
        if address:
            self.notes["unfinished"] += 1
        if block is not None:
            self._live.setdefault(address, block)

    def _resized(self, event: Event) -> Iterator[rep.Op]:
        """realloc of the block at event.detail has returned."""
        address, block = self._moving.pop(event.thread, (0, None))
        if address != event.detail:
            block = self._live.pop(event.detail, None)
        if not event.address and event.size:
            self.notes["failed"] += 1
            if block is not None:
                self._live[event.detail] = block
        elif not event.address and block is not None:
            yield rep.Op(op_table.FREE, block, 0, 0, event.thread)
        elif not event.address:
            self.notes["unknown_free"] += 1
        elif block is None:
            self.notes["unknown_realloc"] += 1
            yield from self._begin(event._replace(kind=MALLOC))
        elif not event.size:
            yield rep.Op(op_table.FREE, block, 0, 0, event.thread)
            yield from self._begin(event._replace(kind=MALLOC))
        else:
            yield from self._moved(event, block)

    def _moved(self, event: Event, block: int) -> Iterator[rep.Op]:
        if event.address in self._live:
            self.notes["unseen_free"] += 1
            yield rep.Op(op_table.FREE, self._live.pop(event.address),
                         thread=event.thread)
        self._live[event.address] = block
        yield rep.Op(op_table.REALLOC, block, event.size, 0, event.thread,
                     self.stacks.get(event.stack, 0))

    def _new_id(self, address: int) -> int:
        self._live[address] = self._ids
        self._ids += 1
        return self._ids - 1

    def _fold(self, op: rep.Op) -> rep.Op:
        if op.thread <= rep.MAX_THREAD:
            return op
        self.notes["folded"] += 1
        return op._replace(thread=1 + (op.thread - 1) % rep.MAX_THREAD)


def explain(notes: Counter[str]) -> list[str]:
    """The notes as sentences, the counts that are not 0."""
    return [f"{NOTES[key]}: {notes[key]}" for key in NOTES if notes[key]]
