"""The command line of ./mdriver: options, what they print, how it exits."""
from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import unittest
from pathlib import Path

import samples
import support

support.of_the_judge()

NUMBER_LIMIT = 2**64 - 1
NUMBERS = [('--reps', 1, 10000), ('--jobs', 1, 256), ('--seed', 0, NUMBER_LIMIT),
           ('--perturb', 0, NUMBER_LIMIT), ('--fail-sbrk', 1, NUMBER_LIMIT),
           ('--stop-at', 1, NUMBER_LIMIT)]
HOUSE = {'mm.h', 'memlib.h', 'os.h'}  # no part of an allocator

LONG_OPTIONS = """allocator align bounds budget csv events fail-sbrk file heap-limit help
    in-process index jobs json libc list net no-timing pack perturb profiles
    reps secret seed stop-at timeline trace-dir""".split()
LETTERS = 'acdDfghlpstvTAV'


COLUMNS = ['Comparison', 'idea', 'valid', 'util', 'ns/op', 'x libc']


def stems_in(folder: str) -> list[str]:
    return sorted(path.stem for path in (support.ROOT / folder).glob('*.c'))


def source_of(name: str) -> Path:
    """Of an allocator of the build."""
    return next(support.ROOT / path / f'{name}.c'
                for path in ('', 'variants', 'libraries/lab')
                if (support.ROOT / path / f'{name}.c').exists())


def rows_of(finished: support.Finished[str]) -> list[list[str]]:
    """The rows of a tabular report, its header left out."""
    return [line.split('\t') for line in finished.stdout.splitlines()[1:]]


class Help(samples.Samples):
    def test_help(self) -> None:
        for option in '--help', '-h', '-?':
            finished = self.good(option)
            self.assertIn('Usage:', finished.stdout)
            self.assertEqual(finished.stderr, '')

    def test_help_names_every_option(self) -> None:
        text = self.good('--help').stdout
        for option in LONG_OPTIONS:
            self.assertRegex(text, rf'--{option}\b')
        for letter in LETTERS:
            self.assertRegex(text, rf'(?m)^  -{letter}\b')

    def test_help_of_record_names_all_that_it_serves(self) -> None:
        text = ' '.join(self.good('--help').stdout.split())
        told = text.partition('--record=FILE ')[2][:60]
        self.assertIn('--adversary or --fuzz', told)

    def test_help_tells_the_exit_status(self) -> None:
        self.assertIn('Exit status: 0', self.good('-h').stdout)

    def test_version(self) -> None:
        version = (support.ROOT / 'VERSION').read_text()
        self.assertEqual(self.good('--version').stdout, f'mdriver {version}')

    def test_traces_without_an_option(self) -> None:
        for words in ['comb'], ['-v', '1', 'comb'], ['-v', 'comb'], \
                ['tests/../traces/comb.rep']:
            self.assertRegex(self.good('--no-timing', *words).stdout,
                             r'(?m)^comb\.rep +yes')

    def test_without_free_of_null(self) -> None:
        bad = support.BUILD / 'bad/crashed.free-of-null.so'
        trace = self.write('null.rep', samples.text_of(
            ['f -1', 'a 0 8', 'f -1', 'f 0'], 1))
        words = ['--allocator', f'bad={bad}', '--reps', '2', '-f', trace]
        self.good(*words, status=1)
        self.good('--no-free-null', *words)

    def test_help_comes_first(self) -> None:
        self.assertIn('Usage:', self.good('-f', 'no-such', '-h').stdout)


