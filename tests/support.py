"""What the Python tests share: where things lie, and how to run ./mdriver."""
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
BUILD = (ROOT / os.environ.get('MALLOCLAB_BUILD', 'build/release')).resolve()
MDRIVER = BUILD / 'mdriver'

Finished = subprocess.CompletedProcess


def in_release_only(module: str, reason: str, *cases: type[unittest.TestCase]
                    ) -> Callable[..., unittest.TestSuite]:
    """A module's load_tests: in release its tests, or only those of the cases
    where some are given; in other builds one that says why there are none."""
    class Elsewhere(unittest.TestCase):
        @unittest.skip(reason)
        def test_in_release_only(self) -> None:
            pass

    Elsewhere.__module__, Elsewhere.__qualname__ = module, 'Elsewhere'

    def load_tests(loader: unittest.TestLoader, tests: unittest.TestSuite,
                   pattern: str | None) -> unittest.TestSuite:
        here = cases if BUILD.name == 'release' else (Elsewhere,)
        return unittest.TestSuite(map(loader.loadTestsFromTestCase, here)) \
            if here else tests

    return load_tests


def run(*command: str | Path, timeout: float = 60,
        **more: Any) -> Finished[str]:
    """Run a command to its end, its output captured as text."""
    return subprocess.run([str(word) for word in command], text=True,
                          errors='replace', stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=timeout, **more)


def compile_cpp(program: Path, source: Path, *options: str) -> None:
    """Skips the test where the compiler or a library is not installed."""
    if not shutil.which('c++'):
        raise unittest.SkipTest('not installed: c++')
    done = run('c++', '-std=c++17', '-O0', '-o', program, source, *options)
    missing = re.search(r'cannot find -l:?([\w.]+)', done.stderr)
    if missing:
        raise unittest.SkipTest(f'not installed: {missing[1]}')
    if done.returncode:
        raise AssertionError(account(done))


def mdriver(*arguments: str | Path, timeout: float = 60) -> Finished[str]:
    """Run the driver under test from the project's top directory."""
    return run(MDRIVER, *arguments, timeout=timeout, cwd=ROOT)


def mdriver_json(*arguments: str | Path, timeout: float = 60
                 ) -> tuple[Finished[str], dict[str, Any]]:
    """The same with --json: what it returned, and the object it wrote."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / 'result.json'
        finished = mdriver('--json', path, *arguments, timeout=timeout)
        if not path.exists():
            raise AssertionError(f'no JSON was written: {account(finished)}')
        return finished, json.loads(path.read_text())


def account(finished: Finished[str]) -> str:
    """What a command did, for the message of a failure."""
    return '\n'.join([
        ' '.join(map(str, finished.args)), f'exit {finished.returncode}',
        finished.stdout, finished.stderr])
