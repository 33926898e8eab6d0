"""Allocation traces: the .rep text format, read, checked and written.

A trace is a list of operations on ids. docs/traces.md describes the format: a
header of four integers, then one operation per line. op_table.py has the lines.
In a multi-threaded trace the number of the thread follows, in a trace with call
stacks (stacks.py) that of the stack. In files that have the weight first, `r` of
a fresh id is realloc(NULL, SIZE).
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from dataclasses import dataclass, field
from typing import Iterable, Iterator, NamedTuple

from ..numbers import integer, shown
from . import packed
from .op_table import ALIGNING, COUNTING, FREEING, LETTERS, RESIZING
from .stacks import SIGN, Stacks

NULL_ID = -1
PAGE = 4096
MAX_SIZE = (1 << 47) - 1
MAX_COUNT = (1 << 32) - 1
MAX_THREAD = 65535
MAX_INTEGER = (1 << 63) - 1

# What gzip raises where a file is not what gzip writes, or cut short.
DAMAGES = (EOFError, gzip.BadGzipFile, zlib.error)

OTHER_SPACE = re.compile(r"[^\S \t\n\v\f\r]")

# By letter: how many numbers follow it where there is no thread column, and
# what renders them.
ARITY = {letter: len(one.words) for letter, one in LETTERS.items()}
FORMATS = {letter: one.template.format for letter, one in LETTERS.items()}


class Op(NamedTuple):
    """One operation; kind: its letter. extra: the count or the alignment.
    stack: the number of the call stack, or 0."""

    kind: str
    id: int
    size: int = 0
    extra: int = 0
    thread: int = 0
    stack: int = 0

    @property
    def payload(self) -> int:
        """Bytes of payload that the operation's block has after it."""
        return self.size * self.extra if self.kind in COUNTING \
            else self.size

    @property
    def possible(self) -> bool:
        """Are the operation's numbers within the limits of traces?"""
        return (max(self.payload, self.extra) <= MAX_SIZE
                and self.thread <= MAX_THREAD)


