"""The look of all pictures, and their files.

Colours are those of Okabe and Ito, which colour-blind readers tell apart, with
brown for black, which is that of bounds and text; lines differ in their dashes
too, for print. A picture's title states the finding, its note, below, what was
measured and how.
"""

from __future__ import annotations

import io
import textwrap
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import matplotlib
from PIL import Image
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import (LinearSegmentedColormap, LogNorm, Normalize,
                               get_named_colors_mapping)
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import (FuncFormatter, LogLocator, MaxNLocator,
                               NullLocator)

# Colours of a theme, by names that matplotlib looks up: settings() gives them
# their values.
PAPER, INK, GRAY, PALE, FAINT, BROWN = (
    f"malloclab:{name}" for name in
    ("paper", "ink", "gray", "pale", "faint", "brown"))
THEMES = {
    "light": {PAPER: "#ffffff", INK: "#222222", GRAY: "#767676",
              PALE: "#d9d9d9", FAINT: "#efefef", BROWN: "#7a4a1e"},
    "dark": {PAPER: "#14181c", INK: "#e6eaee", GRAY: "#98a3ad",
             PALE: "#434c54", FAINT: "#242b31", BROWN: "#c58d5a"},
}
# Palettes from little to much, never as light or dark as nothing.
PALETTES = {
    "light": ("#d6e6f4", "#6aaed6", "#2171b5", "#08306b", "#041528"),
    "dark": ("#123455", "#1f5f99", "#4292c6", "#9ecae1", "#f0f7ff"),
}
DARKER = "malloclab:darker"  # the palette's name
BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, SKY, PURPLE, YELLOW = "#E69F00", "#56B4E9", "#CC79A7", "#F0E442"
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BROWN)
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)),
                           (0, (6, 1.5, 1.2, 1.5)), (0, (9, 2)))

SETTINGS = {
    "axes.axisbelow": True,
    "axes.edgecolor": GRAY,
    "axes.facecolor": PAPER,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "figure.facecolor": PAPER,
    "figure.titlesize": 13,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "svg.hashsalt": "malloclab",
    "text.color": INK,
    "xtick.color": GRAY,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 9,
    "ytick.color": GRAY,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 9,
}


@dataclass(frozen=True)
class Look:
    """The options that choose the look. Sizes are in inches."""

    title: str | None = None
    size: tuple[float, float] | None = None
    dpi: int = 150
    small: bool = False  # a PNG of few colours


class TooSmall(Exception):
    """The picture does not fit into the size of --size, in a sentence."""


class Sheet:
    """A figure with a title and a note; its caller draws the axes.

    It is made and saved within settings().
    """

    def __init__(self, look: Look, width: float, height: float) -> None:
        self.look = look
        self.figure = Figure(figsize=look.size or (width, height),
                             layout="constrained")
        FigureCanvasAgg(self.figure)  # which measures text
        self.figure.get_layout_engine().set(w_pad=0.06, h_pad=0.06)

    def grid(self, rows: int, columns: int) -> list[list[Any]]:
        """The places of axes, by row and column, above the legend."""
        self._grid = self.figure.add_gridspec(
            rows + 1, columns, height_ratios=[1] * rows + [0.001])
        return [[self._grid[row, column] for column in range(columns)]
                for row in range(rows)]

    def set_title(self, title: str, note: str = "") -> None:
        width = self.figure.get_figwidth()
        self.figure.suptitle(
            textwrap.fill((self.look.title or title).replace(" %", "\u00a0%"),
                          int(width * 9)),
            x=0.01, ha="left", weight="bold", color=INK)
        if note:
            self.figure.supxlabel(textwrap.fill(note, int(width * 15)),
                                  x=0.01, ha="left", fontsize=8, color=GRAY)

    def legend(self, handles: Sequence[Any], **more: Any) -> None:
        """Draw one legend for all axes, below them."""
        foot = self.figure.add_subplot(self._grid[-1, :])
        foot.axis("off")
        foot.legend(handles=handles, loc="upper left", borderaxespad=0,
                    bbox_to_anchor=(0, 0), alignment="left", handlelength=1.2,
                    columnspacing=1.2, **more)

    def bytes(self, ending: str) -> bytes:
        """The bytes of the file, which do not depend on the date."""
        undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
        buffer = io.BytesIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "constrained_layout not applied")
            try:
                self.figure.savefig(buffer, format=ending[1:],
                                    dpi=self.look.dpi,
                                    metadata=undated.get(ending))
            except UserWarning:
                raise TooSmall("--size: too small for what is to be drawn"
                               ) from None
        few = self.look.small and ending == ".png"
        return _of_few_colours(buffer) if few else buffer.getvalue()

    def save(self, path: Path) -> None:
        path.write_bytes(self.bytes(path.suffix))


