"""What mdriver writes of replays, as tables of numpy: results, timelines, events.

Everything that draws or exports reads replays here: it names traces and
allocators, and mdriver is run, with its progress and its complaints on standard
error. numpy is needed (pythons.demand).
"""

from __future__ import annotations

import csv
import json
import subprocess
import tempfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Iterator, Sequence, TextIO

import numpy

from . import BUILD, ROOT as ROOT
CHUNK = 1 << 16  # lines that are read at a time


class ReplayError(Exception):
    """Why there is no replay, in a sentence."""


class Refused(ReplayError):
    """mdriver could not judge, and has said why on standard error."""


@dataclass(frozen=True)
class Table:
    """Rows of one allocator on one trace: an array a column, by its name.

    Of a timeline: op, payload, footprint, heap, mapped, free_bytes, free_areas,
    largest_free. Of events: op, kind (bytes of one letter), slot (-1 of
    free(NULL)), address, size, thread, payload, heap, mapped. docs/driver.md
    says what they mean.
    """

    allocator: str
    trace: str
    columns: dict[str, numpy.ndarray]

    def __getitem__(self, column: str) -> numpy.ndarray:
        return self.columns[column]

    def __len__(self) -> int:
        return len(self.columns["op"])


def results(traces: Sequence[str], allocators: Sequence[str],
            *options: str, build: Path = BUILD) -> dict[str, Any]:
    """The JSON object of one run; a bad verdict in it is no error."""
    return json.loads(_run("--json", traces, allocators, options, build))


def timelines(traces: Sequence[str], allocators: Sequence[str],
              *options: str, build: Path = BUILD) -> list[Table]:
    return _tables("--timeline", traces, allocators, options, build)


def events(traces: Sequence[str], allocators: Sequence[str],
           *options: str, build: Path = BUILD) -> list[Table]:
    return _tables("--events", traces, allocators, options, build)


def read_tables(file: TextIO) -> Iterator[Table]:
    """The tables of a CSV file of --timeline or --events, in its order.

    They begin wherever the first two columns, allocator and trace, change.
    """
    names = next(csv.reader(file))[2:]
    owner: tuple[str, ...] = ()
    parts: list[dict[str, numpy.ndarray]] = []
    while rows := list(islice(csv.reader(file), CHUNK)):
        for begin, end in _runs(rows):
            if parts and owner != tuple(rows[begin][:2]):
                yield _join(owner, names, parts)
                parts = []
            owner = tuple(rows[begin][:2])
            texts = list(zip(*rows[begin:end]))[2:]
            parts.append({name: _column(name, text)
                          for name, text in zip(names, texts)})
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


def _column(name: str, texts: Sequence[str]) -> numpy.ndarray:
    if name == "kind":
        return numpy.array(texts, dtype="S1")
    base = 16 if name == "address" else 10
    absent = -1 if name == "slot" else 0
    return numpy.array([int(text, base) if text else absent for text in texts],
                       dtype=numpy.int64)


def _join(owner: tuple[str, ...], names: list[str],
          parts: list[dict[str, numpy.ndarray]]) -> Table:
    return Table(owner[0], owner[1], {
        name: numpy.concatenate([part[name] for part in parts])
        for name in names})


def _tables(option: str, traces: Sequence[str], allocators: Sequence[str],
            options: Sequence[str], build: Path) -> list[Table]:
    with tempfile.TemporaryDirectory(prefix="malloclab-") as folder:
        path = Path(folder) / "tables.csv"
        _run(option, traces, allocators, ["--no-timing", *options], build,
             path)
        with open(path, encoding="utf-8", newline="") as file:
            return list(read_tables(file))


def _run(option: str, traces: Sequence[str], allocators: Sequence[str],
         options: Sequence[str], build: Path, path: Path | None = None) -> str:
    driver = build / "mdriver"
    if not driver.exists():
        raise ReplayError(f"{driver} is not there: run make")
    command = [str(driver), "--allocator", ",".join(allocators), *options,
               option, str(path or "-")]
    for trace in traces:
        command += ["-f", trace]
    ended = subprocess.run(command, text=True, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE)
    if ended.returncode == 2:
        raise Refused("mdriver ended with 2")
    if ended.returncode not in (0, 1):
        raise ReplayError(f"mdriver ended with {ended.returncode}")
    return ended.stdout