class RepError(Exception):
    """A malformed trace: `path:line: sentence`."""

    def __init__(self, sentence: str, line: int = 0, path: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.line = line
        self.path = path

    def __str__(self) -> str:
        where = f"{self.path}:" if self.path else ""
        where += f"{self.line}:" if self.line else ""
        return f"{where} {self.sentence}" if where else self.sentence


@dataclass
class Account:
    """What follows from a sequence of operations, as it is read or written.

    `add` refuses an operation that the ones before do not allow, so that
    whatever passed through an account is valid.
    """

    ops: int = 0
    live_bytes: int = 0
    peak_bytes: int = 0
    peak_blocks: int = 0
    threaded: bool = False
    live: dict[int, int] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    @property
    def ids(self) -> int:
        return len(self.seen)

    def add(self, op: Op) -> None:
        self.ops += 1
        self.threaded = self.threaded or op.thread != 0
        if op.kind in FREEING:
            self._free(op)
        elif op.kind in RESIZING and op.id in self.seen:
            self._resize(op)
        else:
            self._begin(op)

    def demand(self, op: Op, what: str) -> None:
        """Refuse the operation unless its id is live."""
        if op.id in self.seen and op.id not in self.live:
            raise RepError(f"id {op.id} is {what} after it was freed")
        if op.id not in self.live:
            raise RepError(f"id {op.id} is {what} but was never allocated")

    def _free(self, op: Op) -> None:
        if op.id == NULL_ID:
            return
        self.demand(op, "freed")
        self.live_bytes -= self.live.pop(op.id)

    def _resize(self, op: Op) -> None:
        self.demand(op, "reallocated")
        self.live_bytes -= self.live.pop(op.id)
        if op.size:
            self._place(op)

    def _begin(self, op: Op) -> None:
        if op.id in self.live:
            raise RepError(f"id {op.id} is allocated while it is in use")
        self.seen.add(op.id)
        self._place(op)

    def _place(self, op: Op) -> None:
        self.live[op.id] = op.payload
        self.live_bytes += op.payload
        if self.live_bytes > MAX_INTEGER:
            raise RepError("the live blocks add up to more than "
                           f"{MAX_INTEGER} bytes")
        self.peak_bytes = max(self.peak_bytes, self.live_bytes)
        self.peak_blocks = max(self.peak_blocks, len(self.live))


@dataclass
class Trace:
    """A trace in memory. `heap` is the heap size that the header suggests, in
    bytes; nothing here uses it."""

    ops: list[Op]
    heap: int = 0
    weight: int = 1
    stacks: Stacks = field(default_factory=Stacks)

    def account(self) -> Account:
        return measure(self.ops)


def measure(ops: Iterable[Op]) -> Account:
    """Check the operations and sum them up."""
    account = Account()
    for op in ops:
        account.add(op)
    return account


# ---- Reading ----


def read(path: str) -> Trace:
    """The trace in the file, .rep or .rep.gz, or a RepError."""
    with open(path, "rb") as file:
        compressed = file.read(2) == packed.GZIP
        file.seek(0)
        try:
            data = gzip.open(file) if compressed else file
            with io.TextIOWrapper(data, "utf-8", "replace", "\n") as lines:
                return parse(lines)
        except RepError as error:
            error.path = path
            raise
        except DAMAGES as error:
            raise RepError(f"the file is damaged: {error}", 0, path) from error


def parse(lines: Iterable[str]) -> Trace:
    """The trace in the lines of a .rep file."""
    header, ops = scan(lines)
    return Trace(list(ops), header.heap, header.weight, header.stacks)


def scan(lines: Iterable[str]) -> tuple[Header, Iterator[Op]]:
    """The header, and the operations as they are read and checked. The table
    of call stacks is complete with the first operation."""
    numbered = ((n, t) for n, t in enumerate(map(_spaced, lines), 1)
                if not t.isspace())
    found = _parse_header(numbered)
    return found, _parse_ops(numbered, found)


def _spaced(text: str) -> str:
    """The line, with no other spaces than C's isspace() has."""
    return text if text[:-1].isprintable() else OTHER_SPACE.sub("?", text)


def _parse_ops(numbered: Iterator[tuple[int, str]],
               header: Header) -> Iterator[Op]:
    account = Account()
    number = header.line
    for number, text in numbered:
        if text.startswith(SIGN):
            _read_row(header.stacks, account, text, number)
            continue
        op = parse_op(text, number, header.ids)
        if op.stack > len(header.stacks):
            raise RepError(f"there is no row of the stack {op.stack}", number)
        try:
            if op.kind in RESIZING and not header.later:
                account.demand(op, "reallocated")
            account.add(op)
        except RepError as error:
            error.line = number
            raise
        yield op
    if account.ops != header.ops:
        raise RepError(f"the header says {header.ops} operations, "
                       f"the file has {account.ops}", number)
    if account.ids != header.ids:
        raise RepError(f"the header says {header.ids} ids, "
                       f"the file uses {account.ids}", number)


def _read_row(stacks: Stacks, account: Account, text: str, number: int) -> None:
    if account.ops:
        raise RepError("the rows of call stacks stand before all operations",
                       number)
    try:
        stacks.read_row(text)
    except ValueError as error:
        raise RepError(str(error), number) from None


class Header(NamedTuple):
    heap: int
    ids: int
    ops: int
    weight: int
    later: bool
    line: int
    stacks: Stacks


def _parse_header(numbered: Iterator[tuple[int, str]]) -> Header:
    """Four integers. A first one of 0 to 3 is a weight, else a heap size."""
    fields: list[int] = []
    number = 0
    for number, text in numbered:
        fields += [_integer(word, number, 0) for word in text.split()]
        if len(fields) >= 4:
            break
    if len(fields) != 4:
        raise RepError("the header is not four integers", number or 1)
    first, ids, ops, last = fields
    if first <= 3:
        peak = last if last > 1 else 0
        return Header(peak, ids, ops, first, True, number, Stacks())
    return Header(first, ids, ops, 1, False, number, Stacks())


def parse_op(text: str, line: int, ids: int | None = None) -> Op:
    """The operation of a line; ids: how many a header declares."""
    kind, *words = text.split()
    if kind not in ARITY:
        raise RepError(f"unknown operation {shown(kind)}", line)
    stack = 0
    if words and words[-1].startswith(SIGN):
        stack = _integer(words.pop()[len(SIGN):], line, 1)
    threaded = len(words) == ARITY[kind] + 1
    if not threaded and len(words) != ARITY[kind]:
        raise RepError(f"'{kind}' takes {ARITY[kind]} numbers and perhaps a "
                       f"thread, not {len(words)}", line)
    low = NULL_ID if kind in FREEING else 0
    numbers = [_integer(words[0], line, low)]
    numbers += [_integer(word, line, 0) for word in words[1:]]
    if ids is not None and numbers[0] >= ids:
        raise RepError(f"id {numbers[0]} is not below the header's {ids}", line)
    thread = numbers.pop() if threaded else 0
    size = numbers[-1] if kind not in FREEING else 0
    extra = numbers[1] if len(numbers) == 3 else 0
    op = Op(kind, numbers[0], size, extra, thread, stack)
    if not op.possible:
        raise RepError("a number is out of range", line)
    if kind in ALIGNING and (extra == 0 or extra & (extra - 1)):
        raise RepError(f"the alignment {extra} is not a power of two", line)
    return op


def _integer(word: str, line: int, low: int) -> int:
    try:
        return integer(word, low, MAX_INTEGER)
    except ValueError as error:
        raise RepError(str(error), line) from None


# ---- Writing ----


def render(op: Op, threaded: bool = False) -> str:
    """The operation's line, without its end."""
    line = FORMATS[op.kind](op.id, op.size, op.extra)
    if threaded:
        line += f" {op.thread}"
    return f"{line} {SIGN}{op.stack}" if op.stack else line


def header(account: Account, weight: int = 1, stacks: Stacks = Stacks()) -> str:
    """The lines before the operations."""
    heap = max(1, -(-account.peak_bytes // PAGE)) * PAGE
    return (f"{heap}\n{account.ids}\n{account.ops}\n{weight}\n"
            + "".join(stacks.lines()))


def encode(ops: Iterable[Op], threaded: bool = False,
           stacks: Stacks = Stacks()) -> tuple[bytes, Account]:
    """The bytes of the .rep file with these operations, and their account."""
    account = Account()
    body = io.BytesIO()
    for op in ops:
        account.add(op)
        body.write(render(op, threaded).encode("ascii") + b"\n")
    return header(account, stacks=stacks).encode() + body.getvalue(), account