class Refusals(samples.Samples):
    """Wrong arguments: one clear line, and exit 2 before anything is run."""

    def test_unknown_options(self) -> None:
        for option in '-x', '-q', '--frobnicate':
            finished = self.good(option, status=2)
            self.assertEqual(finished.stdout, '')
            self.assertIn(option.lstrip('-'), finished.stderr)
            self.assertIn('--help', finished.stderr)

    def test_missing_values(self) -> None:
        for option in '-f', '-c', '-t', '-s', '--json', '--align':
            finished = self.good(option, status=2)
            self.assertEqual(finished.stdout, '')
            self.assertRegex(finished.stderr, 'requires an argument')

    def test_words_that_are_no_traces(self) -> None:
        for words in ['nonesuch'], ['-v', '2', 'nonesuch'], \
                ['-v', '-a', 'nonesuch']:
            self.refused('nonesuch: there is no such trace, here or in traces',
                         *words)

    def refused_numbers(self, option: str, low: int, high: int) -> None:
        wrong = ['', 'x', '1x', '-1', '1.5', ' 1', '0x10', str(high + 1),
                 '9' * 40]
        for value in wrong + [str(low - 1)] * (low > 0):
            self.refused(f'mdriver: {option} takes a number from {low} to '
                         f"{high}, not '{value}'", option, value)

    def test_numbers(self) -> None:
        """One function reads them all: under a sanitizer the extremes do."""
        for option, low, high in NUMBERS if support.IN_RELEASE else NUMBERS[-2:]:
            self.refused_numbers(option, low, high)

    def test_debug_levels(self) -> None:
        for value in '', '3', '7', '-1', 'x', '11':
            self.refused("mdriver: -d takes 0 (mm_audit at the end), 1 (at "
                         "intervals) or 2 (after every operation), not "
                         f"'{value}'", '-d', value)

    def test_number_after_verbose(self) -> None:
        for value in '10', '99':
            self.refused(f'mdriver: -v takes a number from 0 to 9, not '
                         f"'{value}'", '-v', value)

    def test_alignment(self) -> None:
        for value in '', '0', '4', '32', '16x', 'eight':
            self.refused(f"mdriver: --align takes 8 or 16, not '{value}'",
                         '--align', value)

    def test_seconds(self) -> None:
        for value in '', '0', '-1', 'x', '5s', 'inf', 'nan', '1e9':
            self.refused("mdriver: -s takes a number of seconds, not "
                         f"'{value}'", '-s', value)

    def test_heap_limit(self) -> None:
        for value in ('', '0', 'K', '1', '63K', '-1G', '1T', '1GB', '1.5G',
                      '65537G', '99999999999999999999'):
            self.refused('mdriver: --heap-limit takes a size from 64K to '
                         f"65536G, not '{value}'", '--heap-limit', value)

    def test_options_that_exclude_each_other(self) -> None:
        for option in '--events', '--timeline':
            self.refused(f'mdriver: {option} does not go with --jobs, which '
                         'end in any order',
                         '--jobs', '2', option, self.folder / 'x.csv')
        for option in '--jobs', '--perturb':
            self.refused(f'mdriver: {option} does not go with --in-process, '
                         'which is for one replay', option, '2',
                         '--in-process')
        self.refused('mdriver: --in-process takes one allocator',
                     '--in-process', '--allocator', 'mm,naive', '-f',
                     self.every)
        self.refused('mdriver: --pack needs one trace, by -f', '--pack',
                     self.folder / 'x.repb')
        self.refused('mdriver: --pack needs one trace, by -f', '--pack',
                     self.folder / 'x.repb', '-f', self.every, '-f',
                     self.every)

    def test_files_that_cannot_be_written(self) -> None:
        for option in '--json', '--csv', '--events', '--timeline', '--pack':
            finished = self.good(option, '/no/such/file', '--no-timing',
                                 '-f', self.every, status=2)
            self.assertEqual(finished.stderr, '/no/such/file: cannot write '
                             'it: No such file or directory\n')

    def test_two_outputs_in_one_place(self) -> None:
        path = str(self.folder / 'both')
        for one, other in (('--json', '--csv'), ('--markdown', '--json'),
                           ('--events', '--timeline')):
            for place in path, '-':
                self.refused(f'{place}: two outputs are to be written there',
                             one, place, other, place, self.every)
        self.assertFalse(os.path.exists(path))

    def lost(self, redirection: str, *arguments: str | Path) -> str:
        """What it says where standard output cannot be written."""
        finished = support.run(
            'sh', '-c', f'exec "$0" "$@" {redirection}', support.MDRIVER,
            *arguments, cwd=support.ROOT,
            env={**os.environ, 'ASAN_OPTIONS': 'detect_leaks=0'})
        self.assertEqual(finished.returncode, 2, support.account(finished))
        return finished.stderr

    def test_reports_that_are_lost(self) -> None:
        quick = '--no-timing', '-f', self.every
        wrong = self.build('wrong', before=samples.SAME_BLOCK)
        for arguments in [
                ('--help',), ('-h',), ('--usage',), ('--list', *quick), quick,
                (*quick, '--bounds'), (*quick, '--json', '-'),
                (*quick, '--allocator', wrong),
                ('--watch=plain', '-f', self.every),
                ('--adversary', 'robson:n=4,M=16')]:
            with self.subTest(arguments):
                for redirection, why in [
                        ('>/dev/full', 'No space left on device'),
                        ('>&-', 'Bad file descriptor')]:
                    self.assertEqual(self.lost(redirection, *arguments),
                                     f'-: cannot write it: {why}\n')

    def test_what_is_complained_of_already(self) -> None:
        self.assertEqual(self.lost('>/dev/full', '--align', '4'),
                         "mdriver: --align takes 8 or 16, not '4'\n")

    def test_readers_that_have_left(self) -> None:
        for ignore in '', "trap '' PIPE;":
            finished = support.run(
                'sh', '-c', f'{ignore} (sleep 0.3; exec "$0" --help) | :',
                support.MDRIVER)
            self.assertEqual(finished.stderr, '')

    def test_unknown_allocator(self) -> None:
        finished = self.good('--allocator', 'nonesuch', status=2)
        self.assertEqual(finished.stdout, '')
        self.assertRegex(
            finished.stderr, r"\Amdriver: no allocator 'nonesuch': it is none "
            r'of mm, .*\blibc, not a path .* loader finds\n\Z')
        for path in (support.ROOT / 'variants').glob('*.c'):
            self.assertRegex(finished.stderr, rf'\b{path.stem}\b')

    def test_allocators_that_are_none(self) -> None:
        missing = self.folder / 'missing.so'
        self.refused(f"mdriver: no allocator '{missing}': there is no file "
                     f'{missing}', '--allocator', missing)
        self.refused(f"mdriver: no allocator 'x': there is no file {missing}",
                     '--allocator', f'x={missing}')
        self.refused(f"mdriver: no allocator '{self.every}': {self.every} is "
                     'not a shared object', '--allocator', self.every)
        self.refused('mdriver: --allocator names none', '--allocator', ',')

    def test_before_the_traces_are_read(self) -> None:
        self.refused("mdriver: no allocator 'none/such.so': there is no file "
                     'none/such.so', '--allocator', 'none/such.so', '-f',
                     'no/such.rep')

    def test_names_that_end_like_a_library(self) -> None:
        for name in '6', 'o.6', 'c.so.6':
            finished = self.good('--allocator', name, '--no-timing', '-f',
                                 self.every, status=2)
            self.assertIn(f"no allocator '{name}'", finished.stderr)


