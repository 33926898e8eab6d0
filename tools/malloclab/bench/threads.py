"""tools/bench threads: what a malloc gives to two threads."""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from ..arguments import names, positive
from ..run import SYSTEM_MALLOCS
from ..terminal import show_progress
from .table import (Failure, Summary, Table, figures, installed, preload,
                    program, seconds, summarize, warn)

ABOUT = "throughput of one thread and of two, apart and handing over"
DETAILS = """\
apart: each thread allocates and frees its own blocks, 16 to 512 bytes, 1000 at
a time. handed: one thread allocates, another one frees, through a ring of 1024
places; of one thread, both. Figures are millions of mallocs and frees a second,
of wall time: medians over rounds in which all take turns, and their quartiles.
`2:1` is two threads' throughput over one's in the same round; `peak MiB` what
was resident at most beyond the start.
"""
ALLOCATORS = ["mm", "libc", *SYSTEM_MALLOCS]
WORKS = ("apart", "handed")
MIB = 1024  # in KiB
MILLION = 1e6
ENOUGH = 1.8  # processors, of the two that two threads want


@dataclass
class Runs:
    """Runs of one workload on one allocator: rates by threads and round."""

    rates: dict[int, list[float]] = field(
        default_factory=lambda: defaultdict(list))
    processors: list[float] = field(default_factory=list)  # of two threads
    peak: float = 0.0  # MiB

    def add(self, threads: int, ops: float, wall: float, cpu: float,
            peak: float, start: float) -> None:
        self.rates[threads].append(ops / wall / MILLION)
        if threads == 2:
            self.processors.append(cpu / wall)
        self.peak = max(self.peak, (peak - start) / MIB)

    def ratio(self) -> Summary:
        return summarize([two / one for one, two
                          in zip(self.rates[1], self.rates[2])])

    def cells(self) -> tuple[str, ...]:
        one, two, ratio = (summarize(self.rates[1]), summarize(self.rates[2]),
                           self.ratio())
        return (f"{one.median:.1f}", one.range(1), f"{two.median:.1f}",
                two.range(1), f"{ratio.median:.2f}", ratio.range(2),
                f"{self.peak:.1f}")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-a", "--allocators", type=names, metavar="LIST",
                        help="as tools/run takes them: "
                        f"({','.join(ALLOCATORS)}, where installed)")
    parser.add_argument("-r", "--rounds", type=positive, default=5,
                        metavar="N", help="how often each takes its turn (5)")
    parser.add_argument("-s", "--seconds", type=seconds, default=0.3,
                        metavar="S", help="how long a turn is (0.3)")


def run(options: argparse.Namespace) -> int:
    threads = program(options.build, "bench/threads")
    allocators = installed(options.allocators or ALLOCATORS,
                           bool(options.allocators))
    runs: dict[tuple[str, str], Runs] = {}
    failed: dict[str, str] = {}
    with Table("work", "allocator", "1 thread", "p25-p75", "2 threads",
               "p25-p75", "2:1", "p25-p75", "peak MiB",
               words=("work", "allocator")) as table:
        try:
            for turn in range(options.rounds):
                _round(threads, allocators, options, turn, runs, failed)
        finally:
            for (work, name), run_ in sorted(runs.items(), key=lambda item: (
                    item[0][0], allocators.index(item[0][1]))):
                if run_.rates[2] and name not in failed:
                    table.add(work, name, *run_.cells())
    _note_processors(runs)
    for name, sentence in failed.items():
        warn(f"{name}: {sentence}")
    return 1 if failed else 0


def _note_processors(runs: dict[tuple[str, str], Runs]) -> None:
    """Whoever waits for a lock has less than two; not all of them do."""
    had = max((summarize(r.processors).median for r in runs.values()
               if r.processors), default=2.0)
    if had < ENOUGH:
        print(f"two threads had {had:.1f} processors at best: the machine is "
              "busy, and 2:1 says little")


def _round(threads: Path, allocators: list[str], options: argparse.Namespace,
           turn: int, runs: dict[tuple[str, str], Runs],
           failed: dict[str, str]) -> None:
    """Run each allocator once, except those that failed before."""
    for work in WORKS:
        for name in allocators:
            if name in failed:
                continue
            show_progress(f"round {turn + 1} of {options.rounds}: {work}, "
                          f"{name}")
            try:
                for n in (1, 2):
                    runs.setdefault((work, name), Runs()).add(n, *figures(
                        [threads, work, f"--threads={n}",
                         f"--seconds={options.seconds}"], preload(name)))
            except Failure as failure:
                failed[name] = f"{work}: {failure}"
