"""tools/programs bench: time and memory of programs, compared with libc's."""

from __future__ import annotations

import math
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, Sequence

from ..columns import layout
from .children import run_all
from .results import SHORT, Row, describe
from .running import Result, Suite
from .suite import Program


@dataclass
class Figure(Row):
    """A program under an allocator, over the rounds."""

    rounds: int = 0
    elapsed: float = math.nan        # seconds, median
    elapsed_ratio: float = math.nan  # to libc in the same round, median
    elapsed_p25: float = math.nan
    elapsed_p75: float = math.nan
    cpu_ratio: float = math.nan
    rss: float = math.nan            # KiB, median
    rss_ratio: float = math.nan


def _median_ratio(mine: Sequence[float], libc: Sequence[float]) \
        -> tuple[float, float, float]:
    """The median and both quartiles of the ratios, round by round."""
    ratios = sorted(a / b for a, b in zip(mine, libc) if b > 0)
    if len(ratios) < 2:
        return (ratios[0],) * 3 if ratios else (math.nan,) * 3
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return middle, low, high


def figure(program: str, allocator: str, runs: Sequence[Result],
           libc: Sequence[Result]) -> Figure:
    """Of what was run in each round, here and under libc. One run that did
    not end well is the outcome."""
    for result in (*runs, *libc):
        if result.outcome != "ended":
            own = result.allocator == allocator
            return Figure(program, allocator,
                          result.outcome if own else "skipped",
                          result.details if own else "libc did not end well")
    rounds = min(len(runs), len(libc))
    if not rounds:
        return Figure(program, allocator, "interrupted", "")
    mine, theirs = runs[:rounds], libc[:rounds]
    elapsed = _median_ratio([r.elapsed for r in mine],
                            [r.elapsed for r in theirs])
    return Figure(
        program, allocator, "ended", "", rounds,
        statistics.median(r.elapsed for r in mine), *elapsed,
        _median_ratio([r.cpu for r in mine], [r.cpu for r in theirs])[0],
        statistics.median(r.rss for r in mine),
        _median_ratio([r.rss for r in mine], [r.rss for r in theirs])[0])


class Bench:
    """Runs every allocator once per round. One that failed is run no more; if
    libc failed, none is."""

    def __init__(self, suite: Suite, allocators: Sequence[str],
                 rounds: int) -> None:
        self.suite = suite
        self.rounds = rounds
        self.cpu = max(os.sched_getaffinity(0))
        self.runs: dict[tuple[str, str], list[Result]] = {
            (p.name, a): [] for p in suite.programs for a in allocators}

    def _is_excluded(self, program: str, allocator: str) -> bool:
        return any(r.outcome != "ended" for name in (allocator, "libc")
                   for r in self.runs[program, name])

    def run(self, program: Program, number: int, allocator: str) -> None:
        if self._is_excluded(program.name, allocator):
            return
        print(f"{program.name}: round {number} of {self.rounds}, {allocator}",
              file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(
                dir=self.suite.folder, ignore_cleanup_errors=True) as place:
            self.runs[program.name, allocator].append(self.suite.run(
                program, allocator, Path(place) / "x", self.cpu))

    def run_all(self) -> None:
        names = list(dict.fromkeys(name for _, name in self.runs))
        run_all(self.run, [(program, number, name)
                           for program in self.suite.programs
                           for number in range(1, self.rounds + 1)
                           for name in names], 1, [])

    def figures(self) -> list[Figure]:
        """The figures of the programs that were begun."""
        return [figure(program, name, runs, self.runs[program, "libc"])
                for (program, name), runs in self.runs.items()
                if self.runs[program, "libc"]]


# ---- What a bench says. ----


def _ratio(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _geometric(values: Iterable[float]) -> float:
    logs = [math.log(v) for v in values if v > 0]
    return math.exp(statistics.mean(logs)) if logs else math.nan


def bench_table(figures: Sequence[Figure], value: str,
                spread: Callable[[Figure], str],
                base: Callable[[Figure], str]) -> str:
    """Programs as rows; libc's own figure, and ratios to it."""
    at = {(f.program, f.allocator): f for f in figures}
    programs = list(dict.fromkeys(f.program for f in figures))
    others = [name for name in dict.fromkeys(f.allocator for f in figures)
              if name != "libc"]
    rows = [["", "libc", *(name.removeprefix("lib").split(".so")[0]
                           for name in others)]]
    for program in programs:
        cells = [at[program, name] for name in ("libc", *others)]
        rows.append([program, *(
            (spread if f.allocator != "libc" else base)(f) if f.rounds
            else SHORT[f.outcome] for f in cells)])
    rows.append(["geometric mean", "", *(_ratio(_geometric(
        getattr(at[p, name], value) for p in programs)) for name in others)])
    return layout(rows, {0})


def report_bench(figures: Sequence[Figure],
                 skipped: Sequence[Result]) -> None:
    if figures:
        print("Elapsed: libc's seconds, and the ratio to it in the same round "
              "(median, p25-p75; less is faster)")
        print(bench_table(
            figures, "elapsed_ratio",
            lambda f: f"{_ratio(f.elapsed_ratio)} "
                      f"({_ratio(f.elapsed_p25)}-{_ratio(f.elapsed_p75)})",
            lambda f: f"{f.elapsed:.2f}"))
        print("\nCPU time of all its processes, user and system: ratio to "
              "libc")
        print(bench_table(figures, "cpu_ratio",
                          lambda f: _ratio(f.cpu_ratio), lambda f: ""))
        print("\nPeak RSS of its largest process: libc's MiB, and the ratio "
              "to it")
        print(bench_table(figures, "rss_ratio",
                          lambda f: _ratio(f.rss_ratio),
                          lambda f: f"{f.rss / 1024:.1f}"))
    for row in (*figures, *skipped):
        if row.outcome not in ("ended", "interrupted") and \
                (row.outcome != "skipped" or row in skipped):
            print(describe(row))
