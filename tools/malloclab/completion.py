"""tools/completion: a script for bash, which completes the lab's commands.

Options are those of a command's own --help, read when they are asked for.
"""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Sequence

from . import ROOT
from .arguments import Parser

EPILOG = """\
examples:
  source <(tools/completion)
  tools/completion >>~/.bashrc

Then Tab completes options of mdriver and of the tools, their values, subcommands,
names of allocators after --allocator, and traces.
"""
SCRIPT = Path(__file__).with_name("completion.bash")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = Parser(
        prog="tools/completion", epilog=EPILOG,
        description="Print a script for bash that completes the commands of "
        "this lab.", formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(arguments)
    tools = sorted(path for path in (ROOT / "tools").iterdir()
                   if path.is_file())
    names = ["mdriver", *(f"tools/{path.name}" for path in tools),
             *(shlex.quote(str(path)) for path in tools)]
    print(f"_malloclab_root={shlex.quote(str(ROOT))}\n"
          f"{SCRIPT.read_text('utf-8')}"
          f"complete -o default -F _malloclab {' '.join(names)}")
    return 0
