"""Real programs on every allocator, compared with libc: tools/programs.

    suite      the programs, a shell script each
    children   processes that are ended together
    running    one program under one allocator, and what it took
    results    what became of it, in words and files
    comparing  test: its output with libc's
    benching   bench: its time and memory with libc's
    command    the command line
"""
