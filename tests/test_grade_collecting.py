"""What tools/grade takes for hand-ins: exports of courses' systems, archives,
and what hostile ones contain."""
from __future__ import annotations

import io
import os
import shutil
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

from support import in_release_only

in_release_only('collecting is the same in every build')

from malloclab.grade import GradeError, archives, sources
from malloclab.grade.collecting import Handin, collect
from malloclab.grade.sources import Refused

TEXT = 'int mm_init(void);\n'
METADATA = '''\
---
submission_11:
  :created_at: 2026-02-01 10:00:00.000000000 Z
  :submitters:
  - :name: Ada
    :sid: '7'
    :email: ada@x.edu
submission_12:
  :submitters:
  - :name: Bob
    :sid: '8'
    :email: bob@x.edu
  - :name: Carol
    :sid: '9'
    :email: carol@x.edu
'''


def zipped(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def tarred(path: Path, members: list[tarfile.TarInfo | tuple[str, bytes]],
           mode: str = 'w:gz') -> Path:
    with tarfile.open(path, mode) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            archive.addfile(info, io.BytesIO(member[1]))
    return path


def special(name: str, kind: bytes, link: str = '') -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


class Collecting(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix='grade-test-')).resolve()
        self.addCleanup(shutil.rmtree, self.folder)
        self.notes: list[str] = []

    def put(self, *names: str, text: str = TEXT) -> None:
        for name in names:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def collect(self, *given: str) -> dict[str, Handin]:
        scratch = Path(tempfile.mkdtemp(prefix='grade-test-'))
        self.addCleanup(shutil.rmtree, scratch)
        found = collect([str(self.folder / name) for name in given], scratch,
                        self.notes.append)
        return {handin.student: handin for handin in found}

    def refused(self, student: str, reason: str, *given: str) -> None:
        handin = self.collect(*given)[student]
        self.assertIn(reason, handin.refused)
        self.assertIsNone(handin.path)

    def fails(self, sentence: str, *given: str) -> None:
        with self.assertRaises(GradeError) as caught:
            self.collect(*given)
        self.assertIn(sentence, str(caught.exception))
        self.assertNotIn('\n', str(caught.exception))


