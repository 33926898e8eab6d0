"""Parts of command lines that several tools share."""

from __future__ import annotations

import argparse
from typing import Any, Collection, NoReturn, Protocol


class Parser(argparse.ArgumentParser):
    """Of a tool: what is wrong is told in one line, and no argument is empty,
    for an empty name is a variable that was not set; but of may_be_empty."""

    may_be_empty: Collection[str] = ()  # by dest

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\n")

    def _get_values(self, action: argparse.Action, arg_strings: list[str]
                    ) -> Any:
        whole = action.nargs not in (argparse.REMAINDER, argparse.PARSER)
        if whole and "" in arg_strings and \
                action.dest not in self.may_be_empty:
            raise argparse.ArgumentError(action, "it is empty")
        return super()._get_values(action, arg_strings)  # type: ignore


class Subcommand(Protocol):
    """A module that is a subcommand of a tool."""

    ABOUT: str  # one line for --help, without a capital and a full stop
    DETAILS: str  # paragraphs of at most 80 columns, for its own --help

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options that this subcommand alone has."""


def add_subcommand(parsers: Any, tool: str, name: str, about: str,
                   details: str, **more: Any) -> argparse.ArgumentParser:
    """Add the parser of `tools/TOOL NAME` to an action of add_subparsers()."""
    return parsers.add_parser(
        name, help=about.replace("%", "%%"), prog=f"{tool} {name}",
        description=f"{about[0].upper()}{about[1:]}.", epilog=details,
        formatter_class=argparse.RawDescriptionHelpFormatter, **more)


def names(text: str) -> list[str]:
    """An argparse type: a list with commas."""
    listed = text.split(",")
    if "" in listed:
        raise argparse.ArgumentTypeError(f"'{text:.40}' has an empty name")
    return listed


def positive(text: str) -> int:
    """An argparse type: an integer above 0."""
    number = int(text) if text.isdecimal() and len(text) < 1000 else 0
    if number == 0:
        raise argparse.ArgumentTypeError(
            f"'{text:.40}' is not a positive integer")
    return number


def keep_alone(parser: argparse.ArgumentParser, options: argparse.Namespace,
               mode: str, *others: str) -> None:
    """Refuse all options but `others` beside the option `mode`, if it is given.

    Exits with 2, as argparse does.
    """
    beside = [name for name, value in vars(options).items()
              if name not in (mode, *others)
              and value != parser.get_default(name)]
    if getattr(options, mode) and beside:
        goes = "".join(f" with --{name}" for name in others)
        parser.error(f"--{mode} goes{goes} alone")
