"""The Python side of the laboratory.

Each arrow points to what is imported; nothing points back.

    traces    what a trace is: text, packed, as arrays, in figures; MANIFEST
    generate  --> copies --> traces      by recipes, or like another trace
    record    --> traces                 of real programs
    convert   --> record, traces         other tools' logs and formats
    bench     --> record, run            what allocators take
    plot      --> bench, traces          pictures
    report    --> traces                 one HTML file, with a heap viewer
    programs, soak  --> run --> handin   real programs on any allocator

What all may use: making (make, for what they need of the build), replays (mdriver, run and read), pythons (who has numpy),
terminal and columns (what is said), pictures (their files), rng.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/release"
