"""What mdriver's tables are read as."""
from __future__ import annotations

import io
import unittest
from unittest import mock

from support import in_release_only, only_with

in_release_only('the tools are the same in every build')
only_with('numpy')

from malloclab import tables


class Tables(unittest.TestCase):
    def read(self, text: str) -> list[str]:
        """What each table says of itself, and its columns; read in pieces."""
        with mock.patch.object(tables, 'CHUNK', 2):
            return [' '.join(map(str, (
                table.allocator, table.trace, *(table[name].tolist()
                                                for name in table.columns))))
                    for table in tables.read_tables(io.StringIO(text))]

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

