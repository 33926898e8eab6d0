"""Where the figures of a picture come from: a run of mdriver, or its files.

Each source gives, for each trace, one Replay per allocator, with what was asked
for of results, timeline and events.
"""

from __future__ import annotations

import copy
import datetime
import os
import shlex
import shutil
import tempfile
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Sequence

from .. import replays, tables
from ..replays import ReplayError, Table
from ..results import OK
from .options import Range

EVENTS, TIMELINES, RESULTS = "events", "timelines", "results"
TIMED, WITH_WASTE = "timed", "waste"
BOTH_MEASURES = "measures"
MADE_BY = {EVENTS: "--events", TIMELINES: "--timeline", RESULTS: "--json",
           TIMED: "--json with timing", WITH_WASTE: "--bounds --json",
          BOTH_MEASURES: "--json with timing, and with --measure instructions"}
# The first line of a file tells its kind.
HEADS = {",".join((*tables.OWNER, *tables.EVENTS)): EVENTS,
         ",".join((*tables.OWNER, *tables.TIMELINE)): TIMELINES}


@dataclass(frozen=True)
class Replay:
    """One allocator on one trace; what is not known is None."""

    allocator: str
    trace: str
    result: dict[str, Any] | None = None
    table: Table | None = None

    @property
    def fault(self) -> str:
        """The fault, in few words; "" if there is none."""
        r = self.result
        if not r or r["verdict"] == OK:
            return ""
        return f"{r['verdict']} after {r['ops_done']:,} operations"

    @property
    def caption(self) -> str:
        """The fault, or else the utilization; "" if neither is known.
        """
        share = self.result and self.result["utilization"]
        return self.fault or (f"utilization {100 * share:.1f} %" if share
                              else "")


def last_operation(replays: Sequence[Replay], span: Range) -> int:
    """The last operation that any of the replays reached, within the range."""
    ends = [r.result["ops"] for r in replays if r.result]
    ends += [int(r.table["op"][-1]) for r in replays
             if r.table and len(r.table)]
    return span.end(max(ends, default=1))


def label(trace: str) -> str:
    """The trace's file name, without the ending."""
    name = trace.rsplit("/", 1)[-1]
    for ending in (".gz", ".zst", ".rep", ".repb"):
        name = name.removesuffix(ending)
    return name


def _paired(results: Iterable[dict[str, Any]], tables: Iterable[Table]
            ) -> list[Replay]:
    """The replays of one trace. Computed placements have a table, no result."""
    rows = {r["allocator"]: r for r in results}
    found = {t.allocator: t for t in tables}
    trace = next(iter([r["trace"] for r in rows.values()]
                      + [t.trace for t in found.values()]), "")
    return [Replay(name, trace, rows.get(name), found.get(name))
            for name in dict.fromkeys([*rows, *found])]


class Source(ABC):
    """What a picture draws: `traces`, within the operations of `span`.

    `faults` has, as its keys and in their order, a sentence for each bad
    verdict met so far.
    """

    traces: list[str]
    span: Range
    faults: dict[str, None]

    @abstractmethod
    def has(self, what: str) -> bool:
        """Whether the source has figures of the kind, a key of MADE_BY."""

    @abstractmethod
    def replays(self, trace: str, what: str) -> list[Replay]:
        """The replays of a trace, one per allocator, with tables of the kind
        EVENTS or TIMELINES. A ReplayError where there are none."""

    @abstractmethod
    def results(self, what: str) -> dict[str, Any]:
        """The object of mdriver --json with results of all traces, of the
        kind RESULTS, TIMED, WITH_WASTE or BOTH_MEASURES (two rows for an
        allocator and a trace). A ReplayError where it has none."""

    @abstractmethod
    def origin(self) -> str:
        """How and when the figures were made, for a picture's note."""

    def only(self, trace: str) -> Source:
        """The same source with only one of its traces."""
        other = copy.copy(self)
        other.traces = [trace]
        return other

    def require_operations(self, tables: Sequence[Table]) -> None:
        """A ReplayError if the tables of a trace end before the range."""
        last = max([int(t["op"][-1]) for t in tables if len(t)], default=None)
        if last is not None and last < self.span.first:
            raise ReplayError(f"{label(tables[0].trace)}: its last operation "
                              f"is {last}, before --range")

    def record_faults(self, results: Iterable[dict[str, Any] | None]) -> None:
        for r in results:
            if r and r["verdict"] != OK:
                said = f": {r['message']}" if r.get("message") else ""
                self.faults[f"{r['allocator']}: {r['trace']}: "
                            f"{r['verdict']}{said}"] = None


