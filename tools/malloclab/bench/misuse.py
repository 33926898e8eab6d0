"""tools/bench misuse: which misuses of the heap a malloc catches."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path
from typing import Sequence

from .. import run as launcher
from ..arguments import names, positive
from ..run import SYSTEM_MALLOCS
from ..terminal import show_progress
from .table import BenchError, Table, installed, preload, program

ABOUT = "kinds of misuse that a malloc catches: always, sometimes, never"
DETAILS = """\
bench/misuse.c has the kinds, most of them with a small block of 40 bytes, a
medium one of 2000, and a large one of 200,000. Each runs in a process of its
own: one whose heap is hardly used yet, and one in which thousands of blocks
were allocated and freed. A misuse is caught if the process is ended, or if what
was read without right is not what another block held. `always` is in all runs,
of all sizes; else the sizes are named that are always caught, if any; `never`
is in no run.
"""
ALLOCATORS = ["mm", "mm_hardened", "libc", *SYSTEM_MALLOCS]

# By kind, then by size: whether each run was caught.
Runs = dict[str, dict[str, list[bool]]]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-a", "--allocators", type=names, metavar="LIST",
                        help="as tools/run takes them "
                        f"({','.join(ALLOCATORS)}, where installed)")
    parser.add_argument("--runs", type=positive, default=2, metavar="N",
                        help="how often each is run in either process (2)")


def measure(build: Path, allocator: str, runs: int) -> Runs:
    found: Runs = {}
    for words in (["--each"], ["--each", "used"]) * runs:
        ended = subprocess.run([program(build, "bench/misuse"), *words],
                               text=True, capture_output=True,
                               stdin=subprocess.DEVNULL,
                               env=launcher.environment(preload(allocator)))
        if ended.returncode:
            raise BenchError(f"{allocator}: {ended.stderr.strip()}")
        for line in ended.stdout.splitlines():
            kind, size, caught = line.split("\t")
            found.setdefault(kind, {}).setdefault(size, []).append(
                caught == "1")
    return found


def cell(sizes: dict[str, list[bool]]) -> str:
    """One kind's word of the table."""
    always = [size for size, caught in sizes.items() if all(caught)]
    if len(always) == len(sizes):
        return "always"
    if always:
        return "+".join(always)
    return "sometimes" if any(map(any, sizes.values())) else "never"


def rows(found: Sequence[Runs]) -> list[tuple[str, ...]]:
    return [(kind, *(cell(runs[kind]) if kind in runs else "-"
                     for runs in found)) for kind in found[0]]


def run(options: argparse.Namespace) -> int:
    allocators = installed(options.allocators or ALLOCATORS,
                           bool(options.allocators))
    found = []
    for name in allocators:
        show_progress(f"misuse: {name}")
        found.append(measure(options.build, name, options.runs))
    with Table("misuse", *allocators, words=("misuse", *allocators)) as table:
        for row in rows(found):
            table.add(*row)
        table.add("caught always, of all", *(
            f"{sum(all(size) for sizes in runs.values() for size in sizes.values())}"
            f" of {sum(map(len, runs.values()))}" for runs in found))
    return 0
