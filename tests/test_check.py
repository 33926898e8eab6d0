"""check.h: what a test program says of tests that end in each way."""
from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path

from support import TESTS, Finished, account, in_release_only, run

in_release_only('the tests are run alike in every build')

PROGRAM = r'''
#include "check.h"
static void good(void) { CHECK(1); }
static void bad(void) { CHECK(1 > 2); puts("# goes on"); }
static void skipped(void) { check_skip("no wings here"); }
static void crashes(void) { raise(SIGSEGV); }
static void waits(void) { for (;;) pause(); }
static void computes(void) { raise(SIGXCPU); }
static void has_limits(void)
{
    struct rlimit cpu;

    CHECK(getrlimit(RLIMIT_CPU, &cpu) == 0);
    CHECK(cpu.rlim_cur == CHECK_CPU_SECONDS);
    CHECK(alarm(0) > CHECK_SECONDS / 2);
}
static const struct test tests[] = {
    {"good", good}, {"bad", bad}, {"skipped", skipped}, {"crashes", crashes},
    {"waits", waits}, {"computes", computes}, {"has-limits", has_limits},
};
int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
'''


class Check(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        source = Path(folder.name, 'program.c')
        source.write_text(PROGRAM)
        cls.program = source.with_suffix('')
        finished = run('cc', '-std=gnu11', '-I', TESTS, '-o', cls.program,
                       source)
        assert finished.returncode == 0, account(finished)

    def says(self, text: str, status: int, *words: str, **more: str
             ) -> Finished[str]:
        finished = run(self.program, *words, env={**os.environ, **more})
        self.assertEqual((finished.stdout, finished.returncode),
                         (text, status), account(finished))
        return finished

    def test_it_lists(self) -> None:
        self.says('good\nbad\nskipped\ncrashes\nwaits\ncomputes\nhas-limits\n',
                  0, '--list')

    def test_good(self) -> None:
        self.says('ok good\n', 0, 'good')

    def test_the_first_that_does_not_hold_ends_it(self) -> None:
        line = next(number for number, line in enumerate(
            PROGRAM.splitlines(), 1) if '1 > 2' in line)
        self.says(f'# {self.program}.c:{line}: does not hold: 1 > 2\n'
                  'not ok bad\n', 1, 'bad')

    def test_skipped(self) -> None:
        self.says('# SKIP no wings here\nok skipped # SKIP\n', 0, 'skipped')

    def test_a_crash_fails_one_only(self) -> None:
        self.says('ok good\n# ended by signal 11, Segmentation fault\n'
                  'not ok crashes\n', 1, 'crashes', 'good')

    def test_one_that_waits_for_ever(self) -> None:
        self.says('# not finished after 1 seconds\nnot ok waits\n', 1, 'waits',
                  CHECK_SECONDS='1')

    def test_one_that_computes_for_ever(self) -> None:
        self.says('# not finished after 60 seconds of CPU time\n'
                  'not ok computes\n', 1, 'computes')

    def test_limits(self) -> None:
        """Of CPU time; that of wall time is far away."""
        self.says('ok has-limits\n', 0, 'has-limits')

    def test_an_unknown_name(self) -> None:
        self.says('not ok unknown name among the arguments\n', 1, 'nobody')
