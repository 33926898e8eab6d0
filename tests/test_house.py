"""The house: arrows between its rooms go one way."""
from __future__ import annotations

import ast
import graphlib
import re
import unittest
from pathlib import Path

from support import ROOT

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def sources(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def includes(path: Path) -> set[str]:
    return {Path(name).name if (path.parent / name).exists()
            and Path(name).parts[0] == '..' else name
            for name in INCLUDE.findall(path.read_text())}


def users(pattern: str, *globs: str) -> set[str]:
    """Names of the files whose code (not comments) matches."""
    found = set()
    for path in sources(*globs):
        code = re.sub(r'/\*.*?\*/', '', path.read_text(), flags=re.S)
        if re.search(pattern, code):
            found.add(path.name)
    return found


def rooms_used(path: Path) -> set[str]:
    """Modules and packages beside its own that a Python file imports."""
    package = ROOT / 'tools/malloclab'
    depth = len(path.relative_to(package).parts)
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            found |= {node.module.split('.')[0]} if node.module else \
                {name.name for name in node.names}
    return {name for name in found if (package / name).is_dir()
            or (package / f'{name}.py').is_file()}


def rooms() -> dict[str, set[str]]:
    """What is directly in tools/malloclab, and what of it each uses."""
    uses: dict[str, set[str]] = {}
    for path in sources('tools/malloclab/**/*.py'):
        room = path.relative_to(ROOT / 'tools/malloclab').parts[0]
        uses.setdefault(room.removesuffix('.py'), set()).update(
            rooms_used(path))
    return uses


class House(unittest.TestCase):
    def test_allocators_include_only_the_contract(self) -> None:
        for path in sources('mm.c', 'variants/*.[ch]'):
            with self.subTest(path.name):
                extra = includes(path) - {'mm.h', 'memlib.h'}
                if path.parent.name == 'variants':
                    extra -= {p.name for p in sources('variants/*')}
                self.assertEqual(extra, set())

    def test_libraries_stand_alone_but_for_their_adapters(self) -> None:
        for path in sources('libraries/*.[ch]'):
            with self.subTest(path.name):
                self.assertEqual(includes(path) - {path.stem + '.h'}, set())
        for path in sources('libraries/lab/*.c'):
            with self.subTest(f'lab/{path.name}'):
                self.assertEqual(includes(path), {'os.h', path.name})

    def test_the_driver_includes_itself_and_the_contract(self) -> None:
        own = {path.name for path in sources('driver/**/*.h')}
        for path in sources('driver/**/*.[ch]'):
            with self.subTest(path.name):
                names = {Path(name).name for name in includes(path)}
                self.assertEqual(names - own - {'memlib.h', 'mm.h'}, set())

    def test_rooms_of_the_driver_know_nothing_above_them(self) -> None:
        above = {'contest.h', 'score.h', 'report.h', 'export.h', 'options.h'}
        for room, more in (('bounds', {'replay.h', 'sandbox.h', 'oracle.h'}),
                           ('adversary', set()), ('watch', set())):
            for path in sources(f'driver/{room}/*'):
                with self.subTest(f'{room}/{path.name}'):
                    self.assertEqual(includes(path) & (above | more), set())

    def test_runtime_knows_nothing_of_the_driver(self) -> None:
        own = {path.name for path in sources('runtime/*.h')}
        for path in sources('runtime/*.[ch]'):
            with self.subTest(path.name):
                contract = {'mm.h', 'mm.c', 'memlib.h'}
                self.assertEqual(includes(path) - own - contract, set())

    def test_memlib_stands_alone(self) -> None:
        self.assertEqual(includes(ROOT / 'memlib.c'), {'memlib.h'})
        self.assertEqual(includes(ROOT / 'memlib.h'), set())

    def test_one_place_for_each_danger(self) -> None:
        driver = ('driver/**/*.c', 'mdriver.c')
        self.assertEqual(users(r'\bdlopen\s*\(', *driver), {'worker_load.c'})
        self.assertEqual(users(r'\bfork\s*\(', *driver),
                         {'process.c', 'capture.c', 'contest.c'})
        self.assertEqual(users(r'\bprintf\s*\(', *driver), {'report.c'})
        self.assertEqual(users(r'<n?curses\.h>', *driver), {'screen.c'})

    def test_the_oracle_depends_on_no_process(self) -> None:
        reached, todo = set(), {'oracle.h', 'trace.h'}
        while todo:
            name = todo.pop()
            reached.add(name)
            for part in sources(f'driver/**/{name}',
                                f'driver/**/{name[:-2]}.c'):
                todo |= {n for n in includes(part)
                         if n.endswith('.h') and n not in reached}
        self.assertFalse(reached & {'sandbox.h', 'worker.h', 'replay.h',
                                    'contest.h', 'report.h'})

    def test_adversaries_know_no_allocator(self) -> None:
        """What they know of one are addresses, so tests can be one."""
        for path in sources('driver/adversary/adversary*.[ch]',
                            'driver/adversary/game.[ch]'):
            with self.subTest(path.name):
                self.assertEqual(
                    includes(path) - {'adversary.h', 'game.h', 'complain.h',
                                      'random.h', 'trace.h'}, set())

    def test_python_rooms_use_each_other_one_way(self) -> None:
        uses = rooms()
        self.assertIn('traces', uses['generate'])
        try:
            graphlib.TopologicalSorter(uses).prepare()
        except graphlib.CycleError as error:
            self.fail(f"in a circle: {' <- '.join(error.args[1])}")

    def test_traces_need_no_other_room(self) -> None:
        for name in rooms()['traces']:
            with self.subTest(name):
                self.assertTrue((ROOT / f'tools/malloclab/{name}.py').is_file())


if __name__ == '__main__':
    unittest.main()