class Profiles(samples.Samples):
    GOOD = {'utilization_weight': 0.5, 'utilization': [0, 1],
            'throughput': [0, 2], 'reference': 'libc', 'average': 'pooled'}

    def use(self, text: str) -> support.Finished[str]:
        path = self.write('own.json', text)
        return samples.mdriver_refusing('--profiles', path, '--index', 'own',
                                        '--reps', '1', '-f', self.every)

    def refused_profile(self, pattern: str, **changes: object) -> None:
        profile = {key: value for key, value in {**self.GOOD, **changes}
                   .items() if value is not None}
        finished = self.use(json.dumps({'own': profile}))
        self.assertEqual(finished.returncode, 2, support.account(finished))
        self.assertEqual(finished.stdout, '')
        self.assertRegex(finished.stderr, rf'\A[^\n]*own\.json:1: {pattern}\n\Z')

    def test_own_profile(self) -> None:
        finished = self.use(json.dumps({'own': self.GOOD}))
        self.assertEqual(finished.returncode, 0, support.account(finished))
        self.assertRegex(finished.stdout, r'Perf index \(own\) = ')

    def test_index_is_the_profile_named(self) -> None:
        for name in 'classic', 'cmu', 'geometric', 'ratio', 'absolute':
            finished = self.good('--index', name, '--reps', '1', '-f',
                                 self.every)
            self.assertRegex(
                finished.stdout,
                rf'Perf index \({name}\) = \d+ \(util\) \+ \d+ \(thru\) = '
                r'\d+/100\n')

    def test_unknown_index_lists_the_names(self) -> None:
        finished = self.good('--index', 'nonesuch', status=2)
        self.assertEqual(finished.stdout, '')
        self.assertEqual(finished.stderr,
                         f"{support.BUILD}/profiles.json: no profile "
                         "'nonesuch'; there are classic, cmu, geometric, "
                         'ratio, instructions, absolute\n')

    def test_wrong_profiles(self) -> None:
        for key in self.GOOD:
            self.refused_profile(f"profile 'own' needs \"{key}\", .*",
                                 **{key: None})
        for key in 'utilization', 'throughput':
            for value in [], [0.5], [0, 1, 2]:
                self.refused_profile(f"profile 'own' needs \"{key}\", two "
                                     'numbers, low and high', **{key: value})
            self.refused_profile(f"profile 'own': \"{key}\" has to rise from "
                                 'low to high', **{key: [1, 1]})
        for weight in -0.1, 1.1:
            self.refused_profile("profile 'own': \"utilization_weight\" has "
                                 'to be within 0 and 1',
                                 utilization_weight=weight)
        self.refused_profile("profile 'own': \"average\" cannot be \"mean\"",
                             average='mean')
        self.refused_profile("profile 'own': \"reference\" cannot be \"me\"",
                             reference='me')

    def test_ranges_of_words(self) -> None:
        self.refused_profile("profile 'own' needs \"throughput\", two "
                             'numbers, low and high',
                             throughput=['low', 'high'])

    def test_files_that_are_no_json(self) -> None:
        finished = self.use('{\n"own": {,\n}')
        self.assertEqual(finished.returncode, 2)
        self.assertRegex(finished.stderr, r'\A[^\n]*own\.json:2: [^\n]+\n\Z')
        finished = self.use('[]')
        self.assertEqual(finished.returncode, 2)
        self.assertRegex(finished.stderr, r'\A[^\n]*own\.json:1: expected an '
                         r'object[^\n]+\n\Z')


