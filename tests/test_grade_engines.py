"""tools/grade on several machines: GNU parallel over a real sshd, and a real
Slurm, both of this machine. All make the same gradebook."""
from __future__ import annotations

import os
import shutil
import tempfile
import unittest
from pathlib import Path
from typing import Any

from support import account, in_release_only, run

in_release_only('grading is the same in every build')

import class_of
import servers
from grading import BROKEN, GRADE, HANGS, NAIVE, Grading

STUDENTS = 5


class Engine(Grading):
    """A class that is graded by this machine alone, and by others."""

    def setUp(self) -> None:
        super().setUp()
        self.environment: dict[str, str] = {}
        class_of.make(STUDENTS, self.folder / 'class')
        (self.folder / 'class/broken.c').write_text(BROKEN)

    def same_gradebook(self, *options: str) -> None:
        self.grade(self.folder / 'class')
        expected = (self.results / 'gradebook.csv').read_bytes()
        self.results = self.folder / 'others'
        self.judged(*options)
        self.assertEqual((self.results / 'gradebook.csv').read_bytes(),
                         expected)

    def judged(self, *options: str, status: int = 0) -> Any:
        return self.grade(self.folder / 'class', *options, status=status,
                          env={**os.environ, **self.environment})


    def stopped(self, *options: str) -> None:
        """Nothing is left running after Ctrl-C, wherever it ran."""
        self.assign(limits={'time_limit': 1000})
        shutil.rmtree(self.folder / 'class')
        folder = self.a_class(alice=BROKEN, bob=HANGS)
        said = self.interrupted(folder, *options, '--chunk', '1',
                                env={**os.environ, **self.environment})
        self.assertIn('1 of 2 hand-ins are graded', said)


def serve(test: type[Engine] | Engine, server: Any) -> Any:
    """A server with a folder of its own, until the class has ended."""
    folder = Path(tempfile.mkdtemp(prefix='grade-server-'))
    folder.chmod(0o755)
    try:
        started = server(folder)
    except BaseException:
        shutil.rmtree(folder)
        raise
    unittest.addModuleCleanup(shutil.rmtree, folder)
    unittest.addModuleCleanup(started.stop)
    return started


class Parallel(Engine):
    @classmethod
    def setUpClass(cls) -> None:
        servers.demand('parallel')
        cls.sshd = serve(cls, servers.Sshd)

    def test_over_ssh(self) -> None:
        login = f'2/{self.sshd.login}'
        self.same_gradebook('--engine', 'parallel', '--hosts', login,
                            '--chunk', '2')
        log = (self.results / '.grade/joblog').read_text()
        self.assertEqual(log.count('ssh -p'), 3, log)

    def test_ctrl_c(self) -> None:
        self.stopped('--engine', 'parallel', '--hosts', f'2/{self.sshd.login}')

    def test_a_file_of_machines(self) -> None:
        file = self.folder / 'machines'
        file.write_text(f'{self.sshd.login}\n')
        self.same_gradebook('--engine', 'parallel', '--sshloginfile',
                            str(file))

    def test_a_machine_that_cannot_be_reached(self) -> None:
        """Another one does its work."""
        dead = self.sshd.login.replace(str(self.sshd.port),
                                       str(servers.free_port()))
        self.judged('--engine', 'parallel', '--hosts',
                    f'1/{dead},1/{self.sshd.login}', '--chunk', '1')
        self.assertEqual(len(self.statuses()), STUDENTS + 1)
        self.assertNotIn('not-graded', self.statuses().values())

    def test_no_machine_can_be_reached(self) -> None:
        """Who is not graded is named, and the next run grades them."""
        dead = self.sshd.login.replace(str(self.sshd.port),
                                       str(servers.free_port()))
        finished = self.judged('--engine', 'parallel', '--hosts', dead,
                               status=1)
        self.assertIn('not graded, tried once more: broken, student-001',
                      finished.stderr)
        self.assertEqual(set(self.statuses().values()), {'not-graded'})
        self.judged('--engine', 'parallel', '--hosts', self.sshd.login)
        self.assertNotIn('not-graded', self.statuses().values())


class Slurm(Engine):
    @classmethod
    def setUpClass(cls) -> None:
        cls.slurm = serve(cls, servers.Slurm)

    def setUp(self) -> None:
        super().setUp()
        self.environment = self.slurm.environment

    def test_a_job_array(self) -> None:
        self.same_gradebook('--engine', 'slurm', '--chunk', '2')

    def test_ctrl_c(self) -> None:
        self.stopped('--engine', 'slurm')
        self.assertEqual(self.slurm.says('squeue', '-h', '-t', 'R,PD'), '')

    def test_submit_and_merge(self) -> None:
        finished = self.judged('--engine', 'slurm', '--no-wait')
        self.assertIn(f'tools/grade merge {self.results}', finished.stdout)
        waited = run('sbatch', '--wait', '--dependency', 'singleton',
                     '--job-name', self.slurm.name_of_last_job(), '--output',
                     '/dev/null', '--wrap', 'true',
                     env={**os.environ, **self.environment})
        self.assertEqual(waited.returncode, 0, account(waited))
        merged = run(GRADE, 'merge', self.results)
        self.assertEqual(merged.returncode, 0, account(merged))
        self.assertEqual(len(self.statuses()), STUDENTS + 1)

    def test_an_option_that_sbatch_refuses(self) -> None:
        finished = self.judged('--engine', 'slurm',
                               '--sbatch=--partition=none', status=2)
        self.assertIn('Invalid partition', finished.stderr)


class Missing(Grading):
    def test_an_engine_that_is_not_installed(self) -> None:
        tools = self.folder / 'tools'
        tools.mkdir()
        for name in ('gcc', 'make', 'sh', 'valgrind', 'env', 'prlimit', 'bwrap',
                     'cat', 'git', 'uname', 'nproc'):
            found = shutil.which(name)
            if found:
                (tools / name).symlink_to(found)
        folder = self.a_class(alice=NAIVE)
        for engine, program in ('parallel', 'parallel'), ('slurm', 'sbatch'):
            finished = self.grade(folder, '--engine', engine, status=2,
                                  env={**os.environ, 'PATH': str(tools)})
            self.assertIn(f'{program}: not installed', finished.stderr)
