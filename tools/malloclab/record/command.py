"""tools/record: run a program under the recorder and write its trace."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Mapping, Sequence

from .. import BUILD, foreground, output, preloading, terminal
from ..arguments import Parser, positive
from ..columns import add_markdown, layout
from ..making import MakeError, make
from ..traces import rep
from . import recording, symbols
from .recording import Recording

RECORDER = str(BUILD / "record.so")
FRAMES, MOST_FRAMES = 128, 256  # stacks.c has room for no more

EPILOG = """\
examples:
  tools/record -o ls.rep -- ls -lR /usr/include
  tools/record -o cc1.rep.gz -p cc1 -- gcc -O2 -c program.c
  tools/record -- sh -c 'sort words | uniq -c'
  tools/record -o uniq.rep -p uniq -- sh -c 'sort words | uniq -c'
  tools/record --stacks -o ls.rep -- ls -lR /usr/include
  tools/record -o py.rep.gz -- env PYTHONMALLOC=malloc python3 script.py

Every process that CMD starts is recorded; -p says which one becomes the trace.
Without -o, all are listed with what they held, and the recordings are kept
for another tools/record --from DIR -p WHICH -o FILE.

The trace of a program with threads has the thread of each call. ./mdriver
replays all calls in the recorded order on one thread: the numbers of threads
change nothing that it measures.

Statically linked and setuid programs cannot be recorded. Exit status: that of
CMD (128 + N where signal N ended it), or 2 where no trace could be written.
"""


# What tools/convert writes by these names; here it would be plain text.
NOT_WRITTEN = (".zst", ".repb", ".repb.gz")


class RecordError(Exception):
    """Why there is no trace, in a sentence."""


class NotChosen(RecordError):
    """No process of those recorded is meant: another choice may be better."""


class Unsaved(OSError):
    """A trace that could not be saved; filename is its path."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    words, command = _split(sys.argv[1:] if arguments is None else arguments)
    options = parser.parse_args(words)
    options.command = command
    if bool(options.source) == bool(command):
        parser.error("give either a command, after --, or --from DIR")
    if (options.stacks or 0) > MOST_FRAMES:
        parser.error(f"--stacks takes at most {MOST_FRAMES} frames")
    options.look = not options.list and not options.output
    options.chosen = options.process is not None
    options.process = options.process or "main"
    try:
        return _record(options)
    except KeyboardInterrupt as error:
        _complain("interrupted", error)
        return 130
    except (RecordError, recording.RecordingError, rep.RepError) as error:
        _complain(str(error), error)
    except OSError as error:
        where = error.filename or options.output or "standard output"
        _complain(f"{where}: {error.strerror}", error)
    return 2


