"""mdriver's CSV of replays as tables of numpy: timelines and events.

A file may have been written by anything, so each cell has its bounds, and what
is not as mdriver writes it is a ReplayError, which says `path:line: sentence`.
numpy is needed (packages.demand).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import count, islice
from typing import Iterable, Iterator, Sequence, TextIO

import numpy

from .numbers import EXACT, integer, shown
from .traces.op_table import LETTERS, REFUSED
from .traces.packed import MAX_SLOT
from .traces.rep import MAX_SIZE, MAX_THREAD

CHUNK = 1 << 16  # lines that are read at a time


class ReplayError(Exception):
    """Why there is no replay, in a sentence."""


@dataclass(frozen=True)
class Table:
    """Rows of one allocator on one trace: an array a column, by its name.

    The columns are those of TIMELINE or EVENTS; docs/judge.md says what they
    mean. `kind` has letters, as bytes; `slot` is -1 for an operation without a
    block. `op` ascends.
    """

    allocator: str
    trace: str
    columns: dict[str, numpy.ndarray]

    def __getitem__(self, column: str) -> numpy.ndarray:
        return self.columns[column]

    def __len__(self) -> int:
        return len(self.columns["op"])


# Columns of the CSV files, in their order.
OWNER = ("allocator", "trace")
TIMELINE = ("op", "payload", "footprint", "heap", "mapped", "free_bytes",
            "free_areas", "largest_free")
EVENTS = ("op", "kind", "slot", "address", "size", "thread", "payload", "heap",
          "mapped")

# The largest number of each column; the least is 0. Sums of two stay within 64
# bits, and floats of them are exact.
BOUNDS = {name: EXACT for name in {*TIMELINE, *EVENTS} - {"kind"}}
BOUNDS |= {"slot": MAX_SLOT, "size": MAX_SIZE, "thread": MAX_THREAD}
KINDS = {*LETTERS, REFUSED}
ABSENT = {"slot": -1}  # what an empty cell stands for; else 0


def of_letters(kind: numpy.ndarray, letters: Iterable[str]) -> numpy.ndarray:
    """Which rows of a column `kind` have one of the letters: an array of bool.
    """
    return numpy.isin(kind, [letter.encode() for letter in letters])


class _Fault(Exception):
    """A sentence that says what is wrong with the line."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line


def read_tables(file: TextIO) -> Iterator[Table]:
    """The tables of a CSV file of --timeline or --events, in its order.

    They begin wherever the first two columns, allocator and trace, change.
    """
    try:
        yield from _tables(csv.reader(file))
    except _Fault as fault:
        raise ReplayError(f"{file.name}:{fault.line}: {fault}") from None
    except csv.Error as error:
        raise ReplayError(f"{file.name}: it is not CSV: {error}") from None


def _tables(reader: Iterator[list[str]]) -> Iterator[Table]:
    names = _names(next(reader, []))
    owner: tuple[str, ...] = ()
    parts: list[dict[str, numpy.ndarray]] = []
    for first in count(2, CHUNK):
        rows = list(islice(reader, CHUNK))
        for begin, end in _runs(rows):
            if parts and owner != tuple(rows[begin][:2]):
                yield _join(owner, names, parts)
                parts = []
            owner = tuple(rows[begin][:2])
            part = _part(names, rows[begin:end], first + begin)
            before = parts[-1]["op"][-1] if parts else 0
            _demand_ascent(part["op"], before, first + begin)
            parts.append(part)
        if not rows:
            break
    if parts:
        yield _join(owner, names, parts)


def _runs(rows: list[list[str]]) -> Iterator[tuple[int, int]]:
    """Where rows have the same owner: begin and end."""
    begin = 0
    while begin < len(rows):
        end = begin + 1
        if rows[-1][:2] == rows[begin][:2]:
            end = len(rows)
        while end < len(rows) and rows[end][:2] == rows[begin][:2]:
            end += 1
        yield begin, end
        begin = end


def _join(owner: tuple[str, ...], names: list[str],
          parts: list[dict[str, numpy.ndarray]]) -> Table:
    return Table(owner[0], owner[1], {
        name: numpy.concatenate([part[name] for part in parts])
        for name in names})


# ---- Cells. ----


def _names(head: list[str]) -> list[str]:
    """The names of the columns after the owner's."""
    names = head[2:]
    if head[:3] != [*OWNER, "op"] or \
            len(set(names)) < len(names) or \
            not set(names) <= {"kind", *BOUNDS}:
        raise _Fault(1, "not the columns of mdriver --timeline or --events")
    return names


def _part(names: list[str], rows: list[list[str]], first: int
          ) -> dict[str, numpy.ndarray]:
    """The columns of rows of one owner; first: the line of the first one."""
    width = len(names) + 2
    for line, row in enumerate(rows, first):
        if len(row) != width:
            raise _Fault(line, f"{len(row)} cells where the first line has "
                         f"{width}")
        if "\0" in row[0] + row[1]:
            raise _Fault(line, "NUL in a name")
    return {name: _column(name, texts, first)
            for name, texts in zip(names, list(zip(*rows))[2:])}


def _column(name: str, texts: Sequence[str], first: int) -> numpy.ndarray:
    if name == "kind":
        return _kinds(texts, first)
    base = 16 if name == "address" else 10
    absent = ABSENT.get(name, 0)
    try:
        found = numpy.array([int(text, base) if text else absent
                             for text in texts], dtype=numpy.int64)
        if found.min() >= absent and found.max() <= BOUNDS[name]:
            return found
    except (ValueError, OverflowError):
        pass
    return numpy.array([_integer(name, text, base, line) if text else absent
                        for line, text in enumerate(texts, first)],
                       dtype=numpy.int64)


def _kinds(texts: Sequence[str], first: int) -> numpy.ndarray:
    for line, text in enumerate(texts, first):
        if text not in KINDS:
            raise _Fault(line, f"kind: {shown(text)} is not an operation")
    return numpy.array(texts, dtype="S1")


def _integer(name: str, text: str, base: int, line: int) -> int:
    try:
        return integer(text, 0, BOUNDS[name], base)
    except ValueError as error:
        raise _Fault(line, f"{name}: {error}") from None


def _demand_ascent(op: numpy.ndarray, before: int, first: int) -> None:
    wrong = numpy.flatnonzero(numpy.diff(op, prepend=before) <= 0)
    if len(wrong):
        raise _Fault(first + int(wrong[0]), "op: the operations of an "
                     "allocator on a trace do not ascend")
