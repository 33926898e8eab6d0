"""The Pareto front of points, of which more is better in both directions."""

from __future__ import annotations

from typing import Sequence


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """The points that no other point beats, from left to right."""
    kept = [i for i, (x, y) in enumerate(points)
            if not any(u >= x and v >= y and (u, v) != (x, y)
                       for u, v in points)]
    return sorted(kept, key=lambda i: points[i])
