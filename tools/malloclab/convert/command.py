"""tools/convert: its options, and the reader and writer that they choose."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Sequence

from .. import BUILD, output, packages
from ..arguments import Parser, keep_alone
from ..columns import add_markdown
from ..record import recording
from ..traces import rep
from . import binary, folded, formats
from .checked_trace import CheckedTrace
from .formats import Format
from .input_file import CUT, InputFile
from .protocol import Reader
from .write_options import WEIGHTS, WriteOptions

EPILOG = """\
The form of IN, packed by gzip or zstd or not, is told by what it holds; that of
OUT by its name: .rep, .repb, .massif or massif.out..., .heaptrack or
heaptrack..., .json, .folded, .csv; each with .gz or .zst behind it if wanted.

examples:
  tools/convert -o ls.rep.gz ls.mtrace
  tools/convert -o sort.rep heaptrack.sort.4711.raw.zst
  tools/convert -o massif.out.sort --allocator mm traces/git-log.rep.gz
  tools/convert -o git.json --allocator tlsf traces/git-log.rep.gz
  tools/convert -o - --to folded --weight peak traces/git-log.rep.gz

What cannot be in OUT as it was in IN is counted on stderr. Exit status: 0, or
2 where nothing could be converted.
"""


class ConvertError(Exception):
    """Why there is no output, in a sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    keep_alone(parser, options, "list")
    if not options.list and not (options.input and options.output):
        parser.error("give -o OUT and IN")
    try:
        if options.list:
            print(formats.listing())
            return 0
        _convert(options)
    except (ConvertError, rep.RepError, recording.RecordingError) as error:
        print(f"tools/convert: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"tools/convert: {error.filename or options.output or '-'}: "
              f"{error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tools/convert", usage="tools/convert -o OUT [options] IN",
        description="Turn a log of malloc calls into a trace, or a trace into "
        "another program's format.", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    readable = [one.name for one in formats.FORMATS if one.reader]
    writable = [one.name for one in formats.FORMATS if one.writer]
    parser.add_argument("input", metavar="IN", nargs="?",
                        help="the log or trace")
    parser.add_argument("-o", "--output", metavar="OUT",
                        help="the file to write; - is standard output")
    parser.add_argument("--from", dest="source", metavar="FORMAT",
                        choices=readable, help="what IN is, of "
                        + ", ".join(readable))
    parser.add_argument("--to", metavar="FORMAT", choices=writable,
                        help="what OUT is to be, of " + ", ".join(writable))
    parser.add_argument("-a", "--allocator", metavar="NAME", default="",
                        help="replay the trace on it, as mdriver's option "
                        "says, for its footprint: extra in massif, resident "
                        "memory in heaptrack, a counter in chrome")
    parser.add_argument("--build", metavar="DIR", type=Path, default=BUILD,
                        help="the build that replays it (build/release)")
    parser.add_argument("--process", metavar="PID", type=int,
                        help="of a log that names processes, this one alone "
                        "(default: of valgrind's the first)")
    parser.add_argument("--weight", choices=WEIGHTS,
                        help="of folded stacks: bytes asked for, calls that "
                        "asked, or bytes live at the peak (default: bytes)")
    parser.add_argument("--list", action="store_true",
                        help="list the formats, and exit")
    add_markdown(parser)
    return parser


def _convert(options: argparse.Namespace) -> None:
    target = _target(options)
    _refuse_what_it_lacks(target, options)
    if options.allocator:
        packages.demand("tools/convert", "numpy")
    source = InputFile(options.input, options.process)
    trace = CheckedTrace()
    try:
        trace.extend(_reader(source, options.source).read(source))
        if not len(trace):
            raise rep.RepError("there is no operation in it")
    except rep.RepError as error:
        error.path = error.path or options.input
        if CUT in source.warnings:
            _note(f"{options.input}: {CUT}")
        raise
    trace.weight, trace.stacks = source.weight, source.stacks
    for sentence in source.explain():
        _note(f"{options.input}: {sentence}")
    write_options = WriteOptions(
        os.path.basename(options.input), options.allocator,
        _footprints(trace, options), options.weight or WEIGHTS[0])
    with output.created(options.output, target.as_text) as file:
        target.writer.write(trace, file, write_options)
    for sentence, count in write_options.notes.items():
        _note(f"{options.output}: {sentence}: {count}")
    account = trace.account
    _note(f"{options.output}: {account.ops} operations, {account.ids} ids, "
          f"peak {account.peak_bytes} bytes in {account.peak_blocks} blocks")


def _target(options: argparse.Namespace) -> Format:
    if options.to:
        return formats.BY_NAME[options.to]
    found = formats.of_name(options.output)
    if not found:
        raise ConvertError(f"{options.output}: no format's name ends so; --to "
                           "says which it is to be")
    return found


def _refuse_what_it_lacks(target: Format, options: argparse.Namespace) -> None:
    """Refuse options that would change nothing in such an output."""
    if options.weight and target.writer is not folded:
        raise ConvertError("--weight is for folded stacks, not for "
                           f"{target.name}")
    if options.allocator and not target.has_footprint:
        raise ConvertError(f"{target.name} has no place for a footprint: "
                           "--allocator is for others")
    if options.build != BUILD and not options.allocator:
        raise ConvertError("--build is for --allocator")


def _reader(source: InputFile, name: str | None) -> Reader:
    found = formats.BY_NAME[name] if name else formats.of_content(source.head())
    if source.process is not None and found.readable \
            and not found.has_processes:
        raise rep.RepError(f"a file of {found.name} does not name processes: "
                           "--process is for others")
    return found.reader


def _footprints(trace: CheckedTrace, options: argparse.Namespace
                ) -> list[tuple[int, int]]:
    """The footprints of a replay, by moments; none without --allocator."""
    if not options.allocator:
        return []
    from .. import replays  # it needs numpy
    with tempfile.TemporaryDirectory(prefix="malloclab-") as folder:
        path = os.path.join(folder, "trace.repb")
        with output.created(path, False) as file:
            binary.write(trace, file, WriteOptions(""))
        try:
            tables = replays.timelines([path], [options.allocator],
                                       build=options.build)
        except replays.ReplayError as error:
            raise ConvertError(str(error)) from None
    if len(tables) > 1:
        raise ConvertError("--allocator takes one allocator")
    if not tables or tables[0]["op"][-1] != len(trace):
        raise ConvertError(f"{options.allocator} does not get through the "
                           "trace: see what ./mdriver says of it")
    return list(zip(tables[0]["op"].tolist(), tables[0]["footprint"].tolist()))


def _note(sentence: str) -> None:
    print(f"tools/convert: {sentence}", file=sys.stderr)