def _complain(sentence: str, error: BaseException) -> None:
    for one in [sentence, *getattr(error, "__notes__", ())]:
        _note(one)


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The options before the first --, and the command after it."""
    words = list(words)
    if "--" not in words:
        return words, []
    at = words.index("--")
    return words[:at], words[at + 1:]


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tools/record",
        usage="tools/record [-o FILE] [options] -- CMD [ARGS...]",
        description="Run CMD and write what it asked of malloc as a trace.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", metavar="FILE",
                        help="the trace to write, x.rep or x.rep.gz; no other "
                        "form, and not to standard output")
    parser.add_argument("-p", "--process", metavar="WHICH",
                        help="which process: main (the default), its number "
                        "in the list, a PID, or "
                        "a program's name: of several that are meant, or "
                        "programs that a process ran in turn by exec, the "
                        "one with most events; or all, one file each: "
                        "x.N-PROGRAM.rep")
    parser.add_argument("-n", "--max-ops", metavar="N", type=positive,
                        help="cut the trace after N operations")
    parser.add_argument("--stacks", metavar="FRAMES", type=positive, nargs="?",
                        const=FRAMES, help="with the call stack of each "
                        f"allocation, at most so many calls ({FRAMES}; up to "
                        f"{MOST_FRAMES}), whose functions "
                        "addr2line names: see tools/callers")
    parser.add_argument("--list", action="store_true",
                        help="list the processes recorded on stdout, and "
                        "without --keep keep no recording")
    add_markdown(parser)
    parser.add_argument("--keep", metavar="DIR",
                        help="keep the raw recordings in DIR, which must be "
                        "empty or not exist")
    parser.add_argument("--from", dest="source", metavar="DIR",
                        help="run nothing, convert the raw recordings in DIR")
    parser.add_argument("--recorder", metavar="FILE", default=RECORDER,
                        help="the recorder (default: build/release/record.so)")
    return parser


def _record(options: argparse.Namespace) -> int:
    if options.source:
        _require_folder(options.source)
        _require_output(options)
        _convert(options, options.source, None)
        return 0
    if not options.keep:
        _require_output(options)
        return _run_aside(options)
    os.makedirs(options.keep, exist_ok=True)
    if os.listdir(options.keep):
        raise RecordError(f"{options.keep} is not empty")
    _require_output(options)
    return _run_and_convert(options, options.keep)


def _run_aside(options: argparse.Namespace) -> int:
    """The recordings are removed at the end, or kept if all else is lost, or
    if the user is still to choose one."""
    directory = tempfile.mkdtemp(prefix="malloc-record-")
    kept = False
    try:
        status = _run_and_convert(options, directory)
        kept = options.look
        return status
    except (NotChosen, Unsaved, KeyboardInterrupt) as error:
        kept = True
        error.add_note(f"the recording is kept: --from {directory} reads it")
        raise
    finally:
        if not kept:
            shutil.rmtree(directory, ignore_errors=True)


def _run_and_convert(options: argparse.Namespace, directory: str) -> int:
    pid, status = run(options.command,
                      recorded(os.environ, directory, options.recorder,
                               options.stacks or 0))
    if status < 0:
        _note(f"signal {-status} ended {options.command[0]}")
    elif status > 0:
        _note(f"{options.command[0]} exited with {status}")
    chosen = _convert(options, directory, pid)
    for one in chosen:
        if not one.exited and os.path.exists(f"/proc/{one.pid}"):
            _note(f"{one.program} ({one.pid}) still runs: what it did since "
                  "is missing")
    for process in _not_begun(directory):
        _note(f"{process} still runs, and has asked for nothing so far: it is "
              "missing")
    if status >= 0 and options.process == "main" and not chosen[0].exited:
        _note(f"{chosen[0].program} left by _exit, or by exec of a program "
              "that was not recorded")
    return 128 - status if status < 0 else status


def _not_begun(directory: str) -> list[str]:
    """The processes that would be recorded there, but have no file yet."""
    wanted = os.fsencode(f"MALLOC_RECORD={os.path.abspath(directory)}")
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        if any(Path(directory).glob(f"{place.name}.*.rec")):
            continue
        try:
            if wanted in (place / "environ").read_bytes().split(b"\0"):
                name = (place / "comm").read_text(errors="replace").strip()
                found.append(f"{name} ({place.name})")
        except OSError:  # another user's, or it has ended
            continue
    return found


# ---- Looking before the leap ----


def _require_folder(path: str) -> None:
    if not os.path.lexists(path):
        raise RecordError(f"{path}: there is no such folder")
    if not os.path.isdir(path):
        raise RecordError(f"{path}: it is no folder")


def _require_output(options: argparse.Namespace) -> None:
    """Refuse outputs that could not be written, before the program runs."""
    path = options.output
    if not path:
        return
    if path == "-":
        raise RecordError("-: the program's own output goes there; give a "
                          "file, x.rep or x.rep.gz")
    if path.endswith(NOT_WRITTEN):
        raise RecordError(f"{path}: only .rep and .rep.gz are written here; "
                          "tools/convert makes others of them")
    if options.process == "all":
        path = numbered_name(path, 0, "PROGRAM")
    _require_writable(path)


def _require_writable(path: str) -> None:
    """Refuse the path of a file that cannot be made or written to."""
    if os.path.isdir(path):
        raise RecordError(f"{path}: it is a folder")
    if path.endswith("/"):
        raise RecordError(f"{path}: it is the name of a folder")
    try:
        if os.path.isfile(path):
            os.close(os.open(path, os.O_WRONLY))
        elif not os.path.exists(path):
            folder = os.path.dirname(os.path.realpath(path))
            tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None


# ---- Running ----


def recorded(environment: Mapping[str, str], directory: str,
             recorder: str = RECORDER, frames: int = 0) -> dict[str, str]:
    """The environment in which programs are recorded into the directory, with
    so many frames of call stacks."""
    if recorder == RECORDER:
        try:
            make(BUILD / "record.so")
        except MakeError as error:
            raise RecordError(str(error)) from None
    if not os.path.exists(recorder):
        raise RecordError(f"{recorder} is missing")
    before = environment.get("LD_PRELOAD")
    try:
        library = preloading.word(os.path.abspath(recorder))
    except preloading.PreloadError as error:
        raise RecordError(str(error)) from None
    return {**environment,
            "LD_PRELOAD": f"{library}:{before}" if before else library,
            "MALLOC_RECORD": os.path.abspath(directory),
            "MALLOC_RECORD_STACKS": str(frames)}


def run(command: Sequence[str],
        environment: Mapping[str, str]) -> tuple[int, int]:
    """Run the command. Its PID and its status: -N for signal N.

    An interrupt is the program's, whose trace is still wanted: no exception.
    """
    try:
        process = foreground.run(command, environment=environment)
        return process.pid, process.returncode
    except OSError as error:
        reason = f"cannot run {command[0]}: {error.strerror}"
        raise RecordError(reason) from None


# ---- Choosing a process ----


def choose(recordings: list[Recording], which: str,
           main_pid: int | None = None) -> list[Recording]:
    """The recordings that `which` means; see the help of --process.

    Where the main process is not known it is the one that began first.
    """
    if not recordings:
        raise RecordError("nothing was recorded: is the program linked "
                          "statically, or setuid?")
    if which == "all":
        return recordings
    by_pid = which == "main"
    if by_pid:
        which = str(recordings[0].pid if main_pid is None else main_pid)
    if not by_pid and which.isdigit() and 0 < int(which) <= len(recordings):
        return [recordings[int(which) - 1]]
    if which.isdigit():
        images = [r for r in recordings if str(r.pid) == which]
        failure = f"process {which} was not recorded"
    else:
        images = [r for r in recordings if r.program == which]
        failure = f"no program {which} was recorded"
    if not images:
        raise NotChosen(failure)
    return [longest(images)]


def longest(images: list[Recording]) -> Recording:
    """The recording with most events, and a note on the others."""
    if len(images) == 1:
        return images[0]
    counts = {}
    for one in images:
        _show_reading(one)
        counts[one] = one.event_count()
    chosen, *others = [
        f"{one.program} ({one.pid}, events: {counts[one]})"
        for one in sorted(images, key=lambda one: -counts[one])]
    _note(f"this is {chosen}; there are also {', '.join(others)}")
    return max(images, key=lambda one: counts[one])


# ---- Converting ----


def _convert(options: argparse.Namespace, directory: str,
             main_pid: int | None) -> list[Recording]:
    """Write the outputs of the options; return the recordings used."""
    recordings = _load(options, directory)
    try:
        chosen = choose(recordings, options.process, main_pid)
    except NotChosen:
        print("\n".join(listing(recordings)), file=sys.stderr)
        raise
    if options.list or options.look:
        print("\n".join(listing(recordings)))
    if options.look:
        _note(f"one of them is a trace by: tools/record --from {directory} "
              "-p NUMBER -o FILE")
    if options.output and not options.chosen and len(recordings) > 1:
        print("\n".join(listing(recordings)), file=sys.stderr)
        _note(f"this is number {recordings.index(chosen[0]) + 1} of "
              f"{len(recordings)} processes; -p takes another")
    if options.output and options.process == "all":
        _write_all(chosen, options)
    elif options.output:
        write_trace(chosen[0], options.output, options.max_ops)
    return chosen


def _load(options: argparse.Namespace, directory: str) -> list[Recording]:
    """The recordings in the directory; those that are damaged are named."""
    damaged: list[recording.RecordingError] = []
    recordings = recording.load_all(directory, damaged.append)
    for error in damaged:
        _note(str(error))
    if recordings and damaged:
        _note(f"{directory}: {len(damaged)} left out, going on with the "
              f"{len(recordings)} that can be read")
    elif damaged or not recordings and options.source:
        raise RecordError(f"{directory}: no recording in it can be read"
                          if damaged else
                          f"{directory}: there is no recording in it")
    return recordings


def _write_all(chosen: Sequence[Recording],
               options: argparse.Namespace) -> None:
    for number, one in enumerate(chosen):
        path = numbered_name(options.output, number, one.program)
        try:
            write_trace(one, path, options.max_ops)
        except (RecordError, recording.RecordingError) as error:
            _note(str(error))


def write_trace(source: Recording, path: str,
                max_ops: int | None = None) -> rep.Account:
    """Convert the recording and say on stderr what became of it."""
    stacks, numbers = symbols.resolve(source)
    converter = recording.Converter(stacks=numbers)
    ops = islice(converter.convert(source.events()),
                 max_ops and min(max_ops, sys.maxsize))
    data, account = rep.encode(terminal.with_progress(ops, "operations"),
                               source.threads() > 1, stacks)
    if not account.ops:
        raise RecordError(
            f"{source.program} ({source.pid}) asked nothing of the C library's "
            "malloc, no trace of it: has it a malloc of its own, or did it "
            "start what goes on after it?")
    _save(path, data)
    for line in recording.explain(converter.notes):
        _note(line)
    if source.forked:
        _note("a forked child: what it inherited is not in its trace")
    if source.cut:
        _note(f"{source.path}: it was cut short, later events are missing")
    if source.lost:
        _note(f"no room for more ({os.strerror(source.stopped_by)}): the last "
              f"{source.lost} events are missing")
    _note(f"{path}: {account.ops} operations, {account.ids} ids, "
          f"peak {account.peak_bytes} bytes in {account.peak_blocks} blocks")
    return account


def _save(path: str, data: bytes) -> None:
    try:
        output.save(path, data)
    except OSError as error:
        raise Unsaved(error.errno, error.strerror, path) from None


def numbered_name(path: str, number: int, program: str) -> str:
    """x.rep.gz -> x.3-perl.rep.gz"""
    for ending in (".rep.gz", ".rep"):
        if path.endswith(ending):
            return f"{path[:-len(ending)]}.{number}-{program}{ending}"
    return f"{path}.{number}-{program}"


def listing(recordings: list[Recording]) -> list[str]:
    """A table of the processes, numbered from 1, with what they held."""
    rows = [["", "PID", "PARENT", "EVENTS", "BYTES AT PEAK", "AT END",
             "THREADS", "ENDED", "COMMAND"]]
    for number, one in enumerate(recordings, 1):
        _show_reading(one)
        held = one.held()
        rows.append([*map(str, (number, one.pid, one.parent, held.events,
                                held.peak, held.at_end, one.threads())),
                     "exit" if one.exited else "other",
                     f"{' '.join(one.command):.200}"])
    terminal.show_progress("")
    return layout(rows, {7, 8}).splitlines()


def _show_reading(one: Recording) -> None:
    terminal.show_progress(f"reading the recording of {one.program} "
                           f"({one.pid})")


def _note(sentence: str) -> None:
    terminal.warn("tools/record", sentence)
