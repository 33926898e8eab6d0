"""tools/generate: make a trace by a recipe, like another one, or all those of
a MANIFEST."""

from __future__ import annotations

import argparse
import gzip
import os
import shlex
import sys
import textwrap
from typing import Sequence

from .. import output, packages
from ..arguments import Parser, keep_alone, positive
from ..numbers import integer, shown
from ..traces import manifest, rep
from .recipes import DEFAULT_OPS, RECIPES, Recipe, RecipeError, run_recipe

EPILOG = """\
examples:
  tools/generate --list
  tools/generate comb -o comb.rep
  tools/generate random --seed 7 --ops 100000 most=500 live=20000 -o r.rep.gz
  tools/generate --manifest traces/MANIFEST --check
  tools/generate --like git-log --ops 10000000 -o long.rep.gz
  tools/generate --like traces/jq-orders.rep.gz --ops 100000000 -o huge.repb

The same command writes the same bytes on every machine. Exit status: 0 done,
1 a trace differs from what the MANIFEST says, 2 it could not be done.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_intermixed_args(arguments)
    keep_alone(parser, options, "list")
    keep_alone(parser, options, "manifest", "check")
    if options.check and not options.manifest:
        parser.error("--check is for --manifest")
    try:
        if options.list:
            print("\n".join(listing()))
            return 0
        if options.manifest:
            return _make_all(options.manifest, options.check)
        if options.like:
            return _copy(options)
        if not options.recipe:
            parser.error("give a recipe, --like FILE, --list or --manifest "
                         "FILE")
        _write(options)
        return 0
    except OSError as error:
        print(f"tools/generate: {error.filename or options.output or '-'}: "
              f"{error.strerror}", file=sys.stderr)
        return 2
    except (RecipeError, manifest.ManifestError, rep.RepError) as error:
        print(f"tools/generate: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tools/generate",
        usage="tools/generate RECIPE [options] [PARAM=VALUE ...]\n"
        "       tools/generate --like TRACE [options]",
        description="Make an allocation trace by a recipe, or one like another "
        "trace.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", nargs="?", metavar="RECIPE",
                        help="what to make; see --list")
    parser.add_argument("parameters", nargs="*", default=[],
                        metavar="PARAM=VALUE",
                        help="parameters of the recipe, positive integers")
    parser.add_argument("-l", "--list", action="store_true",
                        help="list the recipes with their parameters")
    parser.add_argument("-s", "--seed", type=int, default=1, metavar="N",
                        help="of the random numbers (default: 1)")
    parser.add_argument("-n", "--ops", type=positive, metavar="N",
                        help="make at most N operations, and nearly as many "
                        f"(default: {DEFAULT_OPS}); with --like: N of them "
                        "(default: as many as the original)")
    parser.add_argument("-o", "--output", metavar="FILE",
                        help="where to (default: stdout, as - is); x.rep.gz "
                        "and x.rep.zst are compressed; with --like x.repb is "
                        "mdriver's binary form")
    parser.add_argument("-L", "--like", metavar="TRACE",
                        help="make a trace with the sizes, lifetimes and live "
                        "count of this one, of any length; phases=N run=N "
                        "instead of fitted ones (docs/traces.md)")
    parser.add_argument("-m", "--manifest", metavar="FILE",
                        help="make every generated trace of the MANIFEST anew, "
                        "beside it, and bring its figures up to date")
    parser.add_argument("--check", action="store_true",
                        help="with --manifest: write nothing, but compare; "
                        "exit 1 if a file or figure differs")
    return parser


# ---- One trace ----


def trace_bytes(options: argparse.Namespace) -> tuple[bytes, rep.Account]:
    """The bytes of the trace that a command line asks for, by a recipe."""
    if options.like:
        raise RecipeError("a MANIFEST's traces are made by recipes, not --like")
    parameters = dict(_parameter(word) for word in options.parameters)
    limit = options.ops or DEFAULT_OPS
    ops = run_recipe(options.recipe, options.seed, limit, parameters)
    if not ops:
        raise RecipeError(f"{options.recipe} does not fit into {limit} "
                          "operations")
    return rep.encode(ops, any(op.thread for op in ops))


def _parameter(word: str) -> tuple[str, int]:
    name, equals, value = word.partition("=")
    try:
        return name, integer(value if equals else "")
    except ValueError:
        raise RecipeError(f"{shown(word)} is not PARAM=VALUE with an integer"
                          ) from None


def _write(options: argparse.Namespace) -> None:
    path = options.output or "-"
    if path.endswith(".repb"):
        raise RecipeError(f"{path}: a recipe's trace is text: .rep, .rep.gz or "
                          ".rep.zst")
    data, account = trace_bytes(options)
    output.save(path, data)
    if path == "-":
        return
    print(f"tools/generate: {options.output}: {account.ops} operations, "
          f"peak {account.peak_bytes} bytes in {account.peak_blocks} blocks",
          file=sys.stderr)


def _copy(options: argparse.Namespace) -> int:
    """The copy that --like asks for. It needs numpy, which recipes do not."""
    packages.demand("tools/generate", "numpy")
    from ..copies import copying
    from ..traces.places import TraceError

    words = [options.recipe] * bool(options.recipe) + options.parameters
    request = copying.CopyRequest(options.like, options.ops or 0, options.seed,
                                  dict(_parameter(word) for word in words))
    try:
        path = "" if options.output == "-" else options.output or ""
        said = copying.copy(request, path)
    except (TraceError, copying.CopyError) as error:
        if not str(error):
            return 2  # mdriver has said what is wrong with the trace
        raise RecipeError(str(error)) from None
    print(f"tools/generate: {options.output or 'stdout'}: {said}",
          file=sys.stderr)
    return 0


def listing() -> list[str]:
    """Each recipe: its name, its parameters, its description."""
    lines: list[str] = []
    for recipe in RECIPES.values():
        lines += [_heading(recipe)]
        lines += [textwrap.indent(recipe.description, "    "), ""]
    return lines[:-1]


def _heading(recipe: Recipe) -> str:
    return " ".join([recipe.name] + [f"{name}={value}" for name, value
                                     in recipe.parameters.items()])


# ---- All of a MANIFEST ----


def remake(entry: manifest.Entry) -> tuple[bytes, manifest.Entry]:
    """The bytes of a generated trace, and its entry with true figures."""
    try:
        words = shlex.split(entry.provenance)
    except ValueError as error:
        raise RecipeError(f"{entry.name}: not a command: {error}") from None
    if words[:1] != ["tools/generate"]:
        raise RecipeError(f"{entry.name}: not made by tools/generate")
    data, account = trace_bytes(_parser().parse_intermixed_args(words[1:]))
    return data, entry._replace(ops=account.ops, peak=account.peak_bytes)


def differences(path: str) -> list[str]:
    """A sentence for each difference from the MANIFEST at path."""
    found = []
    for entry in manifest.read(path).of_kind(manifest.GENERATED):
        data, true = remake(entry)
        if true != entry:
            found.append(f"{entry.name}: has {true.ops} operations and a peak "
                         f"of {true.peak}, the MANIFEST says {entry.ops} and "
                         f"{entry.peak}")
        target = os.path.join(os.path.dirname(path), entry.name)
        if not os.path.exists(target):
            found.append(f"{entry.name}: missing")
        elif _content(target) != data:
            found.append(f"{entry.name}: differs from what its command makes")
    return found


def _content(path: str) -> bytes | None:
    """What a trace file says, uncompressed: zlib's versions may differ. None
    where it cannot be unpacked."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        return gzip.decompress(data) if path.endswith(".gz") else data
    except rep.DAMAGES:
        return None


def _make_all(path: str, check: bool) -> int:
    if check:
        found = differences(path)
        for sentence in found:
            print(f"tools/generate: {sentence}", file=sys.stderr)
        return 1 if found else 0
    listed = manifest.read(path)
    for entry in listed.of_kind(manifest.GENERATED):
        data, true = remake(entry)
        target = os.path.join(os.path.dirname(path), entry.name)
        output.save(target, data)
        listed.put(true)
    manifest.write(path, listed)
    return 0