class Forms(Collecting):
    def test_files_folders_and_archives(self) -> None:
        self.put('c/ada.c', 'c/bob/mm.c', 'c/carol/src/lab/mm.c',
                 'c/dan/solution.c')
        zipped(self.folder / 'c/eve.zip', {'lab/mm.c': TEXT,
                                              'lab/list.h': TEXT})
        tarred(self.folder / 'c/fay.tar.gz', [('./mm.c', TEXT.encode())])
        (self.folder / 'c/gil').mkdir()
        zipped(self.folder / 'c/gil/handin.zip', {'mm.c': TEXT})
        found = self.collect('c')
        self.assertEqual(sorted(found), ['ada', 'bob', 'carol', 'dan', 'eve',
                                         'fay', 'gil'])
        for handin in found.values():
            self.assertEqual(handin.refused, '')
            self.assertTrue(handin.path.exists())
        self.assertEqual(self.notes, [])

    def test_single_hand_ins(self) -> None:
        self.put('ada.c', 'bob/mm.c')
        zipped(self.folder / 'eve.zip', {'malloclab-handout/mm.c': TEXT})
        self.assertEqual(sorted(self.collect('ada.c', 'bob', 'eve.zip')),
                         ['ada', 'bob', 'eve'])
        self.assertEqual(sorted(self.collect('bob/mm.c')), ['bob'])

    def test_autolab_newest_version_counts(self) -> None:
        zipped(self.folder / 'all.zip', {
            'ada@x.edu_2_mm.c': 'two', 'ada@x.edu_10_mm.c': 'ten',
            'a_b@x.edu_1_mm.c': 'one', 'annotated_a_b@x.edu_1_mm.c': 'no'})
        found = self.collect('all.zip')
        self.assertEqual(sorted(found), ['a_b@x.edu', 'ada@x.edu'])
        self.assertEqual(found['ada@x.edu'].path.read_text(), 'ten')
        self.assertEqual(
            [note.split('/')[-1] for note in self.notes],
            ['annotated_a_b@x.edu_1_mm.c: no hand-in; left out',
             'ada@x.edu_2_mm.c: superseded by version 10'])

    def test_autolab_with_archives(self) -> None:
        (self.folder / 'c').mkdir()
        tarred(self.folder / 'c/ada@x.edu_1_handin.tar',
               [('mm.c', TEXT.encode())], 'w')
        self.assertEqual(sorted(self.collect('c')), ['ada@x.edu'])

    def test_gradescope(self) -> None:
        top = 'assignment_5_export'
        files = {f'{top}/submission_{number}/mm.c': TEXT
                 for number in (11, 12, 13)}
        zipped(self.folder / 'x.zip',
                  {**files, f'{top}/submission_metadata.yml': METADATA})
        found = self.collect('x.zip')
        self.assertEqual(sorted(found), ['ada@x.edu', 'bob@x.edu+carol@x.edu',
                                         'submission_13'])
        self.assertEqual(self.notes, [])

    def test_gradescope_with_broken_metadata(self) -> None:
        self.put('c/submission_1/mm.c')
        self.put('c/submission_metadata.yml', text='a: b\nc: [\n')
        self.fails("this is no list of Gradescope's submissions", 'c')

    def test_moodle(self) -> None:
        self.put('c/Ada Lovelace_101_assignsubmission_file_/mm.c',
                 'c/Bob Ray_102_assignsubmission_file/mm.c',
                 'c/Cy Young_103_assignsubmission_file_mm.c',
                 'c/Cy Young_103_assignsubmission_onlinetext_/x.html')
        self.assertEqual(sorted(self.collect('c')),
                         ['Ada Lovelace_101', 'Bob Ray_102', 'Cy Young_103'])
        self.assertEqual(len(self.notes), 1)

    def test_moodle_with_several_files_of_a_student(self) -> None:
        prefix = 'c/Bob Ray_102_assignsubmission_file_'
        self.put(f'{prefix}mm.c', f'{prefix}extra.c', f'{prefix}list.h',
                 'c/Cy Young_103_assignsubmission_file_report.pdf',
                 'c/Di Poe_104_assignsubmission_file_mm.c')
        found = self.collect('c')
        path = found['Bob Ray_102'].path
        assert path
        self.assertEqual(sorted(file.name for file in path.iterdir()),
                         ['extra.c', 'list.h', 'mm.c'])
        self.assertTrue(found['Cy Young_103'].refused)
        self.assertTrue(found['Di Poe_104'].path)

    def test_moodle_with_a_link_beside_a_file(self) -> None:
        """It is the student's own, and the class goes on."""
        prefix = 'c/Bob Ray_102_assignsubmission_file_'
        self.put(f'{prefix}mm.c', 'c/Di Poe_104_assignsubmission_file_mm.c')
        (self.folder / f'{prefix}link.c').symlink_to('/etc/passwd')
        found = self.collect('c')
        self.assertIn('link.c: cannot be read', found['Bob Ray_102'].refused)
        self.assertTrue(found['Di Poe_104'].path)

    def test_github_classroom(self) -> None:
        for student in 'ada', 'bob-ray':
            self.put(f'lab-submissions/lab-{student}/mm.c',
                     f'lab-submissions/lab-{student}/.git/mm.c')
        self.assertEqual(sorted(self.collect('lab-submissions')),
                         ['ada', 'bob-ray'])

    def test_what_is_no_hand_in_is_named(self) -> None:
        self.put('c/ada.c', 'c/README.txt')
        self.collect('c')
        self.assertEqual(self.notes, [f'{self.folder}/c/README.txt: no '
                                      'hand-in; left out'])

    def test_two_of_one_name(self) -> None:
        self.put('c/ada.c', 'c/ada/mm.c', 'd/ada.c')
        self.fails('c/ada.c: a hand-in of ada is there already: ', 'c')
        self.fails('d/ada.c: a hand-in of ada is there already: ', 'c/ada',
                   'd')

    def test_which_file_is_it(self) -> None:
        self.put('c/ada/x.c', 'c/ada/y.c', 'c/bob/p/mm.c', 'c/bob/q/mm.c',
                 'c/eve/notes.txt')
        self.refused('ada', 'which file is it? There are 2: x.c, y.c', 'c')
        self.refused('bob', 'There are 2: p/mm.c, q/mm.c', 'c')
        self.refused('eve', 'there is no mm.c', 'c')


