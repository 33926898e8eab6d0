"""The command line of tools/plot."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Sequence

from .. import pictures, replays, terminal
from ..arguments import Parser, add_subcommand, names
from ..bench.benchmark import ALLOCATORS
from ..replays import Refused, ReplayError
from ..run import split_installed
from ..terminal import show_progress
from . import (bars, causes, correlation, curves, distributions, heap_map,
               holes, options, pareto, style, waste)
from .kind import Kind
from .source import MADE_BY, FileSource, RunSource, Source, label

KINDS: dict[str, Kind] = {
    "curves": curves,
    "map": heap_map,
    "holes": holes,
    "waste": waste,
    "distributions": distributions,
    "bars": bars,
    "causes": causes,
    "pareto": pareto,
    "correlation": correlation,
}
# One picture, however many the traces.
OF_MANY = ("bars", "causes", "pareto", "correlation")

EPILOG = """\
A TRACE is one as mdriver takes it: a path, or a name of traces/. Pictures are
PNG, SVG or PDF, as FILE ends; the same figures give the same bytes.
Exit status: 0; 1 where an allocator's verdict is bad (the picture says so);
2 where there is no picture; 130 interrupted.

examples:
  tools/plot map -o comb.png comb
  tools/plot curves -o curves.pdf --allocator mm,tlsf,libc python-report
  tools/plot bars -o bars.svg --bounds
  tools/plot all -o pictures comb sqlite-bank
  ./mdriver --json x.json && tools/plot pareto --from x.json -o pareto.png
"""


class PlotError(Exception):
    """Why there is no picture, in a sentence."""


def warn(text: object) -> None:
    terminal.warn("tools/plot", text)


# ---- Options. ----


def _add_source(parser: argparse.ArgumentParser, allocators: str) -> None:
    group = parser.add_argument_group("what is drawn")
    group.add_argument("traces", nargs="*", metavar="TRACE",
                       help="as mdriver takes them")
    group.add_argument("-a", "--allocator", type=names, default=[],
                       metavar="LIST", help="as mdriver takes them, with "
                       f"commas ({allocators}; with --from: all of the files)")
    group.add_argument("--from", dest="sources", type=Path, action="append",
                       metavar="FILE", default=[],
                       help="draw what mdriver --json, --timeline or --events "
                       "wrote, run nothing; again for more files")
    group.add_argument("--range", type=options.operations, metavar="A:B",
                       default=options.Range(),
                       help="only the operations A to B of each trace")
    group.add_argument("--align", type=int, choices=(8, 16), default=16,
                       help="alignment asked of payloads (16)")
    group.add_argument("--bounds", action="store_true",
                       help="mdriver's --bounds: what best fit without headers "
                       "makes of each trace")
    group.add_argument("--build", type=Path, metavar="FOLDER",
                       default=replays.BUILD,
                       help="the build to run (build/release)")


def _add_look(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how it looks")
    group.add_argument("--title", help="instead of what the figures say")
    group.add_argument("--style", choices=list(style.THEMES), default="light",
                       help="dark ink on light paper, or dark (light)")
    group.add_argument("--size", type=options.inches, metavar="WxH",
                       help="in inches")
    group.add_argument("--dpi", type=options.dots, default=150, metavar="N",
                       help="dots per inch, of PNG (150)")
    group.add_argument("--small", action="store_true",
                       help="PNG of 256 colours: a third of the size")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tools/plot", epilog=EPILOG,
        usage="%(prog)s KIND -o FILE [options] TRACE...",
        description="Draw traces, and what allocators make of them.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", title="kinds",
                                  required=True)
    for name, module in KINDS.items():
        kind = _add_kind(kinds, name, module.ABOUT, module.DETAILS,
                         ",".join(ALLOCATORS) + ", where installed"
                         if name in OF_MANY else "mm,libc")
        kind.add_argument("-o", "--output", type=Path, metavar="FILE",
                          required=True,
                          help="where to: .png, .svg or .pdf")
        module.add_options(kind)
    _add_all(kinds)
    return parser


def _add_kind(kinds: Any, name: str, about: str, details: str,
              allocators: str) -> argparse.ArgumentParser:
    kind = add_subcommand(
        kinds, "tools/plot", name, about, details,
        usage=f"tools/plot {name} -o "
        f"{'FOLDER' if name == 'all' else 'FILE'} [options] TRACE...")
    _add_source(kind, allocators)
    _add_look(kind)
    return kind


def _add_all(kinds: Any) -> None:
    kind = _add_kind(kinds, "all", "all of these, into a folder", """\
