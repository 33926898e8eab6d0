"""Parse, compile and walk a good part of the standard library's sources."""

import ast
import collections
import os
import sys

NAMES = ("argparse ast calendar cmd codecs configparser copy csv datetime "
         "decimal difflib dis doctest fractions functools gettext glob gzip "
         "heapq inspect locale mailbox optparse pdb pickle platform plistlib "
         "pprint random shutil socket statistics string tarfile textwrap "
         "tokenize turtle typing uuid zipfile").split()


def main(count):
    library = os.path.dirname(os.__file__)
    kinds = collections.Counter()
    for name in NAMES[:count]:
        path = os.path.join(library, name + ".py")
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as file:
            tree = ast.parse(file.read())
        kinds.update(type(node).__name__ for node in ast.walk(tree))
        compile(tree, name, "exec")
    print(kinds.most_common(10))


main(int(sys.argv[1]))