class Hostile(Collecting):
    def test_archives_that_are_cut_short(self) -> None:
        """One on the command line is the instructor's; one in the class is
        its student's."""
        self.put('c/zed.c')
        whole = {
            'ada.zip': zipped(self.folder / 'a.zip',
                                 {'mm.c': TEXT * 500}).read_bytes(),
            'bob.tar': tarred(self.folder / 'b.tar',
                              [('mm.c', TEXT.encode() * 500)],
                              'w').read_bytes(),
            'eve.tar.gz': tarred(self.folder / 'e.tgz',
                                 [('mm.c', os.urandom(5000))]).read_bytes(),
            'fay.tar.xz': tarred(self.folder / 'f.txz',
                                 [('mm.c', os.urandom(5000))],
                                 'w:xz').read_bytes()}
        for name, data in whole.items():
            for size in (0, 1, len(data) // 2, len(data) - 3):
                with self.subTest(f'{name} {size}'):
                    (self.folder / 'c' / name).write_bytes(data[:size])
                    self.fails(f'c/{name}: it', f'c/{name}')
                    found = self.collect('c')
                    self.assertEqual(found['zed'].refused, '')
                    self.assertIn('cut short',
                                  found[name.split('.')[0]].refused)

    def test_a_tar_without_its_end(self) -> None:
        path = tarred(self.folder / 'x.tar', [('mm.c', b'x' * 512)], 'w')
        path.write_bytes(path.read_bytes()[:1024])
        self.fails('it is cut short', 'x.tar')

    def test_paths_that_lead_out(self) -> None:
        (self.folder / 'c').mkdir()
        outside = self.folder / 'outside'
        names = ['../outside', f'{self.folder}/outside', 'a/../../outside',
                 'mm.c']
        zipped(self.folder / 'c/ada.zip', dict.fromkeys(names, TEXT))
        tarred(self.folder / 'c/bob.tar.gz',
               [(name, TEXT.encode()) for name in names])
        found = self.collect('c')
        self.assertFalse(outside.exists())
        for student in 'ada', 'bob':
            self.assertEqual(found[student].refused, '')
            self.assertEqual(len(found[student].notes), 3)
            self.assertIn('leads out', found[student].notes[0])

    def test_links_and_devices_in_archives(self) -> None:
        (self.folder / 'c').mkdir()
        secret = self.folder / 'secret.c'
        secret.write_text('secret')
        kinds = {'sym': special('mm.c', tarfile.SYMTYPE, str(secret)),
                 'hard': special('mm.c', tarfile.LNKTYPE, str(secret)),
                 'pipe': special('mm.c', tarfile.FIFOTYPE),
                 'dev': special('mm.c', tarfile.CHRTYPE)}
        for name, member in kinds.items():
            tarred(self.folder / f'c/{name}.tar.gz', [member])
        # Through a link to a folder.
        tarred(self.folder / 'c/through.tar.gz',
               [special('d', tarfile.SYMTYPE, str(self.folder)),
                ('d/out.c', b'x')])
        link = zipfile.ZipInfo('mm.c')
        link.external_attr = 0o120777 << 16
        with zipfile.ZipFile(self.folder / 'c/zip.zip', 'w') as archive:
            archive.writestr(link, str(secret))
        found = self.collect('c')
        for name in [*kinds, 'zip']:
            self.assertIn('no regular file', found[name].refused)
        self.assertFalse((self.folder / 'out.c').exists())

    def test_links_and_pipes_in_folders(self) -> None:
        self.put('c/ada/mm.c', 'secret.c')
        for student in 'link', 'pipe':
            (self.folder / 'c' / student).mkdir()
        (self.folder / 'c/link/mm.c').symlink_to(self.folder / 'secret.c')
        os.mkfifo(self.folder / 'c/pipe/mm.c')
        (self.folder / 'c/copy').symlink_to('ada')
        os.mkfifo(self.folder / 'c/fifo.c')
        self.refused('link', 'mm.c is a link or a device', 'c')
        self.refused('pipe', 'mm.c is a link or a device', 'c')
        self.refused('copy', 'a symbolic link, which is not followed', 'c')
        self.refused('fifo', 'no regular file', 'c')

    def test_links_beside_mm_c_are_not_copied(self) -> None:
        self.put('ada/mm.c', 'ada/list.h', 'secret.h')
        (self.folder / 'ada/key.h').symlink_to(self.folder / 'secret.h')
        (self.folder / 'ada/more').symlink_to(self.folder)
        os.mkfifo(self.folder / 'ada/pipe.h')
        names = sources.copy(self.folder / 'ada', self.folder / 'copy')
        self.assertEqual(names, ['list.h', 'mm.c'])

    def test_bombs(self) -> None:
        (self.folder / 'c').mkdir()
        self.assertLessEqual(archives.A_STUDENT.size, 64 << 20)
        little = archives.Limits(1 << 20, 100)
        size = little.size + 1
        zipped(self.folder / 'c/ada.zip', {'mm.c': TEXT, 'x': '0' * size})
        tarred(self.folder / 'c/bob.tar.xz', [('x', bytes(size))], 'w:xz')
        zipped(self.folder / 'c/many.zip', dict.fromkeys(
            map(str, range(little.count + 1)), ''))
        with mock.patch.object(archives, 'A_STUDENT', little):
            self.refused('ada', 'too large when unpacked', 'c')
            self.refused('bob', 'too large when unpacked', 'c')
            self.refused('many', 'it holds more than', 'c')

    def test_many_folders_for_few_files(self) -> None:
        """A disk has room for some number of folders, too."""
        (self.folder / 'c').mkdir()
        zipped(self.folder / 'c/ada.zip', {'mm.c': TEXT, **{
            f'{number}' + '/d' * 9: '' for number in range(12)}})
        with mock.patch.object(archives, 'A_STUDENT',
                               archives.Limits(1 << 20, 100)):
            self.refused('ada', 'it holds more than 100 files and folders',
                         'c')

    def test_folders_and_headers_without_end(self) -> None:
        (self.folder / 'c').mkdir()
        deep = [('a/' * depth + 'f', b'') for depth in range(300, 1801, 300)]
        tarred(self.folder / 'c/ada.tar.gz', [('mm.c', TEXT.encode()), *deep])
        with tarfile.open(self.folder / 'c/bob.tar', 'w', pax_headers={
                f'key{n}': '' for n in range(archives.MOST_HEADERS + 1)}
                          ) as archive:
            archive.addfile(tarfile.TarInfo('mm.c'))
        found = self.collect('c')
        self.assertEqual(found['ada'].refused, '')
        self.assertIn('it lies in more than 32 folders', found['ada'].notes[0])
        self.refused('bob', 'more than 100 headers', 'c')

    def test_sources_without_end(self) -> None:
        self.put('ada/mm.c', text='x' * (sources.MOST_BYTES + 1))
        with self.assertRaises(Refused):
            sources.copy(self.folder / 'ada', self.folder / 'copy')

    def test_names_that_a_terminal_would_obey(self) -> None:
        (self.folder / 'c').mkdir()
        name = 'a\033[2J\nb\udcff.c'
        (self.folder / 'c' / name).write_text(TEXT)
        self.put('c/x\ny.txt')
        student = next(iter(self.collect('c')))
        self.assertTrue(student.isprintable(), repr(student))
        self.assertTrue(self.notes[0].isprintable())
        student.encode()

    def test_what_nobody_may_read(self) -> None:
        self.put('c/ada/mm.c', 'c/bob.c')
        (self.folder / 'c/ada').chmod(0)
        self.addCleanup((self.folder / 'c/ada').chmod, 0o700)
        if os.geteuid() == 0:
            self.skipTest('root may read everything')
        self.refused('ada', 'cannot be read', 'c')

    def test_zstd(self) -> None:
        if not shutil.which('zstd'):
            self.skipTest('not installed: zstd')
        tarred(self.folder / 'x.tar', [('ada/mm.c', TEXT.encode()),
                                       ('bob/mm.c', TEXT.encode())], 'w')
        os.system(f'zstd -q {self.folder}/x.tar')
        self.assertEqual(sorted(self.collect('x.tar.zst')), ['ada', 'bob'])
        path = self.folder / 'x.tar.zst'
        path.write_bytes(path.read_bytes()[:-5])
        self.fails('cut short', 'x.tar.zst')
