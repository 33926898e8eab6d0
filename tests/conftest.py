"""How pytest collects and runs the tests of this folder.

A test program in C (check.h) is collected by its source file, x_test.c, where
the build has it; each test that it lists is an item. Names are `x_test.name`
and `test_x.Class.test_name`, and --named chooses by them.
"""
from __future__ import annotations

import fnmatch
import os
import re
import resource
import signal
import subprocess
import time
import unittest
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from _pytest.unittest import TestCaseFunction

from support import BUILD


# ---- What every test finds. ----

def default_signals() -> None:
    """As in a command in the foreground: nohup and & may have had signals
    ignored, and what a test starts would then ignore them, too."""
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def leave_make() -> None:
    """A make that a test calls is none of the make that has called us."""
    for name in 'MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MODE':
        os.environ.pop(name, None)


def keep_bytecode() -> None:
    """Of all that is started, in the build: tools start some hundred times, and
    compiling them takes a fifth of that; the tree stays as it is."""
    os.environ.pop('PYTHONDONTWRITEBYTECODE', None)
    os.environ['PYTHONPYCACHEPREFIX'] = str(BUILD / 'pycache')


def out_of_time(number: int, frame: FrameType | None) -> None:
    raise TimeoutError('the limit of CPU time (--cpu-seconds) is reached')


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption('--named', metavar='PATTERN', default='',
                     help='only tests with this in their names')
    parser.addoption('--cpu-seconds', metavar='N', type=int, default=120,
                     help='CPU time of a test, and of each process that it '
                     'starts')


def pytest_configure(config: pytest.Config) -> None:
    default_signals()
    leave_make()
    keep_bytecode()
    signal.signal(signal.SIGXCPU, out_of_time)


def pytest_sessionfinish() -> None:
    """What pytest leaves out of unittest: a browser is closed."""
    unittest.doModuleCleanups()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """CPU time is limited, which a busy machine does not shorten. A process
    that the test starts counts from 0, so that it has somewhat more."""
    spent = int(time.process_time()) + item.config.getoption('cpu_seconds')
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent, hard))


# ---- Test programs in C. ----

VERDICT = re.compile(r'(?:not )?ok (\S+)(?: # SKIP)?')


def pytest_collect_file(file_path: Path, parent: pytest.Collector
                        ) -> pytest.Collector | None:
    program = BUILD / 'tests' / file_path.stem
    if file_path.match('*_test.c') and program.exists():
        return Program.from_parent(parent, path=file_path, program=program)
    return None


class Program(pytest.File):
    def __init__(self, program: Path, **more: Any) -> None:
        super().__init__(**more)
        self.program = program

    def collect(self) -> Iterator[pytest.Item]:
        for name in self.listed().split():
            yield Check.from_parent(self, name=name)

    def listed(self) -> str:
        """Kept beside the program, and of its age: each process that tests asks
        every program, and with a sanitizer they are slow to begin."""
        kept = self.program.with_suffix('.list')
        age = self.program.stat().st_mtime_ns
        if kept.exists() and kept.stat().st_mtime_ns == age:
            return kept.read_text()
        listed = ended(self.program, '--list')
        if listed.returncode or not listed.stdout:
            raise self.CollectError(f'{self.program}: it lists no tests\n'
                                    f'{listed.stdout}')
        new = kept.with_suffix(f'.{os.getpid()}')
        new.write_text(listed.stdout)
        os.utime(new, ns=(age, age))
        new.replace(kept)
        return listed.stdout

    @cached_property
    def said(self) -> dict[str, list[str]]:
        """By test: its lines, the last of which is the verdict. All that are
        wanted run at once, for a program may be slow to begin; each has a
        process of its own."""
        names = [item.name for item in self.session.items
                 if item.parent is self]
        found, lines = {}, []
        finished = ended(self.program, *names)
        for line in finished.stdout.splitlines():
            lines.append(line)
            verdict = VERDICT.fullmatch(line)
            if verdict:
                found[verdict[1]], lines = lines, []
        self.rest = [*lines, f'exit status {finished.returncode}']
        return found


class Failed(Exception):
    """What the program printed."""


class Check(pytest.Item):
    def runtest(self) -> None:
        lines = self.parent.said.get(self.name, [])
        if lines[-1:] == [f'ok {self.name} # SKIP']:
            reason = next(line for line in lines if line.startswith('# SKIP '))
            raise pytest.skip.Exception(reason.removeprefix('# SKIP '),
                                        _use_item_location=True)
        if lines[-1:] != [f'ok {self.name}']:
            raise Failed('\n'.join(lines or self.parent.rest))

    def repr_failure(self, excinfo: pytest.ExceptionInfo, style: Any = None
                     ) -> Any:
        if isinstance(excinfo.value, Failed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, name_of(self.nodeid)


def ended(program: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """In a session of its own: Ctrl-C is for us."""
    return subprocess.run([str(program), *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors='replace', start_new_session=True)


# ---- Which tests, and where. ----

def name_of(nodeid: str) -> str:
    path, *rest = nodeid.split('::')
    return '.'.join([Path(path).stem, *rest])


def wanted(node: pytest.Collector | pytest.Item) -> bool:
    pattern = node.config.getoption('named')
    return not pattern or fnmatch.fnmatchcase(name_of(node.nodeid),
                                              f'*{pattern}*')


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """A module that is skipped counts as one test, of the module's name."""
    report = (yield).get_result()
    if report.skipped and not wanted(collector):
        report.outcome, report.longrepr, report.result = 'passed', None, []


def set_up_by(owner: type) -> type | None:
    """The class whose set-up this one has, if that is more than samples.py's."""
    return next((base for base in owner.__mro__ if 'setUpClass' in vars(base)
                 and base.__module__ not in ('samples', 'unittest.case')), None)


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(config: pytest.Config,
                                  items: list[pytest.Item]) -> None:
    """Tests that have one set-up, which takes its time, stay in one process, as
    do those of a program."""
    config.hook.pytest_deselected(
        items=[item for item in items if not wanted(item)])
    items[:] = [item for item in items if wanted(item)]
    for item in items:
        owner = getattr(item, 'cls', None)
        shared = set_up_by(owner) if owner else None
        group = f'{shared.__module__}.{shared.__qualname__}' if shared else \
            item.path.stem if isinstance(item, Check) else None
        if group:
            item.add_marker(pytest.mark.xdist_group(group))


# ---- Subtests: all that fail are named, and the first is shown. ----

def add_subtest(self: TestCaseFunction, test: unittest.TestCase,
                subtest: Any, error: Any) -> None:
    if error:
        print(f'{subtest}: {error[1]}')
    if error and not self._excinfo:
        self.addFailure(test, error)


if not hasattr(TestCaseFunction, 'addSubTest'):
    TestCaseFunction.failfast, TestCaseFunction.addSubTest = False, add_subtest
