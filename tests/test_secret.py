"""Twins: who knows a trace does not know its twin, and an honest allocator does as
well on both. How sizes, order and slots change, tests/unit/twin_test.c tests.
"""
from __future__ import annotations

import csv
import json
import unittest
from pathlib import Path
from typing import Any

import samples
import support
from malloclab.traces import packed
from support import ROOT, account, mdriver, mdriver_json

support.in_release_only('one build is enough')

SEED = '--secret', 'term 1'
QUICK = '--no-timing', '--seed', '1'

# Returns the addresses that were found off-line for one trace, for as long as
# the sizes are those of that trace; then it reuses nothing.
RECORDED = r"""
#include "mm.h"
#include "memlib.h"
#include <string.h>

static const struct { unsigned size, offset; } table[] = {%s};
enum { COUNT = sizeof table / sizeof *table, ALL = %d };
static char *base;
static unsigned calls;

int mm_init(void)
{
    calls = 0;
    base = mem_sbrk(ALL);
    return base == (char *)-1 ? -1 : 0;
}

void *mm_malloc(size_t size)
{
    unsigned call = calls++;
    if (call < COUNT && table[call].size == size)
        return base + table[call].offset;
    calls = COUNT;
    char *block = mem_sbrk((size + 15) / 16 * 16);
    return block == (char *)-1 ? NULL : block;
}

void mm_free(void *block) { (void)block; }
void *mm_realloc(void *block, size_t size)
{
    void *other = mm_malloc(size);
    return block && other ? memcpy(other, block, size) : other;
}
"""


def results(*words: str | Path) -> dict[str, dict[str, Any]]:
    """The results by the trace's name; all have to be ok."""
    done, report = mdriver_json(*QUICK, *words)
    assert done.returncode == 0, account(done)
    return {one['trace']: one for one in report['results']}


