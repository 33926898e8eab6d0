"""Figures of a trace: summary() computes them, text() prints them.

numpy is needed (packages.demand).
"""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path
from typing import Any, Iterator, Sequence

import numpy

from . import packed, statistics
from .arrays import Blocks, Operations, Trace
from .op_table import (ALIGNED, BEGINS, COUNTED, EFFECTS, LETTERS, OPERATIONS,
                       RESIZED)

# Titles of kinds: of those that begin blocks first, that end them last.
CALLS = {one.kind: one.title for one in sorted(
    OPERATIONS, key=lambda one: EFFECTS.index(LETTERS[one.letter].effect))}
MOST = 8  # sizes, alignments, threads that are listed
SOON = 10  # operations
LARGE = 1 << 16  # bytes
START = 4096  # bytes of a file that tell its form
PARTS = 64
HEIGHT = 6
BAR = 40

Figures = dict[str, Any]


# ---- The file. ----


def form_of(path: Path) -> str:
    """Such as "text (classic header), gzip"."""
    with open(path, "rb") as file:
        start = file.read(START)
    if start.startswith(packed.GZIP):
        with gzip.open(path) as unpacked:
            return f"{_inner_form(unpacked.read(START))}, gzip"
    if start.startswith(packed.ZSTD):
        return f"{_inner_form(_unpacked(path))}, zstd"
    return _inner_form(start)


