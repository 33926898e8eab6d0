"""The object that mdriver --json writes, checked before a tool uses it.

The fields that the tools use are checked; docs/judge.md lists all fields. JSON
allows numbers that no replay has (1e999, NaN, a hundred digits) and texts that
no file can hold (a lone surrogate, NUL).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Mapping, Union

from .numbers import EXACT, WORD, integer, shortened
from .traces.rep import MAX_INTEGER

OK, NOT_RUN = "ok", "not-run"  # verdicts, as driver/check/verdict.c names them
MOST = float(WORD)  # of a figure, whatever its unit; 0 or at least 1 / MOST


def _text(value: Any) -> bool:
    try:
        return isinstance(value, str) and b"\0" not in value.encode()
    except UnicodeEncodeError:
        return False


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= EXACT


def _payload(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_INTEGER


def _signed(value: Any) -> bool:
    return type(value) is int and -EXACT <= value <= EXACT


def _figure(value: Any) -> bool:
    return type(value) in (int, float) and (
        value == 0 or 1 / MOST <= value <= MOST)


def _positive(value: Any) -> bool:
    return _figure(value) and value != 0


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


Check = Union[Callable[[Any], bool], Mapping[str, Any]]  # Any: a Check

# Of a field's name: ? it may be null; ?? it may also not be there.
SPREAD = {"p25": _figure, "median": _positive, "p75": _figure}
RESULT = {
    "allocator": _text, "trace": _text, "verdict": _text, "message": _text,
    "ops": _count, "ops_done": _count, "peak_payload": _payload,
    "utilization?": _figure,
    "bounds": {"aligned": _figure, "best_fit?": _figure, "packing?": _figure},
    "waste??": {"alignment": _signed, "metadata?": _signed,
                "placement": _signed, "online_gap": _signed,
                "packing_gap": _signed},
    "ns_per_op?": SPREAD, "ratio_to_libc_spread??": SPREAD,
    "instructions??": _count, "instructions_per_op??": _figure,
}
REPORT = {
    "interrupted": _flag,
    "machine??": {"system": _text, "architecture": _text,
                  "processors": _count},
    "build??": {"mode": _text, "compiler": _text},
}


# The names of the parts of waste in files of former versions.
FORMER_WASTE = {"padding": "alignment", "headers": "metadata",
                "policy": "placement", "future": "online_gap",
                "shape": "packing_gap"}


class ResultsError(Exception):
    """The results are malformed: `path: sentence` or `path:line: sentence`."""

    def __init__(self, where: str, sentence: object) -> None:
        super().__init__(f"{where}: not what mdriver --json writes: {sentence}")


def parse(text: str, path: str | Path) -> dict[str, Any]:
    """The object in the text of the file at path."""
    try:
        report = json.loads(text, parse_int=lambda digits: integer(
            digits, -WORD))
        _check_report(report)
    except json.JSONDecodeError as error:
        raise ResultsError(f"{path}:{error.lineno}", error.msg) from None
    except RecursionError:
        raise ResultsError(str(path), "it is nested too deeply") from None
    except ValueError as error:
        raise ResultsError(str(path), error) from None
    return report


def _check_report(report: Any) -> None:
    _check("the object", report, REPORT)
    results = report.get("results")
    if not isinstance(results, list):
        raise ValueError("'results' is not an array")
    for number, result in enumerate(results):
        _rename_waste(result)
        _check(f"results[{number}]", result, RESULT)


def _rename_waste(result: Any) -> None:
    """Rename parts of waste that have former names."""
    waste = isinstance(result, dict) and result.get("waste")
    if not isinstance(waste, dict):
        return
    for former, name in FORMER_WASTE.items():
        if former in waste:
            waste.setdefault(name, waste.pop(former))


def _check(where: str, value: Any, check: Check) -> None:
    if not isinstance(check, Mapping):
        if not check(value):
            raise ValueError(f"{where} is {shortened(json.dumps(value))}")
        return
    if not isinstance(value, dict):
        raise ValueError(f"{where} is not an object")
    for field, inner in check.items():
        name = field.rstrip("?")
        if name not in value and not field.endswith("??"):
            raise ValueError(f"{where} has no '{name}'")
        if value.get(name) is not None or not field.endswith("?"):
            _check(f"{where}.{name}", value[name], inner)
