"""tools/grade on this machine: a class becomes results, whatever is in it."""
from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import unittest
from unittest import mock
from pathlib import Path

from support import ROOT, account, in_release_only, run, wait_until

in_release_only('grading is the same in every build')

import class_of
from grading import BROKEN, GRADE, HANGS, NAIVE, Grading
from malloclab import engines, jail, pool, progress
from malloclab.grade.unit import Grading as Work
from malloclab.grade.plan import Plan, Task, folder_name, load
from malloclab.jail import Jail

SMALL = 1 << 20  # bytes of a file system


class Results(Grading):
    def test_a_class_becomes_results(self) -> None:
        folder = self.a_class(alice=NAIVE, bob=BROKEN)
        finished = self.grade(folder)
        self.assertIn('2 of 2 hand-ins are graded', finished.stdout)
        alice, bob = self.result('alice'), self.result('bob')
        self.assertEqual(alice['status'], 'graded')
        self.assertGreater(alice['points']['total'], 0)
        self.assertEqual(alice['points']['of'], 100)
        self.assertEqual(alice['verdicts'], {'ok': 1})
        self.assertEqual(alice['traces'][0]['trace'], 'structs')
        self.assertGreater(alice['traces'][0]['instructions_per_op'], 0)
        self.assertEqual(bob['status'], 'not-compiled')
        self.assertEqual(bob['points']['total'], 0)
        self.assertTrue(bob['comment'].startswith('mm.c:8:'), bob['comment'])
        for name in ('gradebook.csv', 'index.html', 'junit.xml',
                     'alice/judge.json', 'alice/index.html', 'alice/map.png',
                     'alice/autolab.txt', 'bob/gradescope.json'):
            self.assertGreater((self.results / name).stat().st_size, 0, name)
        self.assertFalse((self.results / 'bob/judge.json').exists())

    def test_a_student_gains_and_loses_nothing_by_others(self) -> None:
        """One bad hand-in never stops the others."""
        folder = self.a_class(
            crash=class_of.in_malloc(NAIVE, '__builtin_trap();'), hang=HANGS,
            ends='#include <unistd.h>\n'
                 + class_of.in_malloc(NAIVE, '_exit(0);'),
            none='', liar='#error No space left on device\n', good=NAIVE)
        self.grade(folder)
        self.assertEqual(self.result('good')['points']['utilization'],
                         self.result('good')['points']['total']
                         - self.result('good')['points']['throughput'])
        rows = self.gradebook()
        self.assertEqual([student for student in rows
                          if float(rows[student]['total']) > 0], ['good'])
        self.assertIn('hung', rows['hang']['verdicts'])
        self.assertEqual(rows['none']['status'], 'refused')
        self.assertEqual(rows['liar']['status'], 'not-compiled')

    def test_what_a_linker_refuses(self) -> None:
        folder = self.a_class(alice=NAIVE + 'int once(void) { return 1; }\n')
        (folder / 'alice/list.c').write_text('int once(void) { return 2; }\n')
        self.grade(folder)
        self.assertEqual(self.result('alice')['status'], 'not-compiled')
        self.assertRegex(self.result('alice')['comment'],
                         r"^\w+\.c:\d+: multiple definition of `once'$")

    def test_what_it_prints_is_kept_apart(self) -> None:
        text = '#include <stdio.h>\n' + class_of.in_malloc(
            NAIVE, r'fprintf(stderr, "\033[2Jcorrect:1\n{\"scores\":{}}\n");')
        self.grade(self.a_class(alice=text))
        result = self.result('alice')
        self.assertIn('correct:1', result['output'])
        self.assertNotIn('\033', result['output'])
        self.assertNotIn('correct:1', (self.results / 'gradebook.csv'
                                       ).read_text())

    def test_the_same_hand_in_gets_the_same_points(self) -> None:
        folder = self.a_class(alice=(ROOT / 'variants/buddy.c').read_text())
        self.grade(folder)
        first = (self.results / 'gradebook.csv').read_bytes()
        self.grade(folder, '--again')
        self.assertEqual((self.results / 'gradebook.csv').read_bytes(), first)

    def test_names_that_are_no_names_of_folders(self) -> None:
        odd = folder_name('a/b')  # which another student may be called
        names = {'plain', '../up', '.hidden', 'a/b', odd, odd.replace('~', '-'),
                 'gradebook.csv', 'x' * 300, 'caf\u00e9', '-rf', 'a\nb', 'a_b',
                 ' ', '\udcff'}
        folders = {folder_name(name) for name in names}
        self.assertEqual(len(folders), len(names))
        self.assertIn('plain', folders)
        for folder in folders:
            self.assertEqual(Path(folder).name, folder)
            self.assertNotIn(folder[0], '.-')
            self.assertNotEqual(folder, 'gradebook.csv')
            self.assertLess(len(folder.encode()), 100)
            self.assertTrue(folder.isprintable())


