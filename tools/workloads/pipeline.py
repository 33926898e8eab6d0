"""Threads that pass lines of a text through queues: split, count, sum up."""

import collections
import queue
import sys
import threading

WORKERS = 3


def split(lines, words):
    while (line := lines.get()) is not None:
        words.put([word.lower().strip(".,") for word in line.split()])
    words.put(None)


def count(words, totals):
    mine = collections.Counter()
    ended = 0
    while ended < WORKERS:
        batch = words.get()
        if batch is None:
            ended += 1
        else:
            mine.update(batch)
    totals.append(mine)


def main(path):
    lines, words, totals = queue.Queue(50), queue.Queue(50), []
    threads = [threading.Thread(target=split, args=(lines, words))
               for _ in range(WORKERS)]
    threads.append(threading.Thread(target=count, args=(words, totals)))
    for thread in threads:
        thread.start()
    with open(path, encoding="ascii") as file:
        for line in file:
            lines.put(line)
    for _ in range(WORKERS):
        lines.put(None)
    for thread in threads:
        thread.join()
    print(totals[0].most_common(20))


main(sys.argv[1])
