"""The Python side of the laboratory.

An arrow points to the package that is imported; none points back.

    traces    traces as text, binary, arrays and figures; MANIFEST
    generate  --> copies --> traces      traces by recipes, or like another one
    record    --> traces                 traces of real programs
    convert   --> record, traces         other tools' logs and formats
    bench     --> record, run            time and memory of allocators
    plot      --> bench, traces          pictures
    report    --> traces                 one HTML file, with a heap viewer
    grade     --> engines, handin        the hand-ins of a class
    sweep     --> engines, versions, plot    an allocator's constants
    programs, soak  --> run --> handin   real programs on any allocator
    comparing       --> versions --> handin   two versions of one allocator

All of them may use making (builds by make), replays (mdriver, run and read),
preloading (LD_PRELOAD), packages (which are missing), terminal and columns
(messages and tables), pictures (names of their files), addresses (heaps and
spans), portable_random, jail (bubblewrap), bounded (programs that may print
without end), pool (processes that share work), assignment (what an instructor
asks for).
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/release"


def version() -> str:
    return (ROOT / "VERSION").read_text().strip()
