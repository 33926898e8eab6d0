"""What the Python tests share: where things lie, and how to run ./mdriver."""
from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
BUILD = (ROOT / os.environ.get('MALLOCLAB_BUILD', 'build/release')).resolve()
MDRIVER = BUILD / 'mdriver'

Finished = subprocess.CompletedProcess


IN_RELEASE = BUILD.name == 'release'


def in_release_only(reason: str) -> None:
    """Skip the module that calls it in every other build."""
    if not IN_RELEASE:
        raise unittest.SkipTest(reason)


# For a test that a sanitizer makes slow, and of which others show it the code.
once = unittest.skipUnless(IN_RELEASE, 'one build is enough')


def of_the_judge() -> None:
    """Skip the module that calls it where only the worker is built anew."""
    if BUILD.name == 'm32':
        raise unittest.SkipTest('the judge is the same in every build')


def only_with(*modules: str) -> None:
    """Skip the module that calls it where Python's packages are missing."""
    missing = [f'python3-{module}' for module in modules
               if not importlib.util.find_spec(module)]
    if missing:
        raise unittest.SkipTest(f'not installed: {" ".join(missing)}')


def run(*command: str | Path, **more: Any) -> Finished[str]:
    """Run a command to its end, its output captured as text."""
    return subprocess.run([str(word) for word in command], text=True,
                          errors='replace', stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def as_another_user(test: Any) -> Any:
    """Only root can be one, and only where the checkout is not in a folder of
    root's own."""
    shut = [str(path) for path in ROOT.parents if not path.stat().st_mode & 1]
    why = ('only root can be another user' if os.getuid() else
           'not installed: setpriv' if not shutil.which('setpriv') else
           f'others may not enter {shut[0]}' if shut else '')
    return unittest.skipIf(why, why)(test)


def without_note(stderr: str) -> str:
    """Without the line that says what this machine lacks for a jail."""
    return re.sub(r'^no outer jail: .*\n', '', stderr, count=1, flags=re.M)


def sources(pattern: str) -> list[Path]:
    """The project's files of that name; not those below build/, which other
    tests make and remove meanwhile."""
    return [path for top in ROOT.iterdir() if top.name != 'build'
            for path in ([top] if top.match(pattern) else top.rglob(pattern))]


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


def mdriver(*arguments: str | Path) -> Finished[str]:
    """Run the driver under test from the project's top directory."""
    return run(MDRIVER, *arguments, cwd=ROOT)


def mdriver_json(*arguments: str | Path
                 ) -> tuple[Finished[str], dict[str, Any]]:
    """The same with --json: what it returned, and the object it wrote."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / 'result.json'
        finished = mdriver('--json', path, *arguments)
        if not path.exists() or path.stat().st_size == 0:
            raise AssertionError(f'no JSON was written: {account(finished)}')
        return finished, json.loads(path.read_text())


def wait_until(holds: Callable[[], Any]) -> None:
    """For as long as it takes: a test has its time limit."""
    while not holds():
        time.sleep(0.001)


def catches(pid: int, number: signal.Signals) -> bool:
    """Has the process a handler of the signal?"""
    status = Path(f'/proc/{pid}/status').read_text()
    caught = re.search(r'^SigCgt:\s*([0-9a-f]+)$', status, re.M)
    return bool(caught and int(caught[1], 16) >> (number - 1) & 1)


def account(finished: Finished[str]) -> str:
    """What a command did, for the message of a failure."""
    return '\n'.join([
        ' '.join(map(str, finished.args)), f'exit {finished.returncode}',
        finished.stdout, finished.stderr])
