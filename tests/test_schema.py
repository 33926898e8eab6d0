"""docs/schema.json is what `mdriver --json` writes: every field, of every kind of
run. An unknown field is a fault, too."""
from __future__ import annotations

import json
import re
import unittest
from typing import Any

import support
from support import only_with

support.of_the_judge()
only_with('jsonschema')

import jsonschema  # noqa: E402

SCHEMA = json.loads((support.ROOT / 'docs/schema.json').read_text())
BAD = next((support.BUILD / 'bad').glob('overlap.*.so'))
QUICK = '--no-timing', '-f', 'tests/traces/small.rep'
RUNS = {
    'memory': QUICK,
    'times': ('--reps', '2', '-f', 'tests/traces/small.rep', '--allocator',
              'mm,libc', '--baseline', 'libc', '--fail-if', 'util<-99%'),
    'bounds': (*QUICK, '--bounds', '--perturb', '3'),
    'fault': (*QUICK, '--allocator', f'bad={BAD}'),
    'twins': (*QUICK, '--secret', 'x'),
    'adversary': ('--adversary', 'robson:n=16,M=100')}


class Schema(unittest.TestCase):
    def setUp(self) -> None:
        jsonschema.Draft7Validator.check_schema(SCHEMA)
        self.validator = jsonschema.Draft7Validator(SCHEMA)

    def output(self, *options: str) -> dict[str, Any]:
        done = support.run(support.MDRIVER, '-v', '0', '--json', '-', *options,
                           cwd=support.ROOT)
        self.assertIn(done.returncode, (0, 1), support.account(done))
        return json.loads(done.stdout[done.stdout.index('{'):])

    def test_of_every_kind_of_run(self) -> None:
        for name, options in RUNS.items():
            with self.subTest(name):
                faults = [f'{error.json_path}: {error.message}' for error in
                          self.validator.iter_errors(self.output(*options))]
                self.assertEqual(faults, [])

    def test_what_it_refuses(self) -> None:
        sound = self.output(*QUICK)
        for path, value in (('new', 1), ('align', 'x'), ('results', {})):
            self.assertFalse(self.validator.is_valid({**sound, path: value}))
        for field in sound:
            self.assertFalse(self.validator.is_valid(
                {name: sound[name] for name in sound if name != field}), field)
        wrong = {**sound['results'][0], 'verdict': 'fine'}
        self.assertFalse(self.validator.is_valid({**sound, 'results': [wrong]}))

    def test_verdicts_are_those_of_the_judge(self) -> None:
        text = (support.ROOT / 'driver/base/verdicts.def').read_text()
        self.assertEqual(SCHEMA['definitions']['verdict']['enum'],
                         re.findall(r'^VERDICT\(\w+, "([^"]+)"', text, re.M))
