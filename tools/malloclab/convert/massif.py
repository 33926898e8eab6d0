"""massif.out, as Valgrind's massif writes it: snapshots of the heap over time,
for ms_print and massif-visualizer.

mem_heap_B is the payload, and mem_heap_extra_B the footprint less the payload, so
that the pictures show what fragmentation and headers take. Time is in operations,
under the name of massif's first unit, instructions: it has no unit of calls. The
snapshot of the highest payload has the tree of live blocks by stack (frames.py).
"""

from __future__ import annotations

from collections import Counter
from typing import Iterator, TextIO

from .checked_trace import CheckedTrace
from .folded import composition
from .moments import Moment, moments
from .write_options import WriteOptions

SNAPSHOTS = 100  # as many as massif takes
RULE = "#-----------"
THRESHOLD = 0.01
TOP = "(heap allocation functions) malloc/new/new[], --alloc-fns, etc."


def write(trace: CheckedTrace, file: TextIO, options: WriteOptions) -> None:
    extra = f"footprint of {options.allocator} beyond it" if options.allocator \
        else "0, for no allocator was chosen"
    file.write(f"desc: heap: payload; extra: {extra}; time: operations\n"
               f"cmd: {options.name}\ntime_unit: i\n")
    shots = [Moment(0, 0, 0), *moments(trace, options, SNAPSHOTS - 1)]
    peak = max(shots, key=lambda shot: shot.total)
    for count, shot in enumerate(shots):
        file.write(f"{RULE}\nsnapshot={count}\n{RULE}\ntime={shot.number}\n"
                   f"mem_heap_B={shot.payload}\n"
                   f"mem_heap_extra_B={shot.extra}\nmem_stacks_B=0\n")
        if shot is not peak or not shot.payload:
            file.write("heap_tree=empty\n")
            continue
        file.write("heap_tree=peak\n")
        live = composition(trace, shot.number)
        if len(trace.stacks):  # massif's tree is of callers
            live = Counter({stack[::-1]: live[stack] for stack in live})
        file.writelines(tree(live))


def tree(weights: Counter[tuple[str, ...]]) -> Iterator[str]:
    """The lines of a heap_tree."""
    yield from _node(weights, TOP, 0, _total(weights) * THRESHOLD)


def _node(weights: Counter[tuple[str, ...]], name: str, depth: int,
          threshold: float) -> Iterator[str]:
    parts: dict[str, Counter[tuple[str, ...]]] = {}
    for stack, weight in weights.items():
        if len(stack) > depth:
            parts.setdefault(stack[depth], Counter())[stack] = weight
    large = [part for part in parts if _total(parts[part]) >= threshold]
    large.sort(key=lambda part: (-_total(parts[part]), part))
    small = [_total(parts[part]) for part in parts if part not in large]
    indent = " " * depth
    yield (f"{indent}n{len(large) + bool(small)}: {_total(weights)} {name}\n")
    for part in large:
        yield from _node(parts[part], f"0x0: {part}", depth + 1, threshold)
    if small:
        yield (f"{indent} n0: {sum(small)} in {len(small)} places, all below "
               "massif's threshold (1.00%)\n")


def _total(weights: Counter[tuple[str, ...]]) -> int:
    return sum(weights.values())
