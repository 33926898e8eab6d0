"""tools/generate: make a trace by a recipe, or all those of a MANIFEST."""

from __future__ import annotations

import argparse
import gzip
import os
import shlex
import sys
import textwrap
from typing import Sequence

from . import manifest, rep
from .recipes import DEFAULT_OPS, RECIPES, Recipe, RecipeError, cook

EPILOG = """\
examples:
  tools/generate --list
  tools/generate comb -o comb.rep
  tools/generate random --seed 7 --ops 100000 most=500 live=20000 -o r.rep.gz
  tools/generate --manifest traces/MANIFEST --check

The same command writes the same bytes on every machine. Exit status: 0 done,
1 a trace differs from what the MANIFEST says, 2 it could not be done.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_intermixed_args(arguments)
    try:
        if options.list:
            print("\n".join(listing()))
            return 0
        if options.manifest:
            return _make_all(options.manifest, options.check)
        if not options.recipe:
            parser.error("give a recipe, --list or --manifest FILE")
        _write(options)
        return 0
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0  # whoever reads, say head, has had enough
    except (RecipeError, manifest.ManifestError, OSError) as error:
        print(f"tools/generate: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/generate",
        usage="tools/generate RECIPE [options] [PARAM=VALUE ...]",
        description="Make an allocation trace by a recipe.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", nargs="?", metavar="RECIPE",
                        help="what to make; see --list")
    parser.add_argument("parameters", nargs="*", metavar="PARAM=VALUE",
                        help="parameters of the recipe, positive integers")
    parser.add_argument("-l", "--list", action="store_true",
                        help="list the recipes with their parameters")
    parser.add_argument("-s", "--seed", type=int, default=1, metavar="N",
                        help="of the random numbers (default: 1)")
    parser.add_argument("-n", "--ops", type=int, default=DEFAULT_OPS,
                        metavar="N", help="make at most N operations, and "
                        f"nearly as many (default: {DEFAULT_OPS})")
    parser.add_argument("-o", "--output", metavar="FILE",
                        help="where to (default: stdout); x.rep.gz is "
                        "compressed")
    parser.add_argument("-m", "--manifest", metavar="FILE",
                        help="make every generated trace of the MANIFEST anew, "
                        "beside it, and bring its figures up to date")
    parser.add_argument("--check", action="store_true",
                        help="with --manifest: write nothing, but compare; "
                        "exit 1 if a file or figure differs")
    return parser


# ---- One trace ----


def bake(options: argparse.Namespace) -> tuple[bytes, rep.Account]:
    """The bytes of the trace that a command line asks for."""
    parameters = dict(_parameter(word) for word in options.parameters)
    ops = cook(options.recipe, options.seed, options.ops, parameters)
    if not ops:
        raise RecipeError(f"{options.recipe} does not fit into {options.ops} "
                          "operations")
    return rep.encode(ops, any(op.thread for op in ops))


def _parameter(word: str) -> tuple[str, int]:
    name, equals, value = word.partition("=")
    if not equals or not value.isdigit():
        raise RecipeError(f"'{word}' is not PARAM=VALUE with an integer")
    return name, int(value)


def _write(options: argparse.Namespace) -> None:
    data, account = bake(options)
    if not options.output:
        sys.stdout.buffer.write(data)
        return
    rep.save(options.output, data)
    print(f"tools/generate: {options.output}: {account.ops} operations, "
          f"peak {account.peak_bytes} bytes in {account.peak_blocks} blocks",
          file=sys.stderr)


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
    words = shlex.split(entry.provenance)
    if words[0] != "tools/generate":
        raise RecipeError(f"{entry.name}: not made by tools/generate")
    data, account = bake(_parser().parse_intermixed_args(words[1:]))
    return data, entry._replace(ops=account.ops, peak=account.peak_bytes)


def differences(path: str) -> list[str]:
    """What is not as the MANIFEST at path says, a sentence each."""
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


def _content(path: str) -> bytes:
    """What a trace file says, uncompressed: zlib's versions may differ."""
    with open(path, "rb") as file:
        data = file.read()
    return gzip.decompress(data) if path.endswith(".gz") else data


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
        rep.save(target, data)
        listed.put(true)
    manifest.write(path, listed)
    return 0
