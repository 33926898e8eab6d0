"""Parts that the benchmarks share: tables, statistics, files of the build."""

from __future__ import annotations

import argparse
import signal
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Sequence

from .. import ROOT, handin, run, terminal
from ..columns import layout

TRACES = ROOT / "traces"


class BenchError(Exception):
    """A sentence: why it cannot be measured; "" if already printed."""


class Failure(Exception):
    """How an allocator failed, in a sentence."""


class Table:
    """A context that prints its rows when it ends, even after an error."""

    def __init__(self, *head: str, words: Sequence[str] = ()) -> None:
        self.rows = [head]
        self.words = {head.index(word) for word in words}

    def add(self, *cells: str) -> None:
        self.rows.append(cells)

    def __enter__(self) -> Table:
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 error: BaseException | None,
                 trace: TracebackType | None) -> None:
        terminal.show_progress("")
        if len(self.rows) > 1:
            print(layout(self.rows, self.words), flush=True)


def warn(text: object) -> None:
    terminal.warn("tools/bench", text)


@dataclass(frozen=True)
class Summary:
    """The quartiles of a sample."""

    low: float
    median: float
    high: float

    def range(self, digits: int) -> str:
        return f"{self.low:.{digits}f}-{self.high:.{digits}f}"


def summarize(values: Sequence[float]) -> Summary:
    if len(values) == 1:
        return Summary(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Summary(low, median, high)


def count(number: float) -> str:
    """1234567 as 1,234,567."""
    return f"{number:,.0f}"


# ---- Options. ----


def seconds(text: str) -> float:
    """An argparse type: a time above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not a time in seconds")
    return number


# ---- Files. ----


def program(build: Path, name: str) -> Path:
    """A program of the build."""
    path = build / name
    if not path.exists():
        raise BenchError(f"{path}: not built; run make benchmarks")
    return path


def lab_object(build: Path, name: str) -> Path:
    """An allocator over memlib: a name of the build, or a path."""
    places = [Path(name)] if "/" in name else [
        build / folder / f"{name}.so" for folder in ("", "variants",
                                                     "libraries")]
    for place in places:
        if place.exists():
            return place.resolve()
    raise BenchError(f"no allocator '{name}' in {build}, and no such path")


def trace_file(name: str) -> Path:
    """A path, or a trace of traces/ by its name, with or without ending."""
    if Path(name).is_file():
        return Path(name)
    for ending in ("", ".rep", ".rep.gz"):
        if (TRACES / f"{name}{ending}").is_file():
            return TRACES / f"{name}{ending}"
    raise BenchError(f"{name}: no such file, nor a trace of traces/")


def preload(name: str) -> str:
    """The value of LD_PRELOAD for an allocator, as tools/run takes it."""
    try:
        return run.preload_of(name)
    except (run.RunError, handin.HandinError) as error:
        raise BenchError(str(error)) from None


def figures(command: Sequence[str | Path], under: str) -> list[float]:
    """The numbers of the line that a program prints with a malloc preloaded.

    A Failure where it does not end well.
    """
    ended = subprocess.run(list(map(str, command)), text=True,
                           env=run.environment(under), capture_output=True,
                           stdin=subprocess.DEVNULL)
    if ended.returncode == 0:
        return [float(word) for word in ended.stdout.split()]
    said = ended.stderr.strip().splitlines()
    if ended.returncode < 0:
        said = [f"ended by {signal.Signals(-ended.returncode).name}"]
    raise Failure(said[-1] if said else f"exit status {ended.returncode}")


def installed(allocators: Sequence[str], asked: bool) -> list[str]:
    """The allocators that can be preloaded.

    A BenchError for one that cannot; but of those that the user has not asked
    for, the system's mallocs are left out with a warning.
    """
    found, faults = run.split_installed(allocators)
    for name, fault in faults.items():
        if asked or name not in run.SYSTEM_MALLOCS:
            raise BenchError(fault)
        warn(f"{name}: not installed, left out")
    return found