class Again(Grading):
    """What is done is kept."""

    def stamp(self, student: str) -> int:
        return (self.results / student / 'result.json').stat().st_mtime_ns

    def test_only_what_has_changed_is_judged(self) -> None:
        folder = self.a_class(alice=NAIVE, bob=NAIVE)
        self.grade(folder)
        before = {name: self.stamp(name) for name in ('alice', 'bob')}
        (folder / 'bob/mm.c').write_text(BROKEN)
        self.grade(folder)
        self.assertEqual(self.stamp('alice'), before['alice'])
        self.assertNotEqual(self.stamp('bob'), before['bob'])
        self.assertEqual(self.statuses()['bob'], 'not-compiled')

    def test_another_assignment_judges_all(self) -> None:
        folder = self.a_class(alice=BROKEN)
        self.grade(folder)
        before = self.stamp('alice')
        self.assign(name='Another')
        self.grade(folder)
        self.assertNotEqual(self.stamp('alice'), before)

    def test_a_result_that_is_cut_short_is_made_anew(self) -> None:
        folder = self.a_class(alice=BROKEN)
        self.grade(folder)
        path = self.results / 'alice/result.json'
        path.write_text(path.read_text()[:40])
        self.grade(folder)
        self.assertEqual(self.statuses(), {'alice': 'not-compiled'})

    def test_a_judge_that_fails_is_tried_once_more(self) -> None:
        """Then the hand-in is named, and has no points that it could lose."""
        folder = self.a_class(alice=NAIVE)
        finished = self.grade(folder, status=1, env=self.fails_to_judge())
        self.assertIn('not graded, tried once more: alice', finished.stderr)
        self.assertIn('not graded', finished.stderr.splitlines()[-1])
        self.assertEqual(self.statuses(), {'alice': 'not-graded'})
        self.assertFalse((self.results / 'alice/autolab.txt').exists())
        self.grade(folder)
        self.assertEqual(self.statuses(), {'alice': 'graded'})

    def fails_to_judge(self) -> dict[str, str]:
        """An environment in which the jail of the judge fails."""
        if jail.fault():
            self.skipTest(jail.fault())
        real = shutil.which('bwrap')
        tools = self.folder / 'tools'
        tools.mkdir()
        (tools / 'bwrap').write_text(
            '#!/bin/sh\ncase "$*" in *mdriver*) exit 9;; esac\n'
            f'exec {real} "$@"\n')
        (tools / 'bwrap').chmod(0o755)
        return {**os.environ, 'PATH': f'{tools}:{os.environ["PATH"]}'}

    def test_merge_writes_what_there_is(self) -> None:
        folder = self.a_class(alice=BROKEN, bob=BROKEN, carol=BROKEN)
        self.grade(folder)
        (self.results / 'bob/result.json').unlink()
        # A result of another hand-in is none.
        (self.results / 'carol/source/mm.c').write_text(NAIVE)
        finished = run(GRADE, 'merge', self.results)
        self.assertEqual(finished.returncode, 1, account(finished))
        self.assertEqual(self.statuses(), {'alice': 'not-compiled',
                                           'bob': 'not-graded',
                                           'carol': 'not-graded'})

    def test_ctrl_c_keeps_what_is_done(self) -> None:
        folder = self.a_class(alice=BROKEN, bob=HANGS)
        self.assign(limits={'time_limit': 1000})
        said = self.interrupted(folder, '--jobs', '2')
        self.assertIn('1 of 2 hand-ins are graded; the same command goes on',
                      said)
        self.assertEqual(self.result('alice')['status'], 'not-compiled')

    def test_ctrl_c_while_processes_begin(self) -> None:
        """They are not left behind, where they would keep RESULTS locked."""
        folder = self.a_class(**{f's{number}': HANGS for number in range(8)})
        self.assign(limits={'time_limit': 1000})
        process = subprocess.Popen(
            [GRADE, self.assignment, folder, '--into', self.results, '--jobs',
             '8'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True)
        children = Path(f'/proc/{process.pid}/task/{process.pid}/children')
        bounds = self.results / '.grade/bounds.json'
        wait_until(lambda: bounds.exists() and children.read_text().split()
                   or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate()
        self.assertEqual(process.returncode, 130, said)
        self.assertNotIn('Exception ignored', said)
        self.assertIn('interrupted: 0 of 8', said)
        merged = run(GRADE, 'merge', self.results)  # not locked
        self.assertEqual(merged.returncode, 1, account(merged))

    def test_back_to_an_earlier_assignment_after_ctrl_c(self) -> None:
        """What remains of the broken-off judging is not taken for its."""
        folder = self.a_class(alice=NAIVE)
        self.grade(folder)
        first = self.result('alice')
        self.assign(limits={'time_limit': 3})
        with mock.patch('malloclab.grade.unit._Judging.build',
                        side_effect=KeyboardInterrupt):
            with self.assertRaises(KeyboardInterrupt):
                again = load(self.results)
                again.shown = str(self.assignment)
                Work(again, Jail('off', False)).do('alice')
        self.assign()
        self.grade(folder)
        self.assertEqual(self.result('alice')['points'], first['points'])
        self.assertTrue((self.results / 'alice/map.png').exists())

    def test_results_in_the_class_are_no_hand_in(self) -> None:
        folder = self.a_class(alice=NAIVE)
        self.results = folder / 'grades'
        for _ in range(2):
            finished = self.grade(folder)
            self.assertIn('grades: results of tools/grade; left out',
                          finished.stderr)
            self.assertEqual(self.statuses(), {'alice': 'graded'})


class Dies:
    """In place of the unit of work: one hand-in kills its process."""

    def __init__(self, done: Path) -> None:
        self.done = done

    def __call__(self, folder: str) -> bool:
        if folder == 'bob':
            os.kill(os.getpid(), signal.SIGKILL)
        (self.done / folder).touch()
        return True


class Dying(Grading):
    def test_a_process_that_dies_stops_no_other(self) -> None:
        """Not even if it is the first, and nothing was done before."""
        tasks = [Task(name, name, name) for name in
                 ('bob', 'alice', 'carol', 'dave', 'eve', 'fay')]
        plan = Plan(self.results, self.assignment, ROOT / 'traces', 'off',
                    None, tasks=tasks)
        with mock.patch.object(pool, '_do', Dies(self.folder)):
            engines.Local(1).run(Work(plan, Jail('off', False)),
                                 [task.folder for task in tasks],
                                 progress.Progress(6))
        self.assertFalse((self.folder / 'bob').exists())
        for task in tasks:
            if task.folder != 'bob':
                self.assertTrue((self.folder / task.folder).exists())


class EndsItself:
    """A result: to send it, the pool's process is asked to end."""

    def __reduce__(self) -> tuple[type, tuple[int]]:
        os.kill(os.getpid(), signal.SIGTERM)
        return bool, (1,)


class Ending(unittest.TestCase):
    def test_a_process_that_does_no_unit_ends_as_well(self) -> None:
        """Else who waits for it waits for ever."""
        work = mock.Mock(**{'do.side_effect': lambda unit: EndsItself(),
                            'name.side_effect': str})
        shown = mock.Mock()
        engines.Local(1).run(work, ['alice'], shown)
        shown.add.assert_not_called()


class Mistakes(Grading):
    """The instructor's: one line, and nothing is lost."""

    def test_mistakes_of_the_command_line(self) -> None:
        folder = self.a_class(alice=BROKEN)
        self.refused('no-such: No such file', 'no-such')
        (self.folder / 'notes.txt').write_text('x')
        self.refused('neither a folder, a C file nor an archive',
                     self.folder / 'notes.txt')
        os.mkfifo(self.folder / 'pipe.c')
        self.refused('neither a file nor a folder', self.folder / 'pipe.c')
        (self.folder / 'empty').mkdir()
        self.refused('there is no hand-in here', self.folder / 'empty')
        self.refused('a hand-in of alice is there already', folder,
                     folder / 'alice')

    def test_mistakes_of_the_assignment(self) -> None:
        folder = self.a_class(alice=BROKEN)
        self.grade(folder)
        before = (self.results / 'gradebook.csv').read_bytes()
        text = self.assignment.read_text()
        self.assignment.write_text(text[:-1] + ',\n]')
        self.refused('a.json:2: ', folder)
        self.assign(traces={'no-such.rep': 1})
        self.refused('a.json: "traces": there is no', folder)
        self.assign(alignment=7)
        self.refused('a.json:1: "alignment" has to be 8 or 16', folder)
        self.assertEqual((self.results / 'gradebook.csv').read_bytes(), before)

    def test_points_that_cannot_be_counted(self) -> None:
        self.assign(points='absolute')
        self.refused('its points are not of instructions',
                     self.a_class(alice=BROKEN), '--measure', 'instructions')

    def test_two_at_a_time(self) -> None:
        import fcntl
        folder = self.a_class(alice=BROKEN)
        (self.results / '.grade').mkdir(parents=True)
        with open(self.results / '.grade/lock', 'w') as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.refused('another tools/grade writes there', folder)

    def test_results_that_cannot_be_written(self) -> None:
        (self.folder / 'file').write_text('')
        self.results = self.folder / 'file/results'
        self.refused('Not a directory', self.a_class(alice=BROKEN))

    @unittest.skipUnless(os.geteuid() == 0, 'only root mounts a small disk')
    def test_a_full_disk_loses_nothing(self) -> None:
        folder = self.a_class(alice=BROKEN, bob=BROKEN)
        self.results.mkdir()
        mounted = run('mount', '-t', 'tmpfs', '-o', f'size={SMALL}', 'none',
                      self.results)
        if mounted.returncode:
            self.skipTest(f'no small disk here: {mounted.stderr.strip()}')
        self.addCleanup(run, 'umount', self.results)
        self.grade(folder)
        before = self.result('alice')
        (folder / 'bob/mm.c').write_text(NAIVE)
        rest = self.results / 'rest'
        run('dd', 'if=/dev/zero', f'of={rest}', 'bs=4096')
        self.refused(': No space left on device', folder)
        self.refused(f'{self.results}/', folder)
        self.assertEqual(self.result('alice'), before)
        rest.unlink()
        self.grade(folder)
        self.assertEqual(self.statuses(), {'alice': 'not-compiled',
                                           'bob': 'graded'})


class Progress(Grading):
    def test_a_terminal_shows_how_far_it_is(self) -> None:
        folder = self.a_class(alice=BROKEN, bob=BROKEN)
        leader, follower = pty.openpty()
        finished = subprocess.run(
            [GRADE, self.assignment, folder, '--into', self.results],
            stdout=subprocess.DEVNULL, stderr=follower)
        os.close(follower)
        shown = os.read(leader, 1 << 16).decode()
        os.close(leader)
        self.assertEqual(finished.returncode, 0, shown)
        self.assertIn('1 of 2', shown)


class Check(Grading):
    def test_what_an_assignment_costs_and_tells(self) -> None:
        traces = self.folder / 'traces'
        traces.mkdir()
        shutil.copy(ROOT / 'traces/alternation.rep', traces)
        ops = [f'a {number} 4096' for number in range(500)]
        (traces / 'same.rep').write_text(
            '\n'.join(['0', '500', '500', '1', *ops]) + '\n')
        self.assign(traces={'alternation.rep': 1, 'same.rep': 1})
        done = run(GRADE, 'check', self.assignment, '-t', traces, '--json')
        self.assertEqual(done.returncode, 0, account(done))
        report = json.loads(done.stdout)
        points = {one['allocator']: one['points']
                  for one in report['allocators']}
        self.assertGreater(points['segregated'], points['naive'])
        trace = report['traces'][0]
        self.assertEqual(trace['trace'], 'alternation')
        self.assertGreater(trace['bound'], trace['best'])
        self.assertGreater(report['seconds'], 0)
        self.assertIn('same: cannot tell allocators apart: ',
                      ' '.join(report['notes']))

    def test_ctrl_c(self) -> None:
        """It ends what runs, and begins no other."""
        process = subprocess.Popen(
            [GRADE, 'check', self.assignment, '--jobs', '2'],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True)
        children = Path(f'/proc/{process.pid}/task/{process.pid}/children')
        wait_until(lambda: len(children.read_text().split()) == 2
                   or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate()
        self.assertEqual(process.returncode, 130, said)
        self.assertNotIn('Traceback', said)


class AClass(unittest.TestCase):
    """tests/class_of.py."""

    def test_the_same_numbers_make_the_same_files(self) -> None:
        self.assertEqual(class_of.handin(3), class_of.handin(3))
        texts = {class_of.handin(number) for number in range(30)}
        self.assertEqual(len(texts), 30)
