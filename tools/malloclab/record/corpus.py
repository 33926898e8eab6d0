"""tools/record-corpus: record the real programs of traces/ again.

Each workload is a command on inputs that are built here or lie in
tools/workloads/. It runs in an empty directory and a plain environment, but
the programs are those of the machine: another version allocates otherwise.
"""

from __future__ import annotations

import argparse
import datetime
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import partial
from itertools import dropwhile, takewhile
from typing import Callable, Sequence

from .. import ROOT
from ..arguments import Parser
from ..traces import manifest
from . import command as record
from . import inputs, large_inputs, recording

WORKLOADS_DIRECTORY = str(ROOT / "tools/workloads")
TRACES = str(ROOT / "traces")

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC",
               "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1",
               "PERL_HASH_SEED": "0", "GIT_CONFIG_NOSYSTEM": "1"}


@dataclass(frozen=True)
class Workload:
    """What is run, and the Debian package of the program that is recorded.

    `command` is split as a shell would, with assignments before it, and
    `process` is as for tools/record. `inputs` are files to write first,
    `prepare` commands to run first.
    """

    name: str
    package: str
    command: str
    inputs: dict[str, Callable[[], str]] = field(default_factory=dict)
    prepare: tuple[str, ...] = ()
    process: str = "main"

    @property
    def file(self) -> str:
        return self.name + ".rep.gz"

    @property
    def note(self) -> str:
        """The command as it stands in the MANIFEST."""
        if self.process == "main":
            return self.command
        return f"{self.command} (process {self.process})"


def _text(lines: int) -> dict[str, Callable[[], str]]:
    return {"text.txt": partial(inputs.prose, lines)}


def _tree(count: int = 450, longest: int = 6) -> str:
    """Write the files of a tree; the file that is returned lists them."""
    files = inputs.tree(count, longest)
    for path, content in files.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
    return "\n".join(files) + "\n"


_PHASES = {f"{phase}{client}": partial(inputs.commands, phase, client, count)
           for phase, count in (("fill", 2000), ("serve", 3000),
                                ("batch", 120), ("clear", 2000))
           for client in range(1, 5)}

_PAPERS = {f"papers{part}": partial(large_inputs.papers, part, 30)
           for part in range(1, 4)}

PROGRAMS = [
    Workload("7z-tree", "p7zip-full", "/usr/lib/p7zip/7z a -mmt2 -mx1 tree.7z "
             "tree", {"list": _tree}),
    Workload("bash-life", "bash", "bash life.bash"),
    Workload("bc-pi", "bc", "bc -q pi.bc"),
    Workload("cc1-functions", "cpp-12", "gcc -O1 -S -o out.s in.c",
             {"in.c": partial(inputs.c_source, 7)}, process="cc1"),
    Workload("clang-functions", "clang-14", "clang-14 -O1 -c -o out.o in.c",
             {"in.c": partial(inputs.c_source, 30)}),
    Workload("cmake-targets", "cmake", "cmake -S . -B build",
             {"CMakeLists.txt": partial(inputs.cmake_project, 25)}),
    Workload("dot-graph", "graphviz", "dot -Tsvg graph.dot",
             {"graph.dot": partial(inputs.graph, 120)}),
    Workload("duk-shop", "duktape", "duk shop.js"),
    Workload("emacs-edit", "emacs-nox", "emacs-nox -Q --batch -l edit.el",
             _text(900)),
    Workload("gawk-columns", "gawk", "gawk -f columns.awk text.txt",
             _text(500)),
    Workload("gdb-symbols", "gdb", "gdb -nx -batch -x look.gdb program",
             {"in.c": partial(inputs.c_source, 60)},
             ("gcc -g -O1 -o program in.c",)),
    Workload("git-log", "git", "git --git-dir=repo log -p --stat",
             {"stream": partial(inputs.history, 70)},
             ("git init -q --bare -b main repo",
              "git --git-dir=repo fast-import --quiet < stream")),
    Workload("jq-orders", "jq", "jq -f orders.jq orders.json",
             {"orders.json": partial(inputs.orders, 180)}),
    Workload("lynx-page", "lynx", "lynx -dump page.html",
             {"page.html": partial(inputs.page, 120)}),
    Workload("make-rules", "make", "make",
             {"Makefile": partial(inputs.makefile, 160)}),
    Workload("perl-index", "perl-base", "perl index.pl text.txt", _text(500)),
    Workload("python-compile", "python3.11-minimal",
             "PYTHONMALLOC=malloc python3 -S compile.py 5"),
    Workload("python-pipeline", "python3.11-minimal",
             "PYTHONMALLOC=malloc python3 -S pipeline.py text.txt", _text(200)),
    Workload("python-report", "python3.11-minimal",
             "PYTHONMALLOC=malloc python3 -S report.py orders.json",
             {"orders.json": partial(inputs.orders, 50)}),
    Workload("r-regress", "r-base-core", "R -q --vanilla -f regress.R",
             process="R"),
    Workload("redis-serve", "redis-server", "sh serve.sh", _PHASES,
             process="redis-server"),
    Workload("rg-tree", "ripgrep", "rg -j3 -c ra.*re tree",
             {"list": _tree}),
    Workload("rsvg-drawing", "librsvg2-bin", "G_SLICE=always-malloc "
             "rsvg-convert -o drawing.png drawing.svg",
             {"drawing.svg": partial(inputs.drawing, 300)}),
    Workload("ruby-index", "ruby3.1", "ruby3.1 --disable-gems index.rb text.txt",
             _text(300)),
    Workload("sed-wrap", "sed", "sed -f wrap.sed text.txt", _text(24)),
    Workload("sqlite-bank", "sqlite3",
             "sqlite3 -init /dev/null :memory: '.read bank.sql'"),
    Workload("tar-tree", "tar", "tar cf tree.tar tree", {"list": _tree}),
    Workload("vim-edit", "vim", "vim -u NONE -i NONE -n -es -S edit.vim "
             "text.txt", _text(110)),
    Workload("xmllint-format", "libxml2-utils", "xmllint --format books.xml",
             {"books.xml": partial(inputs.catalogue, 900)}),
]

