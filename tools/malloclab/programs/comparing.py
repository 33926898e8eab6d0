"""tools/programs test: what programs print, compared with libc's."""

from __future__ import annotations

import os
import sys
from itertools import zip_longest
from pathlib import Path
from typing import Sequence

from ..columns import layout
from .children import run_all
from .results import SHORT, describe
from .running import Result, Suite
from .suite import Program

REFERENCE = "reference"  # the folder of libc's output


def _excerpt(line: bytes, column: int) -> str:
    """The text around that place, in quotes."""
    start = max(column - 20, 0) if column > 40 else 0
    return repr(line[start:start + 60])[1:]


def _first_difference(wanted: bytes, got: bytes) -> str:
    """The first line that differs."""
    lines = zip_longest(wanted.split(b"\n"), got.split(b"\n"))
    number, x, y = next((n, x, y) for n, (x, y) in enumerate(lines, 1)
                        if x != y)
    if x is None:
        return f"line {number} is {_excerpt(y, 0)}, not the end"
    if y is None:
        return f"line {number} is missing, {_excerpt(x, 0)}"
    column = len(os.path.commonprefix([x, y]))
    return f"line {number} is {_excerpt(y, column)}, not {_excerpt(x, column)}"


def compare(result: Result, reference: Path, folder: Path) -> Result:
    if result.outcome == "ended":
        wanted = (reference / "stdout").read_bytes()
        got = (folder / "stdout").read_bytes()
        result.outcome = "same" if got == wanted else "differs"
        if got != wanted:
            result.details = _first_difference(wanted, got)
    return result


def _reference(suite: Suite, program: Program) -> Result:
    """Run the program with libc; other outputs are compared with this one."""
    return suite.run(program, "libc", suite.place(program, REFERENCE))


def _test(suite: Suite, program: Program, allocator: str) -> Result:
    place = suite.place(program, allocator)
    result = suite.run(program, allocator, place)
    return compare(result, suite.place(program, REFERENCE), place)


def _announce(result: Result, done: int, total: int) -> None:
    print(f"[{done}/{total}] {describe(result)} ({result.elapsed:.1f} s)",
          file=sys.stderr, flush=True)


def test_all(suite: Suite, allocators: Sequence[str], jobs: int,
             results: list[Result]) -> None:
    """Test all, and add to results, even if interrupted."""
    references: list[Result] = []
    try:
        run_all(_reference, [(suite, p) for p in suite.programs], jobs,
                references)
    finally:
        results += [r for r in references if r.outcome != "ended"]
    good = [p for p, r in zip(suite.programs, references)
            if r.outcome == "ended"]
    run_all(_test, [(suite, p, a) for a in allocators for p in good], jobs,
            results, _announce)


# ---- What a test says. ----


def matrix(results: Sequence[Result], programs: Sequence[str],
           allocators: Sequence[str]) -> str:
    """Allocators as rows, programs as columns."""
    cells = {(r.allocator, r.program): SHORT[r.outcome] for r in results}
    rows = [["", *programs]]
    rows += [[a, *(cells.get((a, p), "-") for p in programs)]
             for a in allocators]
    return layout(rows, set(range(len(rows[0]))))


def summary(results: Sequence[Result]) -> str:
    counts = {kind: sum(r.outcome == kind for r in results)
              for kind in SHORT}
    return ", ".join(f"{count} {kind}" for kind, count in counts.items()
                     if count or kind in ("same", "failed"))


def report_test(results: Sequence[Result], programs: Sequence[str],
                allocators: Sequence[str]) -> None:
    print(matrix(results, programs, allocators))
    for result in results:
        if result.outcome != "same":
            print(describe(result))
    print(summary(results))
