"""The gradebook: a CSV file with a row for each student.

It follows RFC 4180, and spreadsheets may open it: a text that they would take
for a formula gets a ' before it, also behind a separator of another language's
CSV. The same results make the same file.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any, Sequence

from .. import output
from . import wording

FORMULA = re.compile(r"((?:^|[;,|])\s*)(?=[=+\-@＝＋－＠])")
LONGEST = 1000  # characters of a text
COLUMNS = ("student", "status", "total", "utilization points",
           "throughput points", "of points", "verdicts")
LAST = ("utilization public", "utilization secret", "comment")


def write(results: Sequence[dict[str, Any]], path: str | Path) -> None:
    rows = io.StringIO()
    writer = csv.writer(rows, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([*COLUMNS, _throughput(results), *LAST])
    for result in sorted(results, key=lambda result: result["student"]):
        writer.writerow(_row(result))
    output.save(str(path), rows.getvalue().encode())


def _throughput(results: Sequence[dict[str, Any]]) -> str:
    """The heading, with the unit that the results have."""
    units = sorted({result["throughput_unit"] for result in results
                    if result["throughput_unit"]})
    return safe(f"throughput ({', '.join(units)})" if units else "throughput")


def _row(result: dict[str, Any]) -> list[str | float]:
    points = result["points"] or {}
    return [safe(result["student"]), safe(result["status"]),
            *(_figure(points.get(key))
              for key in ("total", "utilization", "throughput", "of")),
            safe(wording.verdicts(result)), _figure(result["throughput"]),
            _figure(wording.utilization(result, "public")),
            _figure(wording.utilization(result, "secret")),
            safe(result["comment"])]


def _figure(value: float | None) -> str | float:
    """Empty where there is none."""
    return "" if value is None else round(float(value), 4)


def safe(value: str) -> str:
    """A text on one line that no spreadsheet takes for a formula."""
    return FORMULA.sub(r"\1'", wording.line(value, LONGEST))