class Traces(samples.Samples):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        for name in 'b.rep', 'a.rep', 'c.rep':
            cls.write(f'traces/{name}', samples.EVERY)
        cls.write('traces/notes.txt', 'no trace')

    def names(self, *arguments: str | Path, cwd: Path | None = None
              ) -> list[str]:
        finished = support.run(support.MDRIVER, '-p', '--no-timing',
                               *arguments, cwd=cwd or support.ROOT)
        self.assertEqual(finished.returncode, 0, support.account(finished))
        return [row[1] for row in rows_of(finished)]

    def test_all_of_a_directory(self) -> None:
        folder = self.folder / 'traces'
        self.assertEqual(self.names('-t', folder), ['a.rep', 'b.rep', 'c.rep'])
        self.assertEqual(self.names(f'--trace-dir={folder}'),
                         ['a.rep', 'b.rep', 'c.rep'])

    def test_traces_here_by_default(self) -> None:
        self.assertEqual(self.names(cwd=self.folder),
                         ['a.rep', 'b.rep', 'c.rep'])

    def test_names_in_the_directory(self) -> None:
        folder = self.folder / 'traces'
        self.assertEqual(self.names('-t', folder, '-f', 'b.rep'), ['b.rep'])
        self.assertEqual(self.names('-f', 'b', '-t', folder), ['b.rep'])
        self.assertEqual(self.names('-f', 'c', cwd=self.folder), ['c.rep'])

    def test_paths(self) -> None:
        path = self.folder / 'traces/c.rep'
        self.assertEqual(self.names('-f', path), ['c.rep'])
        self.assertEqual(self.names('-f', path, '-t', '/no/such'), ['c.rep'])
        self.assertEqual(self.names(f'--file={path}'), ['c.rep'])
        self.assertEqual(self.names(f'-f{path}'), ['c.rep'])
        self.assertEqual(self.names('-f', './c.rep', cwd=path.parent),
                         ['c.rep'])
        self.assertEqual(self.names('-f', 'c.rep', cwd=path.parent),
                         ['c.rep'])

    def test_several_in_their_order(self) -> None:
        folder = self.folder / 'traces'
        self.assertEqual(self.names('-t', folder, '-f', 'c', '-f', 'a', '-f',
                                    self.every, '-f', 'a'),
                         ['c.rep', 'a.rep', 'every.rep', 'a.rep'])

    def test_correctness_only(self) -> None:
        finished = self.good('-c', self.every)
        self.assertRegex(finished.stdout, r'(?m)^every\.rep +yes ')
        self.assertNotIn('x libc', finished.stdout)
        self.assertNotIn('Perf index', finished.stdout)

    def test_declared_peak_that_is_not_reached(self) -> None:
        path = self.write('peak.rep', '1\n1\n2\n600\na 0 512\nf 0\n')
        finished = self.good('-c', path)
        self.assertEqual(finished.stderr,
                         f'{path}:4: note: the header declares a peak of 600 '
                         'bytes, the operations reach 512\n')
        path = self.write('peak.rep', '1\n1\n2\n512\na 0 512\nf 0\n')
        self.assertEqual(self.good('-c', path).stderr, '')

    def test_list(self) -> None:
        finished = self.good('--list', '-t', self.folder / 'traces')
        text = finished.stdout
        for name in 'mm', 'libc':
            self.assertRegex(text, rf'(?m)^  {name}$')
        for path in (support.ROOT / 'variants').glob('*.c'):
            self.assertRegex(text, rf'(?m)^  {path.stem}$')
        for name in 'a.rep', 'b.rep', 'c.rep':
            self.assertRegex(text, rf'(?m)^  {name} +13 +4 +'
                             rf'{samples.EVERY_PEAK}$')
        self.assertNotIn('notes.txt', text)

    def test_pack(self) -> None:
        packed = self.folder / 'traces.d/packed.repb'
        packed.parent.mkdir()
        finished = self.good('--pack', packed, '-f', self.every)
        self.assertEqual(finished.stdout + finished.stderr, '')
        text = self.good('--list', '-t', packed.parent).stdout
        self.assertRegex(text, rf'(?m)^  packed\.repb +13 +4 +'
                         rf'{samples.EVERY_PEAK}$')
        self.assertEqual(self.names('-t', packed.parent, '-f', 'packed'),
                         ['packed.repb'])

    def test_pack_in_place(self) -> None:
        packed = self.folder / 'packed.repb'
        self.good('--pack', packed, '-f', self.every)
        before = packed.read_bytes()
        finished = samples.mdriver_refusing('--pack', packed, '-f', packed)
        self.assertIn(finished.returncode, (0, 2), support.account(finished))
        self.assertEqual(packed.read_bytes(), before)