class RunSource(Source):
    """Runs mdriver when a picture is drawn; keeps the replays of one trace."""

    def __init__(self, traces: Sequence[str], allocators: Sequence[str],
                 span: Range, options: Sequence[str], build: Path) -> None:
        self.traces = list(traces)
        self.span = span
        self.allocators = allocators
        self.options = options
        self.build = build
        self.faults = {}
        self._kept: dict[tuple[str, str], list[Replay]] = {}
        self._report: dict[str, Any] = {}

    def replays(self, trace: str, what: str) -> list[Replay]:
        if (trace, what) not in self._kept:
            for other in [key for key in self._kept if key[0] != trace]:
                del self._kept[other]
            self._kept[trace, what] = self._replay(trace, what)
        return self._kept[trace, what]

    def _replay(self, trace: str, what: str) -> list[Replay]:
        read = replays.events if what == EVENTS else replays.timelines
        with tempfile.TemporaryDirectory(prefix="malloclab-") as folder:
            path = Path(folder) / "results.json"
            tables = read([trace], self.allocators, *self.options,
                          "--json", str(path), build=self.build)
            results = replays.parsed(path.read_text("utf-8"), path)["results"]
        self.record_faults(results)
        self.require_operations(tables)
        return _paired(results, tables)

    def has(self, what: str) -> bool:
        if what == BOTH_MEASURES:
            return shutil.which("valgrind") is not None
        return what != WITH_WASTE or "--bounds" in self.options

    def results(self, what: str) -> dict[str, Any]:
        """The first call decides whether they are timed."""
        if what == BOTH_MEASURES:
            return self._in_both_measures()
        if not self._report:
            options = [] if what == TIMED else ["--no-timing"]
            self._report = replays.results(
                self.traces, self.allocators, *self.options, *options,
                build=self.build)
            self.record_faults(self._report["results"])
        return self._report

    def _in_both_measures(self) -> dict[str, Any]:
        timed = self.results(TIMED)
        counted = replays.results(
            self.traces, self.allocators, *self.options,
            "--measure=instructions", build=self.build)
        self.record_faults(counted["results"])
        return {**timed, "results": timed["results"] + counted["results"]}

    def origin(self) -> str:
        command = ["./mdriver", "--allocator", ",".join(self.allocators),
                   *self.options]
        for trace in self.traces[:4]:
            command += ["-f", trace]
        more = " ..." if len(self.traces) > 4 else ""
        return f"{shlex.join(command)}{more}, {datetime.date.today()}"


def _require_newline_at_end(path: Path) -> None:
    """A number that is cut short would be read as another number."""
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        if file.read() != b"\n":
            raise ReplayError(f"{path}: its last line is cut short")


class FileSource(Source):
    """Reads files of mdriver --json, --timeline and --events, which it tells
    apart by their content."""

    def __init__(self, paths: Sequence[Path], traces: Sequence[str],
                 allocators: Sequence[str], span: Range) -> None:
        self.paths = paths
        self.span = span
        self.allocators = allocators
        self.faults = {}
        self.report: dict[str, Any] = {}
        self.tables: dict[str, list[Table]] = {EVENTS: [], TIMELINES: []}
        for path in paths:
            self._read(path)
        self.traces = self._chosen(traces)
        self._check_allocators()

    def _read(self, path: Path) -> None:
        try:
            with open(path, encoding="utf-8", newline="") as file:
                first = file.readline()
                file.seek(0)
                if first.startswith("{"):
                    self._add_report(replays.parsed(file.read(), path))
                elif first.rstrip() in HEADS:
                    self.tables[HEADS[first.rstrip()]] += \
                        replays.read_tables(file)
                    _require_newline_at_end(path)
                else:
                    raise ValueError
        except OSError as error:
            raise ReplayError(f"{path}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ReplayError(f"{path}: it is not in UTF-8") from None
        except ValueError:
            raise ReplayError(f"{path}: not what mdriver --json, --timeline or "
                              "--events writes") from None

    def _add_report(self, report: dict[str, Any]) -> None:
        if self.report:
            report["results"] = self.report["results"] + report["results"]
        self.report = report

    def _named(self) -> list[tuple[str, str]]:
        """The allocators and traces that the files name."""
        pairs = [(r["allocator"], r["trace"])
                 for r in self.report.get("results", [])]
        pairs += [(t.allocator, t.trace) for tables in self.tables.values()
                  for t in tables]
        return list(dict.fromkeys(pairs))

    def _chosen(self, traces: Sequence[str]) -> list[str]:
        known = list(dict.fromkeys(trace for _, trace in self._named()))
        if not known:
            raise ReplayError(f"{self.paths[0]}: it has no rows")
        chosen = []
        for name in traces:
            found = [trace for trace in known if label(trace) == label(name)]
            if not found:
                raise ReplayError(f"no trace '{name}' in "
                                  f"{', '.join(map(str, self.paths))}: they "
                                  f"have {', '.join(map(label, known))}")
            chosen += found
        return chosen or known

    def _check_allocators(self) -> None:
        known = list(dict.fromkeys(name for name, _ in self._named()))
        for name in self.allocators:
            if name not in known:
                raise ReplayError(f"no allocator '{name}' in "
                                  f"{', '.join(map(str, self.paths))}: they "
                                  f"have {', '.join(known)}")
        self.allocators = self.allocators or known

    def _of(self, trace: str, rows: Iterable[Any], name: Any) -> list[Any]:
        """The rows of the trace, by allocator in the order of the options."""
        mine = [row for row in rows if name(row, "trace") == trace]
        return [row for allocator in self.allocators for row in mine
                if name(row, "allocator") == allocator]

    def has(self, what: str) -> bool:
        if what in self.tables:
            return bool(self.tables[what])
        rows = self.report.get("results", [])
        columns = {TIMED: ["ns_per_op"], WITH_WASTE: ["waste"],
                   BOTH_MEASURES: ["ns_per_op", "instructions_per_op"]}.get(
                       what, ["verdict"])
        return all(any(row.get(column) for row in rows) for column in columns)

    def _require(self, what: str) -> None:
        if not self.has(what):
            raise ReplayError("--from: none of the files is what mdriver "
                              f"{MADE_BY[what]} writes")

    def replays(self, trace: str, what: str) -> list[Replay]:
        self._require(what)
        results = self._of(trace, self.report.get("results", []), dict.get)
        self.record_faults(results)
        tables = self._of(trace, self.tables[what], getattr)
        self.require_operations(tables)
        return _paired(results, tables)

    def results(self, what: str) -> dict[str, Any]:
        self._require(what)
        rows = [row for trace in self.traces
                for row in self._of(trace, self.report["results"], dict.get)]
        self.record_faults(rows)
        return {**self.report, "results": rows}

    def origin(self) -> str:
        path = next(path for path in self.paths)
        day = datetime.date.fromtimestamp(path.stat().st_mtime)
        return f"{path.name}, {day}"
