"""The parts of a footprint by their cause, as mdriver --bounds finds them."""

from __future__ import annotations

import argparse
import statistics
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from ..bench.benchmark import short
from ..replays import ReplayError
from ..results import OK
from . import style
from .source import WITH_WASTE, Source, label

ABOUT = "a footprint by cause: alignment, metadata, placement, gaps"
DETAILS = """\
A bar is the largest footprint of an allocator on a trace. Its parts are
payload; alignment: sizes rounded up; metadata: headers and size classes;
placement: the rest of what exceeds best fit without headers; on-line gap: best
fit over the packing, which knows all operations beforehand; packing gap: the
packing over the bound. If an allocator beats best fit, its bar has no
placement, and its on-line gap is smaller by the difference. docs/bounds.md says
more. The last group is the mean over the traces that every allocator finished;
if there are many traces it is drawn alone. Without a TRACE, all of traces/.
"""
NEEDS = WITH_WASTE
MOST = 60  # bars that one picture has room for
PARTS = {  # the field of `waste`, and its name in pictures
    "alignment": "alignment", "metadata": "metadata",
    "placement": "placement", "online_gap": "on-line gap",
    "packing_gap": "packing gap"}
NAMES = ("payload", *PARTS.values())
COLOURS = (style.PALE, style.YELLOW, style.VERMILLION, style.BLUE, style.SKY,
           style.GREEN)


def add_options(parser: argparse.ArgumentParser) -> None:
    pass


# ---- Computing. ----


@dataclass(frozen=True)
class Group:
    """The bars of a trace, by allocator: shares of 1, one for each of NAMES."""

    name: str
    bars: dict[str, list[float]]
    faults: dict[str, str]  # allocators without a bar, and why


def shares_of(result: Mapping[str, Any]) -> list[float]:
    """Shares of the footprint. A negative part is taken from the next one."""
    parts = [float(result["waste"][name] or 0) for name in PARTS]
    for n in range(len(parts) - 1):
        if parts[n] < 0:
            parts[n + 1] += parts[n]
            parts[n] = 0.0
    parts = [float(result["peak_payload"]), *(max(part, 0) for part in parts)]
    whole = sum(parts)
    return [part / whole if whole else 0.0 for part in parts]


def groups_of(results: Sequence[Mapping[str, Any]]) -> list[Group]:
    """One group per trace, in the order of the results."""
    groups: dict[str, Group] = {}
    for r in results:
        g = groups.setdefault(r["trace"], Group(label(r["trace"]), {}, {}))
        if r.get("waste"):
            g.bars[r["allocator"]] = shares_of(r)
        else:
            g.faults[r["allocator"]] = "unknown" if r["verdict"] == OK \
                else r["verdict"]
    return list(groups.values())


def mean_of(groups: Sequence[Group]) -> Group | None:
    """The mean over the groups in which every allocator has a bar.

    Allocators that have a bar in no group do not count.
    """
    able = list(dict.fromkeys(name for g in groups for name in g.bars))
    whole = [g.bars for g in groups if able and set(able) <= set(g.bars)]
    if not whole:
        return None
    traces = "1 trace" if len(whole) == 1 else f"{len(whole)} traces"
    return Group(f"Mean of {traces}", {
        name: [statistics.mean(column)
               for column in zip(*(bars[name] for bars in whole))]
        for name in able}, {})


def finding(group: Group) -> str:
    """The allocator with most waste, and its largest part."""
    worst = min(group.bars, key=lambda allocator: group.bars[allocator][0])
    shares = group.bars[worst]
    part = max(range(1, len(NAMES)), key=lambda n: shares[n])
    lost, most = 100 * (1 - shares[0]), 100 * shares[part]
    return (f"{group.name}: {short(worst)} wastes {lost:.0f} % of its memory, "
            f"{most:.0f} % by {NAMES[part]}")


# ---- Drawing. ----


def picture(source: Source, look: style.Look, options: argparse.Namespace
            ) -> style.Sheet:
    groups = groups_of(source.results(WITH_WASTE)["results"])
    mean = mean_of(groups)
    if not any(g.bars for g in groups):
        raise ReplayError("the results do not say what waste is: no allocator "
                          "did a trace whose bounds are known")
    if mean and len(groups) > 1:
        many = sum(len(g.bars) for g in groups) > MOST
        groups = [mean] if many else [*groups, mean]
    rows = sum(1.4 + len(g.bars) + len(g.faults) for g in groups)
    sheet = style.Sheet(look, 9, 1.5 + 0.26 * rows)
    axes = sheet.figure.add_subplot(sheet.grid(1, 1)[0][0])
    _draw_groups(axes, groups)
    sheet.legend([style.patch(colour, name)
                  for colour, name in zip(COLOURS, NAMES)], ncol=6)
    sheet.set_title(finding(next(g for g in reversed(groups) if g.bars)))
    return sheet


def _draw_groups(axes: Any, groups: Sequence[Group]) -> None:
    y, ticks = 0.0, []
    for g in groups:
        axes.text(0, y, g.name, weight="bold", va="center")
        for allocator, shares in g.bars.items():
            y += 1
            ticks.append((y, short(allocator)))
            _draw_bar(axes, y, shares)
        for allocator, fault in g.faults.items():
            y += 1
            ticks.append((y, short(allocator)))
            axes.text(0.5, y, fault, va="center", fontsize=8)
        y += 1.4
    axes.set_yticks(*zip(*ticks))
    axes.set_ylim(y - 0.6, -0.7)
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the largest footprint, per cent")
    axes.tick_params(left=False)


def _draw_bar(axes: Any, y: float, shares: Sequence[float]) -> None:
    left = 0.0
    for share, colour in zip(shares, COLOURS):
        axes.barh(y, 100 * share, 0.8, left, color=colour)
        left += 100 * share
    axes.text(1, y, f"{100 * shares[0]:.1f} %", va="center", fontsize=8)
