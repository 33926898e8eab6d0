"""Run mdriver with several allocators, and read its JSON."""

from __future__ import annotations

import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

from .. import foreground, results
from ..results import NOT_RUN, OK
from .table import TRACES, BenchError, Summary, program, summarize

ALLOCATORS = ["mm", "libc", "libjemalloc.so.2", "libmimalloc.so.2",
              "libtcmalloc_minimal.so.4", "tlsf", "explicit_address",
              "segregated"]


@dataclass(frozen=True)
class Result:
    """The result of one allocator on one trace; shares are from 0 to 1."""

    allocator: str
    trace: str
    verdict: str
    utilization: float
    bound: float
    best_fit: float | None
    ns: Summary | None
    ratio: Summary | None  # to libc

    @property
    def whole(self) -> bool:
        """Is the verdict ok, and was the replay timed?"""
        return self.verdict == OK and bool(self.ns and self.ratio)


class Report:
    """All results of a run."""

    def __init__(self, results: Sequence[Result], interrupted: bool) -> None:
        self.interrupted = interrupted
        self.by = {(r.allocator, r.trace): r for r in results}
        self.allocators = list(dict.fromkeys(r.allocator for r in results))
        self.traces = list(dict.fromkeys(r.trace for r in results))

    def get(self, allocator: str, trace: str) -> Result | None:
        return self.by.get((allocator, trace))

    def common(self) -> list[str]:
        """The traces that all allocators finished, for comparable means."""
        return [trace for trace in self.traces
                if all((r := self.get(name, trace)) and r.whole
                       for name in self.allocators)]

    def bad(self) -> list[Result]:
        return [r for r in self.by.values()
                if r.verdict not in (OK, NOT_RUN)]

    def ratios(self, allocator: str,
               traces: Sequence[str] | None = None) -> list[float]:
        """Of these traces, or of the common ones."""
        return [r.ratio.median for trace in traces or self.common()
                if (r := self.by[allocator, trace]).ratio]

    def utilizations(self, allocator: str,
                     traces: Sequence[str] | None = None) -> list[float]:
        """Of these traces, or of the common ones."""
        return [self.by[allocator, trace].utilization
                for trace in traces or self.common()]


def short(allocator: str) -> str:
    """libjemalloc.so.2 is jemalloc, x/y.so y."""
    name = allocator.rsplit("/", 1)[-1].split(".so", 1)[0]
    return name.removeprefix("lib").removesuffix("_minimal") \
        if allocator != "libc" else name


# ---- Reading. ----


def _summary(entry: dict[str, Any] | None) -> Summary | None:
    if not entry or entry.get("median") is None:
        return None
    return Summary(entry["p25"], entry["median"], entry["p75"])


def _result(entry: dict[str, Any]) -> Result:
    bounds = entry["bounds"]
    return Result(entry["allocator"], entry["trace"], entry["verdict"],
                  entry["utilization"] or 0.0, bounds["aligned"],
                  bounds["best_fit"], _summary(entry["ns_per_op"]),
                  _summary(entry.get("ratio_to_libc_spread")))


def report_from(content: dict[str, Any]) -> Report:
    """The report in the object that mdriver --json writes."""
    return Report([_result(entry) for entry in content["results"]],
                  content["interrupted"])


def read(path: Path) -> Report:
    """The report in a file of mdriver --json."""
    try:
        return report_from(results.parse(path.read_text("utf-8"), path))
    except OSError as error:
        raise BenchError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BenchError(f"{path}: it is not in UTF-8") from None
    except results.ResultsError as error:
        raise BenchError(str(error)) from None


# ---- Running. ----


def _knows(driver: Path, option: str) -> bool:
    """Does this mdriver have the option?"""
    text = subprocess.run([str(driver), "--help"], text=True,
                          capture_output=True, check=False).stdout
    return f"{option} " in text or f"{option}\n" in text


def run_driver(build: Path, allocators: Sequence[str], traces: Sequence[str],
               out: Path) -> None:
    """Run mdriver, which times the allocators in interleaved rounds."""
    driver = program(build, "mdriver")
    command = [str(driver), f"--allocator={','.join(allocators)}",
               f"--json={out}", "-v", "0", f"--trace-dir={TRACES}"]
    command += [f"--file={trace}" for trace in traces]
    command += ["--bounds"] if _knows(driver, "--bounds") else []
    status = foreground.run(command, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL).returncode
    if status == 2:
        raise BenchError  # it has said why
    if not out.exists():
        raise BenchError(f"mdriver ended with status {status} and no results")


def geometric(values: Sequence[float]) -> float:
    return statistics.geometric_mean(values)


def mean_summary(values: Sequence[float], mean: float) -> Summary:
    """The mean, with the quartiles of the values."""
    quartiles = summarize(values)
    return Summary(quartiles.low, mean, quartiles.high)