class Twins(samples.Samples):
    def test_names_and_sets(self) -> None:
        found = results('structs', 'sed-wrap', *SEED)
        self.assertEqual([(name, one['set']) for name, one in found.items()], [
            ('structs.rep', 'public'), ('structs~secret', 'secret'),
            ('sed-wrap.rep.gz', 'public'), ('sed-wrap~secret', 'secret')])
        table = mdriver(*QUICK, 'structs', *SEED).stdout
        self.assertRegex(table, r'(?m)^structs\.rep +yes .*\nstructs~secret +yes')

    def test_columns(self) -> None:
        for option in ('-T',), ('--csv', '-'):
            text = mdriver(*QUICK, 'structs', *SEED, *option).stdout
            rows = list(csv.DictReader(
                text.splitlines(), delimiter='\t' if option == ('-T',) else ','))
            self.assertEqual([one['set'] for one in rows],
                             ['public', 'secret'])
        self.assertEqual(results('structs')['structs.rep']['set'], 'public')

    def test_the_public_trace_is_as_it_was(self) -> None:
        alone = results('comb')['comb.rep']
        beside = results('comb', *SEED)['comb.rep']
        self.assertEqual(alone, beside)

    def test_a_seed_makes_the_same_twin_and_another_another(self) -> None:
        one, again, other = (
            results('comb', '--secret', seed)['comb~secret']
            for seed in ('a', 'a', 'b'))
        self.assertEqual(one, again)
        self.assertNotEqual(one['peak_footprint'], other['peak_footprint'])

    def test_a_twin_alone(self) -> None:
        both = results('comb', *SEED)['comb~secret']
        for name in 'comb~secret', 'comb.rep~secret', 'traces/comb.rep~secret':
            found = results(name, *SEED)
            self.assertEqual(list(found), ['comb~secret'])
            self.assertEqual(found['comb~secret']['utilization'],
                             both['utilization'])

    def test_packed_it_is_a_sound_trace(self) -> None:
        path = self.folder / 'twin.repb'
        for name in 'structs', 'aligned', 'tar-tree', 'realloc-growth':
            self.good('-f', f'{name}~secret', *SEED, '--pack', path)
            twin = results(f'{name}~secret', *SEED)[f'{name}~secret']
            read = results(path)['twin.repb']
            for key in 'ops', 'peak_payload', 'utilization', 'weight':
                self.assertEqual(twin[key], read[key])

    def test_ids_are_others(self) -> None:
        slots = []
        for words in (['-f', 'structs'], ['-f', 'structs~secret', *SEED]):
            path = self.folder / 'slots.repb'
            self.good(*words, '--pack', path)
            records = packed.RECORD.iter_unpack(
                path.read_bytes()[packed.HEADER.size:])
            slots.append([word >> packed.KIND_BITS for word, _, _ in records])
        self.assertAlmostEqual(len(slots[1]), len(slots[0]), delta=500)
        same = sum(one == other for one, other in zip(*slots))
        self.assertLess(same, len(slots[0]) // 10)

    def test_every_operation(self) -> None:
        found = results('-f', self.every, *SEED, '--perturb', '1')
        self.assertAlmostEqual(found['every~secret']['ops'],
                               len(samples.EVERY_KINDS), delta=3)

    def test_list(self) -> None:
        text = self.good('--list', 'structs', *SEED).stdout
        self.assertRegex(text, r'structs\.rep .*\n +structs~secret ')


class Refusals(samples.Samples):
    def test_seeds(self) -> None:
        for seed in '', 'x' * 65, 'ü', 'a\tb':
            self.refused('mdriver: --secret takes a text of 1 to 64 printable '
                         'ASCII characters', '--secret', seed, '--list')

    def test_a_twin_without_a_seed(self) -> None:
        self.refused('structs~secret: a twin needs --secret SEED',
                     '-f', 'structs~secret')

    def test_one_replay_is_of_one_of_the_two(self) -> None:
        for option in ('--explain',), ('--shrink', 'x.rep'), (
                '--watch=plain',), ('--pack', 'x.repb'):
            self.refused("mdriver: --secret needs the twin's name here, by "
                         '-f structs~secret', '-f', 'structs', *SEED, *option)

    def test_what_has_no_traces(self) -> None:
        for option in ('--fuzz', '1'), ('--adversary', 'comb'):
            done = self.good(*SEED, *option, status=2)
            self.assertIn('--secret does not go with --', done.stderr)


class Verdicts(samples.Samples):
    """A fault on a twin is shown again, made smaller and explained."""

    def test_the_commands(self) -> None:
        broken = self.build('broken', samples.SAME_BLOCK)
        done, report = mdriver_json(*QUICK, '--allocator', broken,
                                    '-f', self.every, *SEED)
        self.assertEqual(done.returncode, 1, account(done))
        public, twin = report['results']
        self.assertNotIn('--secret', public['reproduce'])
        self.assertIn("every~secret:", twin['message'])
        for key in 'reproduce', 'shrink', 'explain':
            self.assertIn(" --secret 'term 1' ", twin[key])
            self.assertIn(f"{self.every}~secret", twin[key])
        for key in 'shrink', 'explain':
            done = support.run('sh', '-c', twin[key], cwd=self.folder)
            self.assertEqual(done.returncode, 1, account(done))

    def test_a_seed_of_the_assignment_is_not_shown(self) -> None:
        broken = self.build('wrong', samples.SAME_BLOCK)
        path = self.write('a.json', json.dumps(assignment(
            secret={'seed': 'hidden'})))
        done, report = mdriver_json(*QUICK, '--assignment', path,
                                    '--allocator', broken)
        self.assertEqual(done.returncode, 1, account(done))
        self.assertNotIn('hidden', json.dumps(report) + account(done))
        twin = report['results'][1]
        self.assertIn(f' --assignment {path} ', twin['shrink'])
        command = twin['shrink'].replace('small.rep', f'{self.folder}/s.rep')
        done = support.run('sh', '-c', command, cwd=ROOT)
        self.assertEqual(done.returncode, 1, account(done))


def assignment(**more: Any) -> dict[str, Any]:
    return {'name': 'x', 'lab': 'house', 'alignment': 16, 'points': 'classic',
            'traces': {'structs.rep': 2, 'comb.rep': 1}, **more}


class Counts(samples.Samples):
    def judged(self, secret: dict[str, str], *more: str) -> dict[str, Any]:
        path = self.write('counts.json', json.dumps(
            assignment(secret=secret)))
        done, report = mdriver_json('--reps', '1', '--assignment', path, *more)
        self.assertEqual(done.returncode, 0, account(done))
        return report

    def test_which_counts(self) -> None:
        for counts in 'public', 'secret', 'both':
            report = self.judged({'seed': 'a', 'counts': counts})
            sets = report['sets']
            self.assertEqual(sets['counts'], counts)
            apart = sets['allocators']['mm']
            index = report['index']['mm']
            self.assertEqual([apart[one]['traces'] for one in apart], [2, 2])
            if counts == 'both':
                self.assertEqual(index['traces'], 4)
                self.assertAlmostEqual(index['mean_utilization'], sum(
                    one['mean_utilization'] for one in apart.values()) / 2)
            else:
                for key in apart[counts]:
                    self.assertEqual(index[key], apart[counts][key])

    def test_twins_have_the_weights_of_their_traces(self) -> None:
        for words in (), ('-f', 'comb~secret', '-f', 'structs~secret'):
            report = self.judged({'seed': 'a'}, *words)
            weights = {one['trace']: one['weight']
                       for one in report['results']}
            self.assertEqual(weights['structs~secret'], 2)
            self.assertEqual(weights['comb~secret'], 1)

    def test_both_count_on_the_command_line_alone(self) -> None:
        _, report = mdriver_json(*QUICK, 'structs', *SEED)
        self.assertEqual(report['sets']['counts'], 'both')
        self.assertIsNone(
            report['sets']['allocators']['mm']['public']['total'])

    def test_the_option_wins_over_the_seed(self) -> None:
        twins = [{one['trace']: one['peak_footprint']
                  for one in self.judged({'seed': seed}, *more)['results']}
                 ['comb~secret']
                 for seed, more in (('a', ()), ('b', ('--secret', 'a')),
                                    ('b', ()))]
        self.assertEqual(twins[0], twins[1])
        self.assertNotEqual(twins[0], twins[2])

    def test_without_a_seed_there_are_no_twins(self) -> None:
        report = self.judged({'counts': 'secret'})
        self.assertEqual(len(report['results']), 2)
        self.assertIsNone(report['sets'])
        self.assertGreater(report['index']['mm']['mean_utilization'], 0)

    def test_the_report_has_both(self) -> None:
        done = mdriver('--reps', '1', 'structs', *SEED)
        self.assertRegex(done.stdout, r'(?m)^mm: public util \d+\.\d%, \d+\.\d '
                         r'points; secret util \d+\.\d%, \d+\.\d points; both '
                         r'count$')
        path = self.write('one.json', json.dumps(assignment(
            secret={'seed': 'a', 'counts': 'public'})))
        done = mdriver(*QUICK, '-v', '0', '--assignment', path)
        self.assertRegex(done.stdout, r'(?m)^mm: public util \d+\.\d%; secret '
                         r'util \d+\.\d%; public counts$')

    def test_a_budget_is_read(self) -> None:
        path = self.write('budget.json', json.dumps(assignment(
            limits={'budget': 1e6})))
        self.good(*QUICK, '--assignment', path, '-f', 'structs')
        self.good(*QUICK, '--budget', '1000', '-f', 'structs')
        self.refused("mdriver: --budget takes a number of seconds, not '0'",
                     '--budget', '0')


class Knowledge(samples.Samples):
    """What knowing the public traces gains, and what a twin costs."""

    def placed(self, trace: str) -> tuple[str, int]:
        """The packing of a trace of malloc and free, as a table in C."""
        path = self.folder / 'events.csv'
        self.good(*QUICK, '--bounds', '-f', trace, '--events', path)
        with path.open() as file:
            rows = [row for row in csv.DictReader(file)
                    if row['allocator'] == 'packing' and row['kind'] == 'a']
        base = min(int(row['address'], 0) for row in rows)
        cells = [(int(row['size']), int(row['address'], 0) - base)
                 for row in rows]
        return (','.join(f'{{{size},{offset}}}' for size, offset in cells),
                max(offset + (size + 15) // 16 * 16
                    for size, offset in cells))

    def test_a_recorded_placement_gains_nothing(self) -> None:
        source = self.write('recorded.c', RECORDED % self.placed('comb'))
        library = self.folder / 'recorded.so'
        done = support.run('cc', '-O1', '-fPIC', '-shared', '-I', ROOT, '-o',
                           library, source)
        self.assertEqual(done.returncode, 0, account(done))
        done, report = mdriver_json(*QUICK, '--allocator', library, '-f',
                                    'comb', *SEED)
        public, twin = (one['utilization'] for one in report['results'])
        self.assertGreater(public, 0.95)
        self.assertLess(twin, 0.7)
        self.assertRegex(
            mdriver(*QUICK, '--allocator', library, '-f', 'comb',
                    *SEED).stdout,
            r'note: it does better on the traces that it can know, by \d\d')

    def test_honest_allocators_lose_nothing(self) -> None:
        """Over traces without those that one order or size makes."""
        names = ('structs', 'strings', 'powerlaw', 'random', 'arrays',
                 'cache', 'bash-life', 'perl-index', 'sqlite-bank',
                 'gawk-columns', 'jq-orders', 'emacs-edit', 'sed-wrap')
        done, report = mdriver_json(
            *QUICK, *names, *SEED, '--allocator', 'mm,segregated,tlsf')
        self.assertEqual(done.returncode, 0, account(done))
        self.assertNotIn('note: it does better', done.stdout)
        for name, sets in report['sets']['allocators'].items():
            with self.subTest(name):
                self.assertAlmostEqual(sets['public']['mean_utilization'],
                                       sets['secret']['mean_utilization'],
                                       delta=0.02)


if __name__ == '__main__':
    unittest.main()
