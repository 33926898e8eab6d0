"""The formats: what each is called, how it is told, who reads and writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Iterable

from ..traces import rep
from . import (binary, chrome, folded, heaptrack, ltrace, massif, minimalloc,
               mtrace, profiles, raw, text, valgrind)
from .checked_trace import CheckedTrace
from .input_file import InputFile
from .write_options import WriteOptions

Reader = Callable[[InputFile], Iterable[rep.Op]]
Writer = Callable[[CheckedTrace, Any, WriteOptions], None]


@dataclass(frozen=True)
class Format:
    """endings: of names of output. as_text: its writer writes str. refusal: why
    there is no reader. has_processes: the log says whose a call is.
    has_footprint: of the output, which tells an allocator's beside the payload.
    """

    name: str
    idea: str
    recognise: Callable[[bytes], bool] | None = None
    read: Reader | None = None
    write: Writer | None = None
    endings: tuple[str, ...] = ()
    as_text: bool = True
    refusal: str = ""
    has_processes: bool = False
    has_footprint: bool = False


# In the order in which they are tried: those that are surest come first.
FORMATS = (
    Format("binary", "the binary form, as of mdriver --pack",
           binary.recognise, binary.read, binary.write, (".repb",), False),
    Format("recording", "raw, of tools/record --keep", raw.recognise, raw.read),
    Format("pprof", "a profile of pprof, gperftools or jemalloc",
           profiles.is_pprof, refusal=profiles.refusal(
               "a pprof profile", "sums by call stack")),
    Format("dhat", "a profile of valgrind --tool=dhat",
           profiles.is_dhat, refusal=profiles.refusal(
               "a profile of DHAT", "sums by call stack")),
    Format("massif", "massif.out, for ms_print and massif-visualizer",
           profiles.is_massif, None, massif.write, (".massif",),
           refusal=profiles.refusal("a profile of massif",
                                    "sizes of the heap at some moments"),
           has_footprint=True),
    Format("heaptrack", "heaptrack, raw and interpreted", heaptrack.recognise,
           heaptrack.read, heaptrack.write, (".heaptrack",),
           has_footprint=True),
    Format("mtrace", "MALLOC_TRACE of glibc's mtrace(3)",
           mtrace.recognise, mtrace.read),
    Format("valgrind", "valgrind --trace-malloc=yes", valgrind.recognise,
           valgrind.read, has_processes=True),
    Format("ltrace", "ltrace -f -L -x malloc@libc.so*+...", ltrace.recognise,
           ltrace.read, has_processes=True),
    Format("rep", "the text of docs/traces.md", text.recognise, text.read,
           text.write, (".rep",)),
    Format("chrome", "JSON for Perfetto and about:tracing",
           write=chrome.write, endings=(".json",), has_footprint=True),
    Format("folded", "folded stacks, for flamegraph.pl and speedscope",
           write=folded.write, endings=(".folded",)),
    Format("minimalloc", "buffers with lifetimes, CSV",
           write=minimalloc.write, endings=(".csv",)),
)
BY_NAME = {one.name: one for one in FORMATS}
PACKED = (".gz", ".zst")


def of_content(head: bytes) -> Format:
    """The format of a file that begins so."""
    for one in FORMATS:
        if one.recognise and one.recognise(head):
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
        if one.write and base.endswith(one.endings):
            return one
    for name in ("massif", "heaptrack"):  # massif.out.PID, heaptrack.PROG.PID
        if base.startswith(f"{name}."):
            return BY_NAME[name]
    return None


def listing() -> list[str]:
    lines = [f"{'FORMAT':10}  {'IN':3}  {'OUT':3}  {'ENDING':11} WHAT IT IS"]
    for one in FORMATS:
        taken = "yes" if one.read else "no"
        given = "yes" if one.write else "no"
        ending = ", ".join(one.endings)
        lines.append(f"{one.name:10}  {taken:3}  {given:3}  {ending:11} "
                     f"{one.idea}")
    return lines
