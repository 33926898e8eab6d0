"""tools/bench table: allocators on all traces, beside each other."""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Callable, Sequence

from ..arguments import names
from ..results import OK
from ..traces import manifest
from . import benchmark
from .benchmark import Report, Result, geometric, short
from .table import TRACES, Summary, Table, installed, warn

ABOUT = "allocators on every trace: utilization, ns/op, throughput to libc's"
DETAILS = """\
One run of mdriver, whose rounds all allocators take turns in. Utilization is
the peak of payload over that of footprint, in per cent; `bound` what sizes
rounded up to 16 allow at best, `best fit` what best fit without any header
does, where mdriver computes it (--bounds). ns/op and throughput relative to
libc's are medians over rounds with their quartiles; means of them are
geometric. Means are of the traces that every allocator did, and then of those
of each kind that traces/MANIFEST names: generated, recorded, unseen.
"""


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the source of the figures."""
    parser.add_argument("-a", "--allocators", type=names, metavar="LIST",
                        help="as mdriver takes them: "
                        f"({','.join(benchmark.ALLOCATORS)}, where installed)")
    parser.add_argument("-f", "--trace", action="append", metavar="TRACE",
                        help="as mdriver takes them; again for more (all of "
                        "traces/)")
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE",
                        help="use these figures of mdriver --json, run nothing")


def add_options(parser: argparse.ArgumentParser) -> None:
    add_source(parser)
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="keep mdriver's figures in FILE")


def _present(options: argparse.Namespace) -> list[str]:
    if options.allocators:
        return options.allocators
    return installed(benchmark.ALLOCATORS, asked=False)


def report_of(options: argparse.Namespace, keep: Path | None = None) -> Report:
    """The figures that the options of add_source ask for."""
    if options.source:
        return benchmark.read(options.source)
    with tempfile.TemporaryDirectory() as folder:
        out = keep.resolve() if keep else Path(folder) / "result.json"
        benchmark.run_driver(options.build, _present(options),
                             options.trace or [], out)
        return benchmark.read(out)


def status_of(report: Report) -> int:
    """Print what was wrong, and return the exit status."""
    for result in report.bad():
        warn(f"{result.allocator}: {result.trace}: {result.verdict}")
    if report.interrupted:
        return 130
    return 1 if report.bad() else 0


# ---- Tables. ----


def percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _ns(result: Result) -> str:
    return _with_range(result.ns, 1)


def _ratio(result: Result) -> str:
    return _with_range(result.ratio, 2)


def _with_range(figure: Summary | None, digits: int) -> str:
    if figure is None:
        return "-"
    return f"{figure.median:.{digits}f} {figure.range(digits)}"


def _cell(result: Result | None, show: Callable[[Result], str]) -> str:
    """The figure, or one word that says why there is none."""
    if result is None:
        return "-"
    return show(result) if result.verdict == OK else result.verdict


def _limits(report: Report, trace: str) -> tuple[str, str]:
    result = next(r for name in report.allocators
                  if (r := report.get(name, trace)))
    return percent(result.bound), percent(result.best_fit)


def _groups(report: Report) -> dict[str, list[str]]:
    """What means are taken of: a title, and the traces. If those are of several
    kinds, each kind is a group of its own."""
    common = report.common()
    listed = manifest.read(str(TRACES / "MANIFEST"))
    kinds = {kind: [entry.name for entry in listed.of_kind(kind)
                    if entry.name in common] for kind in manifest.KINDS}
    groups = {f", {kind}": traces for kind, traces in kinds.items() if traces}
    whole = {"": common} if common else {}
    return {**whole, **(groups if len(groups) > 1 else {})}


def _mean_limits(report: Report, traces: Sequence[str]) -> tuple[str, str]:
    first = [report.by[report.allocators[0], trace] for trace in traces]
    fits = [r.best_fit for r in first if r.best_fit is not None]
    return (percent(statistics.mean(r.bound for r in first)),
            percent(statistics.mean(fits)
                    if fits and len(fits) == len(first) else None))


def _print_utilization(report: Report) -> None:
    fits = any(r.best_fit is not None for r in report.by.values())
    columns = slice(None) if fits else slice(1)
    print("\nUtilization, per cent:\n")
    with Table("trace", *("bound", "best fit")[columns],
               *map(short, report.allocators), words=("trace",)) as table:
        for trace in report.traces:
            table.add(trace, *_limits(report, trace)[columns],
                      *(_cell(report.get(name, trace),
                              lambda r: percent(r.utilization))
                        for name in report.allocators))
        for title, traces in _groups(report).items():
            table.add(f"mean{title}", *_mean_limits(report, traces)[columns],
                      *(percent(statistics.mean(
                          report.utilizations(name, traces)))
                        for name in report.allocators))


def _print_figures(report: Report, title: str, show: Callable[[Result], str],
                   mean: Callable[[str, Sequence[str]], str]) -> None:
    print(f"\n{title}:\n")
    with Table("trace", *map(short, report.allocators),
               words=("trace",)) as table:
        for trace in report.traces:
            table.add(trace, *(_cell(report.get(name, trace), show)
                               for name in report.allocators))
        for title, traces in _groups(report).items():
            table.add(f"geometric mean{title}",
                      *(mean(name, traces) for name in report.allocators))


def _mean_ns(report: Report, name: str, traces: Sequence[str]) -> str:
    values = [r.ns.median for trace in traces
              if (r := report.by[name, trace]).ns]
    return f"{geometric(values):.1f}"


def show(report: Report) -> None:
    _print_utilization(report)
    _print_figures(report, "ns/op: median, quartiles", _ns,
                   lambda name, traces: _mean_ns(report, name, traces))
    _print_figures(
        report, "Throughput relative to libc's: median, quartiles", _ratio,
        lambda name, traces: f"{geometric(report.ratios(name, traces)):.2f}")
    _note_means(report.common(), report.traces)


def _note_means(common: Sequence[str], traces: Sequence[str]) -> None:
    left_out = [trace for trace in traces if trace not in common]
    if left_out:
        print(f"\nmeans: of {len(common)} of {len(traces)} traces; not done "
              f"by all: {', '.join(left_out)}")


def run(options: argparse.Namespace) -> int:
    report = report_of(options, options.json)
    show(report)
    return status_of(report)
