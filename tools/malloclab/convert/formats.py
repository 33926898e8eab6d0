"""The formats: a row for each, with the modules that read and write it."""

from __future__ import annotations

from dataclasses import dataclass

from ..columns import layout
from ..traces import rep
from . import (binary, chrome, folded, heaptrack, ltrace, massif, minimalloc,
               mtrace, profiles, raw, script, text, valgrind)
from .protocol import Reader, Writer


@dataclass(frozen=True)
class Format:
    """reader and writer: None where this lab does not read or write it.

    endings: of the names of output files. as_text: the writer writes str, not
    bytes. has_processes: the log names the process of each call, so that
    --process can choose one. has_footprint: the output holds an allocator's
    footprint beside the payload.
    """

    name: str
    idea: str
    reader: Reader | None = None
    writer: Writer | None = None
    endings: tuple[str, ...] = ()
    as_text: bool = True
    has_processes: bool = False
    has_footprint: bool = False

    @property
    def readable(self) -> bool:
        """Whether the reader gives operations, instead of a refusal."""
        return not (self.reader is None
                    or isinstance(self.reader, profiles.Profile))


# In this order the formats are tried on an input: the surest come first.
FORMATS = (
    Format("binary", "the binary form, as of mdriver --pack", binary, binary,
           (".repb",), as_text=False),
    Format("recording", "raw, of tools/record --keep", raw),
    Format("pprof", "a profile of pprof, gperftools or jemalloc",
           profiles.PPROF),
    Format("dhat", "a profile of valgrind --tool=dhat", profiles.DHAT),
    Format("massif", "massif.out, for ms_print and massif-visualizer",
           profiles.MASSIF, massif, (".massif",), has_footprint=True),
    Format("heaptrack", "heaptrack, raw and interpreted", heaptrack, heaptrack,
           (".heaptrack",), has_footprint=True),
    Format("mtrace", "MALLOC_TRACE of glibc's mtrace(3)", mtrace),
    Format("valgrind", "valgrind --trace-malloc=yes", valgrind,
           has_processes=True),
    Format("ltrace", "ltrace -f -L -x malloc@libc.so*+...", ltrace,
           has_processes=True),
    Format("rep", "the text of docs/traces.md", text, text, (".rep",)),
    Format("script", "lines a, f and r without a header, with # comments",
           script),
    Format("chrome", "JSON for Perfetto and about:tracing", None, chrome,
           (".json",), has_footprint=True),
    Format("folded", "folded stacks, for flamegraph.pl and speedscope", None,
           folded, (".folded",)),
    Format("minimalloc", "buffers with lifetimes, CSV", None, minimalloc,
           (".csv",)),
)
BY_NAME = {one.name: one for one in FORMATS}
PACKED = (".gz", ".zst")


def of_content(head: bytes) -> Format:
    """The format of a file that begins so."""
    for one in FORMATS:
        if one.reader and one.reader.recognise(head):
            return one
    if not head:
        raise rep.RepError("the file is empty")
    shown = head[:40].decode("ascii", "replace").splitlines()[0]
    raise rep.RepError(f"no format that is known begins with {shown!a}; "
                       "--from says which it is")


def of_name(path: str) -> Format | None:
    """The format that the name of an output asks for."""
    base = path.rsplit("/", 1)[-1]
    for ending in PACKED:
        base = base[:-len(ending)] if base.endswith(ending) else base
    for one in FORMATS:
        if one.writer and base.endswith(one.endings):
            return one
    for name in ("massif", "heaptrack"):  # massif.out.PID, heaptrack.PROG.PID
        if base.startswith(f"{name}."):
            return BY_NAME[name]
    return None


def listing() -> str:
    return layout([["FORMAT", "IN", "OUT", "ENDING", "WHAT IT IS"], *(
        [one.name, "yes" if one.readable else "no",
         "yes" if one.writer else "no", ", ".join(one.endings), one.idea]
        for one in FORMATS)], set(range(5)))
