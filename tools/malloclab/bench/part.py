"""A part of tools/bench is a module that has what Part has, and a row in
command.py."""

from __future__ import annotations

import argparse
from typing import Protocol

from ..arguments import Subcommand


class Part(Subcommand, Protocol):
    def run(self, options: argparse.Namespace) -> int:
        """Measure, print, and return the exit status. A BenchError where
        nothing can be measured."""