# Blocks of 64 KiB or more hold half of the payload at its peak, or more.
LARGE_BLOCKS = [
    Workload("ffmpeg-encode", "ffmpeg", "sh encode.sh", process="ffmpeg"),
    Workload("git-repack", "git", "git --git-dir=repo pack-objects --all "
             "--no-reuse-delta --no-reuse-object --window=30 --threads=1 -q new",
             {"stream": partial(inputs.history, 60, 10, 9000)},
             ("git init -q --bare -b main repo",
              "git --git-dir=repo fast-import --quiet < stream")),
    Workload("gm-collage", "graphicsmagick", "OMP_NUM_THREADS=2 gm batch "
             "-stop-on-error on collage.gm",
             {f"photo{number}.ppm": partial(large_inputs.photo, number)
              for number in range(6)}),
    Workload("gnuplot-surface", "gnuplot-nox", "gnuplot-nox surface.gp",
             {"points.txt": partial(large_inputs.points, 6000)}),
    Workload("gs-pages", "ghostscript", "gs -q -dNOPAUSE -dBATCH "
             "-sDEVICE=png16m -r120 -o page%d.png pages.ps",
             {"pages.ps": partial(large_inputs.postscript, 30)}),
    Workload("lua-tables", "lua5.4", "lua5.4 tables.lua"),
    Workload("minisat-queens", "minisat", "sh -c 'minisat -verb=0 queens.cnf; "
             "test $? = 10'", {"queens.cnf": partial(large_inputs.queens, 45)},
             process="minisat"),
    Workload("mksquashfs-tree", "squashfs-tools", "mksquashfs tree image "
             "-quiet -no-progress -processors 2 -mem 32M -b 256K -comp zstd",
             {"list": partial(_tree, 1200, 8000)}),
    Workload("mosquitto-relay", "mosquitto", "sh relay.sh", _PAPERS,
             process="mosquitto"),
    Workload("mutool-pages", "mupdf-tools",
             "mutool draw -q -r 110 -o page%d.png pages.pdf",
             {"pages.pdf": partial(large_inputs.pdf, 12)}),
    Workload("nginx-web", "nginx", "sh web.sh", _PAPERS, process="nginx"),
    Workload("numpy-filters", "python3-numpy", "OMP_NUM_THREADS=1 "
             "OPENBLAS_NUM_THREADS=1 python3 filters.py"),
    Workload("php-tables", "php8.2-cli",
             "USE_ZEND_ALLOC=0 php8.2 -n tables.php"),
    Workload("qemu-convert", "qemu-utils", "qemu-img convert -c -m 4 -O qcow2 "
             "disk.raw disk.qcow2", _PAPERS,
             ("cat papers1 papers2 papers3 papers1 papers2 > disk.raw",
              "truncate -s 64M disk.raw")),
    Workload("sqlite-blobs", "sqlite3",
             "sqlite3 -init /dev/null blobs.db '.read blobs.sql'"),
    Workload("tcc-functions", "tcc", "tcc -c -o out.o in.c",
             {"in.c": partial(inputs.c_source, 2500)}),
]

