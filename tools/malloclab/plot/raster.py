"""How much of each cell of a grid rectangles cover, exactly, without a loop.

What [0, x) covers of the cells of a line is 1, 1, .., the fraction, 0, 0: its
differences are two numbers. [a, b) has four, a rectangle the 16 products of
the four of its width and the four of its height. All of them are added up in
the grid, and the grid is summed along both directions in the end: the cost is
that of the rectangles and the cells, however large the rectangles are.
"""

from __future__ import annotations

import numpy


def coverage(left: numpy.ndarray, right: numpy.ndarray, low: numpy.ndarray,
             high: numpy.ndarray, width: int, height: int) -> numpy.ndarray:
    """Shares of 1, by row (from low on) and column; overlaps add up.

    Coordinates are in cells; what lies outside is cut off.
    """
    grid = numpy.zeros((height + 2) * (width + 2))
    across = _steps(left, right, width)
    for row, up in _steps(low, high, height):
        for column, along in across:
            grid += numpy.bincount(row * (width + 2) + column, up * along,
                                   len(grid))
    grid = grid.reshape(height + 2, width + 2).cumsum(0).cumsum(1)
    return grid[:height, :width]


def _steps(begin: numpy.ndarray, end: numpy.ndarray, cells: int
           ) -> list[tuple[numpy.ndarray, numpy.ndarray]]:
    """Where the covered share changes from cell to cell, and by how much."""
    found = []
    for edge, sign in ((begin, 1.0), (end, -1.0)):
        edge = numpy.clip(edge, 0, cells)
        cell = edge.astype(numpy.int64)
        fraction = edge - cell
        found += [(cell, sign * (1 - fraction)), (cell + 1, sign * fraction)]
    return found
