"""Which Python runs a tool, and what mdriver's tables are read as."""
from __future__ import annotations

import io
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

from support import ROOT

sys.path.insert(0, str(ROOT / 'tools'))
from malloclab import pythons  # noqa: E402

NUMPY = pythons.with_modules('numpy')

READ = '''
import sys
from malloclab import tables
tables.CHUNK = 2
for table in tables.read_tables(sys.stdin):
    print(table.allocator, table.trace, *(table[name].tolist()
          for name in table.columns))
'''


@unittest.skipUnless(NUMPY, 'no python3 has numpy')
class Tables(unittest.TestCase):
    def read(self, text: str) -> list[str]:
        ended = subprocess.run([str(NUMPY), '-c', READ], input=text, text=True,
                               capture_output=True, cwd=ROOT / 'tools')
        self.assertEqual(ended.stderr, '')
        return ended.stdout.splitlines()

    def test_events(self) -> None:
        self.assertEqual(
            self.read('allocator,trace,op,kind,address\n'
                      'mm,x,1,a,0x10\nmm,x,2,f,0x1F\nmm,x,3,a,\n'),
            ["mm x [1, 2, 3] [b'a', b'f', b'a'] [16, 31, 0]"])

    def test_zeros_before_a_number(self) -> None:
        zeros = '0' * 5000
        self.assertEqual(
            self.read('allocator,trace,op,address,heap\n'
                      f'mm,x,{zeros}1,0x{zeros}10,{zeros}\n'),
            ['mm x [1] [16] [0]'])

    def test_a_table_for_each_pair(self) -> None:
        self.assertEqual(
            self.read('allocator,trace,op\nmm,x,1\nmm,x,2\nlibc,x,3\n'
                      'libc,y,4\nmm,x,5\n'),
            ['mm x [1, 2]', 'libc x [3]', 'libc y [4]', 'mm x [5]'])

    def test_no_rows(self) -> None:
        self.assertEqual(self.read('allocator,trace,op\n'), [])


class Pythons(unittest.TestCase):
    def test_this_one_will_do(self) -> None:
        with mock.patch('os.execv') as execv:
            pythons.demand('x', 'json', 'csv')
        execv.assert_not_called()

    def test_another_is_started_with_the_same_arguments(self) -> None:
        with mock.patch('os.execv') as execv, \
                mock.patch.object(pythons, 'with_modules', lambda *_: '/p'), \
                mock.patch.object(sys, 'argv', ['tool', '-x']):
            pythons.demand('x', 'no_such_module')
        execv.assert_called_once_with('/p', ['/p', 'tool', '-x'])

    def test_none_will_do(self) -> None:
        with mock.patch('sys.stderr', new_callable=io.StringIO) as err, \
                self.assertRaises(SystemExit) as ended:
            pythons.demand('tools/x', 'no_such_module')
        self.assertEqual(ended.exception.code, 2)
        self.assertEqual(err.getvalue(), 'tools/x: no python3 here has '
                         'no_such_module: install python3-no_such_module\n')

    def test_candidates_are_programs_and_come_once(self) -> None:
        found = list(pythons.candidates())
        self.assertEqual(found[0], sys.executable)
        self.assertEqual(len(found), len(set(found)))
        self.assertTrue(all(Path(path).exists() for path in found))


if __name__ == '__main__':
    unittest.main()