def _unpacked(path: Path) -> bytes:
    """The beginning of a .zst file; nothing where zstd is not installed."""
    try:
        with subprocess.Popen(["zstd", "-dcq", path], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as zstd:
            assert zstd.stdout
            return zstd.stdout.read(START)
    except OSError:
        return b""


def _inner_form(start: bytes) -> str:
    if start.startswith(packed.MAGIC):
        return "binary"
    first = start.split(None, 1)[:1]
    if first and first[0].isdigit():
        later = first[0].lstrip(b"0") in (b"", b"1", b"2", b"3")
        return f"text ({'later' if later else 'classic'} header)"
    return "packed"


# ---- Figures. ----


def _calls(operations: Operations) -> dict[str, int]:
    counts = dict.fromkeys(CALLS.values(), 0)
    for kind, title in CALLS.items():
        counts[title] += int(operations.of(kind).sum())
    return counts


def summary(trace: Trace) -> Figures:
    """All figures of a trace, as --json writes them; shares are of 1."""
    operations, blocks = trace.operations, trace.blocks
    payload = statistics.payload_over_time(operations)
    live = statistics.blocks_over_time(blocks)
    return {
        "path": trace.path,
        "form": form_of(Path(trace.path)),
        "weight": trace.weight,
        "operations": {"all": len(operations), **_calls(operations)},
        "ids": trace.ids,
        "blocks": len(blocks),
        "payload": {**_level(payload), **_large(operations)},
        "live_blocks": _level(live),
        "sizes": sizes(blocks.size),
        "calloc_share": _share(operations, COUNTED),
        "aligned_share": _share(operations, ALIGNED),
        "alignments": _alignments(operations),
        "lifetimes": lifetimes(blocks),
        "reallocs": reallocs(blocks),
        "threads": threads(blocks),
    }


def _level(values: numpy.ndarray) -> Figures:
    """Figures of a value over time. Operations count from 1."""
    return {"peak": int(values.max()),
            "peak_operation": int(values.argmax()) + 1,
            "at_end": int(values[-1]),
            "mean": float(values.mean()),
            "crests": statistics.segment_peaks(values, PARTS)}


def _large(operations: Operations) -> Figures:
    """How much of the peak of payload large blocks hold."""
    sizes = statistics.payload_at_peak(operations)
    share = sizes[sizes >= LARGE].sum() / max(1, sizes.sum())
    return {"large": LARGE, "large_share_at_peak": float(share)}


def _mean(values: numpy.ndarray) -> float:
    return float(values.mean()) if len(values) else 0.0


def _spread(values: numpy.ndarray) -> Figures:
    return {"mean": _mean(values), "quantiles": {
        f"{100 * share:g}%": value for share, value in zip(
            statistics.QUANTILES, statistics.quantiles(values))}}


def sizes(size: numpy.ndarray) -> Figures:
    """The distribution of sizes at birth, in bytes."""
    return {**_spread(size),
            "distinct": len(numpy.unique(size)),
            "most_frequent": [
                {"size": value, "count": count}
                for value, count in statistics.most_frequent(size, MOST)],
            "octaves": _octaves(size)}


def _octaves(values: numpy.ndarray) -> list[Figures]:
    return [row._asdict() for row in statistics.octaves(values)]


def _share(operations: Operations, kinds: Sequence[int]) -> float:
    """The share of these kinds among the operations that begin blocks."""
    beginning = operations.of(*BEGINS).sum()
    return float(operations.of(*kinds).sum() / max(1, beginning))


def _alignments(operations: Operations) -> list[Figures]:
    asked = operations.extra[operations.of(*ALIGNED)]
    return [{"alignment": value, "count": count}
            for value, count in statistics.most_frequent(asked, len(asked))]


def lifetimes(blocks: Blocks) -> Figures:
    """Lifetimes of freed blocks, in operations and in bytes allocated."""
    life = statistics.lifetimes(blocks)
    return {"freed": int(blocks.freed.sum()),
            "never_freed_share": _mean(~blocks.freed),
            "soon": SOON,
            "freed_soon_share": _mean(life <= SOON),
            "last_in_first_out_share": _mean(
                statistics.freed_last_in_first_out(blocks)),
            "operations": {**_spread(life), "octaves": _octaves(life)},
            "bytes": _spread(statistics.lifetimes_in_bytes(blocks))}


def reallocs(blocks: Blocks) -> Figures:
    """Figures of reallocs; a chain is all reallocs of one block."""
    operations = blocks.operations
    which = operations.of(*RESIZED)
    before, after = operations.before[which], operations.payload[which]
    longest = int(blocks.resizes.argmax()) if len(blocks) else 0
    chain = int(blocks.resizes.max(initial=0))
    return {"all": len(after),
            "growing": int((after > before).sum()),
            "shrinking": int((after < before).sum()),
            "same": int((after == before).sum()),
            "factor": _spread(statistics.growth_factors(operations)),
            "bytes_if_all_moved": int(numpy.minimum(before, after).sum()),
            "blocks": int((blocks.resizes > 0).sum()),
            "chain": _spread(blocks.resizes[blocks.resizes > 0]),
            "longest_chain": {
                "reallocs": chain, "size": int(blocks.size[longest]),
                "largest": int(blocks.largest[longest])} if chain else None}


def threads(blocks: Blocks) -> Figures:
    thread = blocks.operations.thread
    busiest = statistics.most_frequent(thread, len(thread))
    return {"all": len(busiest),
            "operations": [{"thread": thread, "count": count}
                           for thread, count in busiest],
            "freed_by_another_share": _mean(
                statistics.freed_by_another(blocks))}


# ---- Text. ----


def text(figures: Figures, provenance: str = "") -> str:
    parts = [_head(figures, provenance), _curve(figures), _sizes(figures),
             _lifetimes(figures), _reallocs(figures), _threads(figures)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _row(name: str, value: str) -> str:
    return f"{name:<14}{value}"


def _head(f: Figures, provenance: str) -> list[str]:
    ops = f["operations"]
    calls = ", ".join(f"{name} {_count(ops[name])}"
                      for name in ops if name != "all" and ops[name])
    ids = "" if f["ids"] == f["blocks"] else f" in {_count(f['ids'])} ids"
    lines = [f"{f['path']}: {f['form']}"]
    if provenance:
        lines.append(_row("from", provenance))
    if f["weight"] != 1:
        lines.append(_row("weight", str(f["weight"])))
    return lines + [
        _row("operations", f"{_count(ops['all'])}: {calls}"),
        _row("blocks", f"{_count(f['blocks'])}{ids}; "
             + _reached(f["live_blocks"], "live")),
        _row("payload", _reached(f["payload"], "bytes")),
        _row("at the peak", f"{_percent(f['payload']['large_share_at_peak'])} "
             f"in blocks of {_count(f['payload']['large'])} bytes or more")]


def _reached(level: Figures, what: str) -> str:
    return (f"at most {_count(level['peak'])} {what}, after operation "
            f"{_count(level['peak_operation'])}; at the end "
            f"{_count(level['at_end'])}")


def _curve(f: Figures) -> list[str]:
    """The peak of live payload in each segment of the trace."""
    heights = [round(HEIGHT * value / max(1, f["payload"]["peak"]))
               for value in f["payload"]["crests"]]
    lines = ["payload over the operations"]
    for level in range(HEIGHT, 0, -1):
        line = "".join("#" if height >= level else " " for height in heights)
        lines.append(f"  |{line}".rstrip())
    return lines + ["  +" + "-" * len(heights)]


def _spread_row(name: str, spread: Figures, digits: int = 0) -> str:
    return f"{name:<14}" + " ".join(
        f"{value:>9,.{digits}f}" for value in spread["quantiles"].values())


def _spread_head(name: str, spread: Figures) -> str:
    words = {"0%": "least", "50%": "median", "100%": "most"}
    return f"{name:<14}" + " ".join(
        f"{words.get(share, share):>9}" for share in spread["quantiles"])


def _sizes(f: Figures) -> list[str]:
    spread = f["sizes"]
    if not f["blocks"]:
        return []
    frequent = ", ".join(
        f"{_count(row['size'])} ({_percent(row['count'] / f['blocks'])})"
        for row in spread["most_frequent"])
    lines = [_spread_head("sizes", spread), _spread_row("bytes", spread),
             _row("mean", f"{spread['mean']:,.1f} bytes; "
                  f"{_count(spread['distinct'])} sizes; calloc "
                  f"{_percent(f['calloc_share'])}, memalign "
                  f"{_percent(f['aligned_share'])} of what begins blocks"),
             _row("most frequent", frequent)]
    if f["alignments"]:
        lines.append(_row("alignments", ", ".join(
            f"{_count(row['alignment'])} ({_count(row['count'])})"
            for row in f["alignments"][:MOST])))
    return [*lines, "", *_histogram(spread["octaves"], "bytes")]


def _histogram(rows: Sequence[Figures], unit: str) -> Iterator[str]:
    """A bar for each power of two, as long as its count."""
    most = max(row["count"] for row in rows)
    width = max(len(_count(row["high"])) for row in rows)
    for row in rows:
        bar = "#" * -(-BAR * row["count"] // most)
        yield (f"{_count(row['low']):>{width}} - {_count(row['high']):>{width}}"
               f" {unit}  {_count(row['count']):>10}  {bar}").rstrip()


def _lifetimes(f: Figures) -> list[str]:
    life = f["lifetimes"]
    if not f["blocks"]:
        return []
    head = _row("never freed", f"{_percent(life['never_freed_share'])} of "
                "blocks")
    if not life["freed"]:
        return [head]
    return [_spread_head("lifetimes", life["bytes"]),
            _spread_row("operations", life["operations"]),
            _spread_row("bytes", life["bytes"]), head,
            _row("freed", f"{_percent(life['freed_soon_share'])} within "
                 f"{life['soon']} operations, "
                 f"{_percent(life['last_in_first_out_share'])} as the youngest "
                 "of all live"), "",
            *_histogram(life["operations"]["octaves"], "ops")]


def _reallocs(f: Figures) -> list[str]:
    r = f["reallocs"]
    if not r["all"]:
        return []
    longest = r["longest_chain"]
    return [_spread_head("reallocs", r["factor"]),
            _spread_row("new / old", r["factor"], 2),
            _spread_row("of a block", r["chain"]),
            _row("all", f"{_count(r['all'])} of {_count(r['blocks'])} blocks: "
                 f"{_count(r['growing'])} grow, {_count(r['shrinking'])} "
                 f"shrink, {_count(r['same'])} do neither"),
            _row("copied", f"{_count(r['bytes_if_all_moved'])} bytes if all "
                 "moved"),
            _row("longest", f"{_count(longest['reallocs'])} of a block of "
                 f"{_count(longest['size'])} bytes, at most "
                 f"{_count(longest['largest'])}")]


def _threads(f: Figures) -> list[str]:
    t = f["threads"]
    if t["all"] < 2:
        return []
    rows = ", ".join(f"{row['thread']} ({_count(row['count'])})"
                     for row in t["operations"][:MOST])
    more = f" and {t['all'] - MOST} more" if t["all"] > MOST else ""
    return [_row("threads", f"{t['all']}; operations of {rows}{more}"),
            _row("", f"{_percent(t['freed_by_another_share'])} of freed "
                 "blocks are freed by another thread")]
