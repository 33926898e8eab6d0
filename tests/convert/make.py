#!/usr/bin/python3
"""Make the files of this folder with the tools that they come from.

    tests/convert/make.py           all of them, again
    tests/convert/make.py ltrace    those of one tool

Addresses and threads' turns differ from run to run: so do the files, which are
of the day they were made. Debian packages: gcc, g++, ltrace, valgrind,
heaptrack, zstd, libc-bin for mtrace, libjemalloc2.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = ('malloc calloc realloc reallocarray free aligned_alloc memalign '
         'posix_memalign valloc').split()
ENTRIES = '-f', '-L', '-x', '+'.join(f'{name}@libc.so*' for name in NAMES)
PLT = '-f', '-e', '+'.join(NAMES)
DEBUG = 'libc_malloc_debug.so.0'
LEAN = '--run-libc-freeres=no', '--run-cxx-freeres=no'


def build(source: str, folder: Path) -> Path:
    """Compile a program of this folder; every call is to be made. Its debugging
    information, which heaptrack copies, knows the folder it is built in."""
    program = folder / Path(source).stem
    compiler = ['g++', '-std=c++17', '-O0'] if source.endswith('.cc') else \
        ['gcc', '-O1']
    shutil.copy(HERE / source, folder)
    subprocess.run([*compiler, '-g', '-w', '-fno-builtin', '-pthread', '-o',
                    program.name, source], cwd=folder, check=True)
    return program


def run(program: Path, *command: str, **variables: str) -> str:
    """Run in the program's folder, of which no name is then in a log."""
    ended = subprocess.run(command, cwd=program.parent, text=True,
                           errors='replace', stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           env={**os.environ, **variables}, timeout=60)
    return ended.stdout


def mtrace(program: Path, out: Path, *words: str) -> None:
    run(program, f'./{program.name}', *words, MALLOC_TRACE=str(out),
        LD_PRELOAD=DEBUG)


def ltrace(program: Path, out: Path, *options: str) -> None:
    """Among threads it now and then stumbles over its own breakpoints: again
    then."""
    for _ in range(20):
        run(program, 'ltrace', *(options or ENTRIES), '-o',
            str(out), f'./{program.name}')
        if 'unexpected breakpoint' not in out.read_text('latin-1'):
            return


def valgrind(program: Path, out: Path, *options: str) -> None:
    """Its log; options may say of another file that it is the output."""
    run(program, 'valgrind', *(options or ('--trace-malloc=yes', *LEAN,
                                           f'--log-file={out}')),
        f'./{program.name}')


def heaptrack(program: Path, out: Path, *words: str) -> None:
    """The interpreted file; or the raw one, where its name has it."""
    raw = ['--raw'] if '.raw' in out.name else []
    stem = str(out).removesuffix('.zst').removesuffix('.raw')
    run(program, 'heaptrack', *raw, '-o', stem, f'./{program.name}', *words)


def jemalloc(program: Path, out: Path) -> None:
    run(program, f'./{program.name}', LD_PRELOAD='libjemalloc.so.2',
        MALLOC_CONF='prof:true,prof_final:true,lg_prof_sample:0,'
        f'prof_prefix:{out}')
    for made in out.parent.glob(f'{out.name}.*.heap'):
        made.replace(out)


MADE = [
    (mtrace, 'churn.c', 'churn.mtrace'),
    (mtrace, 'corners.c', 'corners.mtrace'),
    (ltrace, 'churn.c', 'churn.ltrace'),
    (ltrace, 'corners.c', 'corners.ltrace', *PLT),
    (ltrace, 'corners.c', 'prototypes.ltrace', '-F', str(HERE / 'posix.conf')),
    (ltrace, 'threads.c', 'threads.ltrace', '-f'),
    (ltrace, 'forks.c', 'forks.ltrace', '-f'),
    (ltrace, 'operators.cc', 'operators.ltrace', '-e',
     '_Zn*+_Zd*+malloc+free+aligned_alloc'),
    (ltrace, 'operators.cc', 'demangled.ltrace', '-C'),
    (valgrind, 'churn.c', 'churn.valgrind'),
    (valgrind, 'corners.c', 'corners.valgrind'),
    (valgrind, 'operators.cc', 'operators.valgrind'),
    (valgrind, 'churn.c', 'churn.massif', '--tool=massif',
     '--massif-out-file={out}'),
    (valgrind, 'churn.c', 'churn.dhat', '--tool=dhat',
     '--dhat-out-file={out}'),
    (heaptrack, 'churn.c', 'churn.heaptrack.zst'),
    (heaptrack, 'churn.c', 'churn.heaptrack.raw.zst'),
    (heaptrack, 'corners.c', 'corners.heaptrack.raw.zst'),
    (jemalloc, 'churn.c', 'churn.jemalloc'),
]


def make(tool: str | None) -> None:
    with tempfile.TemporaryDirectory(prefix='lab-') as folder:
        for maker, source, name, *options in MADE:
            if tool and maker.__name__ != tool:
                continue
            out = Path(folder, name)
            options = [option.replace('{out}', str(out)) for option in options]
            maker(build(source, Path(folder)), out, *options)
            shutil.copyfile(out, HERE / name)
            print(f'{name}: {out.stat().st_size} bytes')


if __name__ == '__main__':
    make(sys.argv[1] if len(sys.argv) > 1 else None)
