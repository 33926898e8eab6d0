"""What a result says, in words and figures that every output shares.

Names and messages of a hand-in may hold anything. text() leaves what XML, HTML
and JSON can carry; each output escapes the rest in its own way.
"""

from __future__ import annotations

import re
from typing import Any

OK = "ok"
GRADED, NOT_GRADED = "graded", "not-graded"
COUNTS_FOR_UTILIZATION = (1, 2)  # weights of a trace: both, utilization

# Neither characters of XML 1.0, nor controls or noncharacters of HTML.
NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff"
                     "\ufdd0-\ufdef"
                     + "".join(f"{chr(plane << 16 | 0xfffe)}"
                               f"{chr(plane << 16 | 0xffff)}"
                               for plane in range(17)) + "]")


def text(value: Any) -> str:
    """With U+FFFD in place of what no file may hold, and lines that end in
    a line feed."""
    return NO_TEXT.sub("\ufffd", re.sub("\r\n?", "\n", str(value)))


def line(value: Any, longest: int = 300) -> str:
    """The same on one line, cut where it is longer."""
    words = " ".join(text(value).split())
    return words if len(words) <= longest else words[:longest - 3] + "..."


def cut(value: Any, most: int) -> str:
    """The beginning of a long text, and how much was left out."""
    whole = text(value)
    if len(whole) <= most:
        return whole
    return f"{whole[:most]}\n... ({len(whole) - most} more characters)"


def percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}%"


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def verdicts(result: dict[str, Any]) -> str:
    """How often each verdict occurred: `ok 10; misaligned 2`."""
    counts = result["verdicts"]
    return "; ".join(f"{name} {counts[name]}" for name in
                     sorted(counts, key=lambda name: (name != OK, name)))


def traces(result: dict[str, Any], of: str) -> list[dict[str, Any]]:
    """Those of the set `public` or `secret`."""
    return [trace for trace in result["traces"] if trace["set"] == of]


def utilization(result: dict[str, Any], of: str) -> float | None:
    """The mean of a set's traces that have a weight for it. A trace whose
    verdict is not ok counts as 0, as it does for points."""
    shares = [(trace["utilization"] or 0) if trace["verdict"] == OK else 0
              for trace in traces(result, of)
              if trace["weight"] in COUNTS_FOR_UTILIZATION]
    return sum(shares) / len(shares) if shares else None


def mean_utilization(result: dict[str, Any]) -> float | None:
    """The same over all traces that count for points."""
    return utilization({"traces": [
        {**trace, "set": "counts"} for trace in result["traces"]
        if trace["counts"]]}, "counts")


def sentence(result: dict[str, Any]) -> str:
    """What became of the hand-in."""
    why = line(result["comment"])
    match result["status"]:
        case "graded":
            return points(result["points"])
        case "not-compiled":
            return f"It does not compile: {why}"
        case "refused":
            return f"It was refused: {why}"
    return f"It was not graded, and has to be graded again: {why}"


def points(of: dict[str, Any]) -> str:
    """`87.5 of 100 points: utilization 52.1 of 60, throughput 35.4 of 40`"""
    parts = [f"{part} {of[part]:.1f} of {of[f'{part}_of']:g}"
             for part in ("utilization", "throughput")]
    return f"{of['total']:.1f} of {of['of']:g} points: {', '.join(parts)}"