class Letters(samples.Samples):
    """What the classic driver's flags, and CMU's, do here."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.team = cls.build('team', more="""
            team_t team = {"Blocks", "Ada", "ada@x", "", ""};""")

    def quick(self, *arguments: str | Path) -> str:
        return self.good('--no-timing', '-f', self.every, *arguments).stdout

    def test_verbose_takes_a_number(self) -> None:
        for words in ['-v'], ['-v', '2'], ['-v', '1'], ['-v', '0', '-v']:
            self.assertIn('Results for mm malloc:', self.quick(*words))
        self.assertNotIn('Results for', self.quick('-v', '0'))

    def test_very_verbose_tells_what_is_done(self) -> None:
        for words in ['-V'], ['-V', '1'], ['-V', '2', '-a']:
            finished = self.good('--reps', '1', '-f', self.every, *words)
            self.assertIn('Results for mm malloc:', finished.stdout)
            self.assertIn('every.rep: checking mm\n', finished.stderr)
            self.assertIn('every.rep: timing', finished.stderr)

    def test_no_progress_in_a_pipe(self) -> None:
        finished = self.good('--reps', '1', '-f', self.every)
        self.assertEqual(finished.stderr, '')

    def test_autograder(self) -> None:
        lines = self.good('-g', '--reps', '1', '-f', self.every, '-f',
                          self.every).stdout.splitlines()
        self.assertEqual(lines[-2], 'correct:2')
        self.assertRegex(lines[-1], r'^perfidx:\d+$')

    def test_autolab(self) -> None:
        for words in ['-A'], ['-g', '-A'], ['-A', '-p']:
            text = self.good('--reps', '1', '-f', self.every, *words).stdout
            result = json.loads(text.splitlines()[-1])
            self.assertEqual(set(result), {'scores', 'scoreboard'})
            self.assertEqual(len(result['scores']), 1)
            score = next(iter(result['scores'].values()))
            self.assertTrue(0 <= score <= 100)
            self.assertEqual(result['scoreboard'][0], score)
            for number in result['scoreboard']:
                self.assertIsInstance(number, float)

    def test_team(self) -> None:
        self.assertIn('Team Name: Blocks\nMember 1: Ada\n    id 1: ada@x\n\n',
                      self.quick('--allocator', self.team))
        self.assertNotIn('Blocks', self.quick('-a', '--allocator', self.team))
        self.assertNotIn('Team', self.quick())

    def test_libc_as_well(self) -> None:
        for words in ['-l'], ['--libc']:
            text = self.quick(*words)
            self.assertIn('Results for mm malloc:', text)
            self.assertIn('Results for libc malloc:', text)

    def test_debug_levels(self) -> None:
        for words in ['-d', '0'], ['-d', '1'], ['-d', '2'], ['-D']:
            self.quick(*words)

    def test_debug_audits_every_operation(self) -> None:
        broken = self.build('audited', more="""
            static int calls;
            int mm_audit(void) { return ++calls == 5 ? 7 : 0; }""")
        self.quick('--allocator', broken)
        finished = self.good('-D', '--no-timing', '-f', self.every,
                             '--allocator', broken, status=1)
        self.assertRegex(finished.stdout, r'every\.rep:9: f -1 .*invariant 7')

    def test_tabular(self) -> None:
        for words in ['-p'], ['-T'], ['-p', '--no-timing']:
            finished = self.good('--reps', '1', '-f', self.every, '-l',
                                 '-f', self.every, *words)
            lines = [line.split('\t')
                     for line in finished.stdout.splitlines()]
            self.assertEqual({len(line) for line in lines}, {11})
            self.assertEqual([line[:3] for line in lines[1:]],
                             [['mm', 'every.rep', 'ok']] * 2 +
                             [['libc', 'every.rep', 'ok']] * 2)

    def test_tabular_where_one_fails(self) -> None:
        slow = self.write('long.rep', samples.text_of(['a 0 100000'], 1))
        finished = self.good('-p', '--reps', '1', '--heap-limit', '64K',
                             '-f', slow, '-f', self.every, status=1)
        rows = rows_of(finished)
        self.assertEqual([row[2] for row in rows], ['no-memory', 'ok'])
        self.assertEqual(rows[0][3], '')
        self.assertEqual({len(row) for row in rows}, {11})

    def test_names_of_any_language_keep_the_columns(self) -> None:
        trace = self.write('größe-für-ångström.rep', samples.EVERY)
        finished = self.good('-V', '--bounds', '--no-timing', '--allocator',
                             f'mm,münchen={support.BUILD / "variants/bump.so"}',
                             '-f', trace, '-f', self.every)
        lines = finished.stdout.splitlines()
        for name, other in (('größe-für-ångström.rep', 'every.rep'),
                            ('münchen', 'mm')):
            rows = [[line for line in lines if line.startswith(f'{word} ')]
                    for word in (name, other)]
            self.assertEqual([[len(line) for line in of] for of in rows][0],
                             [[len(line) for line in of] for of in rows][1])

    def test_mallocs_of_the_system_keep_the_limit(self) -> None:
        lines = []
        for i in range(300):
            lines += [f'a {i} 40000', f'r {i} 65536', f'f {i}']
        within = self.write('within.rep', samples.text_of(lines, 300))
        beyond = self.write('beyond.rep', samples.text_of(
            lines + ['a 300 65000', 'c 301 67 8', 'a 302 1'], 303))
        huge = self.write('huge.rep', samples.text_of(
            ['a 0 1', f'a 1 {1 << 40}'], 2))
        finished = self.good('--no-timing', '--heap-limit', '64K',
                             '--allocator', 'libc', '-f', within,
                             '-f', beyond, '-f', huge, status=1)
        verdicts = [line for line in finished.stdout.splitlines()
                    if 'was not carried out' in line]
        self.assertEqual(verdicts, [
            f'libc: no-memory: {trace} was not carried out: {live} bytes '
            f'would be live, of a limit of 65536' for trace, live in (
                ('beyond.rep:907: a 302 1', 65537),
                (f'huge.rep:6: a 1 {1 << 40}', (1 << 40) + 1))])

    def test_time_limit(self) -> None:
        hung = self.build('hung', before='for (;;) ;')
        finished = self.good('-s', '0.3', '-p', '-f', self.every,
                             '--allocator', hung, status=1)
        self.assertEqual(rows_of(finished)[0][2], 'hung')


class Verdicts(samples.Samples):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.sound = cls.build('sound')
        cls.wrong = cls.build('wrong', before=samples.SAME_BLOCK)

    def test_sound(self) -> None:
        finished = self.good('-f', self.every, '--allocator', self.sound,
                             '--reps', '1')
        self.assertRegex(finished.stdout, r'(?m)^every\.rep +yes ')

    def test_wrong(self) -> None:
        finished = self.good('-f', self.every, '--allocator', self.wrong,
                             status=1)
        self.assertRegex(finished.stdout, r'(?m)^every\.rep +overlap ')
        self.assertRegex(
            finished.stdout, rf'(?m)^{re.escape(str(self.wrong))}: overlap: '
            r'every\.rep:6: c 1 10 20 1 returned 0x[0-9a-f]+ .* every\.rep:5: '
            r'a 0 100 0$')
        self.assertRegex(finished.stdout, r'(?m)^    gdb .*--stop-at 2 ')

    def test_one_wrong_among_sound_ones(self) -> None:
        finished = self.good('-p', '--no-timing', '-f', self.every,
                             '--allocator', f'{self.sound},{self.wrong},mm',
                             status=1)
        self.assertEqual([row[2] for row in rows_of(finished)],
                         ['ok', 'overlap', 'ok'])

    def test_status_is_the_same_however_printed(self) -> None:
        for words in (['-p'], ['-v', '0'], ['-g'], ['--json', '-'],
                      ['--csv', '-'], ['--jobs', '2'], ['-c', self.every]):
            self.good('--no-timing', '-f', self.every, '--allocator',
                      self.wrong, *words, status=1)

    def test_autograder_counts_what_is_correct(self) -> None:
        one = self.write('one.rep', samples.text_of(['a 0 8', 'f 0'], 1))
        lines = self.good('-g', '--reps', '1', '-f', self.every, '-f', one,
                          '--allocator', self.wrong,
                          status=1).stdout.splitlines()
        self.assertEqual(lines[-2], 'correct:1')

    def test_what_it_prints_is_not_the_driver_s(self) -> None:
        loud = self.build('loud', init=r'puts("correct:999");'
                          r'fputs("perfidx:100", stderr); fflush(stdout);')
        finished = self.good('-g', '--no-timing', '-f', self.every,
                             '--allocator', f'loud={loud}')
        self.assertNotIn('999', finished.stdout)
        self.assertIn('correct:1\n', finished.stdout)
        lines = finished.stderr.splitlines()
        self.assertIn('[loud] correct:999', ''.join(lines))
        for line in lines:
            self.assertTrue(line.startswith('[loud] '), line)

    def test_much_that_it_prints_is_cut(self) -> None:
        loud = self.build('louder', init='for (int i = 0; i < 100; i++)'
                          r' printf("line %d\n", i);')
        finished = self.good('--no-timing', '-f', self.every,
                             '--allocator', f'loud={loud}')
        lines = finished.stderr.splitlines()
        self.assertEqual(lines[0], '[loud] line 0')
        self.assertEqual(len(lines), 21)
        self.assertIn('100 lines in all', lines[-1])


    @unittest.skipIf(support.BUILD.name == 'san',
                     'a sanitizer takes terabytes of address space')
    def test_endless_requests_do_not_fill_the_driver(self) -> None:
        """Each refusal is an event that the judge keeps."""
        endless = self.build('endless',
                             before='while (mem_sbrk(1 << 30) == (void *)-1);')

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))

        finished = support.run(support.MDRIVER, '-p', '-s', '0.5',
                               '--heap-limit', '1M', '--allocator', endless,
                               '-c', self.every, preexec_fn=limit)
        self.assertEqual(finished.returncode, 1, support.account(finished))
        self.assertEqual(rows_of(finished)[0][2], 'hung')


class Allocators(samples.Samples):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.sound = cls.build('sound')

    def names(self, value: str | Path, cwd: Path = support.ROOT
              ) -> list[str]:
        finished = support.run(support.MDRIVER, '-p', '--no-timing', '-f',
                               self.every, '--allocator', value, cwd=cwd)
        self.assertEqual(finished.returncode, 0, support.account(finished))
        return [row[0] for row in rows_of(finished)]

    def test_names_of_the_build(self) -> None:
        self.assertEqual(self.names('mm'), ['mm'])
        self.assertEqual(self.names('libc,implicit'), ['libc', 'implicit'])

    def test_all(self) -> None:
        """Alone, and with one of those behind it: see Comparison."""
        self.assertEqual(self.names(f'libc,all,{self.sound}'), [
            'libc', 'mm', *stems_in('variants'), *stems_in('libraries'),
            str(self.sound)])

    def test_paths(self) -> None:
        self.assertEqual(self.names(self.sound), [str(self.sound)])
        self.assertEqual(self.names('./sound.so', cwd=self.folder),
                         ['./sound.so'])

    def test_names_for_paths(self) -> None:
        self.assertEqual(self.names(f'mine={self.sound},mm'), ['mine', 'mm'])
        self.assertEqual(self.names('mine=sound.so', cwd=self.folder),
                         ['mine'])

    @unittest.skipIf(support.BUILD.name != 'release',
                     'its worker cannot load what is installed')
    def test_sonames(self) -> None:
        for name in 'libjemalloc.so.2', 'libmimalloc.so.2':
            finished = support.mdriver('-p', '--no-timing', '-f', self.every,
                                       '--allocator', name)
            if finished.returncode != 2:
                self.assertEqual([row[:3] for row in rows_of(finished)],
                                 [[name, 'every.rep', 'ok']])
                return
        self.skipTest('no other malloc is installed')

    def test_reproduces_by_the_same_words(self) -> None:
        wrong = self.build('wrong', before=samples.SAME_BLOCK)
        finished = self.good('--no-timing', '-f', self.every, '--allocator',
                             f'mine={wrong}', status=1)
        self.assertIn(f' --allocator mine={wrong} ', finished.stdout)


ONE = '20000\n1\n1\n1\na 0 8\n'


class Comparison(samples.Samples):
    """The one table of --allocator all."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.wrong = cls.build('wrong', before=samples.SAME_BLOCK)
        cls.finished = support.mdriver('--allocator', 'all', '--reps', '1',
                                       '-f', cls.every)
        cls.table, _, cls.below = cls.finished.stdout.partition('\n\n')
        cls.header, *cls.rows = cls.table.splitlines()
        cls.cells = [re.split(' {2,}', row) for row in cls.rows]

    def column(self, name: str) -> list[str]:
        return [row[COLUMNS.index(name)] for row in self.cells]

    def test_exits_with_0(self) -> None:
        self.assertEqual(self.finished.returncode, 0,
                         support.account(self.finished))
        self.assertEqual(self.finished.stderr, '')

    def test_is_all_that_is_printed(self) -> None:
        self.assertNotIn('Results for', self.finished.stdout)
        for line in self.finished.stdout.splitlines():
            self.assertLessEqual(len(line), 100, line)

    def test_columns_are_apart(self) -> None:
        self.assertEqual(re.split(' {2,}', self.header), COLUMNS)
        for cells in self.cells:
            self.assertEqual(len(cells), len(COLUMNS), cells)

    def test_columns_are_aligned(self) -> None:
        for row in self.rows:
            for column in 'idea', 'valid':
                at = self.header.index(column)
                self.assertRegex(row[at - 2:], r'^  \S')
            for column in 'util', 'ns/op', 'x libc':
                end = self.header.index(column) + len(column)
                self.assertRegex(row[:end] + '$', r'\S\$')
                self.assertRegex(row[end:], r'^( |$)')

    def test_a_slow_one_makes_its_column_wide(self) -> None:
        slow = self.build('slow', 'for (volatile int i = 0; i < 9000000; i++);')
        done = support.mdriver('--allocator', f'mm,slow={slow}', '--reps', '1',
                               '-v', '0', '-f', self.write('one.rep', ONE))
        header, *rows = done.stdout.partition('\n\n')[0].splitlines()
        end = header.index('ns/op') + len('ns/op')
        self.assertRegex(rows[1][:end], r'  \d{6,}$')
        for row in rows:
            self.assertRegex(row[end - 1:end + 1], r'^\S $')

    def test_a_row_for_each(self) -> None:
        self.assertEqual(self.column('Comparison'),
                         ['mm', *stems_in('variants'), *stems_in('libraries'),
                          'libc'])
        self.assertEqual(set(self.column('valid')), {'1 of 1'})

    def test_ideas(self) -> None:
        for name, idea in zip(self.column('Comparison')[:-1],
                              self.column('idea')):
            with self.subTest(name):
                self.assertTrue(1 <= len(idea.split()) <= 6, idea)
                self.assertIn(f'\n * {name}.c - {idea}\n',
                              source_of(name).read_text())

    def test_libc_says_nothing_of_itself(self) -> None:
        self.assertEqual(self.cells[-1][:2], ['libc', '-'])
        self.assertEqual(self.cells[-1][-1], '1.00')

    def test_any_allocator_may_say_its_idea(self) -> None:
        """As far as there is room, and nothing that a terminal obeys."""
        own = self.build('own', more='const char mm_idea[] = "\\33[31m red";')
        long = self.build('long', more='const char mm_idea[] = '
                          f'"{"x" * 100}";')
        text = self.good('--no-timing', '-f', self.every, '-v', '0',
                         '--allocator', f'{own},{long}').stdout
        self.assertIn('  ?[31m red ', text)
        self.assertIn(f'  {"x" * 63} ', text)

    def test_measures(self) -> None:
        for name in 'util', 'ns/op', 'x libc':
            for value in self.column(name):
                self.assertGreater(float(value.rstrip('%')), 0)

    def test_legend(self) -> None:
        titles = [line.split(':')[0] for line in self.below.splitlines()]
        self.assertLessEqual({'util', 'ns/op', 'x libc'},
                             set(titles))

    def test_says_who_lacks_what(self) -> None:
        finished = self.good('--allocator', f'mm,{self.wrong},libc',
                             '--no-timing', '-f', self.every, status=1)
        self.assertIn(f'memset: {self.wrong}\n', finished.stdout)

    def test_tables_too_where_asked_for(self) -> None:
        for words in ['-v'], ['-V'], ['-v1'], ['-v', '1']:
            text = self.good('--allocator', 'mm,slab', '--no-timing', '-f',
                             self.every, *words).stdout
            self.assertIn('Results for mm malloc:', text)
            self.assertRegex(text, '(?m)^Comparison  ')
        self.assertNotIn('Results for',
                         self.good('--allocator', 'mm,slab', '-v', '0',
                                   '--no-timing', '-f', self.every).stdout)

    def test_with_others(self) -> None:
        text = self.good('--allocator', f'all,sound={self.build("sound")}',
                         '--no-timing', '-f', self.every).stdout
        self.assertRegex(text, r'(?m)^sound +- +1 of 1 +\d+\.\d%\n'
                         r'libc +- +1 of 1 +\d+\.\d%$')
        self.assertNotIn('ns/op', text)

    def test_index_beside_the_tables(self) -> None:
        text = self.good('-l', '--reps', '1', '-f', self.every).stdout
        self.assertRegex(text, r'(?m)^Comparison .*x libc  index \(classic\)$')
        self.assertRegex(text, r'(?m)^mm  .*  \d+ \+ \d+ = \d+$')

    def test_verdicts_below(self) -> None:
        finished = self.good('-v', '0', '--allocator', f'wrong={self.wrong},mm',
                             '--no-timing', '-f', self.every, status=1)
        self.assertRegex(finished.stdout, r'(?m)^wrong +- +0 of 1 +-$')
        self.assertRegex(finished.stdout, r'(?m)^mm  .* 1 of 1 +\d+\.\d%$')
        self.assertIn('\nwrong: not ok: 1 overlap\n', finished.stdout)
        self.assertIn('\nwrong: means of 0 traces, not 1\n',
                      finished.stdout)

    def test_too_slow_for_one_is_left_out_for_all(self) -> None:
        """Some half a millisecond an operation: 13 are in time."""
        slow = self.build('slow', before='for (volatile int i = 0; '
                                         'i < 500000; i++) ;')
        many = self.write('many.rep', samples.random_trace(3, 20000))
        finished = self.good('-s', '0.3', '-v', '0', '--no-timing', '-f',
                             self.every, '-f', many, '--allocator',
                             f'slow={slow},mm', status=1)
        alone = self.good('-v', '0', '--no-timing', '-f', self.every,
                          '--allocator', 'mm,libc')
        self.assertIn('\nslow: not ok: 1 too-slow\n', finished.stdout)
        self.assertIn('\nmeans in every row: of 1 traces; excluded: not '
                      'finished by every allocator: many.rep\n', finished.stdout)
        self.assertEqual(
            *[re.search(r'(?m)^mm .* (\S+%)$', text).group(1)
              for text in (finished.stdout, alone.stdout)])


class Interrupted(samples.Samples):
    """Ctrl-C: what is done is printed, the rest is not-run, exit 130."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.long = cls.write('long.rep', samples.random_trace(1, 20000))

    def interrupt(self, *arguments: str | Path) -> tuple[int, str, str]:
        """Send SIGINT as soon as the first trace is being timed."""
        command = [support.MDRIVER, '-V', '--reps', '10000', '-f', self.long,
                   '-f', self.every, *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.PIPE,
                              cwd=support.ROOT) as process:
            said = ''
            for line in process.stderr:
                said += line
                if 'timing' in line:
                    break
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
        return process.returncode, out, said + err

    def test_prints_what_is_done(self) -> None:
        status, out, err = self.interrupt()
        self.assertEqual(status, 130, err)
        self.assertRegex(out, r'(?m)^long\.rep +yes ')
        self.assertRegex(out, r'(?m)^every\.rep +not-run ')
        self.assertIn('interrupted', err)

    def test_tells_in_json(self) -> None:
        status, out, err = self.interrupt('--json', '-')
        report = json.loads(out)
        self.assertEqual(status, 130, err)
        self.assertIs(report['interrupted'], True)
        self.assertEqual([result['verdict'] for result in report['results']],
                         ['ok', 'not-run'])
