"""tests/run: what it says of tests that pass, fail, are skipped or go on."""
from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import TESTS, Finished, account, in_release_only, run, wait_until

in_release_only('the tests are run alike in every build')

# As a program of check.h does.
PROGRAM = '''#!/bin/sh
for word; do case $word in
--list) echo good; echo bad; echo skipped; echo never;;
good) echo ok good;;
bad) echo "# a_test.c:7: does not hold: x > 1"; echo not ok bad;;
skipped) echo "# SKIP no wings here"; echo "ok skipped # SKIP";;
never) echo "no stack is left"; exit 3;;
esac; done
'''
MODULE = '''
import unittest
from support import BUILD

class Some(unittest.TestCase):
    def test_good(self):
        self.assertTrue(BUILD.exists())
    def test_bad(self):
        self.assertEqual(6 * 9, 42)
    @unittest.skip('no tail here')
    def test_skipped(self):
        pass
    def test_parts(self):
        for part in 'abc':
            with self.subTest(part):
                self.assertNotIn(part, 'bc')

'''
SLOW = '''
import time, unittest
from pathlib import Path

class Slow(unittest.TestCase):
    def test_goes_on(self):
        while True:
            pass
    def test_waits(self):
        Path(__file__).with_name('waiting').touch()
        time.sleep(999)
'''
SKIPPED = '''
import unittest
raise unittest.SkipTest('no such animal')
'''


class Runner(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.tests = self.root / 'tests'
        self.write('tests/unit/a_test.c', '')
        self.write('tests/test_b.py', MODULE)
        self.write('tests/test_c.py', SKIPPED)
        self.write('tests/test_d.py', SLOW)
        for build in 'x', 'y':
            self.write(f'build/{build}/tests/a_test', PROGRAM).chmod(0o755)
        (self.root / 'tools').mkdir()
        for name in ('run', 'conftest.py', 'pytest.ini', 'support.py'):
            shutil.copy(TESTS / name, self.tests)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def command(self, *words: str) -> list[str]:
        return [str(self.tests / 'run'), '--build', str(self.root / 'build/x'),
                '--jobs', '1', *words]

    def ends(self, line: str, status: int, *words: str) -> Finished[str]:
        finished = run(*self.command(*words))
        self.assertEqual(finished.stdout.splitlines()[-1], line,
                         account(finished))
        self.assertEqual(finished.returncode, status)
        return finished

    def test_all_that_happens_is_told(self) -> None:
        out = self.ends('2 passed, 4 failed, 3 skipped', 1, '_[bct]').stdout
        for text in ('54 != 42', 'a_test.c:7: does not hold: x > 1',
                     "[b]: 'b' unexpectedly found",
                     "[c]: 'c' unexpectedly found", 'no wings here',
                     'no tail here', 'no such animal',
                     'no stack is left\nexit status 3'):
            self.assertIn(text, out)

    def test_a_pattern_chooses_in_every_build(self) -> None:
        finished = self.ends('2 passed, 0 failed', 0, '--build',
                             str(self.root / 'build/y'), 'test.good')
        self.assertIn('x:\n', finished.stdout)
        self.assertIn('y:\n', finished.stdout)

    def test_none_is_a_failure(self) -> None:
        self.ends('0 passed, 0 failed', 1, 'nothing')

    def test_a_test_that_computes_for_ever(self) -> None:
        finished = self.ends('0 passed, 1 failed', 1, '--time-limit', '1',
                             'goes_on')
        self.assertIn('CPU time', finished.stdout)

    def test_interrupted(self) -> None:
        process = subprocess.Popen(
            self.command('waits'), text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        wait_until((self.tests / 'waiting').exists)
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate()
        self.assertEqual(process.returncode, 130, out)
        self.assertNotIn('Traceback', out)

    def test_without_pytest(self) -> None:
        finished = run(sys.executable, '-S', *self.command())
        self.assertEqual((finished.returncode, finished.stderr), (
            2, 'tests/run: not installed: python3-pytest python3-pytest-xdist '
            'python3-pytest-timeout; tools/start setup installs what is '
            'missing\n'))
