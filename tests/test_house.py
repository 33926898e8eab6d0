"""The house: arrows between its rooms go one way."""
from __future__ import annotations

import ast
import graphlib
import re
import unittest
from pathlib import Path

from support import ROOT, in_release_only

in_release_only('the sources are the same in every build')

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)

# What a user copies together with a library's own two files.
SHARED = ('fork_lock.h', 'malloc_names.h', 'second_names.h',
          'tagged_heap.h')


def sources(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def includes(path: Path) -> set[str]:
    return {Path(name).name if (path.parent / name).exists()
            and Path(name).parts[0] == '..' else name
            for name in INCLUDE.findall(path.read_text())}


def resolved(path: Path, name: str) -> Path | None:
    """The header of the driver that an include in this file means."""
    for folder in (path.parent, ROOT / 'driver'):
        if (folder / name).exists():
            return (folder / name).resolve()
    return None


def reached_by(path: Path) -> set[Path]:
    """Headers of the driver that the file includes, or its headers do."""
    reached: set[Path] = set()
    todo = [path]
    while todo:
        file = todo.pop()
        for name in INCLUDE.findall(file.read_text()):
            header = resolved(file, name)
            if header and header not in reached:
                reached.add(header)
                todo.append(header)
    return reached


ROOM = re.compile(r'Room (\w+): .*?May include: ([^.]*)\.', re.S)


def declared_rooms() -> dict[str, set[str]]:
    """What the header that opens each room says it may include."""
    rooms: dict[str, set[str]] = {}
    for path in sources('driver/*/*.h'):
        for name, others in ROOM.findall(path.read_text()):
            if name in rooms or name != path.parent.name:
                raise AssertionError(f'{path}: two rooms {name}')
            words = set(re.findall(r'\w+', others))
            rooms[name] = words - set('nothing of the driver'.split())
    return rooms


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
                self.assertEqual(includes(path) - {path.stem + '.h', *SHARED},
                                 set())
        for path in sources('libraries/lab/*.c'):
            with self.subTest(f'lab/{path.name}'):
                self.assertEqual(includes(path) - {'tagged_heap_audit.h'},
                                 {'os.h', path.name})

    def test_the_driver_includes_itself_and_the_contract(self) -> None:
        for path in sources('driver/**/*.[ch]'):
            for name in INCLUDE.findall(path.read_text()):
                with self.subTest(f'{path.name} includes {name}'):
                    self.assertTrue(name in ('memlib.h', 'mm.h')
                                    or resolved(path, name))

    def test_each_room_of_the_driver_says_what_it_may_include(self) -> None:
        folders = {path.name for path in ROOT.glob('driver/*')
                   if path.is_dir()}
        self.assertEqual(set(declared_rooms()), folders)

    def test_arrows_between_rooms_go_one_way(self) -> None:
        try:
            graphlib.TopologicalSorter(declared_rooms()).prepare()
        except graphlib.CycleError as error:
            self.fail(f"in a circle: {' <- '.join(error.args[1])}")

    def test_rooms_reach_what_they_may_include_and_nothing_else(self) -> None:
        """Through any number of headers."""
        rooms = declared_rooms()
        for path in sources('driver/*/*.[ch]'):
            with self.subTest(str(path.relative_to(ROOT / 'driver'))):
                room = path.parent.name
                reached = {header.parent.name for header in reached_by(path)}
                self.assertEqual(reached - rooms[room] - {room, 'driver'},
                                 set())

    def test_no_header_includes_itself(self) -> None:
        """Not through others, either."""
        for path in sources('driver/**/*.h'):
            with self.subTest(path.name):
                self.assertNotIn(path, reached_by(path))

    def test_runtime_knows_nothing_of_the_driver(self) -> None:
        own = {path.name for path in sources('runtime/*.h')}
        for path in sources('runtime/*.[ch]'):
            with self.subTest(path.name):
                contract = {'mm.h', 'mm.c', 'memlib.h', 'page_map.h'}
                self.assertEqual(includes(path) - own - contract - {*SHARED},
                                 set())

    def test_memlib_stands_alone(self) -> None:
        self.assertEqual(includes(ROOT / 'memlib.c'),
                         {'memlib.h', 'page_map.h'})
        for name in 'memlib.h', 'page_map.h':
            self.assertEqual(includes(ROOT / name), set())

    def test_one_place_for_each_danger(self) -> None:
        driver = ('driver/**/*.c', 'mdriver.c')
        self.assertEqual(users(r'\bdlopen\s*\(', *driver), {'calls.c'})
        self.assertEqual(users(r'\bv?fork\s*\(', *driver),
                         {'process.c', 'capture.c', 'benchmark.c'})
        self.assertEqual(users(r'\bprintf\s*\(', *driver), {'report.c'})
        self.assertEqual(users(r'<n?curses\.h>', *driver), {'screen.c'})

    def test_the_oracle_depends_on_no_process(self) -> None:
        reached, todo = set(), [ROOT / 'driver/check/oracle.h',
                                ROOT / 'driver/trace/trace.h']
        while todo:
            path = todo.pop()
            reached.add(path.name)
            for part in (path, path.with_suffix('.c')):
                if part.exists():
                    todo += [header for header in reached_by(part)
                             if header.name not in reached]
        self.assertFalse(reached & {'sandbox.h', 'worker.h', 'replay.h',
                                    'benchmark.h', 'report.h'})

    def test_adversaries_know_no_allocator(self) -> None:
        """What they know of one are addresses, so tests can be one."""
        for path in sources('driver/adversary/*.[ch]'):
            if path.stem == 'adversary_benchmark':
                continue
            with self.subTest(path.name):
                self.assertEqual(
                    {Path(name).name for name in includes(path)}
                    - {'adversary.h', 'requests.h', 'fatal.h', 'random.h',
                       'trace.h'}, set())

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
