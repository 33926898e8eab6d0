"""How a tool begins and ends.

A tool begins with this import. While it loads, Ctrl-C kills it without a
message, and a shell reports 130. run() gives the signal back to main(), which
cleans up; it returns 130 itself, or leaves that to run(). Standard files that
are closed are replaced, so that no file that the tool opens takes their number.

A tool ends with the status that main() returns. If standard output cannot be
written, the tool prints one line on standard error and ends with 2; Python
alone would ignore the error in argparse, or print a traceback, or return 120.
If the reader of a pipe has gone, the tool ends with 2 and prints nothing.
"""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
from typing import Any, NoReturn, TextIO

from . import version

INTERRUPTED = 130
BEFORE = signal.getsignal(signal.SIGINT)
if BEFORE is signal.default_int_handler:  # not where it is ignored
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class OutputLost(Exception):
    """Standard output cannot be written. It is no OSError, for those are about
    files, and are caught where files are written."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(cause.strerror)
        self.by_reader = isinstance(cause, BrokenPipeError)


class _Output(io.FileIO):
    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise OutputLost(error) from None


class _Errors(io.FileIO):
    """Standard error. Where it cannot be written, the exit status remains."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(data)


def _fill_standard_files() -> None:
    """With one that refuses to be written. Programs that the tool starts do
    not inherit it: they find the file closed, as the tool did."""
    while True:
        file = os.open(os.devnull, os.O_RDONLY)
        if file > 2:
            break
    os.close(file)


def _stream(old: TextIO | None, file: io.FileIO) -> TextIO:
    """The file in place of a standard stream; None stands for a closed one."""
    new = io.TextIOWrapper(io.BufferedWriter(file),
                           encoding=old and old.encoding,
                           errors=old and old.errors)
    if isinstance(old, io.TextIOWrapper):  # write_through: PYTHONUNBUFFERED
        new.reconfigure(line_buffering=old.line_buffering or old.write_through)
    return new


def _replace_streams() -> None:
    _fill_standard_files()
    sys.stdout = _stream(sys.stdout, _Output(1, "wb", closefd=False))
    sys.stderr = _stream(sys.stderr, _Errors(2, "wb", closefd=False))


def _version() -> int:
    print(f"tools/{os.path.basename(sys.argv[0])} {version()}")
    return 0


def _status_of(main: Any) -> Any:
    """What it returns, when all that it printed has been written."""
    try:
        status = _version() if sys.argv[1:2] == ["--version"] else main()
    except SystemExit as ended:  # argparse, after --help too
        status = ended.code
    sys.stdout.flush()
    return status


def run(module: str) -> NoReturn:
    """Call the module's main, and exit with what it returns."""
    main = importlib.import_module(module).main
    signal.signal(signal.SIGINT, BEFORE)
    try:
        status = _status_of(main)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except OutputLost as lost:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what is left over
        if not lost.by_reader:
            name = os.path.basename(sys.argv[0])
            print(f"tools/{name}: -: {lost}", file=sys.stderr)
        status = 2
    sys.exit(status)


_replace_streams()
