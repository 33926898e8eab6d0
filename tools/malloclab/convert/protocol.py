"""A format is a module that has the functions of Reader, of Writer, or of both,
and a row in formats.py."""

from __future__ import annotations

from typing import Any, Iterable, Protocol

from ..traces import rep
from .checked_trace import CheckedTrace
from .input_file import InputFile
from .write_options import WriteOptions


class Reader(Protocol):
    def recognise(self, head: bytes) -> bool:
        """Whether a file that begins so, unpacked, has the format."""

    def read(self, source: InputFile) -> Iterable[rep.Op]:
        """The operations, in their order; a RepError where the file is wrong.

        A reader adds what it leaves out to source.notes and source.warnings.
        """


class Writer(Protocol):
    def write(self, trace: CheckedTrace, file: Any, options: WriteOptions
              ) -> None:
        """Write the trace to a file of str or bytes (Format.as_text).

        A writer counts what the format cannot hold in options.notes.
        """
