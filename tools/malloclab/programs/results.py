"""Outcomes of runs, as text and as files."""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import asdict, dataclass, fields
from typing import Sequence

SHORT = {"same": "same", "too slow": "slow", "differs": "DIFFERS",
         "crashed": "CRASHED", "failed": "FAILED", "not loaded": "NOT LOADED",
         "skipped": "-", "interrupted": "-"}
FINE = ("same", "ended", "too slow", "skipped", "interrupted")


@dataclass
class Row:
    """A program under an allocator."""

    program: str
    allocator: str
    outcome: str
    details: str = ""


def describe(row: Row) -> str:
    if row.outcome == "skipped":
        return f"{row.program}: skipped, {row.details}"
    return (f"{row.program} on {row.allocator}: {row.outcome} "
            f"{row.details}").rstrip()


def is_bad(row: Row) -> bool:
    return row.outcome not in FINE


# ---- Files. ----

def check_files(options: argparse.Namespace) -> None:
    """Raise an OSError if an output file cannot be written."""
    for name in filter(None, (options.json, options.csv)):
        with open(name, "a", encoding="utf-8"):
            pass


def export(rows: Sequence[Row], kind: type,
           options: argparse.Namespace) -> None:
    """Write --json and --csv; NaN is null in JSON, and empty in CSV."""
    names = [field.name for field in fields(kind)]
    table = [{name: None if value != value else value
              for name, value in asdict(row).items()} for row in rows]
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"rows": table}, file, indent=1)
            file.write("\n")
    if options.csv:
        with open(options.csv, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(table)
