"""What a sweep has found: figures of each setting, the best, the front."""

from __future__ import annotations

import csv
import io
import json
import statistics
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, Sequence

from .. import output
from ..front import front
from ..columns import layout
from .space import Setting, shown
from .work import OK, Sweep

SHOWN = 12  # rows of the table beside the front's
LEAST = 0.01  # instructions: a mean of logarithms needs some
DEFAULTS = "defaults"


@dataclass(frozen=True)
class Point:
    """A setting on some traces. Without figures, comment says why."""

    setting: Setting
    rows: Mapping[str, Mapping[str, Any]]  # by trace
    utilization: float = 0.0  # mean
    instructions: float = 0.0  # per operation, geometric mean
    comment: str = ""

    @property
    def ok(self) -> bool:
        return not self.comment


# How much a setting is worth: more is better, and ratios count.
WORTH: dict[str, Callable[[Point], float]] = {
    "both": lambda p: p.utilization / p.instructions,
    "util": lambda p: p.utilization,
    "instructions": lambda p: 1 / p.instructions,
}


def rank(point: Point, by: str) -> tuple[float, float, float]:
    """The better of two has the lower one; of equals, who wastes less, and then
    who is faster."""
    return -WORTH[by](point), -point.utilization, point.instructions


def point_of(sweep: Sweep, setting: Setting, units: Iterable[str]) -> Point:
    """Its figures, of the units that are done."""
    rows: dict[str, Any] = {}
    for unit in units:
        result = sweep.result(unit)
        if result is None or not result["measured"]:
            said = result["comment"] if result else "it was not run"
            return Point(setting, rows, comment=f"not measured: {said}")
        if result["comment"]:
            return Point(setting, rows, comment=result["comment"])
        rows |= result["traces"]
    bad = [row for row in rows.values() if row["verdict"] != OK]
    if bad:
        return Point(setting, rows, comment=f"{bad[0]['verdict']}: "
                     f"{bad[0]['message']}")
    return Point(
        setting, rows,
        statistics.mean(row["utilization"] or 0 for row in rows.values()),
        statistics.geometric_mean(max(row["instructions_per_op"], LEAST)
                                  for row in rows.values()))


@dataclass
class Outcome:
    sweep: Sweep
    by: str  # a key of WORTH
    traces: Sequence[str]
    points: list[Point]  # all of the same traces, the defaults first
    dropped: list[Point]  # by halving, on fewer traces
    held_out: list[Point]  # the defaults, the best, the front: on other traces

    def __post_init__(self) -> None:
        self.right = sorted((p for p in self.points if p.ok),
                            key=lambda p: rank(p, self.by))
        marked = front([(p.utilization, 1 / p.instructions)
                        for p in self.right])
        self.front = [self.right[number] for number in marked]

    @property
    def defaults(self) -> Point:
        return self.points[0]

    def gain(self, point: Point, base: Point | None = None) -> float | None:
        """How much more it is worth than the defaults, in per cent."""
        base = base or self.defaults
        if not (point.ok and base.ok):
            return None
        worth = WORTH[self.by]
        return 100 * (worth(point) / worth(base) - 1)

    # ---- Tables. ----

    def cells(self, point: Point, mark: str, base: Point | None = None
              ) -> list[str]:
        settings = [point.setting[name] for name in self.sweep.defaults]
        if not point.ok:
            return [*settings, "-", "-", "-",
                    textwrap.shorten(point.comment, 60, placeholder=" ...")]
        gain = self.gain(point, base)
        return [*settings, f"{100 * point.utilization:.2f}",
                f"{point.instructions:.2f}",
                "-" if gain is None else f"{gain:+.2f}%", mark]

    def mark(self, point: Point) -> str:
        words = [DEFAULTS] if point is self.defaults else []
        words += ["best"] if self.right and point is self.right[0] else []
        words += ["front"] if point in self.front else []
        return ", ".join(words)

    def table(self) -> str:
        wrong = [point for point in [*self.points, *self.dropped]
                 if not point.ok]
        worse = sum(point.ok for point in self.dropped)
        listed = [point for number, point in enumerate(self.right)
                  if number < SHOWN or point in self.front
                  or point is self.defaults]
        rows = [self.cells(point, self.mark(point))
                for point in [*listed, *wrong[:SHOWN]]]
        text = self.titled(rows)
        more = len(self.right) - len(listed) + len(wrong[SHOWN:])
        text += f"\n... and {more} more" if more else ""
        return f"{text}\n{worse} more were dropped on fewer traces" if worse \
            else text

    def titled(self, rows: list[list[str]]) -> str:
        head = [*self.sweep.defaults, "util", "instr/op", "gain", ""]
        return layout([head, *rows], {len(head) - 1})

    def held_out_table(self) -> str:
        """The same settings, in the order of the table above."""
        base = self.held_out[0]
        return self.titled([self.cells(
            point, DEFAULTS if point is base else
            self.mark(self.same(point.setting)), base)
            for point in self.held_out])

    def same(self, setting: Setting) -> Point:
        return next(p for p in self.points if p.setting == setting)

    def worth_of_best(self) -> str:
        """What the choice is worth, where it was made and elsewhere."""
        best = self.right[0]
        gain = self.gain(best)
        if gain is None:
            return "the defaults are wrong"
        text = f"{gain:+.2f}% against the defaults"
        for point in self.held_out:
            other = self.gain(point, self.held_out[0])
            if point.setting == best.setting and other is not None:
                text += f", {other:+.2f}% on held-out traces"
        return text

    def sentence(self) -> str:
        if not self.right:
            return "No setting is right"
        return f"Best: {shown(self.right[0].setting)}: {self.worth_of_best()}"

    # ---- Files. ----

    def _object(self, point: Point, base: Point | None) -> dict[str, Any]:
        return {"constants": dict(point.setting), "traces": len(point.rows),
                "ok": point.ok, "comment": point.comment,
                "utilization": point.utilization if point.ok else None,
                "instructions_per_op": point.instructions if point.ok
                else None,
                "gain": base and self.gain(point, base),
                "front": point in self.front,
                "by_trace": {Path(trace).name: dict(row)
                             for trace, row in point.rows.items()}}

    def save(self) -> None:
        base = self.held_out[0] if self.held_out else self.defaults
        value = {"source": self.sweep.given, "by": self.by,
                 "defaults": self.sweep.defaults,
                 "traces": [Path(trace).name for trace in self.traces],
                 "best": dict(self.right[0].setting) if self.right else None,
                 "points": [self._object(p, self.defaults)
                            for p in self.points],
                 "dropped": [self._object(p, None) for p in self.dropped],
                 "held_out": [self._object(p, base) for p in self.held_out]}
        self.write("results.json", json.dumps(value, indent=1) + "\n")
        self.write("results.csv", self._csv())

    def _csv(self) -> str:
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*self.sweep.defaults, "traces", "utilization",
                         "instructions_per_op", "front", "comment"])
        for point in [*self.points, *self.dropped]:
            figures = [f"{point.utilization:.6f}", f"{point.instructions:.3f}"]
            writer.writerow(
                [*(point.setting[name] for name in self.sweep.defaults),
                 len(point.rows), *(figures if point.ok else ["", ""]),
                 "yes" if point in self.front else "", point.comment])
        return file.getvalue()

    def write(self, name: str, text: str) -> None:
        output.save(str(self.sweep.results / name), text.encode())