For each trace TRACE-curves.png, TRACE-map.png and so on; for all of them
together bars.png, causes.png, pareto.png and correlation.png (if valgrind is
installed), whose allocators are those of tools/plot pareto unless --allocator
names others.
""", "mm,libc")
    kind.add_argument("-o", "--output", type=Path, metavar="FOLDER",
                      required=True, help="where to; made where it is not")
    kind.set_defaults(log=False, by="size", bars=False)
    kind.add_argument("--format", choices=[e[1:] for e in pictures.FORMATS],
                      default="png", help="png, svg or pdf (png)")


# ---- Where figures come from. ----


def _installed(allocators: Sequence[str]) -> list[str]:
    found, faults = split_installed(allocators)
    for name in faults:
        warn(f"{name}: not installed, left out")
    return found


def _source(chosen: argparse.Namespace, kind: str) -> Source:
    if chosen.sources:
        return FileSource(chosen.sources, chosen.traces, chosen.allocator,
                          chosen.range)
    many = kind in OF_MANY
    if not chosen.traces and not many:
        raise PlotError("which trace? name one or several, such as comb")
    allocators = chosen.allocator or (_installed(ALLOCATORS) if many
                                      else ["mm", "libc"])
    bounds = chosen.bounds or chosen.kind in ("causes", "all")
    driver = [f"--align={chosen.align}"] + ["--bounds"] * bounds
    return RunSource(chosen.traces, allocators, chosen.range, driver,
                     chosen.build)


# ---- Drawing. ----


def _check_file(path: Path) -> None:
    """Check that the output can be written, before the work begins."""
    if pictures.fault(path):
        raise PlotError(pictures.fault(path))
    if not path.parent.is_dir():
        raise PlotError(f"{path}: No such file or directory")


def _draw(source: Source, kind: str, chosen: argparse.Namespace,
          path: Path) -> None:
    show_progress(f"{kind} of {', '.join(map(label, source.traces)) or 'all'}")
    look = style.Look(chosen.title, chosen.size, chosen.dpi, chosen.small)
    with style.settings(chosen.style):
        sheet = KINDS[kind].picture(source, look, chosen)
        try:
            sheet.save(path)
        except OSError as error:
            raise PlotError(f"{path}: {error.strerror}") from None
    show_progress("")
    print(path, flush=True)


def _draw_one(chosen: argparse.Namespace) -> int:
    _check_file(chosen.output)
    source = _source(chosen, chosen.kind)
    try:
        _draw(source, chosen.kind, chosen, chosen.output)
    finally:
        _print_faults(source)
    return 1 if source.faults else 0


def _print_faults(*sources: Source) -> None:
    for fault in {name: None for source in sources for name in source.faults}:
        warn(fault)


def _draw_all(chosen: argparse.Namespace) -> int:
    try:
        chosen.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlotError(f"{chosen.output}: {error.strerror}") from None
    each = _source(chosen, "all")
    together = each if chosen.sources else _source(chosen, "pareto")
    try:
        _draw_kinds(chosen, each, together)
    finally:
        _print_faults(each, together)
    return 1 if each.faults or together.faults else 0


def _draw_kinds(chosen: argparse.Namespace, each: Source, together: Source
                ) -> None:
    """Draw each kind that the figures allow; warn of the others."""
    lacking = [kind for kind, module in KINDS.items()
               if not each.has(module.NEEDS)]
    if lacking:
        needs = {MADE_BY[KINDS[kind].NEEDS]: None for kind in lacking}
        warn(f"{', '.join(lacking)}: left out without figures of mdriver "
             f"{', '.join(needs)}")
    _check_labels([label(trace) for trace in each.traces])
    for trace in each.traces:
        for kind in KINDS:
            if kind not in (*OF_MANY, *lacking):
                _draw(each.only(trace), kind, chosen, chosen.output /
                      f"{label(trace)}-{kind}.{chosen.format}")
    for kind in reversed(OF_MANY):  # the timed run serves all
        if kind not in lacking:
            _draw(together, kind, chosen,
                  chosen.output / f"{kind}.{chosen.format}")


def _check_labels(labels: Sequence[str]) -> None:
    """Files are named after traces: no two may have one label."""
    for name in labels:
        if labels.count(name) > 1:
            raise PlotError(f"two traces are called {name}: draw them into two "
                            "folders")


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    try:
        return (_draw_all if chosen.kind == "all" else _draw_one)(chosen)
    except Refused:
        return 2  # mdriver has said why
    except (PlotError, ReplayError, style.TooSmall) as error:
        warn(error)
        return 2
    except KeyboardInterrupt:
        show_progress("")
        return 130
