"""tools/bench judge: what the lab itself costs."""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Callable

from .. import ROOT
from ..terminal import show_progress
from .churn import write_churn
from .table import program

ABOUT = "what judging costs: checked replays, reading, the timed loop"
DETAILS = """\
What a checked replay costs an operation, at 10^5 to 10^7 operations and with
many live blocks; how fast traces are read; what the timed loop costs without an
allocator, by trace. CPU times.
"""
REPEATS = 3


def cpu_seconds(run: Callable[[], object]) -> float:
    """CPU time of the child processes that run starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime
            - before.ru_utime - before.ru_stime)


def median_cpu(command: list[str]) -> float:
    """Median over some runs, the first one not counted."""
    times = [cpu_seconds(lambda: subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT))
        for _ in range(REPEATS + 1)]
    return statistics.median(times[1:])


def bench_oracle(driver: str, folder: Path) -> None:
    print("A checked replay (judge, worker and mm together), and what of it is "
          "reading the trace:\n")
    print(f"{'operations':>10}  {'live':>7}  {'CPU s':>7}  {'reading s':>9}  "
          f"{'ns/op':>6}  {'without reading':>15}")
    for operations, live in ((10**5, 20_000), (10**6, 20_000),
                             (10**7, 20_000), (10**6, 200_000),
                             (10**7, 200_000)):
        path = folder / f"churn-{operations}-{live}.rep"
        show_progress(f"a checked replay of {operations} operations")
        write_churn(path, operations, live)
        reading = median_cpu([driver, "-f", str(path), "--list"])
        total = median_cpu([driver, "-f", str(path), "--no-timing"])
        show_progress("")
        print(f"{operations:>10}  {live:>7}  {total:>7.3f}  {reading:>9.3f}  "
              f"{total / operations * 1e9:>6.0f}  "
              f"{(total - reading) / operations * 1e9:>12.0f} ns", flush=True)


def bench_reading(driver: str, folder: Path) -> None:
    text = folder / "churn-10000000-20000.rep"
    packed = folder / "churn.repb"
    zipped = folder / "churn.rep.gz"
    subprocess.run([driver, "-f", str(text), "--pack", str(packed)],
                   check=True)
    zipped.write_bytes(gzip.compress(text.read_bytes(), 1))
    print("\nReading and verifying 10^7 operations:\n")
    print(f"{'form':<8}  {'MB':>6}  {'CPU s':>6}  {'MB/s':>6}  "
          f"{'ops/s':>10}")
    start = median_cpu([driver, "--list", "-f", "stack"])
    for form, path in (("text", text), ("gzip", zipped), ("binary", packed)):
        seconds = median_cpu([driver, "-f", str(path), "--list"]) - start
        size = path.stat().st_size / 1e6
        print(f"{form:<8}  {size:>6.0f}  {seconds:>6.3f}  "
              f"{size / seconds:>6.0f}  {10**7 / seconds:>10.0f}", flush=True)


def bench_loop(driver: str, folder: Path) -> None:
    out = folder / "result.json"
    subprocess.run([driver, "--allocator", "mm", "--json", str(out)],
                   check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    report = json.loads(out.read_text())
    loop = report["loop_ns_per_op"]
    ops = {r["trace"]: r["ops"] for r in report["results"]}
    mean = sum(loop[t] * ops[t] for t in loop) / sum(ops[t] for t in loop)
    print(f"\nThe loop alone, by trace: {min(loop.values()):.2f} to "
          f"{max(loop.values()):.2f} ns/op, median "
          f"{statistics.median(loop.values()):.2f}, mean over operations "
          f"{mean:.2f}; what is above the minimum is mispredicted branches.")


def add_options(parser: argparse.ArgumentParser) -> None:
    pass


def run(options: argparse.Namespace) -> int:
    driver = str(program(options.build, "mdriver"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench_oracle(driver, folder)
        bench_reading(driver, folder)
        bench_loop(driver, folder)
    return 0
