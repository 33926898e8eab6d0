"""How alike two traces are: distributions, and the distances between them.

Kolmogorov and Smirnov's distance of two samples is the largest difference of
their cumulative distributions: 0 where they agree, 1 where they share nothing.
It is taken of

    sizes               bytes that requests ask for, reallocs among them
    lifetimes           births during a block's life, until the end if it lives
    live blocks, bytes  just after each birth

and, since lifetimes that are dealt out anew to other blocks show in none of
the first three, of the lifetimes of each size class (doublings), as their mean
by how many blocks the original has there.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple, Sequence

import numpy

from ..traces import op_table, statistics
from ..traces.arrays import Blocks


class Distributions(NamedTuple):
    """Samples, each sorted."""

    sizes: numpy.ndarray
    lifetimes: numpy.ndarray
    live_blocks: numpy.ndarray
    live_bytes: numpy.ndarray
    by_class: dict[int, numpy.ndarray]  # lifetimes


class Distances(NamedTuple):
    sizes: float
    lifetimes: float
    lifetimes_by_size: float
    live_blocks: float
    live_bytes: float


# What a copy should not exceed.
AIM = Distances(0.02, 0.05, 0.05, 0.05, 0.05)


def distributions(blocks: Blocks) -> Distributions:
    operations = blocks.operations
    asking = operations.of(*op_table.BEGINS, *op_table.RESIZED)
    lifetimes = statistics.lifetimes_in_births(blocks)
    live_blocks = statistics.blocks_over_time(blocks)
    live_bytes = statistics.payload_over_time(operations)
    return Distributions(
        numpy.sort(operations.payload[asking]), numpy.sort(lifetimes),
        numpy.sort(live_blocks[blocks.birth]),
        numpy.sort(live_bytes[blocks.birth]),
        _by_class(blocks.size, lifetimes))


def _by_class(sizes: numpy.ndarray, lifetimes: numpy.ndarray
              ) -> dict[int, numpy.ndarray]:
    classes = statistics.octave_of(sizes)
    order = numpy.lexsort((lifetimes, classes))
    names, begins = numpy.unique(classes[order], return_index=True)
    parts = numpy.split(lifetimes[order], begins[1:])
    return dict(zip(names.tolist(), parts))


def distance(a: numpy.ndarray, b: numpy.ndarray) -> float:
    """The KS distance of two sorted samples."""
    values = numpy.concatenate([a, b])
    return float(numpy.abs(
        numpy.searchsorted(a, values, "right") / len(a)
        - numpy.searchsorted(b, values, "right") / len(b)).max())


def distances(a: Distributions, b: Distributions) -> Distances:
    return Distances(distance(a.sizes, b.sizes),
                     distance(a.lifetimes, b.lifetimes),
                     _class_distance(a.by_class, b.by_class),
                     distance(a.live_blocks, b.live_blocks),
                     distance(a.live_bytes, b.live_bytes))


def _class_distance(a: dict[int, numpy.ndarray], b: dict[int, numpy.ndarray]
                    ) -> float:
    parts = sum(len(part) * (distance(part, b[name]) if name in b else 1)
                for name, part in a.items())
    return parts / sum(map(len, a.values()))


def within(found: Distances, aim: Distances = AIM) -> bool:
    return all(d <= most for d, most in zip(found, aim))


def named(found: Distances) -> list[tuple[str, float]]:
    return [(name.replace("_", " "), d) for name, d
            in found._asdict().items()]


def sentence(found: Distances) -> str:
    """A sentence on the distances, which says if they exceed the aim."""
    words = ", ".join(f"{name} {d:.3f}" for name, d in named(found))
    over = [f"{name} (aim {most})" for (name, d), most
            in zip(named(found), AIM) if d > most]
    return f"KS {words}" + (f"; not like it: {', '.join(over)}" if over else "")


# ---- Facts side by side. ----


def facts(*traces: Blocks) -> list[tuple[str, list[str]]]:
    """What else is to be said of the traces: a name, a text of each."""
    columns = [dict(_facts(one)) for one in traces]
    return [(name, [column[name] for column in columns])
            for name in columns[0]]


def _facts(blocks: Blocks) -> Iterator[tuple[str, str]]:
    operations = blocks.operations
    counts = numpy.bincount(operations.kind, minlength=op_table.KINDS)
    resized = numpy.count_nonzero(blocks.resizes)
    live_bytes = statistics.payload_over_time(operations)
    yield "operations", f"{len(operations)}"
    yield "blocks", f"{len(blocks)}"
    yield "of them by calloc", \
        _share(_count(counts, op_table.COUNTED), len(blocks))
    yield "aligned", _share(_count(counts, op_table.ALIGNED), len(blocks))
    yield "resized", _share(resized, len(blocks))
    yield "never freed", _share(numpy.sum(~blocks.freed), len(blocks))
    yield "resizes a resized block", \
        f"{_count(counts, op_table.RESIZED) / max(1, resized):.2f}"
    yield "free(NULL)", \
        _share(_count(counts, op_table.WITHOUT_BLOCK), len(operations))
    yield "distinct sizes", f"{len(numpy.unique(blocks.size))}"
    yield "threads", f"{len(numpy.unique(operations.thread))}"
    yield "most live blocks", f"{statistics.blocks_over_time(blocks).max()}"
    yield "most live bytes", f"{live_bytes.max()}"


def _count(counts: numpy.ndarray, kinds: Sequence[int]) -> int:
    return int(counts[list(kinds)].sum())


def _share(count: int, whole: int) -> str:
    return f"{100 * count / whole:.2f}%"
