"""tools/bench memory-return: what a malloc gives back after a peak."""

from __future__ import annotations

import argparse

from ..arguments import names, positive
from ..run import SYSTEM_MALLOCS
from ..terminal import show_progress
from .table import (Failure, Table, count, figures, installed, preload,
                    program, seconds, warn)

ABOUT = "resident memory after 99 % of a peak was freed at random"
DETAILS = """\
Blocks of 16 to 4096 bytes are allocated and written to, then all but a random
part are freed. Figures are MB resident beyond the start: at the peak, after the
last free, and after a while in which the program goes on with few blocks, for
mallocs that purge pages later (jemalloc: within ten seconds). `pages` are those
that hold a byte of a live block; since a malloc cannot move blocks, it cannot
do with less. The ratios are the resident memory over these.
"""
ALLOCATORS = ["mm", "libc", *SYSTEM_MALLOCS]
MB = 1e6


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-a", "--allocators", type=names, metavar="LIST",
                        help="as tools/run takes them "
                        f"({','.join(ALLOCATORS)}, where installed)")
    parser.add_argument("--mb", type=positive, default=300, metavar="N",
                        help="how much is allocated (300)")
    parser.add_argument("--keep", type=positive, default=10, metavar="N",
                        help="how many of 1000 blocks stay (10)")
    parser.add_argument("--wait", type=seconds, default=12.0, metavar="S",
                        help="how long the while is, in seconds (12)")


def cells(blocks: float, live: float, peak: float, pages: float,
          after: float, later: float) -> tuple[str, ...]:
    return (count(blocks), count(live),
            *(f"{number / MB:.1f}" for number in (peak, pages)),
            f"{after / MB:.1f}", f"{after / pages:.2f}",
            f"{later / MB:.1f}", f"{later / pages:.2f}")


def run(options: argparse.Namespace) -> int:
    peak = program(options.build, "bench/peak")
    allocators = installed(options.allocators or ALLOCATORS,
                           bool(options.allocators))
    status = 0
    with Table("allocator", "blocks", "live", "peak MB", "pages MB",
               "after MB", ": pages", "later MB", ": pages",
               words=("allocator",)) as table:
        for name in allocators:
            show_progress(f"peak and fall: {name}")
            try:
                table.add(name, *cells(*figures(
                    [peak, f"--mb={options.mb}", f"--keep={options.keep}",
                     f"--wait={options.wait}"], preload(name))))
            except Failure as failure:
                warn(f"{name}: {failure}")
                status = 1
    return status