def _of_few_colours(png: io.BytesIO) -> bytes:
    few = Image.open(png).convert("RGB").quantize(
        256, Image.Quantize.MAXCOVERAGE, 2, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    few.save(buffer, "png", optimize=True)
    return buffer.getvalue()


def settings(theme: str = "light") -> Any:
    """A context in which sheets are made and saved; theme: one of THEMES."""
    for name, colour in THEMES[theme].items():
        get_named_colors_mapping()[name] = colour  # update() keeps old ones
    matplotlib.colormaps.unregister(DARKER)
    matplotlib.colormaps.register(LinearSegmentedColormap.from_list(
        DARKER, PALETTES[theme]))
    return matplotlib.rc_context(SETTINGS)


def line_of(number: int) -> dict[str, Any]:
    """Colour and dashes of the n-th allocator."""
    return {"color": COLOURS[number % len(COLOURS)],
            "linestyle": DASHES[number % len(DASHES)]}


MARKERS = "osDv^<>P"


def dot_of(number: int) -> dict[str, Any]:
    """Colour and shape of the n-th allocator."""
    return {"color": COLOURS[number % len(COLOURS)],
            "marker": MARKERS[number % len(MARKERS)]}


def bar_of(number: int) -> dict[str, Any]:
    """Colour and hatch of the n-th allocator."""
    rounds = number // len(COLOURS)
    return {"color": COLOURS[number % len(COLOURS)],
            "hatch": ("", "////", "....")[rounds % 3], "edgecolor": PAPER}


# ---- Panels. ----

COLUMNS = 4  # beside each other, of one trace


def arrange(rows: Sequence[int]) -> tuple[list[tuple[int, int]],
                                         tuple[int, int]]:
    """Row and column of each panel, and how many there are of both.

    Rows are as long as is said, but a single one goes on in further rows.
    """
    columns = max(rows)
    if len(rows) == 1:
        columns = -(-columns // -(-columns // COLUMNS))
    places, row = [], 0
    for length in rows:
        places += [(row + n // columns, n % columns) for n in range(length)]
        row += -(-length // columns)
    return places, (row, columns)


def width_of(columns: int) -> float:
    """The width of a sheet, in inches."""
    return 9 if columns < 3 else 1 + 3.6 * columns


def name_panel(axes: Any, name: str, caption: str) -> None:
    axes.set_title(textwrap.fill(f"{name}: {caption}".rstrip(": "), 42))


def show_empty(axes: Any, why: str) -> None:
    axes.text(0.5, 0.5, why or "nothing in this range", ha="center",
              transform=axes.transAxes, color=GRAY)
    axes.set_xticks([])
    axes.set_yticks([])


def scale(figure: Figure, axes: Sequence[Any], norm: Normalize, label: str,
          in_bytes: bool = False) -> None:
    """Draw the scale of darkness beside the axes that share it."""
    bar = figure.colorbar(ScalarMappable(norm, DARKER), ax=list(axes),
                          pad=0.01, aspect=30)
    bar.outline.set_visible(False)
    if in_bytes:
        bytes_axis(bar.ax, norm.vmax, label, isinstance(norm, LogNorm))
    else:
        bar.set_label(label)
        in_unit(bar.ax.yaxis, 1)


def patch(color: str, label: str, hatch: str = "",
          edgecolor: str = PAPER) -> Patch:
    """The legend's entry for a colour."""
    return Patch(facecolor=color, hatch=hatch, edgecolor=edgecolor,
                 linewidth=0, label=label)


def mark(label: str, **more: Any) -> Line2D:
    """The legend's entry for a marker."""
    return Line2D([], [], linestyle="", label=label, **more)


# ---- Numbers. ----

UNITS = (("bytes", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30))


def unit_for(most: float) -> tuple[str, int]:
    """The unit in which numbers up to `most` bytes are read easily."""
    return next((unit for unit in reversed(UNITS) if most >= 2 * unit[1]),
                UNITS[0])


def size_text(size: float) -> str:
    """1536 as 1.5 KiB, 48 as 48 bytes."""
    name, unit = next((u for u in reversed(UNITS) if size >= u[1]), UNITS[0])
    value = size / unit
    text = f"{value:.0f}" if unit == 1 or value >= 100 else f"{value:.3g}"
    return f"{text} {name}"


def power_text(size: float) -> str:
    """Powers of two, as short as an axis needs them: 512, 4K, 1M."""
    for name, unit in (("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)):
        if size >= unit:
            return f"{size / unit:.3g}{name}"
    return f"{size:g}"


def _plain(value: float, _: int = 0) -> str:
    return f"{value:,.10g}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """a, b and c."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def operations_axis(axes: Any, first: int, last: int) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(_plain))
    axes.set_xlim(first, last + 1)
    axes.set_xlabel("operations")


def bytes_axis(axes: Any, most: float, label: str, log: bool = False,
               axis: str = "y") -> None:
    """Label an axis of bytes in the unit that suits the largest value."""
    name, unit = unit_for(most)
    axes.set(**{f"{axis}label": f"{label}, {name}"})
    along = axes.yaxis if axis == "y" else axes.xaxis
    if log:
        axes.set(**{f"{axis}scale": "log"})
    else:
        along.set_major_locator(_Multiples(unit))
    in_unit(along, unit)


def in_unit(axis: Any, unit: int) -> None:
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: _plain(value / unit)))


def powers_axis(axis: Any) -> None:
    """Label a logarithmic axis of bytes."""
    axis.set_major_locator(LogLocator(4))
    axis.set_major_formatter(FuncFormatter(lambda value, _: power_text(value)))
    axis.set_minor_locator(NullLocator())


def name_ticks(axis: Any, names: Sequence[str], first: float = 0) -> None:
    """Label each step with its name; if there are many, some and the last."""
    step = -(-len(names) // 9)
    chosen = range((len(names) - 1) % step, len(names), step)
    axis.set_ticks([first + n for n in chosen], [names[n] for n in chosen])


class _Multiples(MaxNLocator):
    """Ticks at round numbers of a unit."""

    def __init__(self, unit: int) -> None:
        super().__init__(6, steps=(1, 2, 2.5, 5, 10))
        self.unit = unit

    def tick_values(self, vmin: float, vmax: float) -> Any:
        return super().tick_values(vmin / self.unit, vmax / self.unit) \
            * self.unit
