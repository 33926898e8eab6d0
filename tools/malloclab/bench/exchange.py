"""tools/bench exchange: CPU time of threads that free each other's blocks."""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass, field

from ..arguments import names, positive
from ..run import SYSTEM_MALLOCS
from ..terminal import show_progress
from .table import (Failure, Table, figures, installed, preload, program,
                    summarize, warn)

ABOUT = "CPU time where threads free each other's blocks"
DETAILS = """\
Each thread allocates 1500 blocks, then frees those of the next thread; of one
thread, its own. small: 16 to 512 bytes; mixed: 1 to 32769. Figures are CPU
nanoseconds for a malloc or a free: medians over turns in which all allocators
take part, and their quartiles. `: libc` is relative to libc in the same turn;
`peak MiB` what was resident at most beyond the start.
"""
ALLOCATORS = ["libc", "mm", *SYSTEM_MALLOCS]
WORKS = ("small", "mixed")
MIB = 1024  # in KiB


@dataclass
class Turns:
    """What an allocator took for a work with some threads, by turn."""

    ns: list[float] = field(default_factory=list)
    peak: float = 0.0  # MiB

    def add(self, ops: float, cpu: float, peak: float, start: float) -> None:
        self.ns.append(cpu / ops * 1e9)
        self.peak = max(self.peak, (peak - start) / MIB)

    def cells(self, libc: Turns) -> tuple[str, ...]:
        ns = summarize(self.ns)
        if len(libc.ns) < len(self.ns):
            return f"{ns.median:.0f}", ns.range(0), "-", "-", f"{self.peak:.1f}"
        ratio = summarize([own / its for own, its in zip(self.ns, libc.ns)])
        return (f"{ns.median:.0f}", ns.range(0), f"{ratio.median:.2f}",
                ratio.range(2), f"{self.peak:.1f}")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-a", "--allocators", type=names, metavar="LIST",
                        help="as tools/run takes them: "
                        f"({','.join(ALLOCATORS)}, where installed)")
    parser.add_argument("-t", "--threads", type=positive, nargs="+",
                        default=[1, 2, 4, 8], metavar="N",
                        help="numbers of threads (1 2 4 8)")
    parser.add_argument("-r", "--rounds", type=positive, default=9,
                        metavar="N", help="how often each takes its turn (9)")
    parser.add_argument("-n", "--exchanges", type=positive, default=20,
                        metavar="N", help="how many exchanges a turn has (20)")


def run(options: argparse.Namespace) -> int:
    exchange = program(options.build, "bench/exchange")
    allocators = installed(options.allocators or ALLOCATORS,
                           bool(options.allocators))
    turns: dict[tuple[str, int, str], Turns] = defaultdict(Turns)
    failed: dict[str, str] = {}
    with Table("blocks", "threads", "allocator", "ns/op", "p25-p75", ": libc",
               "p25-p75", "peak MiB", words=("blocks", "allocator")) as table:
        try:
            for turn in range(options.rounds):
                for work, threads, name in _runs(options, allocators):
                    if name in failed:
                        continue
                    show_progress(f"round {turn + 1} of {options.rounds}: "
                                  f"{work}, {threads} threads, {name}")
                    try:
                        turns[work, threads, name].add(*figures(
                            [exchange, work, f"--threads={threads}",
                             f"--rounds={options.exchanges}"], preload(name)))
                    except Failure as failure:
                        failed[name] = f"{work}: {failure}"
        finally:
            for work, threads, name in _runs(options, allocators):
                mine = turns[work, threads, name]
                if mine.ns and name not in failed:
                    table.add(work, str(threads), name, *mine.cells(
                        turns[work, threads, "libc"]))
    for name, sentence in failed.items():
        warn(f"{name}: {sentence}")
    return 1 if failed else 0


def _runs(options: argparse.Namespace, allocators: list[str]
          ) -> list[tuple[str, int, str]]:
    return [(work, threads, name) for work in WORKS
            for threads in options.threads for name in allocators]
