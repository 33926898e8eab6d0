"""Packages of Python that a tool needs beside the standard library.

Debian's serve /usr/bin/python3 alone, which is therefore what runs the tools.
"""

from __future__ import annotations

import importlib.util
import sys


def demand(tool: str, *modules: str) -> None:
    """End with exit status 2 where one of the modules is not to be had."""
    missing = [f"python3-{module}" for module in modules
               if not importlib.util.find_spec(module)]
    if missing:
        print(f"{tool}: not installed: {' '.join(missing)}; "
              "tools/start setup installs what is missing", file=sys.stderr)
        raise SystemExit(2)