WORKLOADS = PROGRAMS + LARGE_BLOCKS

EPILOG = """\
The Debian packages needed are those that --list shows; `make` builds the
recorder. MANIFEST gets the new figures, versions and date. Another machine or
version will not give the same traces, but ones of the same kind.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.list:
        for workload in WORKLOADS:
            print(f"{workload.name:16} {workload.package:18} {workload.note}")
        return 0
    try:
        for workload in _named(options.names):
            _record(workload, options.directory, options.recorder)
    except KeyboardInterrupt:
        return 130
    except (record.RecordError, recording.RecordingError,
            manifest.ManifestError, OSError) as error:
        print(f"tools/record-corpus: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tools/record-corpus", epilog=EPILOG,
        description="Record the real programs of traces/ again, all or those "
        "named, and enter them into the MANIFEST.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="a workload; default: all")
    parser.add_argument("-l", "--list", action="store_true",
                        help="list the workloads with their Debian packages")
    parser.add_argument("-t", "--directory", metavar="DIR", default=TRACES,
                        help="where traces and MANIFEST are (default: traces)")
    parser.add_argument("--recorder", metavar="FILE", default=record.RECORDER,
                        help="the recorder (default: build/release/record.so)")
    return parser


def _named(names: Sequence[str]) -> list[Workload]:
    known = {workload.name: workload for workload in WORKLOADS}
    for name in names:
        if name not in known:
            raise record.RecordError(f"no workload {name}; --list shows them")
    return [known[name] for name in names] or WORKLOADS


def _record(workload: Workload, directory: str, recorder: str) -> None:
    """Record the workload into the directory and enter it into its MANIFEST."""
    listed = manifest.read(os.path.join(directory, "MANIFEST"))
    version = _version(workload.package)
    target = os.path.abspath(os.path.join(directory, workload.file))
    with tempfile.TemporaryDirectory(prefix="malloc-corpus-") as place:
        raw, work = os.path.join(place, "raw"), os.path.join(place, "work")
        os.mkdir(raw)
        prepare(workload, work)
        run(workload, work, record.recorded(environment(workload, work), raw,
                                            recorder))
        chosen, = record.choose(recording.load_all(raw), workload.process)
        account = record.write_trace(chosen, target)
    today = datetime.date.today().isoformat()
    listed.put(manifest.Entry(
        workload.file, listed.kind_of(workload.file), account.ops,
        account.peak_bytes,
        f"{workload.package} {version}, {today}: {workload.note}"))
    manifest.write(os.path.join(directory, "MANIFEST"), listed)


def environment(workload: Workload, work: str) -> dict[str, str]:
    """The environment of the workload's command, with its assignments."""
    words = takewhile(lambda word: "=" in word, shlex.split(workload.command))
    return {**ENVIRONMENT, "HOME": work,
            **dict(word.split("=", 1) for word in words)}


def prepare(workload: Workload, work: str) -> None:
    """Make the work directory, with the inputs of the command."""
    shutil.copytree(WORKLOADS_DIRECTORY, work)
    before = os.getcwd()
    os.chdir(work)
    try:
        for name, build in workload.inputs.items():
            content = build()
            with open(name, "w", encoding="ascii") as file:
                file.write(content)
    finally:
        os.chdir(before)
    for command in workload.prepare:
        done = subprocess.run(command, shell=True, cwd=work,
                              env=environment(workload, work))
        if done.returncode:
            raise record.RecordError(f"{workload.name}: {command} failed with "
                                     f"status {done.returncode}")


def run(workload: Workload, work: str, given: dict[str, str]) -> None:
    """Run the command in the prepared directory and the given environment."""
    words = list(dropwhile(lambda word: "=" in word,
                           shlex.split(workload.command)))
    try:
        done = subprocess.run(words, cwd=work, env=given,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL)
    except OSError as error:
        raise record.RecordError(f"{workload.name}: cannot run {words[0]}: "
                                 f"{error.strerror}") from None
    if done.returncode:
        raise record.RecordError(f"{workload.name}: {words[0]} failed with "
                                 f"status {done.returncode}")


def _version(package: str) -> str:
    try:
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package],
                              capture_output=True, text=True)
    except OSError:
        return "of unknown version"
    if done.returncode:
        raise record.RecordError(f"the Debian package {package} is missing")
    return done.stdout
